import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/src/kit/clock.ts';
import { Database } from '../../desktop/src/core/store/database.ts';
import { journeyapps } from '../../desktop/src/core/store/engine-journeyapps.ts';
import { migrate } from '../../desktop/src/core/store/migrate.ts';
import { message, session, task, testKey } from '../../desktop/src/core/store/scratch.suite.ts';
import { createStore, type Store } from '../../desktop/src/core/store/store.ts';

/** What the tool and the generator of the example give to this writer; both are plain JavaScript without types. */
interface Parts {
  argon2id(options: object): Buffer;
  blake2b(length: number, ...parts: Buffer[]): Buffer;
  b64(data: Uint8Array): string;
  canonical(value: unknown): string;
  cell(value: unknown): string;
  fileName(number: number, title: string): string;
  wrappingKey(stretched: Buffer): Buffer;
  subkey(master: Buffer, scope: object, purpose: string): Buffer;
  contextOf(scope: object, type: string, id: string): string;
  envelopeId(envelope: object): string;
  nameOf(key: (purpose: string) => Buffer, type: string, content: Buffer): string;
  seal(key: Buffer, context: string, plain: Buffer, salt: Buffer): { sealed: Buffer };
  padded(content: Buffer): Buffer;
  cipherPage(escrow: object, index: number, plain: Buffer, iv: Buffer): Buffer;
  example(): unknown;
}
const here = (name: string) => new URL(name, import.meta.url);
const load = (name: string) => import(here(name).href) as Promise<Partial<Parts>>;
const parts = Object.assign({}, await load('argon2id.mjs'), await load('offline-restore.mjs'), await load('example.mjs')) as Parts;
const { b64, canonical } = parts;

const phrase = `${'legal winner thank year wave sausage worth useful '}legal winner thank yellow`;
const scratch = fs.mkdtempSync(path.join(tmpdir(), 'adiuva-offline-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
let count = 0;
const place = (name: string) => path.join(scratch, `${name}-${++count}`);

// ---------------------------------------------------------------- a store

const evening = '2026-11-20T18:00:00.000Z';
const odd = 'quotes " and \\ and\nlines, a lone \ud800 and a \u0000 end';

async function openStore(file: string, mode: 'create' | 'write'): Promise<Store> {
  const database = await Database.open(await journeyapps(), file, testKey, systemClock, mode);
  if (mode === 'create') await database.alone((connection) => migrate(connection));
  return createStore(database, { vaultId: 'test', selfCheck: async () => [], close: () => database.close() });
}

async function firstDay(store: Store) {
  const record = (id: string, type: 'event' | 'note' | 'project' | 'email', fields: Record<string, unknown>) =>
    store.t.records.insert({ id, type, fields, version: 1, createdAt: evening, updatedAt: evening });
  await store.t.records.insert(task('t1', { title: '=HYPERLINK("http://x")', tags: ['a', 'b, c'], notes: 'two\nlines' }));
  await store.t.records.insert(task('t2', { title: 'Ölwechsel', more: { nested: true } }));
  await record('e1', 'event', { title: 'Dinner', startAt: evening, endAt: evening, attendees: ['a@x', 'b@x'] });
  await record('n1', 'note', { title: '../../etc/passwd', body: 'A *note*.', tags: ['x'] });
  await record('n2', 'note', { title: 'CON', body: odd });
  await record('p1', 'project', { name: 'House', status: 'active' });
  await record('m1', 'email', { account: 'me', from: '+49', to: ['you@x'], subject: '@SUM(1)', receivedAt: evening, labels: [] });
  await store.t.documents.insert({ id: 'd1', collection: 'letters', title: 'A/B: c?', text: odd, createdAt: evening });
  await store.t.sessions.insert(session('s1', { title: 'First "talk"' }));
  await store.t.messages.insert(message('m1', 's1', { text: 'Hello' }));
}

async function secondDay(store: Store) {
  await store.t.messages.insert(message('m2', 's1', { text: 'It is', role: 'assistant', state: 'streaming' }));
  await store.t.messages.appendText('m2', 1, ' an emoji: \ud83d');
  await store.t.messages.appendText('m2', 2, '\ude00.');
  await store.t.messages.insert(message('m3', 's1', { text: 'taken back' }));
  await store.t.messages.remove('m3');
  await store.t.records.replace(task('t1', { title: '-1+1', status: 'done' }, { version: 2 }));
  const page = 'many words that fill a document. '.repeat(30_000);
  for (let i = 0; i < 6; i++) await store.t.documents.insert({ id: `big${i}`, collection: 'books', title: `Book ${i}`, text: page, createdAt: evening });
}

/** The encrypted file after each day's work. */
async function days(): Promise<Buffer[]> {
  const file = path.join(scratch, 'store.db');
  const files: Buffer[] = [];
  for (const work of [firstDay, secondDay]) {
    const store = await openStore(file, files.length === 0 ? 'create' : 'write');
    await work(store);
    await store.close();
    files.push(fs.readFileSync(file));
  }
  return files;
}

// ---------------------------------------------------------------- a writer of backups

type Json = Record<string, unknown>;
type Change<T> = (value: T) => T;
/** Ways to write something that is sealed and named as it should be, and wrong. */
interface Wrong {
  manifest?: Change<Json>;
  manifestBytes?: Change<Buffer>;
  delta?: Change<Buffer>;
  list?: Change<Buffer>;
  base?: Change<Buffer>;
  plain?: Change<Buffer>;
  envelope?: Change<Json>;
  head?: Change<Json>;
  escrow?: Change<Buffer>;
}

const escrow = { key: Buffer.from(testKey.key), salt: Buffer.from(testKey.salt) };
const scope = { repository: b64(crypto.randomBytes(16)), epoch: 3 };
const salt = crypto.randomBytes(16);
const argon = { version: 19, timeCost: 2, memoryKiB: 19_456, parallelism: 2, salt: b64(salt) };
const stretched = parts.argon2id({ password: Buffer.from(phrase), salt, timeCost: 2, memoryKiB: 19_456, parallelism: 2 });
const master = crypto.randomBytes(32);
const key = (purpose: string) => parts.subkey(master, scope, purpose);
const sha256 = (data: Buffer | string) => crypto.createHash('sha256').update(data).digest();
const hmac = (secret: Buffer, data: Buffer | string) => crypto.createHmac('sha256', secret).update(data).digest();
const same = <T>(value: T) => value;
const pagesOf = (file: Buffer) => Array.from({ length: file.length / 4096 }, (_, i) => file.subarray(4096 * i, 4096 * i + 4096));
const number = (value: number) => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return data;
};

function writeJson(folder: string, name: string, value: unknown) {
  fs.writeFileSync(path.join(folder, name), JSON.stringify(value));
}

function writeEnvelope(folder: string, change: Change<Json> = same) {
  const open = change({ format: 'adiuva-backup-envelope', version: 1, ...scope, argon });
  const { sealed } = parts.seal(parts.wrappingKey(stretched), parts.contextOf(scope, 'envelope', parts.envelopeId(open)), master, crypto.randomBytes(24));
  const unsummed = { ...open, sealed: b64(sealed) };
  writeJson(folder, 'envelope.json', { ...unsummed, sum: b64(sha256(canonical(unsummed))) });
}

function writeObject(folder: string, type: string, content: Buffer, plain: Change<Buffer> = same): { name: string; sealed: Buffer } {
  const name = parts.nameOf(key, type, content);
  const secret = key(type === 'manifest' ? 'manifest' : 'blob');
  const { sealed } = parts.seal(secret, parts.contextOf(scope, type, name), plain(parts.padded(content)), crypto.randomBytes(24));
  const file = type === 'manifest' ? path.join(folder, 'manifests', name) : path.join(folder, 'objects', name.slice(0, 2), name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, sealed);
  return { name, sealed };
}

function writeDelta(folder: string, before: Buffer, after: Buffer, wrong: Wrong) {
  const old = pagesOf(before);
  const changed = [...pagesOf(after).entries()].filter(([i, page]) => !old[i]?.equals(page));
  const objects: string[] = [];
  for (let at = 0; at < changed.length; at += 1023) {
    const some = changed.slice(at, at + 1023);
    const content = Buffer.concat([number(some.length), ...some.flatMap(([i, page]) => [number(i), page])]);
    objects.push(writeObject(folder, 'delta', (wrong.delta ?? same)(content)).name);
  }
  return { objects, pages: changed.length };
}

function writeBase(folder: string, file: Buffer, wrong: Wrong) {
  const names: string[] = [];
  for (let at = 0; at < file.length; at += 1024 * 4096) {
    names.push(writeObject(folder, 'base', (wrong.base ?? same)(file.subarray(at, at + 1024 * 4096)), wrong.plain).name);
  }
  const list = Buffer.concat(names.map((name) => Buffer.from(name, 'base64url')));
  return { list: [writeObject(folder, 'list', (wrong.list ?? same)(list)).name], parts: names.length, generation: 1 };
}

/** A folder with one backup for each of these files: a base and deltas. What is `wrong` holds for the last. */
function writeBackups(files: readonly Buffer[], wrong: Wrong = {}): string {
  const folder = place('backup');
  fs.mkdirSync(path.join(folder, 'manifests'), { recursive: true });
  writeJson(folder, 'adiuva-backup.json', { format: 'adiuva-backup', version: 1 });
  writeEnvelope(folder, wrong.envelope);
  const base = writeBase(folder, files[0]!, wrong);
  const deltas: Json[] = [];
  let previous: Json | null = null;
  for (const [i, file] of files.entries()) {
    const last = i === files.length - 1;
    if (i > 0) deltas.push({ generation: i + 1, ...writeDelta(folder, files[i - 1]!, file, last ? wrong : {}) });
    const manifest = manifestOf(i + 1, file, { base, deltas: [...deltas], previous }, last ? wrong : {});
    const bytes = (last && wrong.manifestBytes ? wrong.manifestBytes : same)(Buffer.from(canonical(manifest)));
    const { name, sealed } = writeObject(folder, 'manifest', bytes);
    previous = { manifest: name, sha256: b64(sha256(sealed)) };
    writeHead(folder, i + 1, name, last ? wrong.head : undefined);
  }
  return folder;
}

function manifestOf(generation: number, file: Buffer, more: Json, wrong: Wrong): Json {
  const secret = (wrong.escrow ?? same)(Buffer.concat([escrow.key, escrow.salt]));
  const { sealed } = parts.seal(key('escrow'), parts.contextOf(scope, 'escrow', 'vault-1'), secret, crypto.randomBytes(24));
  const tags = pagesOf(file).map((page) => page.subarray(4032, 4048));
  return (wrong.manifest ?? same)({
    format: 'adiuva-backup-manifest',
    version: 1,
    ...scope,
    generation,
    createdAt: evening,
    app: '0.1.0',
    engine: 'test',
    schema: 1,
    vaultId: 'vault-1',
    deviceName: 'Laptop \u202e\u001b[31m',
    pageSize: 4096,
    pages: file.length / 4096,
    fileDigest: b64(hmac(key('digest'), Buffer.concat(tags))),
    counts: { records: 7, sessions: 1 },
    logical: null,
    escrow: b64(sealed),
    ...more,
  });
}

function writeHead(folder: string, generation: number, manifest: string, change: Change<Json> = same) {
  const unsigned = change({ ...scope, generation, manifest });
  writeJson(folder, 'head.json', { ...unsigned, mac: b64(hmac(key('head'), canonical(unsigned))) });
}

// ---------------------------------------------------------------- running the tool

interface Result {
  readonly exit: number | null;
  readonly out: string;
  readonly listed: string;
  /** What stands where the output was asked for, or began to be written. */
  readonly left: string[];
  readonly said: string;
}

interface Call {
  readonly words?: string;
  /** What is typed instead of the environment's phrase. */
  readonly input?: string;
  readonly node?: readonly string[];
}

function run(folder: string, more: string[] = [], { words = phrase, input, node = [] }: Call = {}): Result {
  const out = path.join(place('run'), 'out');
  fs.mkdirSync(path.dirname(out));
  const args = [...node, fileURLToPath(here('offline-restore.mjs')), folder, ...(more.includes('--list') ? [] : [out]), ...more];
  const env = { PATH: process.env['PATH'], ...(input === undefined && { ADIUVA_RECOVERY_PHRASE: words }) };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, input: input ?? '', encoding: 'utf8' });
  return { exit: status, out, listed: stdout, left: fs.readdirSync(path.dirname(out)), said: stderr };
}

const copyOf = (folder: string) => {
  const copy = place('copy');
  fs.cpSync(folder, copy, { recursive: true });
  return copy;
};

/** Every file below a folder, relative, in order. */
const filesIn = (folder: string) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();

let small: Buffer[] = [];
let big: Buffer[] = [];
let smallFolder = '';
let bigFolder = '';
beforeAll(async () => {
  big = await days();
  small = [big[0]!, Buffer.from(big[0]!)];
  // The second small file has one page changed: written again, with another IV.
  const page = small[1]!.subarray(4096 * 5, 4096 * 6);
  parts.cipherPage(escrow, 5, plainOf(page), crypto.randomBytes(16)).copy(page);
  smallFolder = writeBackups(small);
  bigFolder = writeBackups(big);
});

function plainOf(page: Buffer): Buffer {
  const aes = crypto.createDecipheriv('aes-256-cbc', escrow.key, page.subarray(4016, 4032)).setAutoPadding(false);
  return Buffer.concat([aes.update(page.subarray(0, 4016)), aes.final(), page.subarray(4016)]);
}

const vectors = here('../../../shared/vectors/crypto/argon2/kats.json');
const hex = (text: string) => Buffer.from(text, 'hex');

describe('the primitives', () => {
  it.skipIf(!fs.existsSync(vectors))('Argon2id gives the answers of RFC 9106 and of the reference', () => {
    const read = (name: string) => (JSON.parse(fs.readFileSync(new URL(name, vectors), 'utf8')) as { vectors: Record<string, string | number>[] }).vectors;
    for (const v of read('kats.json').filter(({ kat }) => kat === 'argon2id')) {
      const [password, salt, secret, data] = ['password_hex', 'salt_hex', 'secret_hex', 'ad_hex'].map((name) => hex(String(v[name])));
      const given = { password, salt, secret, data, memoryKiB: v['memory_kib'], timeCost: v['iterations'], parallelism: v['parallelism'] };
      expect(parts.argon2id(given).toString('hex')).toBe(v['tag_hex']);
    }
    const reference = read('reference-hashes.json').filter(
      (v) => v['type'] === 'argon2id' && v['version'] === 19 && Number(v['memory_log2_kib']) * Number(v['iterations']) <= 32,
    );
    expect(reference.length).toBeGreaterThan(4);
    for (const v of reference) {
      const [password, salt] = [Buffer.from(String(v['password'])), Buffer.from(String(v['salt']))];
      const given = { password, salt, memoryKiB: 2 ** Number(v['memory_log2_kib']), timeCost: v['iterations'], parallelism: v['parallelism'] };
      expect(parts.argon2id(given).toString('hex')).toBe(v['tag_hex']);
    }
  });

  it('Argon2id in plain JavaScript agrees with the one of Node', () => {
    const native = crypto as unknown as { argon2Sync(kind: string, options: object): Buffer };
    for (const [memoryKiB, timeCost, parallelism] of [
      [8, 1, 1],
      [33, 3, 4],
      [250, 2, 3],
      [1_024, 2, 1],
      [19_456, 2, 4],
    ] as const) {
      const [password, salt] = [crypto.randomBytes(memoryKiB % 97), crypto.randomBytes(16)];
      const theirs = native.argon2Sync('argon2id', { message: password, nonce: salt, memory: memoryKiB, passes: timeCost, parallelism, tagLength: 32 });
      expect(parts.argon2id({ password, salt, memoryKiB, timeCost, parallelism })).toEqual(theirs);
    }
  });

  it('BLAKE2b agrees with the one of Node around the edges of its blocks', () => {
    for (const size of [0, 1, 127, 128, 129, 255, 256, 257, 1_000]) {
      const data = crypto.randomBytes(size);
      expect(parts.blake2b(64, data)).toEqual(crypto.createHash('blake2b512').update(data).digest());
    }
  });

  it('a cell cannot become a formula or leave its column', () => {
    const cells = ['=1+1', '+1', '-1', '@x', '\t=1', ' =1', 'a,b', 'say "hi"', 'two\nlines', 'plain', '', 5, -5, null, ['=a', 'b']].map(parts.cell);
    expect(cells).toEqual(["'=1+1", "'+1", "'-1", "'@x", "'\t=1", "' =1", '"a,b"', '"say ""hi"""', '"two\nlines"', 'plain', '', '5', '-5', '', "'=a; b"]);
  });

  it('no title leaves its folder or meets a reserved name', () => {
    const names = ['../../etc/passwd', 'CON', '', '...', 'a\u0000b', '\u202egpj.exe', 'Überblick 2026', '日'.repeat(300)].map((title) =>
      parts.fileName(7, title),
    );
    expect(names.every((name) => /^0007-[\p{L}\p{M}\p{N}-]+\.md$/u.test(name) && Buffer.byteLength(name) < 255)).toBe(true);
    expect(names.slice(0, 4)).toEqual(['0007-etc-passwd.md', '0007-CON.md', '0007-untitled.md', '0007-untitled.md']);
  });
});

describe('the example of the format', () => {
  const kept = JSON.parse(fs.readFileSync(here('../../docs/backup-example.json'), 'utf8')) as { phrase: string; store: { file: string } } & Record<
    string,
    Json[]
  >;

  it('is what its generator makes', () => expect(parts.example()).toEqual(kept));

  it('restores from its own bytes alone', () => {
    const folder = place('example');
    fs.mkdirSync(folder);
    const backups = kept['backups'] as unknown as { object: { name: string; sealed: string }; head: Json }[];
    writeJson(folder, 'envelope.json', (kept['envelope'] as unknown as { json: Json }).json);
    writeJson(folder, 'head.json', backups[1]!.head);
    const pieces = [...(kept['objects'] as unknown as { name: string; sealed: string }[]), ...backups.map(({ object }) => object)];
    for (const { name, sealed } of pieces) fs.writeFileSync(path.join(folder, name), sealed, 'base64url');
    const { exit, out } = run(folder, [], { words: kept.phrase });
    expect(exit).toBe(0);
    const plain = fs.readFileSync(path.join(out, 'store.sqlite'));
    expect([plain.length, plain.subarray(0, 16).toString('latin1'), plain[18], plain[19], plain[20]]).toEqual([8192, 'SQLite format 3\0', 1, 1, 80]);
    expect(plain.subarray(4096 + 8, 4096 + 13).toString()).toBe('after');
  });
});

describe('a whole backup', () => {
  it('becomes a plain SQLite file with everything in it', () => {
    const { exit, out, said } = run(bigFolder);
    expect({ exit, warnings: said.match(/warning.*/g) }).toEqual({ exit: 0, warnings: null });
    const db = new DatabaseSync(path.join(out, 'store.sqlite'));
    expect(db.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(db.prepare('select (select count(*) from documents) as documents, (select count(*) from messages) as messages').get()).toEqual({
      documents: 7,
      messages: 3,
    });
    // The file is writable too, and its reserved bytes hold.
    db.exec(`insert into settings (key, body) values ('x', '1')`);
    expect(db.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    db.close();
    expect(big[1]!.length).toBeGreaterThan(1024 * 4096);
  });

  it('becomes files that people can read', () => {
    const { out, left } = run(bigFolder);
    const read = (name: string) => fs.readFileSync(path.join(out, name), 'utf8');
    const books = Array.from({ length: 6 }, (_, i) => `documents/000${i + 2}-Book-${i}.md`);
    expect(left).toEqual(['out']);
    expect(filesIn(out)).toEqual(
      [
        'chats/0001-First-talk.md',
        'documents/0001-A-B-c.md',
        ...books,
        'emails.csv',
        'events.csv',
        'notes/0001-etc-passwd.md',
        'notes/0002-CON.md',
        'projects.csv',
        'store.sqlite',
        'tasks.csv',
      ].toSorted(),
    );
    expect(read('tasks.csv').split('\r\n')).toEqual([
      'id,title,status,priority,dueAt,projectId,tags,recurrence,notes,created,updated,other',
      `t1,'-1+1,done,medium,,,,,,2026-11-20T09:00:00.000Z,2026-11-20T09:00:00.000Z,`,
      't2,Ölwechsel,open,medium,,,,,,2026-11-20T09:00:00.000Z,2026-11-20T09:00:00.000Z,"{""type"":""task"",""more"":{""nested"":true}}"',
      '',
    ]);
    expect(read('emails.csv').split('\r\n')[1]).toBe(`m1,me,'+49,you@x,'@SUM(1),${evening},,${evening},${evening},`);
    expect(read('notes/0002-CON.md')).toBe(`# CON\n\n${evening}, changed ${evening}\n\n${odd.toWellFormed()}\n`);
    expect(read('documents/0001-A-B-c.md')).toBe(`# A/B: c?\n\nletters, ${evening}\n\n${odd.toWellFormed()}\n`);
    expect(read('chats/0001-First-talk.md')).toContain('\n\nHello\n\n## assistant, 2026-11-20T09:00:00.000Z\n\nIt is an emoji: 😀.\n');
    expect(read('chats/0001-First-talk.md')).not.toContain('taken back');
    expect(fs.statSync(path.join(out, 'store.sqlite')).mode & 0o077).toBe(0);
  });

  it('can be an older one, byte for byte', () => {
    const { exit, out } = run(bigFolder, ['--generation', '1']);
    const db = new DatabaseSync(path.join(out, 'store.sqlite'), { readOnly: true });
    expect([exit, fs.statSync(path.join(out, 'store.sqlite')).size, db.prepare('select count(*) as n from documents').get()]).toEqual([
      0,
      big[0]!.length,
      { n: 1 },
    ]);
    db.close();
  });

  it('is listed with number, time and counts, and nothing that steers the terminal', () => {
    const { exit, listed } = run(bigFolder, ['--list']);
    const lines = listed.trim().split('\n');
    expect([exit, lines.length]).toEqual([0, 2]);
    expect(lines[0]).toMatch(/^2 \(newest\)\t2026-11-20T18:00:00\.000Z\t[\d.]+ MiB\tAdiuva 0\.1\.0, Laptop \[31m\trecords 7, sessions 1$/);
  });

  it('comes from a flat folder, a phrase in any writing, and a phrase that is typed', () => {
    const flat = place('flat');
    fs.mkdirSync(flat);
    for (const name of filesIn(smallFolder)) fs.copyFileSync(path.join(smallFolder, name), path.join(flat, path.basename(name)));
    fs.rmSync(path.join(flat, 'adiuva-backup.json'));
    const loud = `  ${phrase.toUpperCase().replaceAll(' ', ' \t ')}\u00a0`;
    expect([run(flat).exit, run(flat, ['--list']).listed.split('\n').length, run(flat, ['--generation', '1'], { words: loud }).exit]).toEqual([0, 3, 0]);
    const typed = run(smallFolder, [], { input: `${phrase}\n` });
    expect([typed.exit, typed.said.includes('legal')]).toEqual([0, false]);
  });

  it('needs neither the Argon2 nor the SQLite of Node', () => {
    const older = `data:text/javascript,import crypto from 'node:crypto'; delete crypto.argon2Sync;`;
    const { exit, out, said } = run(smallFolder, [], { node: ['--import', older, '--no-experimental-sqlite'] });
    expect([exit, said.includes('only store.sqlite was written'), filesIn(out)]).toEqual([0, true, ['store.sqlite']]);
  });

  it('still comes without its head, by number, and says that no chain leads there', () => {
    const folder = copyOf(smallFolder);
    fs.rmSync(path.join(folder, 'head.json'));
    const { exit, said } = run(folder, ['--generation', '2']);
    expect([exit, said.includes('no unbroken chain')]).toEqual([0, true]);
  });

  it('is not held up by a damaged older one, and says so', () => {
    const folder = copyOf(smallFolder);
    const newest = (JSON.parse(fs.readFileSync(path.join(folder, 'head.json'), 'utf8')) as { manifest: string }).manifest;
    const older = fs.readdirSync(path.join(folder, 'manifests')).find((name) => name !== newest)!;
    fs.writeFileSync(path.join(folder, 'manifests', older), 'x'.repeat(2_000));
    const [now, before] = [run(folder), run(folder, ['--generation', '1'])];
    expect([now.exit, now.said.includes('warning: another backup'), before.exit, before.left]).toEqual([0, true, 6, []]);
  });

  it('may hold a page of zeros, and a schema and fields that are newer than the tool', () => {
    const grown = Buffer.concat([small[1]!, Buffer.alloc(4096)]);
    const folder = writeBackups([small[0]!, grown], { manifest: (manifest) => ({ ...manifest, schema: 9_999, mood: 'good' }) });
    const { exit, said } = run(folder);
    expect([exit, said.includes('the store has schema 9999')]).toEqual([0, true]);
  });

  it('says when the rows are not those that the manifest counted', () => {
    const { exit, said } = run(writeBackups(small, { manifest: (manifest) => ({ ...manifest, counts: { records: 8, unicorns: 1 } }) }));
    expect([exit, said.match(/warning.*/g)]).toEqual([
      0,
      ['warning: the table records has 7 rows and the manifest says 8', 'warning: the table unicorns has no rows and the manifest says 1'],
    ]);
  });
});

const exits = { usage: 2, missing: 3, newer: 4, 'wrong phrase': 5, corrupt: 6 } as const;
type Kind = keyof typeof exits;

/** Refused for this reason, in these words, and nothing was left behind. */
function expectRefusal(result: Result, kind: Kind, words: string | RegExp) {
  expect({ exit: result.exit, left: result.left, last: result.said.trimEnd().split('\n').at(-1) }).toEqual({
    exit: exits[kind],
    left: [],
    last: expect.stringMatching(words) as unknown,
  });
  expect(result.said).toContain(`${kind}: `);
}

/** The one file of the small backup that is of this kind. */
function fileOf(folder: string, kind: 'base' | 'delta' | 'list' | 'manifest') {
  const head = JSON.parse(fs.readFileSync(path.join(folder, 'head.json'), 'utf8')) as { manifest: string };
  if (kind === 'manifest') return path.join(folder, 'manifests', head.manifest);
  const sizes = filesIn(path.join(folder, 'objects'))
    .map((name) => path.join(folder, 'objects', name))
    .toSorted((a, b) => fs.statSync(a).size - fs.statSync(b).size);
  expect(sizes.length).toBe(3);
  if (kind === 'base') return sizes[2]!;
  const listName = parts.nameOf(key, 'list', Buffer.from(path.basename(sizes[2]!), 'base64url'));
  return sizes.find((file) => (kind === 'list') === (path.basename(file) === listName) && file !== sizes[2])!;
}

function edit(file: string, change: (data: Buffer) => Buffer | void) {
  const data = fs.readFileSync(file);
  fs.writeFileSync(file, change(data) ?? data);
}
const flip = (at: number) => (data: Buffer) => void (data[at < 0 ? data.length + at : at]! ^= 1);
const editJson = (file: string, change: (value: Json) => void) =>
  edit(file, (data) => {
    const value = JSON.parse(data.toString()) as Json;
    change(value);
    return Buffer.from(JSON.stringify(value));
  });

describe('a damaged, changed or foreign folder is refused', () => {
  const kinds = ['base', 'delta', 'list', 'manifest'] as const;
  const regions: [string, (data: Buffer) => Buffer | void][] = [
    ['salt', flip(0)],
    ['commitment', flip(24)],
    ['first byte of the first chunk', flip(56)],
    ['middle', (data) => flip(Math.floor(data.length / 2))(data)],
    ['last tag', flip(-1)],
    ['end (one byte cut off)', (data) => data.subarray(0, -1)],
    ['end (one byte more)', (data) => Buffer.concat([data, Buffer.of(0)])],
    ['end (down to the header)', (data) => data.subarray(0, 56)],
    ['end (empty)', () => Buffer.alloc(0)],
    ['end (more than any object has)', () => Buffer.alloc(4_200_001)],
  ];
  for (const kind of kinds) {
    it.each(regions)(`${kind}: %s`, (_, change) => {
      const folder = copyOf(smallFolder);
      edit(fileOf(folder, kind), change);
      expectRefusal(run(folder), 'corrupt', /is cut off|was changed|was not sealed|larger than|no backup gives/);
    });
    it(`${kind}: not there`, () => {
      const folder = copyOf(smallFolder);
      fs.rmSync(fileOf(folder, kind));
      expectRefusal(run(folder), 'missing', /is not in the folder/);
    });
    it(`${kind}: a symbolic link`, () => {
      const folder = copyOf(smallFolder);
      const file = fileOf(folder, kind);
      fs.renameSync(file, `${folder}.elsewhere`);
      fs.symlinkSync(`${folder}.elsewhere`, file);
      expectRefusal(run(folder), 'corrupt', /is a symbolic link/);
    });
    it(`${kind}: a folder in its place`, () => {
      const folder = copyOf(smallFolder);
      const file = fileOf(folder, kind);
      fs.rmSync(file);
      fs.mkdirSync(file);
      expectRefusal(run(folder), 'corrupt', /is not a file|is larger than/);
    });
  }

  it('a base cut at the edge of a chunk', () => {
    const folder = copyOf(smallFolder);
    edit(fileOf(folder, 'base'), (data) => data.subarray(0, 56 + 16_400));
    expectRefusal(run(folder), 'corrupt', /is cut off/);
  });

  it('two chunks of a base swapped', () => {
    const folder = copyOf(smallFolder);
    edit(fileOf(folder, 'base'), (data) =>
      Buffer.concat([data.subarray(0, 56), data.subarray(56 + 16_400, 56 + 32_800), data.subarray(56, 56 + 16_400), data.subarray(56 + 32_800)]),
    );
    expectRefusal(run(folder), 'corrupt', /was changed/);
  });

  it('two objects swapped', () => {
    const folder = copyOf(smallFolder);
    const [list, delta] = [fileOf(folder, 'list'), fileOf(folder, 'delta')];
    const kept = fs.readFileSync(list);
    fs.copyFileSync(delta, list);
    fs.writeFileSync(delta, kept);
    expectRefusal(run(folder), 'corrupt', /was not sealed with this key for this place/);
  });

  it('the folder of the objects as a symbolic link', () => {
    const folder = copyOf(smallFolder);
    fs.renameSync(path.join(folder, 'objects'), `${folder}.objects`);
    fs.symlinkSync(`${folder}.objects`, path.join(folder, 'objects'));
    expectRefusal(run(folder), 'corrupt', /is a symbolic link/);
  });

  const json: [string, string, (value: Json) => void, Kind, RegExp][] = [
    ['a newer folder', 'adiuva-backup.json', (v) => (v['version'] = 2), 'newer', /adiuva-backup\.json has version 2/],
    ['a newer envelope', 'envelope.json', (v) => (v['version'] = 7), 'newer', /envelope\.json has version 7/],
    ['an envelope of no version', 'envelope.json', (v) => (v['version'] = 'x'), 'corrupt', /does not say what it is/],
    ['another format', 'envelope.json', (v) => (v['format'] = 'x'), 'corrupt', /does not say what it is/],
    [
      'an envelope whose seal was changed',
      'envelope.json',
      (v) => (v['sealed'] = `${String(v['sealed']).startsWith('A') ? 'B' : 'A'}${String(v['sealed']).slice(1)}`),
      'corrupt',
      /its sum is not right/,
    ],
    ['an envelope of another repository', 'envelope.json', (v) => (v['repository'] = b64(Buffer.alloc(16))), 'corrupt', /its sum is not right/],
    ['an envelope with a field too few', 'envelope.json', (v) => delete v['sum'], 'corrupt', /sum is wrong/],
    ['too much memory', 'envelope.json', (v) => (v['argon'] = { ...argon, memoryKiB: 4_194_304 }), 'corrupt', /argon is wrong/],
    ['too little memory', 'envelope.json', (v) => (v['argon'] = { ...argon, memoryKiB: 19_455 }), 'corrupt', /argon is wrong/],
    ['too many passes', 'envelope.json', (v) => (v['argon'] = { ...argon, timeCost: 11 }), 'corrupt', /argon is wrong/],
    ['too many lanes', 'envelope.json', (v) => (v['argon'] = { ...argon, parallelism: 5 }), 'corrupt', /argon is wrong/],
    ['another Argon2', 'envelope.json', (v) => (v['argon'] = { ...argon, version: 16 }), 'corrupt', /argon is wrong/],
    ['a head of another number', 'head.json', (v) => (v['generation'] = 1), 'corrupt', /head\.json was changed/],
    ['a head without its MAC', 'head.json', (v) => delete v['mac'], 'corrupt', /mac is wrong/],
    ['a head that names a path', 'head.json', (v) => (v['manifest'] = '../../../../../../../../../../../etc/passwd_'), 'corrupt', /manifest is wrong/],
  ];
  it.each(json)('%s', (_, name, change, kind, words) => {
    const folder = copyOf(smallFolder);
    editJson(path.join(folder, name), change);
    expectRefusal(run(folder), kind, words);
  });

  it.each(['envelope.json', 'head.json'])('no %s', (name) => {
    const folder = copyOf(smallFolder);
    fs.rmSync(path.join(folder, name));
    expectRefusal(run(folder), 'missing', new RegExp(`there is no ${name}`));
  });

  it.each(['envelope.json', 'head.json', 'adiuva-backup.json'])('%s that is no JSON, no object, or far too long', (name) => {
    for (const [content, words] of [
      ['{', /is not JSON/],
      ['[1]', /is not an object/],
      [' '.repeat(65_537), /larger than/],
    ] as const) {
      const folder = copyOf(smallFolder);
      fs.writeFileSync(path.join(folder, name), content);
      expectRefusal(run(folder), 'corrupt', words);
    }
  });

  it('another phrase, also one word short', () => {
    expectRefusal(run(smallFolder, [], { words: phrase.replace('yellow', 'year') }), 'wrong phrase', /do not open this backup/);
    expectRefusal(run(smallFolder, [], { words: phrase.replace(' yellow', '') }), 'wrong phrase', /does not have twelve words/);
  });

  it('a number that is not there', () => expectRefusal(run(smallFolder, ['--generation', '9']), 'missing', /there is no backup number 9/));
});

describe('what was sealed with the right keys and is wrong all the same is refused', () => {
  const sealed: [string, Wrong, Kind, RegExp][] = [
    ['a newer manifest', { manifest: (m) => ({ ...m, version: 2, pages: 'many' }) }, 'newer', /the manifest has version 2/],
    ['another format', { manifest: (m) => ({ ...m, format: 'x' }) }, 'corrupt', /does not say what it is/],
    ['a manifest that is no JSON', { manifestBytes: () => Buffer.from('{') }, 'corrupt', /the manifest is not JSON/],
    ['a manifest of another epoch', { manifest: (m) => ({ ...m, epoch: 4 }) }, 'corrupt', /belongs to another backup/],
    ['a manifest of another repository', { manifest: (m) => ({ ...m, repository: b64(Buffer.alloc(16)) }) }, 'corrupt', /belongs to another backup/],
    ['a manifest of another number', { manifest: (m) => ({ ...m, generation: 5 }) }, 'corrupt', /different numbers/],
    ['another size of pages', { manifest: (m) => ({ ...m, pageSize: 8192 }) }, 'corrupt', /pageSize is wrong/],
    ['more pages than there can be', { manifest: (m) => ({ ...m, pages: 60_000_000 }) }, 'corrupt', /more pages than the backup holds/],
    ['one page more', { manifest: (m) => ({ ...m, pages: Number(m['pages']) + 1 }) }, 'corrupt', /does not have every page/],
    ['one page less', { manifest: (m) => ({ ...m, pages: Number(m['pages']) - 1 }) }, 'corrupt', /are not those of this backup/],
    ['another digest', { manifest: (m) => ({ ...m, fileDigest: b64(Buffer.alloc(32)) }) }, 'corrupt', /are not those of this backup/],
    ['changes left out', { manifest: (m) => ({ ...m, deltas: [] }) }, 'corrupt', /are not those of this backup/],
    ['changes from the future', { manifest: (m) => ({ ...m, deltas: [{ generation: 3, objects: [], pages: 0 }] }) }, 'corrupt', /generations do not rise/],
    ['a path as a name', { manifest: (m) => ({ ...m, base: { ...(m['base'] as Json), list: ['../../envelope.json'] } }) }, 'corrupt', /base is wrong/],
    ['a time that is none', { manifest: (m) => ({ ...m, createdAt: 'yesterday' }) }, 'corrupt', /createdAt is wrong/],
    ['SQL as the name of a table', { manifest: (m) => ({ ...m, counts: { 'records" --': 1 } }) }, 'corrupt', /counts is wrong/],
    ['a line more in the context', { manifest: (m) => ({ ...m, vaultId: 'a\nb' }) }, 'corrupt', /vaultId is wrong/],
    ['the escrow of another vault', { manifest: (m) => ({ ...m, vaultId: 'vault-2' }) }, 'corrupt', /the key of the pages was not sealed/],
    ['another key of the pages', { escrow: (e) => Buffer.from(e.map((byte, i) => (i === 0 ? byte ^ 1 : byte))) }, 'corrupt', /is not what was written/],
    ['another salt of the pages', { escrow: (e) => Buffer.from(e.map((byte, i) => (i === 40 ? byte ^ 1 : byte))) }, 'corrupt', /is not what was written/],
    [
      'another previous backup',
      { manifest: (m) => ({ ...m, previous: { ...(m['previous'] as Json), sha256: b64(Buffer.alloc(32)) } }) },
      'corrupt',
      /is not the one/,
    ],
    ['a changed page', { base: (b) => Buffer.from(b.map((byte, i) => (i === 4096 * 3 + 7 ? byte ^ 1 : byte))) }, 'corrupt', /page 4 of the store/],
    [
      'pages that changed places',
      { base: (b) => Buffer.concat([b.subarray(0, 4096), b.subarray(8192, 12_288), b.subarray(4096, 8192), b.subarray(12_288)]) },
      'corrupt',
      /page [23] of the store/,
    ],
    ['half a page', { base: (b) => b.subarray(0, -2048) }, 'corrupt', /has the wrong length/],
    ['a page too few', { base: (b) => b.subarray(0, -4096) }, 'corrupt', /does not have every page/],
    ['changes with half a page', { delta: (d) => d.subarray(0, -1) }, 'corrupt', /has the wrong length/],
    ['changes with a wrong count', { delta: (d) => Buffer.concat([number(2), d.subarray(4)]) }, 'corrupt', /has the wrong length/],
    ['changes with no page', { delta: () => number(0) }, 'corrupt', /are not the 1 pages/],
    ['a page twice', { delta: (d) => Buffer.concat([number(2), d.subarray(4), d.subarray(4)]) }, 'corrupt', /in the wrong order/],
    ['a list with a part too many', { list: (l) => Buffer.concat([l, l]) }, 'corrupt', /does not have the parts/],
    ['a list cut off', { list: (l) => l.subarray(0, -1) }, 'corrupt', /does not have the parts/],
    ['padding that is not zero', { plain: (p) => Buffer.from(p.map((byte, i) => (i === p.length - 1 ? 1 : byte))) }, 'corrupt', /has wrong padding/],
    ['a length that does not fit', { plain: (p) => Buffer.concat([number(p.length), p.subarray(4)]) }, 'corrupt', /has wrong padding/],
    ['a size that is not of the set', { plain: (p) => Buffer.concat([p, Buffer.alloc(1)]) }, 'corrupt', /no backup gives/],
    ['more padding than there must be', { plain: (p) => Buffer.concat([p, Buffer.alloc(1024 + 4096 * 1024 - p.length)]) }, 'corrupt', /more padding/],
    ['other content than the name', { plain: (p) => Buffer.from(p.map((byte, i) => (i === 4096 ? byte ^ 1 : byte))) }, 'corrupt', /is not what its name says/],
    ['a head of another epoch', { head: (h) => ({ ...h, epoch: 4 }) }, 'corrupt', /belongs to another backup/],
  ];
  it.each(sealed)('%s', (name, wrong, kind, words) => {
    const more = name === 'another previous backup' ? ['--generation', '1'] : [];
    expectRefusal(run(writeBackups(small, wrong), more), kind, words);
  });
});

describe('how it is called', () => {
  it.each([
    [[]],
    [['a', 'b', 'c']],
    [['a', '--list', 'b']],
    [[scratch, 'x', '--generation', '0']],
    [[scratch, 'x', '--phrase=secret']],
    [['/nowhere/at/all', 'x']],
  ])('refuses %j and writes nothing', (args) => {
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(here('offline-restore.mjs')), ...args], {
      encoding: 'utf8',
      input: '',
      cwd: scratch,
    });
    expect([status, /usage:|is not a folder/.test(stderr), fs.existsSync(path.join(scratch, 'x'))]).toEqual([2, true, false]);
  });

  it('never writes into what exists', () => {
    const folder = place('kept');
    fs.mkdirSync(folder);
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(here('offline-restore.mjs')), smallFolder, folder], { encoding: 'utf8', input: '' });
    expect([status, stderr.includes('nothing is overwritten'), fs.readdirSync(folder)]).toEqual([2, true, []]);
  });
});
