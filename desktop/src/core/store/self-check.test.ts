import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import type { Connection } from './engine.ts';
import { looksReadable } from './folder-scan.ts';
import { engines, message, passphrase, scratchFolder, scratchVault, session, task } from './scratch.suite.ts';
import type { Check, Store } from './store.ts';

const noise = (size: number) => Buffer.from(seededRandom(5)(size));
const title = 'Rendezvous with the lighthouse keeper';
const said = 'What was said in confidence \u201cabout the harbour\u201d and its customs officer';

async function opened(engine = engines[0]!): Promise<{ store: Store; dataDir: string; plant: (path: string, bytes: string | Buffer) => void }> {
  const dataDir = scratchFolder();
  const { store } = await scratchVault(dataDir, { engines: [engine] }).create(passphrase);
  await store.t.records.insert(task('a', { title }));
  await store.t.records.insert(task('milk', { title: 'Milk' }));
  await store.t.sessions.insert(session('s'));
  await store.t.messages.insert(message('m', 's', { text: `${'Preamble that is long enough. '.repeat(20)}${said}` }));
  const plant = (path: string, bytes: string | Buffer) => {
    mkdirSync(dirname(join(dataDir, path)), { recursive: true });
    writeFileSync(join(dataDir, path), bytes);
  };
  return { store, dataDir, plant };
}

const faults = (checks: Check[]) => checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);

async function plaintextDatabase(): Promise<Buffer> {
  const path = join(scratchFolder(), 'plain.db');
  const connection = await (await multipleCiphers()).open(path, { key: null, mode: 'create' });
  await connection.exec("create table notes (body); insert into notes values ('x')");
  await connection.close();
  return readFileSync(path);
}

describe.each(engines.map((load) => [load.name, load] as const))('self-check on %s', (_name, load) => {
  it('passes on a store in use, before and after a restart', async () => {
    const { store, dataDir, plant } = await opened(load);
    // What the embedded cloud, the system and the window keep beside it.
    plant('cloud/base/1/1259', Buffer.concat([noise(9_000), Buffer.from('marta@mail.example')]));
    plant('cloud/jwt-keys.json', '{"keys":[]}');
    plant('.DS_Store', 'Bud1 and so on');
    plant('logs/client.log', '');
    let lines = '';
    const log = jsonLog(
      (line) => (lines += `${line}\n`),
      () => 0,
    );
    log.info('vault.opened', { vaultId: 'a', ms: 3, secret: 'x' });
    plant('logs/client.log', lines);
    plant('backups/object', noise(20_000));
    expect(faults(await store.selfCheck())).toEqual([]);
    await store.close();
    const again = await scratchVault(dataDir, { engines: [load] }).unlock({ with: 'passphrase', passphrase });
    expect(faults(await again.selfCheck())).toEqual([]);
    expect((await again.selfCheck()).map(({ name }) => name)).toEqual([
      'store file is encrypted',
      'store opens only with its key',
      'store settings',
      'store is whole',
      'search index is whole',
      'no readable content on disk',
    ]);
  });
});

describe('a leak that was planted', () => {
  it.each<[string, string, () => string | Buffer | Promise<Buffer>]>([
    ['a text file with the title of a task', 'leak.txt', () => `- ${title}`],
    ['a text file of anything', 'leak.txt', () => 'the user wrote this'],
    ['a few letters', 'n', () => 'Milk'],
    ['notes in a subfolder', 'exports/2026/notes.md', () => '# Notes\n\nfrom yesterday'],
    ['a table of JSON', 'cache.json', () => JSON.stringify([{ title: 'a' }])],
    ['an unencrypted database', 'store.db.bak', plaintextDatabase],
    ['an unencrypted database under a name of ours', 'store.db.new', plaintextDatabase],
    ['text in the place of the write-ahead log of another store', 'other.db-wal', () => 'text in a log'.repeat(10)],
    [
      'a log line with user text',
      'logs/client.log',
      () => `${JSON.stringify({ time: '2026-11-20T09:00:00Z', level: 'info', event: 'chat.sent', text: 'hello there' })}\n`,
    ],
    ['a log that is no log', 'leak.log', () => 'remember the milk'],
    ['UTF-16', 'leak.bin', () => Buffer.from('remember the milk and the bread', 'utf16le')],
    ['Latin-1', 'leak.bin', () => Buffer.from('f\xe9d\xe9ral na\xefve caf\xe9 '.repeat(40), 'latin1')],
    ['another script', 'leak.bin', () => '明日の会議の資料を忘れないでください。'],
    ['text hidden in noise', 'core.1234', () => Buffer.concat([noise(300_000), Buffer.from('dear diary, today was a long day'), noise(300_000)])],
    ['a short title hidden in noise', 'core.1234', () => Buffer.concat([noise(262_130), Buffer.from(title), noise(3_000)])],
    ['the middle of a message in the folder of the cloud', 'cloud/base/1/2619', () => Buffer.concat([noise(9_000), Buffer.from(said)])],
    ['a title in UTF-16 in the folder of the cloud', 'cloud/pg.bin', () => Buffer.from(title, 'utf16le')],
    ['a title in a file of the system', '.DS_Store', () => title],
    ['gzip', 'x', () => gzipSync(said.repeat(100))],
    ['a picture', 'photo', () => Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), deflateRawSync(noise(9_000))])],
    ['a filled lock file', 'vault.lock', () => 'x'],
  ])('%s is found', async (_what, path, bytes) => {
    const { store, plant } = await opened();
    plant(path, await bytes());
    const found = faults(await store.selfCheck());
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`no readable content on disk: ${path} `);
  });

  it('is found when it is a draft or the recovery phrase', async () => {
    const dataDir = scratchFolder();
    const { store, recoveryPhrase } = await scratchVault(dataDir).create(passphrase);
    await store.t.settings.set('draft:new', 'not yet sent to anyone');
    mkdirSync(join(dataDir, 'cloud'));
    for (const secret of [recoveryPhrase, 'not yet sent to anyone']) {
      writeFileSync(join(dataDir, 'cloud', 'file'), Buffer.concat([noise(500), Buffer.from(secret)]));
      expect(faults(await store.selfCheck())).toEqual(['no readable content on disk: cloud/file holds text of the store']);
    }
  });

  it('is found behind a link, and in a key file with a foreign part', async () => {
    const { store, dataDir } = await opened();
    symlinkSync(join(scratchFolder(), 'elsewhere'), join(dataDir, 'link'));
    expect(faults(await store.selfCheck())[0]).toContain('link is a link');
    const other = await opened();
    const head = join(other.dataDir, 'vault.json');
    const data = JSON.parse(readFileSync(head, 'utf8')) as { slots: unknown[] };
    data.slots.push({ kind: 'note', text: title });
    writeFileSync(head, JSON.stringify(data));
    expect(faults(await other.store.selfCheck())[0]).toContain('vault.json has a slot that is damaged or unknown');
  });
});

describe('damage inside the store', () => {
  it('is found: an entry that is not in the index, an index entry too many, a setting that was changed', async () => {
    const store = await damaged((connection) => connection.exec('delete from words where rowid in (select rowid from words_docsize limit 1)'));
    expect(faults(await store.selfCheck())).toEqual(['search index is whole: 3 of 4 entries can be found']);
    const other = await damaged((connection) => connection.exec("insert into words (rowid, title) values (4000, 'x'); pragma secure_delete = off"));
    expect(faults(await other.selfCheck())).toEqual(['store settings: secure_delete is 0', 'search index is whole: 5 of 4 entries can be found']);
  });

  /** A store on whose own connection something was done. */
  async function damaged(work: (connection: Connection) => Promise<void>): Promise<Store> {
    let last: Connection | undefined;
    const engine = await engines[0]!();
    const spying = {
      ...engine,
      open: async (...given: Parameters<typeof engine.open>) => {
        const connection = await engine.open(...given);
        if (given[1].key && given[1].mode === 'write') last = connection;
        return connection;
      },
    };
    const { store } = await opened(async () => spying);
    await work(last!);
    return store;
  }
});

const python = spawnSync('python3', ['-c', 'import fcntl']).status === 0;
if (!python) process.stderr.write('skipped: python3, which the test of file locks asks for them with, is not here\n');

describe.skipIf(!python)('locks of this process', () => {
  it('outlive the self-check: another process can neither convert the store nor have the folder alone', async () => {
    const { store, dataDir } = await opened();
    expect(faults(await store.selfCheck())).toEqual([]);
    expect(await tryToTake(dataDir)).toEqual({ store: 'busy', folder: 'busy' });
    // The trap itself, so that this test is known to see it: any other handle of the file, closed, drops the locks.
    for (const name of ['store.db', 'vault.lock']) readFileSync(join(dataDir, name));
    expect(await tryToTake(dataDir)).not.toEqual({ store: 'busy', folder: 'busy' });
  });

  /** What another process gets when it asks for exclusive locks: on the byte ranges that SQLite uses, without opening the database. */
  async function tryToTake(dataDir: string): Promise<unknown> {
    const script = `
      import fcntl, json, os, sys
      def take(name, start, length):
          handle = os.open(os.path.join(sys.argv[1], name), os.O_RDWR)
          try:
              fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
              return 'free'
          except OSError:
              return 'busy'
          finally:
              os.close(handle)
      # SQLite's shared range: https://www.sqlite.org/src/file/src/os.h (PENDING_BYTE + 2, 510 bytes)
      print(json.dumps({'store': take('store.db', 0x40000002, 510), 'folder': take('vault.lock', 0x40000002, 510)}))`;
    const { stdout } = await promisify(execFile)('python3', ['-c', script.replace(/^ {6}/gm, ''), dataDir]);
    return JSON.parse(stdout);
  }
});

describe('noise and text', () => {
  it('are told apart at every size', () => {
    for (const size of [0, 1, 7, 8, 31, 32, 100, 511, 512, 4_096, 262_144]) expect([size, looksReadable(noise(size))]).toEqual([size, false]);
    for (const size of [1, 7, 8, 31, 32, 100, 511, 512, 4_096])
      expect([size, looksReadable(Buffer.from('ab c'.repeat(size).slice(0, size)))]).toEqual([size, true]);
  });
});
