import { execFile } from 'node:child_process';
import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { newOwn, writeOwn } from '@adiuva/desktop/core/backup/own.ts';
import { account, cheaply, digestOf, fill, folderAt, inCloud, newHome, passphrase, seed, soak, unlocked, type BackupHome } from '../world/backups.ts';
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
    // The form that real names have, with keys that everybody has.
    for (const key of publicKeys.filter(({ length }) => length === 32)) {
      const print = printOf(key, content);
      add(print);
      for (const whole of [print, Buffer.concat([Buffer.from(`${type}\n`), print])]) {
        add(createHash('sha256').update(whole).digest());
        for (const outer of publicKeys) add(createHmac('sha256', outer).update(whole).digest());
      }
    }
  }
  return found;
}

/** As `docs/backup-format.md` defines it. */
function printOf(key: Buffer, content: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12), { authTagLength: 16 }).setAAD(content);
  cipher.final();
  return cipher.getAuthTag();
}

interface Sql {
  exec(sql: string): Promise<unknown>;
  query<R>(sql: string, given?: readonly unknown[]): Promise<{ rows: R[] }>;
  close(): Promise<void>;
}

const databaseOf = (folder: string) => join(folder, 'cloud', 'pglite');

/** Every row of a stopped cloud's database as text. @param plant kept in a row of its own before, to see it found */
async function databaseText(folder: string, plant?: string): Promise<string> {
  const dataDir = databaseOf(folder);
  if (!existsSync(dataDir)) return '';
  const { PGlite } = (await import(createRequire(join(root, 'cloud/package.json')).resolve('@electric-sql/pglite'))) as {
    PGlite: { create(options: { dataDir: string }): Promise<Sql> };
  };
  const db = await PGlite.create({ dataDir });
  try {
    if (plant !== undefined) {
      await db.exec('create table planted (body text)');
      await db.query('insert into planted values ($1)', [plant]);
    }
    const { rows } = await db.query<{ name: string }>(
      "select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    );
    expect(rows.length).toBeGreaterThan(5);
    const lines: string[] = [];
    for (const { name } of rows) for (const { line } of (await db.query<{ line: string }>(`select t::text as line from ${name} t`)).rows) lines.push(line);
    return lines.join('\n');
  } finally {
    await db.close();
  }
}

/** Pages of a store's file as the parts of a base that hold them, known to an attacker who has the encrypted file itself. */
const partsOf = (file: Buffer) =>
  Array.from({ length: Math.ceil(file.length / (1_024 * 4_096)) }, (_, index) => ({
    type: 'base',
    content: file.subarray(index * 1_024 * 4_096, (index + 1) * 1_024 * 4_096),
  }));

/** What of these bytes could hold a name in writing: searching all of them for each guess would take minutes. */
const wordsIn = (files: readonly Buffer[]): string => files.flatMap((file) => file.toString('latin1').match(/[\w+/=-]{22,}/g) ?? []).join('\n');

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
    for (const leak of await finder.inText(await databaseText(cloud.folder), 'the database'))
      if (leak.marker !== 'device name') found.push(`${leak.marker} as ${leak.form} in the database: ${leak.near}`);
    for (const { lines } of devices) for (const leak of await finder.inText(lines.join('\n'), 'the log')) found.push(`${leak.marker} in the log: ${leak.near}`);
    const all = wordsIn(folders.flatMap((folder) => [...filesUnder(folder)].map((file) => readFileSync(file))));
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
    expect(existsSync(databaseOf(cloud.folder))).toBe(true);
    // A long text in a row is packed by the database in a way of its own: a search of its files alone would miss it.
    const planted = await databaseText(cloud.folder, `${stem} ${'again and again '.repeat(1_000)} ${other}`);
    expect((await new LeakFinder(markers()).inText(planted, 'the database')).map(({ marker }) => marker)).toContain('content');
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
    await cloud.stop();
    writeFileSync(join(cloud.folder, 'an-object'), Buffer.from(`a body with ${other} in it`).toString('base64'));
    const found = (await faults()).join('\n');
    expect(found).toMatch(/device name as/);
    expect(found).toMatch(/content as .* in .*an-object/);
  });

  it('has nothing in common for two users with the very same data, whose pages are the same to the byte', async () => {
    scratch = ownFolder('twins');
    const at = (name: string) => join(scratch.folder, name);
    const one = await newHome({ dataDir: at('one') });
    // More than one part of a base.
    await fill(one, 360, 12_000);
    await one.close();
    for (const name of ['two', 'again']) cpSync(at('one'), at(name), { recursive: true });
    await otherWords(at('two'));
    for (const name of ['one', 'two', 'again']) {
      const home = await unlocked({ dataDir: at(name) });
      await home.api['backup.create']({ target: folderAt(at(`${name}-place`)), full: true });
      await home.close();
    }
    const parts = (name: string) => new Set([...filesUnder(at(`${name}-place/objects`))].map((file) => relative(at(`${name}-place/objects`), file)));
    const common = (name: string) => [...parts('one')].filter((file) => parts(name).has(file));
    const bytes = (name: string, files: Iterable<string>) => Buffer.concat([...files].map((file) => readFileSync(join(at(`${name}-place/objects`), file))));
    expect(common('two')).toEqual([]);
    // The same user with the same data has the same names, so there was something to find; but other bytes, too.
    const [same, ...more] = common('again');
    expect([typeof same, more.length > 0 || parts('one').size > 1]).toEqual(['string', true]);
    const some = soak ? 64 * 1_024 * 1_024 : 512 * 1_024;
    expect(sharedRun(bytes('one', parts('one')).subarray(0, some), bytes('two', parts('two')).subarray(0, some))).toBeNull();
    expect(sharedRun(bytes('one', [same!]).subarray(0, some), bytes('again', [same!]).subarray(0, some))).toBeNull();
  });

  /** The vault in a folder belongs to somebody else now: the same store under the same key, other words, another repository. */
  async function otherWords(dataDir: string): Promise<void> {
    const vault = cheaply({ dataDir, clock: systemClock, random: systemRandom, log: silentLog, secrets: null });
    const store = await vault.unlock({ with: 'passphrase', passphrase });
    await writeOwn(store, await newOwn('legal winner thank year wave sausage worth useful legal winner thank yellow', systemRandom));
    await vault.lock();
  }

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
