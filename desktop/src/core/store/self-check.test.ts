import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
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
  return (await import('node:fs')).readFileSync(path);
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
    const log = jsonLog((line) => (lines += `${line}\n`), () => 0);
    log.info('vault.opened', { vaultId: 'a', ms: 3, secret: 'x' });
    plant('logs/client.log', lines);
    plant('backups/object', noise(20_000));
    expect(faults(await store.selfCheck())).toEqual([]);
    await store.close();
    const again = await scratchVault(dataDir, { engines: [load] }).unlock({ with: 'passphrase', passphrase });
    expect(faults(await again.selfCheck())).toEqual([]);
    expect((await again.selfCheck()).map(({ name }) => name)).toEqual(['store file is encrypted', 'store opens only with its key', 'store settings', 'store is whole', 'no readable content on disk']);
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
    ['a log line with user text', 'logs/client.log', () => `${JSON.stringify({ time: '2026-11-20T09:00:00Z', level: 'info', event: 'chat.sent', text: 'hello there' })}\n`],
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

  it('is found behind a link, and in a key file with a foreign part', async () => {
    const { store, dataDir } = await opened();
    symlinkSync(join(scratchFolder(), 'elsewhere'), join(dataDir, 'link'));
    expect(faults(await store.selfCheck())[0]).toContain('link is a link');
    const other = await opened();
    const head = join(other.dataDir, 'vault.json');
    const data = JSON.parse((await import('node:fs')).readFileSync(head, 'utf8')) as { slots: unknown[] };
    data.slots.push({ kind: 'note', text: title });
    writeFileSync(head, JSON.stringify(data));
    expect(faults(await other.store.selfCheck())[0]).toContain('vault.json has a slot that is damaged or unknown');
  });
});

describe('noise and text', () => {
  it('are told apart at every size', () => {
    for (const size of [0, 1, 7, 8, 31, 32, 100, 511, 512, 4_096, 262_144]) expect([size, looksReadable(noise(size))]).toEqual([size, false]);
    for (const size of [1, 7, 8, 31, 32, 100, 511, 512, 4_096]) expect([size, looksReadable(Buffer.from('ab c'.repeat(size).slice(0, size)))]).toEqual([size, true]);
  });
});
