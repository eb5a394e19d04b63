import { execFile } from 'node:child_process';
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { account, digestOf, fill, folderAt, inCloud, newHome, passphrase, seed, soak, type BackupHome } from '../world/backups.ts';
import { filesUnder, LeakFinder, type Marker } from '../world/leaks.ts';
import { adiuva, cleanEnv, ownFolder, prepare, root } from '../world/processes.ts';
import { createCloud, type WorldCloud } from '../world/world.ts';
import type * as formatModule from '@adiuva/desktop/core/backup/format.ts';
import type * as cryptoModule from '@adiuva/desktop/core/crypto.ts';

/**
 * The story of backups: a machine is gone, and on another one everything comes back with the account and twelve words alone, by the command line. And what nobody
 * in between could read. `ADIUVA_SOAK=1`: 10,000 records and 200 MB.
 */

const records = soak ? 10_000 : 1_000;
const bytesEach = soak ? 15_000 : 600;

describe('a home that is lost', () => {
  const scratch = ownFolder('backup-story');
  const at = (...names: string[]) => join(scratch.folder, ...names);
  let cloud: WorldCloud;
  let words = '';
  let digest = '';
  const titles = new Map<string, string>();

  const env = (home: string, more: Record<string, string> = {}) =>
    cleanEnv({ HOME: at('user'), ADIUVA_HOME: at(home), ADIUVA_CLOUD_URL: `http://127.0.0.1:${cloud.port()}`, ADIUVA_PASSPHRASE: passphrase, ...more });
  /** A command that ends well, and the document it prints. */
  async function command<T>(home: string, args: string[], input = '', more: Record<string, string> = {}): Promise<T> {
    const { code, stdout, stderr } = await adiuva([...args, '--json'], env(home, more), input);
    expect([args.join(' '), code, stderr.slice(0, 1_000), code === 0 ? '' : stdout.slice(0, 2_000)]).toEqual([args.join(' '), 0, '', '']);
    return JSON.parse(stdout) as T;
  }
  const newHomeOf = (home: string, args: string[], input = '') =>
    command<{ restored: { generation: number } }>(home, ['backup', 'restore', ...args], input, { ADIUVA_RECOVERY_PHRASE: words });
  const doctor = async (home: string) => (await command<{ digest: string; counts?: Record<string, number> }>(home, ['doctor'])).digest;

  beforeAll(
    async () => {
      await prepare();
      cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team' });
      const first = await newHome({ dataDir: at('one') });
      words = first.words;
      const random = seededRandom(seed);
      for (let index = 0; index < records; index++) {
        const body = Buffer.from(random(Math.floor((bytesEach * 3) / 4))).toString('base64');
        const fields =
          index % 4 === 0
            ? { type: 'task' as const, fields: { title: `Aufgabe ${index} Zürich`, notes: body } }
            : { type: 'note' as const, fields: { title: `Notiz ${index} ✓ "quoted" \\ ${index % 7 === 0 ? 'lighthouse' : 'harbour'}`, body } };
        const { record } = await first.api['records.add'](fields);
        titles.set(record!.id, fields.fields.title);
      }
      digest = await digestOf(first);
      await first.close();
    },
    soak ? 1_800_000 : 120_000,
  );
  afterAll(async () => {
    await cloud?.remove();
    scratch.remove();
  });

  async function isAllThere(home: string): Promise<void> {
    expect(await doctor(home)).toBe(digest);
    const { records: found } = await command<{ records: { id: string; fields: { title: string } }[] }>(home, [
      'records',
      'list',
      'note',
      '--query',
      'lighthouse',
      '--limit',
      '50',
    ]);
    expect(found.length).toBe(50);
    for (const { id, fields } of found) expect(fields.title).toBe(titles.get(id));
  }

  it('comes back through the cloud, with phrase and account alone', { timeout: soak ? 1_800_000 : 120_000 }, async () => {
    await command('one', ['register', '--email', account.email, '--password-stdin'], `${account.password}\n`);
    const made = await command<{ kind: string; objects: number }>('one', ['backup', 'create']);
    expect(made.kind).toBe('base');
    expect((await command<{ ok: boolean }>('one', ['backup', 'verify', '--full'])).ok).toBe(true);
    await newHomeOf('two', ['--email', account.email, '--password-stdin'], `${account.password}\n`);
    await isAllThere('two');
    // The other one goes on: it is the device now.
    await command('two', ['records', 'add', 'note', '--fields', '{"title":"from the second home"}']);
    expect((await command<{ generation?: number; kind: string }>('two', ['backup', 'create'])).kind).not.toBe('none');
    expect((await adiuva(['backup', 'create', '--json'], env('one'))).stderr).toContain('backup.forked');
  });

  it('comes back from a folder, signed out', { timeout: soak ? 1_800_000 : 120_000 }, async () => {
    await command('one', ['logout']);
    await command('one', ['backup', 'create', '--to', at('disk')]);
    expect((await command<{ ok: boolean }>('one', ['backup', 'verify', '--from', at('disk')])).ok).toBe(true);
    await newHomeOf('three', ['--from', at('disk')]);
    await isAllThere('three');
  });

  it('comes back without any of our code', { timeout: soak ? 1_800_000 : 120_000 }, async () => {
    const out = at('plain');
    const tool = join(root, 'infra/offline-restore/offline-restore.mjs');
    const said = await new Promise<string>((resolve, reject) =>
      execFile(process.execPath, [tool, at('disk'), out], { env: cleanEnv({ ADIUVA_RECOVERY_PHRASE: words }) }, (error, _stdout, stderr) =>
        error ? reject(error) : resolve(stderr),
      ),
    );
    expect(said.split('\n').filter((line) => line.includes('warning:'))).toEqual([]);
    const db = new DatabaseSync(join(out, 'store.sqlite'), { readOnly: true });
    const rows = db.prepare('select id, body from records').all() as { id: string; body: string }[];
    expect(rows.length).toBe(records);
    for (const { id, body } of rows) expect((JSON.parse(body) as { title: string }).title).toBe(titles.get(id));
    db.close();
    expect(readdirSync(join(out, 'notes')).length).toBe([...titles.values()].filter((title) => title.startsWith('Notiz')).length);
    expect(readFileSync(join(out, 'tasks.csv'), 'utf8')).toContain('Aufgabe 0 Zürich');
  });
});

// ---------------------------------------------------------------- what nobody in between reads

/** Names that somebody without the key could compute for content they know or guess. */
function guesses(parts: readonly { type: string; content: Buffer }[], publicKeys: readonly Buffer[]): Set<string> {
  const found = new Set<string>();
  const add = (digest: Buffer) => ['base64url', 'hex', 'base64'].forEach((form) => found.add(digest.toString(form as 'hex')));
  for (const { type, content } of parts) {
    for (const whole of [content, Buffer.concat([Buffer.from(`${type}\n`), content])]) {
      for (const hash of ['sha256', 'sha1', 'sha512', 'md5']) add(createHash(hash).update(whole).digest());
      for (const key of publicKeys) add(createHmac('sha256', key).update(whole).digest());
    }
  }
  return found;
}

/** Pages of a store's file as the parts of a base that hold them, known to an attacker who has the encrypted file itself. */
const partsOf = (file: Buffer) =>
  Array.from({ length: Math.ceil(file.length / (1_024 * 4_096)) }, (_, index) => ({
    type: 'base',
    content: file.subarray(index * 1_024 * 4_096, (index + 1) * 1_024 * 4_096),
  }));

/** Whether two sets of bytes share a run of so many. */
function sharedRun(one: Buffer, other: Buffer, length = 16): string | null {
  const seen = new Set<string>();
  for (let at = 0; at + length <= one.length; at += length) seen.add(one.toString('latin1', at, at + length));
  for (let at = 0; at + length <= other.length; at++) {
    const run = other.toString('latin1', at, at + length);
    if (seen.has(run)) return Buffer.from(run, 'latin1').toString('hex');
  }
  return null;
}

describe('what the cloud and its disks see', { timeout: 120_000 }, () => {
  const stem = `Zqk${Buffer.from(seededRandom(seed)(9)).toString('hex')}`;
  const other = 'ёжвдгвз漢字水火';
  let cloud: WorldCloud;
  let devices: (BackupHome & { words: string })[] = [];
  let scratch: ReturnType<typeof ownFolder>;
  const place = () => join(scratch.folder, 'place');

  async function start(): Promise<void> {
    scratch = ownFolder('secrecy');
    const { newHome: fresh } = await import('../world/backups.ts');
    cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team', LOG_LEVEL: 'debug' });
    devices = [];
    for (const name of ['marta', 'maria']) {
      const home = await fresh({ cloudUrl: `http://127.0.0.1:${cloud.port()}` });
      devices.push(home);
      await home.api['account.register']({ ...account, email: `${name}@example.org` });
      for (let index = 0; index < 12; index++) {
        await home.api['records.add']({ type: 'note', fields: { title: `${stem} title ${other}`, body: `${stem} body ${other} `.repeat(40) } });
        await home.api['records.add']({ type: 'task', fields: { title: `${stem} task ${other}`, notes: `${stem} notes` } });
      }
      await home.api['settings.set']({ displayName: `${stem} name` });
      await home.api['backup.create']({ target: inCloud, full: false });
      await home.api['records.add']({ type: 'note', fields: { title: `${stem} later ${other}`, body: 'x' } });
      await home.api['backup.create']({ target: inCloud, full: false });
      await home.api['backup.create']({ target: folderAt(`${place()}-${name}`), full: false });
      await home.api['backup.verify']({ target: inCloud, full: true });
    }
  }
  async function stop(): Promise<void> {
    for (const device of devices) await device.close();
    await cloud?.remove();
    scratch?.remove();
  }
  const markers = (): Marker[] => [
    { name: 'content', text: stem },
    { name: 'content', text: other },
    ...devices.flatMap(({ words }) => {
      const list = words.split(' ');
      return list.slice(2).map((_, index) => ({ name: 'words', text: list.slice(index, index + 3).join(' ') }));
    }),
    { name: 'passphrase', text: passphrase },
    { name: 'device name', text: 'test device' },
  ];

  /** The cloud names the sessions of an account by their devices. */
  const isAllowed = (marker: string, where: string) => marker === 'device name' && /pglite\//.test(where);

  /** Names under which anything was kept, by the cloud and in the folders. */
  const namesIn = (folder: string) => [...filesUnder(folder)].map((file) => relative(folder, file).split('/').at(-1)!);

  async function faults(): Promise<string[]> {
    const found: string[] = [];
    await cloud.stop();
    const finder = new LeakFinder(markers());
    const folders = [cloud.folder, `${place()}-marta`, `${place()}-maria`];
    for (const folder of folders)
      for (const leak of await finder.inFolder(folder)) if (!isAllowed(leak.marker, leak.place)) found.push(`${leak.marker} as ${leak.form} in ${leak.place}`);
    for (const { lines } of devices) for (const leak of await finder.inText(lines.join('\n'), 'the log')) found.push(`${leak.marker} in the log: ${leak.near}`);
    const all = Buffer.concat(folders.flatMap((folder) => [...filesUnder(folder)].map((file) => readFileSync(file)))).toString('latin1');
    const names = new Set(folders.flatMap(namesIn));
    for (const { dataDir } of devices) {
      const file = readFileSync(join(dataDir, 'store.db'));
      const repository = Buffer.from(
        (JSON.parse(readFileSync(join(`${place()}-${dataDir === devices[0]!.dataDir ? 'marta' : 'maria'}`, 'envelope.json'), 'utf8')) as { repository: string })
          .repository,
        'base64url',
      );
      const publicKeys = [
        Buffer.alloc(0),
        Buffer.alloc(32),
        repository,
        Buffer.from(hkdfSync('sha256', Buffer.alloc(32), repository, 'adiuva/backup/1/name/1', 32)),
        file.subarray(0, 16),
      ];
      const lists = [...names].filter((name) => /^[\w-]{43}$/.test(name)).map((name) => ({ type: 'list', content: Buffer.from(name, 'base64url') }));
      const known = [...partsOf(file), ...lists, { type: 'base', content: Buffer.from(stem) }];
      // What was sealed is what the backup read, so the parts of the newest base are among the known where nothing was written since.
      for (const guess of guesses([...known, ...basesOf(file)], publicKeys))
        if (names.has(guess) || all.includes(guess)) found.push(`a name can be computed: ${guess}`);
    }
    const [one, two] = ['marta', 'maria'].map((name) => `${place()}-${name}`) as [string, string];
    const shared = namesIn(`${one}/objects`).filter((name) => namesIn(`${two}/objects`).includes(name));
    if (shared.length > 0) found.push(`two users share ${shared.join()}`);
    const bytes = [one, two].map((folder) =>
      Buffer.concat([...filesUnder(join(folder, 'objects')), ...filesUnder(join(folder, 'manifests'))].map((file) => readFileSync(file))),
    ) as [Buffer, Buffer];
    const run = sharedRun(bytes[0], bytes[1]);
    if (run) found.push(`two users share the bytes ${run}`);
    return [...new Set(found)];
  }
  /** Pages that a base may have had: every prefix of the file that ends where a smaller file could have ended. */
  const basesOf = (file: Buffer) => [0, 1, 2, 3, 4, 6, 8].map((fewer) => ({ type: 'base', content: file.subarray(0, file.length - fewer * 4_096) }));

  afterEach(async () => {
    vi.doUnmock('@adiuva/desktop/core/backup/format.ts');
    vi.doUnmock('@adiuva/desktop/core/crypto.ts');
    vi.resetModules();
    await stop();
  });

  it('is no content, no name that can be computed, and nothing that two users share', async () => {
    await start();
    // Backed up once more in full with nothing written since, so that the file on the disk is the base that was sent.
    for (const [index, home] of devices.entries())
      await home.api['backup.create']({ target: folderAt(`${place()}-${index === 0 ? 'marta' : 'maria'}`), full: true });
    expect(await faults()).toEqual([]);
  });

  it('is found by this harness where names have no key', async () => {
    vi.resetModules();
    vi.doMock('@adiuva/desktop/core/backup/format.ts', async (original) => {
      const real = await original<typeof formatModule>();
      const unkeyed = (_key: unknown, type: string, content: Uint8Array) => createHash('sha256').update(`${type}\n`).update(content).digest('base64url');
      // A list holds the names of parts, which everybody sees.
      const sealObject: typeof real.sealObject = (keys, type, content, random, known) =>
        real.sealObject(keys, type, content, random, { ...known, id: unkeyed(null, type, content) });
      return { ...real, sealObject };
    });
    await startSmall(1);
    const found = await faults();
    expect(found.join('\n')).toMatch(/a name can be computed|two users share/);
  });

  it('is found by this harness where the sealing is none', async () => {
    vi.resetModules();
    vi.doMock('@adiuva/desktop/core/crypto.ts', async (original) => {
      const real = await original<typeof cryptoModule>();
      const bare: typeof real.sealMessage = (_key, plain, _context, _random, into) => {
        const whole = Buffer.concat(plain instanceof Uint8Array ? [plain] : [...(plain as readonly Uint8Array[])]);
        const size = real.sealedBytes(whole.length);
        const sealed = into ? into.subarray(0, size) : new Uint8Array(size);
        sealed.set(whole);
        return sealed;
      };
      return { ...real, sealMessage: bare };
    });
    await startSmall(0);
    expect((await faults()).join('\n')).toMatch(/device name as/);
  });

  /** Only to folders: the mutants cannot read what they wrote. */
  async function startSmall(increments: number): Promise<void> {
    scratch = ownFolder('secrecy');
    cloud = await createCloud();
    const { newHome: fresh } = await import('../world/backups.ts');
    const { sealObject } = await import('@adiuva/desktop/core/backup/format.ts');
    const { keysOf } = await import('@adiuva/desktop/core/backup/keys.ts');
    expect(
      typeof sealObject(keysOf({ repository: 'AAAAAAAAAAAAAAAAAAAAAA', epoch: 1, bmk: new Uint8Array(32) }), 'list', new Uint8Array(32), seededRandom(1)).id,
    ).toBe('string');
    devices = [];
    for (const name of ['marta', 'maria']) {
      const home = await fresh();
      devices.push(home);
      await fill(home, 3);
      // Small increments are sealed in this thread, where the mutant lives.
      await home.api['backup.create']({ target: folderAt(`${place()}-${name}`), full: false });
      if (increments === 0) continue;
      await fill(home, 1);
      await home.api['backup.create']({ target: folderAt(`${place()}-${name}`), full: false });
    }
  }
});
