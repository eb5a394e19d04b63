import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { Database } from './database.ts';
import { engineOf } from './pages.suite.ts';
import { packed, secret, unpack, vaultAt, words, type Packed } from './restore.suite.ts';
import type { BuildStore } from './restored.ts';
import { message, scratchFolder, session, task } from './scratch.suite.ts';
import type { Store } from './store.ts';
import type { Vault, VaultOptions } from './vault.ts';

const names = ['journeyapps', 'multiple-ciphers'] as const;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

interface Home {
  dataDir: string;
  vault: Vault;
  phrase: string;
  backup: Packed;
  /** Digest of what the backup holds. */
  digest: string;
}

const hash = (dataDir: string) =>
  ['vault.json', 'store.db', 'store.db-wal']
    .map((name) =>
      existsSync(join(dataDir, name))
        ? createHash('sha256')
            .update(readFileSync(join(dataDir, name)))
            .digest('hex')
        : '-',
    )
    .join();
const ids = async (store: Store) => (await store.t.records.list({ type: 'task', limit: 100 })).records.map(({ id, version }) => `${id} ${version}`).sort();
const found = async (store: Store, query: string) => (await store.search(query, { limit: 10 })).map(({ id }) => id);

/** An open vault that was backed up and then changed. */
async function home(name: string, options: Partial<VaultOptions> = {}): Promise<Home> {
  const dataDir = scratchFolder();
  const vault = vaultAt(dataDir, name, options);
  onTestFinished(() => vault.lock());
  const { store, recoveryPhrase } = await vault.create(secret.passphrase);
  for (const id of ['same', 'replaced', 'removed']) await store.t.records.insert(task(id, { title: `Title of ${id}` }));
  await store.t.sessions.insert(session('s', { title: 'Harbour talk' }));
  await store.t.messages.insert(message('m', 's', { text: 'about lighthouses' }));
  await store.t.documents.insert({ id: 'd', collection: 'files', title: 'Manual', text: 'of the foghorn', createdAt: '2026-11-20T09:00:00.000Z' });
  await store.t.settings.set('device.token', 'then');
  await store.t.settings.set('device.gone', 1);
  await store.t.settings.set('theme', 'dark');
  const [backup, digest] = [await packed(store), await store.digest()];
  await store.t.records.replace(task('replaced', { title: 'Newer here' }, { version: 2 }));
  await store.t.records.remove('removed');
  await store.t.records.insert(task('added', { title: 'Added since' }));
  await store.t.settings.set('device.token', 'now');
  await store.t.settings.remove('device.gone');
  return { dataDir, vault, phrase: recoveryPhrase, backup, digest };
}

/** A packed store after a change that only somebody with its key can make. */
async function changed({ pages, key }: Packed, sql: string): Promise<Packed> {
  const path = join(scratchFolder(), 'c.db');
  writeFileSync(path, pages);
  const database = await Database.open(await engineOf('journeyapps'), path, key, systemClock, 'write', null);
  await database.alone((connection) => connection.exec(sql));
  await database.close();
  return { pages: readFileSync(path), key };
}

describe.each(names)('a restore over a vault on %s', (name) => {
  it('says what is won and lost, takes the place of the store, and goes back in one call', async () => {
    const { dataDir, vault, phrase, backup, digest } = await home(name);
    const before = [await vault.store().digest(), hash(dataDir)];
    const staged = await vault.stage(unpack(backup));
    expect(await staged.compare()).toEqual({
      counts: Object.entries(await vault.store().counts()).map(([table, here]) => ({ table, here, there: here })),
      won: { total: 1, first: [{ type: 'task', id: 'removed', title: 'Title of removed' }] },
      lost: {
        total: 2,
        first: [
          { type: 'task', id: 'added', title: 'Added since' },
          { type: 'task', id: 'replaced', title: 'Newer here' },
        ],
      },
    });
    expect([await staged.digest(), (await staged.counts())['records'], hash(dataDir), await vault.kept()]).toEqual([digest, 3, before[1], null]);
    const store = await staged.swap();
    expect(store).toBe(vault.store());
    expect([await store.digest(), await ids(store)]).toEqual([digest, ['removed 1', 'replaced 1', 'same 1']]);
    expect([await store.t.settings.get('device.token'), await store.t.settings.get('device.gone'), await store.t.settings.get('theme')]).toEqual([
      'now',
      undefined,
      'dark',
    ]);
    expect([await found(store, 'removed'), await found(store, 'lighthouses'), await found(store, 'foghorn'), await found(store, 'added')]).toEqual([
      ['removed'],
      ['m'],
      ['d'],
      [],
    ]);
    expect(await vault.phrase()).toBe(phrase);
    await store.t.settings.set('device.token', 'later');
    const kept = await vault.kept();
    expect(Date.parse(kept!.until) - Date.parse(kept!.restoredAt)).toBe(30 * 86_400_000);
    const back = await vault.undoSwap();
    expect([await back.digest(), await back.t.settings.get('device.token'), await vault.phrase()]).toEqual([before[0], 'later', phrase]);
    const forth = await vault.undoSwap();
    expect([await forth.digest(), readdirSync(join(dataDir, 'kept')).length]).toEqual([digest, 1]);
    expect((await forth.selfCheck()).filter(({ ok }) => !ok)).toEqual([]);
    await vault.lock();
    expect(readdirSync(dataDir).sort()).toEqual(['kept', 'store.db', 'store.db-pages', 'vault.copy.json', 'vault.json', 'vault.lock', 'vault.restore.lock']);
    expect(await codeOf(vault.unlock({ with: 'phrase', phrase }))).toBe('done');
  });

  it('takes the phrase of the backup where one was typed, and gives the old one back with the old store', async () => {
    const { vault, phrase, backup } = await home(name);
    await (await vault.stage(unpack(backup))).swap({ phrase: `  ${words.toUpperCase()}` });
    const opens = async (with_: string) => {
      await vault.lock();
      const code = await codeOf(vault.unlock({ with: 'phrase', phrase: with_ }));
      if (code !== 'done') await vault.unlock(secret);
      return code;
    };
    expect([await opens(words), await opens(phrase), (await vault.state()).phraseConfirmed, await vault.phrase()]).toEqual([
      'done',
      'vault.wrong_phrase',
      true,
      null,
    ]);
    await vault.undoSwap();
    expect([await opens(phrase), await opens(words), (await vault.state()).phraseConfirmed, await vault.phrase()]).toEqual([
      'done',
      'vault.wrong_phrase',
      false,
      phrase,
    ]);
  });

  it.each<[string, string, (backup: Packed) => BuildStore | Promise<BuildStore>]>([
    ['a builder that fails', 'Error: gone', () => async () => Promise.reject(new Error('gone'))],
    ['nothing', 'backup.corrupt', () => async () => undefined],
    ['an empty file', 'backup.corrupt', () => async (path) => writeFileSync(path, '')],
    [
      'a file that is cut off',
      'backup.corrupt',
      (backup) => async (path, key) => (await unpack(backup)(path, key), writeFileSync(path, readFileSync(path).subarray(0, -100))),
    ],
    [
      'a page too few',
      'backup.corrupt',
      (backup) => async (path, key) => (await unpack(backup)(path, key), writeFileSync(path, readFileSync(path).subarray(0, -4096))),
    ],
    [
      'pages under another key',
      'backup.corrupt',
      (backup) => (path) => unpack(backup)(path, { key: new Uint8Array(32).fill(3), salt: new Uint8Array(16).fill(4) }),
    ],
    [
      'another key with the salt of this',
      'backup.corrupt',
      (backup) => (path, key) => unpack(backup)(path, { key: key.key.map((byte) => byte ^ 1), salt: key.salt }),
    ],
    [
      'an unencrypted file',
      'backup.corrupt',
      () => async (path) => writeFileSync(path, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8_176)])),
    ],
    [
      'one bit',
      'backup.corrupt',
      (backup) => async (path, key) => {
        await unpack(backup)(path, key);
        const bytes = readFileSync(path);
        bytes[5 * 4096 + 77]! ^= 4;
        writeFileSync(path, bytes);
      },
    ],
    ['a newer schema', 'backup.newer', async (backup) => unpack(await changed(backup, 'pragma user_version = 999'))],
    ['a message without its session', 'backup.corrupt', async (backup) => unpack(await changed(backup, 'pragma foreign_keys = off; delete from sessions'))],
    [
      'an index of a table that does not fit',
      'backup.corrupt',
      async (backup) =>
        unpack(
          await changed(
            backup,
            "pragma writable_schema = on; update sqlite_schema set sql = 'create index records_order on records (type, at, rank, id)' where name = 'records_order'",
          ),
        ),
    ],
  ])('is refused for %s, and the store stays byte for byte as it was', async (_what, code, build) => {
    const { dataDir, vault, backup } = await home(name);
    const before = hash(dataDir);
    expect(await codeOf(vault.stage(await build(backup)))).toBe(code);
    expect([hash(dataDir), readdirSync(dataDir).filter((file) => file.includes('restored') || file === 'kept')]).toEqual([before, []]);
    const staged = await vault.stage(unpack(backup));
    expect(hash(dataDir)).toBe(before);
    await staged.discard();
    await staged.discard();
    expect([hash(dataDir), await codeOf(staged.digest()), await ids(vault.store())]).toEqual([before, 'backup.not_found', ['added 1', 'replaced 2', 'same 1']]);
  });

  it('makes the index anew where it is not whole', async () => {
    const { vault, backup } = await home(name);
    for (const harm of [
      'delete from words where rowid % 4 = 0',
      'delete from words_docsize',
      'update words_data set block = zeroblob(length(block)) where id > 10',
      "insert into words (words) values ('delete-all')",
    ]) {
      const staged = await vault.stage(unpack(await changed(backup, harm)));
      const store = await staged.swap();
      expect([await found(store, 'removed'), await found(store, 'lighthouses'), await found(store, 'foghorn'), await found(store, 'harbour')]).toEqual([
        ['removed'],
        ['m'],
        ['d'],
        ['s'],
      ]);
      expect((await store.selfCheck()).filter(({ ok }) => !ok)).toEqual([]);
    }
  });

  it('waits for nobody: another one with the vault open, or another restore, is in the way', async () => {
    const { dataDir, vault, backup, digest } = await home(name);
    const staged = await vault.stage(unpack(backup));
    expect(await codeOf(vault.stage(unpack(backup)))).toBe('backup.running');
    const other = vaultAt(dataDir, name);
    await other.unlock(secret);
    expect(await codeOf(other.stage(unpack(backup)))).toBe('backup.running');
    expect(await codeOf(staged.swap())).toBe('vault.in_use');
    expect(await ids(vault.store())).toEqual(['added 1', 'replaced 2', 'same 1']);
    await other.lock();
    expect(existsSync(join(dataDir, 'store.db.restored'))).toBe(true);
    expect(await (await staged.swap()).digest()).toBe(digest);
    expect(await codeOf(other.unlock(secret))).toBe('done');
    expect(await codeOf(vault.undoSwap())).toBe('vault.in_use');
    await other.lock();
    expect(await ids(await vault.undoSwap())).toEqual(['added 1', 'replaced 2', 'same 1']);
  });

  it('on a new device makes a vault that the phrase and a new passphrase open', async () => {
    const { backup, digest } = await home(name);
    const dataDir = scratchFolder();
    const vault = vaultAt(dataDir, name);
    onTestFinished(() => vault.lock());
    const how = { vaultId: '01999999-0000-7000-8000-000000000001', phrase: words, passphrase: 'another passphrase', build: unpack(backup) };
    expect(await codeOf(vault.createFrom({ ...how, build: async () => Promise.reject(new Error('gone')) }))).toBe('Error: gone');
    expect(await codeOf(vault.createFrom({ ...how, build: unpack(await changed(backup, 'pragma user_version = 999')) }))).toBe('backup.newer');
    expect(await codeOf(vault.createFrom({ ...how, phrase: 'no such words' }))).toBe('vault.phrase_invalid');
    expect([(await vault.state()).state, readdirSync(dataDir)]).toEqual(['missing', ['vault.lock']]);
    const store = await vault.createFrom(how);
    expect([await store.digest(), await store.t.settings.get('device.token'), store.vaultId, await found(store, 'foghorn')]).toEqual([
      digest,
      undefined,
      how.vaultId,
      ['d'],
    ]);
    expect([await vault.phrase(), (await vault.state()).phraseConfirmed]).toEqual([null, true]);
    expect((await store.selfCheck()).filter(({ ok }) => !ok)).toEqual([]);
    await vault.lock();
    expect(await codeOf(vault.createFrom(how))).toBe('vault.exists');
    for (const way of [{ with: 'phrase', phrase: words } as const, { with: 'passphrase', passphrase: 'another passphrase' } as const]) {
      expect(await codeOf(vault.unlock(way))).toBe('done');
      await vault.lock();
    }
  });

  it('keeps other words for the vault until they were confirmed, and no old ones beside a kept store', async () => {
    const { dataDir, vault, phrase, backup } = await home(name);
    await (await vault.stage(unpack(backup))).swap();
    expect(await codeOf(vault.replacePhrase('no such words'))).toBe('vault.phrase_invalid');
    await vault.replacePhrase(words);
    expect([await vault.phrase(), (await vault.state()).phraseConfirmed]).toEqual([words, false]);
    const keptHead = () => readFileSync(join(dataDir, 'kept', readdirSync(join(dataDir, 'kept'))[0]!, 'vault.json'), 'utf8');
    expect([keptHead().includes('"phrase"'), keptHead().includes('"passphrase"')]).toEqual([false, true]);
    await vault.undoSwap();
    expect(await vault.phrase()).toBe(words);
    await vault.lock();
    expect([await codeOf(vault.unlock({ with: 'phrase', phrase })), await codeOf(vault.unlock({ with: 'phrase', phrase: words }))]).toEqual([
      'vault.wrong_phrase',
      'done',
    ]);
    const typed = words.split(' ');
    expect(await vault.confirmPhrase([0, 5, 11].map((index) => ({ index, word: typed[index]! })))).toBe(true);
    expect([await vault.phrase(), (await vault.state()).phraseConfirmed]).toEqual([null, true]);
  });
});

describe('kept stores', () => {
  it('go after 30 days, the last one is what an undo takes, and there is nothing after that', async () => {
    const start = Date.parse('2026-11-20T09:00:00.000Z');
    const clock = manualClock(start);
    const { dataDir, vault, backup, digest } = await home('journeyapps', { clock });
    expect(await codeOf(vault.undoSwap())).toBe('backup.nothing_kept');
    await (await vault.stage(unpack(backup))).swap();
    await vault.store().t.records.insert(task('second'));
    const second = await vault.store().digest();
    await (await vault.stage(unpack(backup))).swap();
    expect([await vault.kept(), readdirSync(join(dataDir, 'kept')).length]).toEqual([
      { restoredAt: '2026-11-20T09:00:00.001Z', until: '2026-12-20T09:00:00.001Z' },
      2,
    ]);
    await vault.dropKept(start + 30 * 86_400_000);
    expect(readdirSync(join(dataDir, 'kept')).length).toBe(1);
    expect([await (await vault.undoSwap()).digest(), (await vault.store().digest()) === digest]).toEqual([second, false]);
    await vault.dropKept(Infinity);
    expect([await vault.kept(), existsSync(join(dataDir, 'kept')), await codeOf(vault.undoSwap())]).toEqual([null, false, 'backup.nothing_kept']);
    expect(await vault.store().digest()).toBe(second);
  });

  it('and staged ones pass the check of the folder, which still finds what is planted among them', async () => {
    const { dataDir, vault, backup } = await home('multiple-ciphers');
    await (await vault.stage(unpack(backup))).swap();
    const staged = await vault.stage(unpack(backup));
    const faults = async () => (await vault.store().selfCheck()).filter(({ ok }) => !ok).map(({ detail }) => detail);
    expect(await faults()).toEqual([]);
    const place = `kept/${readdirSync(join(dataDir, 'kept'))[0]!}`;
    mkdirSync(join(dataDir, 'kept/2026-01-01T00-00-00.000Z'));
    for (const [path, bytes] of [
      [`${place}/notes.txt`, 'Title of same'],
      ['store.db-pages.new', 'xx Title of same xx'],
      ['vault.swap.json', '{"format":"adiuva-swap","version":1,"note":"x"}'],
      ['kept/2026-01-01T00-00-00.000Z/store.db', 'SQLite format 3\0 and so on'],
      ['kept/2026-01-01T00-00-00.000Z/vault.json', '{"title":"x"}'],
    ] as const) {
      writeFileSync(join(dataDir, path), bytes);
      expect([path, (await faults()).length]).toEqual([path, 1]);
      rmSync(join(dataDir, path));
    }
    const pages = readFileSync(join(dataDir, 'store.db-pages'));
    writeFileSync(join(dataDir, 'store.db-pages'), Buffer.concat([pages, Buffer.from('Title of same')]));
    expect((await faults()).join()).toContain('store.db-pages is damaged');
    writeFileSync(join(dataDir, 'store.db-pages'), pages);
    expect(await faults()).toEqual([]);
    await staged.discard();
  });
});
