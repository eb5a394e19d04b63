#!/usr/bin/env node
/**
 * Turns a folder of Adiuva backup objects and the twelve words into a plain SQLite file and readable Markdown and CSV. It needs Node 20 or newer and nothing else,
 * and is written from docs/backup-format.md alone; the names here are the names there. README.md beside this file says how to use it.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const usage = `usage: node offline-restore.mjs FOLDER OUT [--generation N]
       node offline-restore.mjs FOLDER --list
The twelve words come from ADIUVA_RECOVERY_PHRASE or are asked for; never put them on the command line.`;

/** The four failures of the format, and the exit code of each. Wrong usage is 2, anything else (a full disk) 1. */
const exits = { usage: 2, missing: 3, newer: 4, 'wrong phrase': 5, corrupt: 6 };

class Refusal extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}
const refuse = (kind, message) => {
  throw new Refusal(kind, message);
};
const must = (condition, message) => void (condition || refuse('corrupt', message));
const say = (line) => void process.stderr.write(`${line}\n`);

const pageSize = 4096;
const reserved = 80;
const partPages = 1024;
const limits = { sealed: 4_200_000, json: 65_536, objects: 65_536, pages: 65_536 * partPages };
const argonLimits = { timeCost: [2, 10], memoryKiB: [19_456, 262_144], parallelism: [1, 4] };
const formatVersion = 1;
const knownSchema = 2;

// ---------------------------------------------------------------- bytes and text

const bytes = (text) => Buffer.from(text, 'utf8');
export const b64 = (data) => Buffer.from(data).toString('base64url');
const sha256 = (data) => crypto.createHash('sha256').update(data).digest();
const hmac = (hash, key, ...parts) => parts.reduce((mac, part) => mac.update(part), crypto.createHmac(hash, key)).digest();
const same = (a, b) => a.length === b.length && crypto.timingSafeEqual(a, b);

/** Base64url without padding, of exactly `length` bytes, in its one spelling. */
function fromB64(text, length, what) {
  const data = typeof text === 'string' && /^[A-Za-z0-9_-]*$/.test(text) ? Buffer.from(text, 'base64url') : null;
  must(data !== null && data.length === length && b64(data) === text, `${what} is not ${length} bytes of base64url`);
  return data;
}

/** RFC 8785 for what the format uses: strings, integers, null, lists and objects. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

export const normalPhrase = (text) => text.normalize('NFKD').toLowerCase().trim().split(/\s+/u).join(' ');

// ---------------------------------------------------------------- keys, sealing, names, padding

/** Node's own Argon2id where there is one (24.7 and newer), or the plain one beside this file, which takes a few seconds. */
async function stretch(phrase, { timeCost, memoryKiB, parallelism }, salt) {
  const given = { parallelism, message: bytes(phrase), nonce: salt, passes: timeCost, memory: memoryKiB, tagLength: 32 };
  if (crypto.argon2Sync !== undefined) return crypto.argon2Sync('argon2id', given);
  const { argon2id } = await import('./argon2id.mjs').catch(() =>
    refuse('usage', 'this Node needs argon2id.mjs beside offline-restore.mjs; Node 24.7 and newer do not'),
  );
  return argon2id({ password: bytes(phrase), salt, timeCost, memoryKiB, parallelism });
}

export const wrappingKey = (stretched) => Buffer.from(crypto.hkdfSync('sha256', stretched, '', 'adiuva/backup/1/wrapping', 32));

/** Key of a purpose; `scope` is { repository (b64), epoch }. */
export const subkey = (master, { repository, epoch }, purpose) =>
  Buffer.from(crypto.hkdfSync('sha256', master, Buffer.from(repository, 'base64url'), `adiuva/backup/1/${purpose}/${epoch}`, 32));

export const contextOf = ({ repository, epoch }, type, id) => ['adiuva/backup/1', 'cobblestone-256', repository, epoch, type, id].join('\n');

/** Cobblestone-256: what key, salt and context give for one message. */
export function messageKeys(key, salt, context) {
  const info = Buffer.concat([bytes('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'), salt, bytes(context)]);
  const first = hmac('sha512', key, info, Buffer.of(1));
  const all = Buffer.concat([first, hmac('sha512', key, first, info, Buffer.of(2))]);
  return { key: all.subarray(0, 32), nonce: all.subarray(32, 44), commitment: all.subarray(44, 76) };
}

export function chunkNonce(base, index) {
  const nonce = Buffer.from(base);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ index) >>> 0, 8);
  return nonce;
}

const [header, chunk, tag] = [56, 16_384, 16];

const commits = (message, key, context) =>
  message.length >= header && same(messageKeys(key, message.subarray(0, 24), context).commitment, message.subarray(24, header));

/** Opens a message; nothing of it is used before every chunk was found whole. */
function unseal(message, key, context, what) {
  must(message.length >= header + tag && commits(message, key, context), `${what} was not sealed with this key for this place`);
  const keys = messageKeys(key, message.subarray(0, 24), context);
  const pieces = [];
  for (let at = header, index = 0; ; at += chunk + tag, index++) {
    const piece = message.subarray(at, at + chunk + tag);
    must(piece.length >= tag, `${what} is cut off`);
    const cipher = crypto.createDecipheriv('aes-256-gcm', keys.key, chunkNonce(keys.nonce, index), { authTagLength: tag });
    cipher.setAuthTag(piece.subarray(-tag));
    pieces.push(cipher.update(piece.subarray(0, -tag)));
    try {
      cipher.final();
    } catch {
      refuse('corrupt', `${what} was changed`);
    }
    if (piece.length < chunk + tag) return Buffer.concat(pieces);
  }
}

/** The tag of AES-256-GCM over `content` as associated data, with a nonce of zeros. */
export function print(printKey, content) {
  const cipher = crypto.createCipheriv('aes-256-gcm', printKey, Buffer.alloc(12), { authTagLength: tag }).setAAD(content);
  return Buffer.concat([cipher.final(), cipher.getAuthTag()]);
}

/** `key` gives the key of a purpose. */
export const nameOf = (key, type, content) => b64(hmac('sha256', key('name'), type, '\n', print(key('print'), content)));

/** Sizes that a padded plaintext may have: 1024 + 4096 · n, n of 2ᵏ and 3 · 2ᵏ up to 1,024. */
export const paddedSizes = [...Array(11).keys()]
  .flatMap((k) => [2 ** k, 3 * 2 ** k])
  .filter((n) => n <= 1024)
  .sort((a, b) => a - b)
  .map((n) => 1024 + 4096 * n);

function unpadded(plain, what) {
  must(paddedSizes.includes(plain.length), `${what} has a size that no backup gives`);
  const end = 4 + plain.readUInt32BE(0);
  must(end <= plain.length && plain.subarray(end).every((byte) => byte === 0), `${what} has wrong padding`);
  must(paddedSizes.find((size) => size >= end) === plain.length, `${what} has more padding than a backup gives`);
  return plain.subarray(4, end);
}

// ---------------------------------------------------------------- the folder

const isName = (text) => typeof text === 'string' && /^[A-Za-z0-9_-]{43}$/.test(text);

/** Where a piece may lie: in the layout of the format, or flat. Names are checked before they become paths. */
const placesOf = {
  manifest: (name) => [`manifests/${name}`, name],
  object: (name) => [`objects/${name.slice(0, 2)}/${name}`, name],
};

/** Path of the first of these places that holds something, or null. No symbolic link is followed below the folder. */
function find(root, places) {
  for (const place of places) {
    let file = root;
    let entry;
    for (const step of place.split('/')) {
      file = path.join(file, step);
      entry = fs.lstatSync(file, { throwIfNoEntry: false });
      if (entry === undefined) break;
      must(!entry.isSymbolicLink(), `${place} is a symbolic link`);
    }
    if (entry !== undefined) return file;
  }
  return null;
}

/** Reads a regular file of at most `limit` bytes; with `only`, its beginning. */
function readFile(file, limit, only = limit) {
  const flags = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);
  const handle = fs.openSync(file, flags);
  try {
    const entry = fs.fstatSync(handle);
    must(entry.isFile(), `${path.basename(file)} is not a file`);
    must(entry.size <= limit, `${path.basename(file)} is larger than anything a backup holds`);
    const data = Buffer.alloc(Math.min(entry.size, only));
    let filled = 0;
    while (filled < data.length) {
      const count = fs.readSync(handle, data, filled, data.length - filled, filled);
      must(count > 0, `${path.basename(file)} became shorter while it was read`);
      filled += count;
    }
    return data;
  } finally {
    fs.closeSync(handle);
  }
}

function readJson(root, name) {
  const file = find(root, [name]);
  if (file === null) return null;
  return parseObject(readFile(file, limits.json), name);
}

function parseObject(data, what) {
  try {
    return checkShape(JSON.parse(data.toString('utf8')), {}, what);
  } catch (error) {
    if (error instanceof SyntaxError) refuse('corrupt', `${what} is not JSON`);
    throw error;
  }
}

// ---------------------------------------------------------------- shapes

const whole =
  (least, most = Number.MAX_SAFE_INTEGER) =>
  (value) =>
    Number.isSafeInteger(value) && value >= least && value <= most;
const text = (value) => typeof value === 'string' && value.length > 0 && value.length <= 1_000 && !value.includes('\n');
const listOf = (item) => (value) => Array.isArray(value) && value.length <= limits.objects && value.every(item);
const base64 = (size) => (value) => typeof value === 'string' && value.length === Math.ceil((size * 4) / 3) && /^[A-Za-z0-9_-]+$/.test(value);
const shape = (fields) => (value) =>
  value !== null && typeof value === 'object' && Object.keys(fields).every((name) => Object.hasOwn(value, name) && fields[name](value[name]));
const orNull = (check) => (value) => value === null || check(value);
const exactly = (expected) => (value) => value === expected;

const shapes = {
  envelope: {
    repository: base64(16),
    epoch: whole(1),
    argon: shape({
      version: exactly(0x13),
      ...Object.fromEntries(Object.entries(argonLimits).map(([name, [least, most]]) => [name, whole(least, most)])),
      salt: base64(16),
    }),
    sealed: base64(header + 32 + tag),
    sum: base64(32),
  },
  head: { repository: base64(16), epoch: whole(1), generation: whole(1), manifest: isName, mac: base64(32) },
  manifest: {
    repository: base64(16),
    epoch: whole(1),
    generation: whole(1),
    createdAt: (value) => text(value) && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value)),
    previous: orNull(shape({ manifest: isName, sha256: base64(32) })),
    app: text,
    engine: text,
    schema: whole(1),
    vaultId: text,
    deviceName: (value) => typeof value === 'string',
    pageSize: exactly(pageSize),
    pages: whole(1, limits.pages),
    fileDigest: base64(32),
    base: shape({ list: listOf(isName), parts: whole(1, limits.objects), generation: whole(1) }),
    deltas: listOf(shape({ generation: whole(1), objects: listOf(isName), pages: whole(0, limits.pages) })),
    counts: (value) =>
      value !== null && typeof value === 'object' && Object.entries(value).every(([name, rows]) => /^[a-z_]{1,64}$/.test(name) && whole(0)(rows)),
    logical: orNull((value) => typeof value === 'string' && /^[0-9a-f]+$/.test(value)),
    escrow: base64(header + 48 + tag),
  },
};

/** @returns the value, where every named field is there and right; fields this program does not know are left alone */
function checkShape(value, fields, what) {
  must(value !== null && typeof value === 'object' && !Array.isArray(value), `${what} is not an object`);
  for (const [name, check] of Object.entries(fields)) must(Object.hasOwn(value, name) && check(value[name]), `${what}: ${name} is wrong`);
  return value;
}

/** Refuses a newer version by name before anything else of the piece is looked at. */
function checkVersion(value, format, what) {
  must(value.format === format && whole(1)(value.version), `${what} does not say what it is`);
  if (value.version > formatVersion)
    refuse('newer', `${what} has version ${value.version} and this program reads version ${formatVersion}: use a newer offline-restore.mjs`);
}

// ---------------------------------------------------------------- from the phrase to the manifest

const without = (value, ...names) => Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

function readEnvelope(root) {
  const marker = readJson(root, 'adiuva-backup.json');
  if (marker !== null) checkVersion(marker, 'adiuva-backup', 'adiuva-backup.json');
  const envelope = readJson(root, 'envelope.json') ?? refuse('missing', 'there is no envelope.json in the folder');
  checkVersion(envelope, 'adiuva-backup-envelope', 'envelope.json');
  checkShape(envelope, shapes.envelope, 'envelope.json');
  must(same(sha256(canonical(without(envelope, 'sum'))), fromB64(envelope.sum, 32, 'sum')), 'envelope.json was damaged: its sum is not right');
  return envelope;
}

export const envelopeId = (envelope) => b64(sha256(canonical(without(envelope, 'sealed', 'sum'))));

/** Opens the repository: { root, repository, epoch, key(purpose) }. */
async function openRepository(root, envelope, phrase) {
  const normal = normalPhrase(phrase);
  if (normal.split(' ').length !== 12) refuse('wrong phrase', 'the phrase does not have twelve words');
  say('working out the key (this takes some seconds)…');
  const stretched = await stretch(normal, envelope.argon, fromB64(envelope.argon.salt, 16, 'salt'));
  const key = wrappingKey(stretched);
  const sealed = fromB64(envelope.sealed, header + 32 + tag, 'sealed');
  const context = contextOf(envelope, 'envelope', envelopeId(envelope));
  if (!commits(sealed, key, context)) refuse('wrong phrase', 'these twelve words do not open this backup: look at their order and spelling');
  const master = unseal(sealed, key, context, 'the master key');
  fromB64(envelope.repository, 16, 'repository');
  return { root, repository: envelope.repository, epoch: envelope.epoch, key: (purpose) => subkey(master, envelope, purpose) };
}

/** The content of one object and the bytes it was sealed in. */
function readObject(repository, type, name, what) {
  const manifest = type === 'manifest';
  const file = find(repository.root, placesOf[manifest ? 'manifest' : 'object'](name)) ?? refuse('missing', `${what} is not in the folder: ${name}`);
  const sealed = readFile(file, limits.sealed);
  const plain = unseal(sealed, repository.key(manifest ? 'manifest' : 'blob'), contextOf(repository, type, name), `${what} (${name})`);
  const content = unpadded(plain, `${what} (${name})`);
  must(nameOf(repository.key, type, content) === name, `${what} (${name}) is not what its name says`);
  return { content, sealed };
}

function readHead(repository) {
  const head = readJson(repository.root, 'head.json');
  if (head === null) return null;
  checkShape(head, shapes.head, 'head.json');
  const signed = { repository: head.repository, epoch: head.epoch, generation: head.generation, manifest: head.manifest };
  const mac = hmac('sha256', repository.key('head'), canonical(signed));
  must(same(mac, fromB64(head.mac, 32, 'mac')), 'head.json was changed, or belongs to another backup');
  must(head.repository === repository.repository && head.epoch === repository.epoch, 'head.json belongs to another backup');
  return head;
}

/** A manifest as { name, sum of its sealed bytes, manifest }. */
function readManifest(repository, name) {
  const { content, sealed } = readObject(repository, 'manifest', name, 'a manifest');
  const manifest = parseObject(content, 'the manifest');
  checkVersion(manifest, 'adiuva-backup-manifest', 'the manifest');
  checkShape(manifest, shapes.manifest, 'the manifest');
  must(manifest.repository === repository.repository && manifest.epoch === repository.epoch, 'the manifest belongs to another backup');
  const made = [manifest.base, ...manifest.deltas].map(({ generation }) => generation);
  must(
    made.every((generation, i) => generation <= manifest.generation && (i === 0 || generation > made[i - 1])),
    'the manifest: generations do not rise',
  );
  return { name, sum: b64(sha256(sealed)), manifest };
}

/** The newest backup and the ones before it, as far back as their manifests are there, each link verified. */
function* chainFrom(repository, head) {
  let link = readManifest(repository, head.manifest);
  must(link.manifest.generation === head.generation, 'head.json and its manifest have different numbers');
  for (;;) {
    yield link;
    const { previous, generation } = link.manifest;
    if (previous === null || find(repository.root, placesOf.manifest(previous.manifest)) === null) return;
    link = readManifest(repository, previous.manifest);
    must(
      link.sum === previous.sha256 && link.manifest.generation < generation,
      `backup ${link.manifest.generation} is not the one that backup ${generation} came after`,
    );
  }
}

/** A warning in place of a refusal, for what the wanted backup does not depend on. */
function tolerate(attempt) {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(`warning: another backup in this folder is not whole (${error.message})`);
    return null;
  }
}

/** Every genuine manifest of the folder, newest first, also those that no chain leads to. */
function allManifests(repository) {
  const folder = find(repository.root, ['manifests']) ?? repository.root;
  const found = [];
  for (const name of fs.readdirSync(folder).filter(isName)) {
    const file = find(repository.root, placesOf.manifest(name));
    const mine = tolerate(() => commits(readFile(file, limits.sealed, header), repository.key('manifest'), contextOf(repository, 'manifest', name)));
    const link = mine ? tolerate(() => readManifest(repository, name)) : null;
    if (link) found.push(link.manifest);
  }
  return found.sort((a, b) => b.generation - a.generation || b.createdAt.localeCompare(a.createdAt));
}

/** The backup to restore: the newest, or the one of that number. */
function choose(repository, generation) {
  const head = readHead(repository);
  if (head === null && generation === undefined) refuse('missing', 'there is no head.json in the folder: --list shows what --generation can restore');
  const chain = head === null ? [][Symbol.iterator]() : chainFrom(repository, head);
  if (generation === undefined) {
    const newest = chain.next().value.manifest;
    tolerate(() => [...chain]);
    return newest;
  }
  for (const { manifest } of chain) if (manifest.generation === generation) return manifest;
  const loose = allManifests(repository).find((manifest) => manifest.generation === generation);
  if (!loose) refuse('missing', `there is no backup number ${generation} in the folder`);
  say(`warning: backup ${generation} is genuine, but no unbroken chain leads to it from the newest one`);
  return loose;
}

function openEscrow(repository, manifest) {
  const sealed = fromB64(manifest.escrow, header + 48 + tag, 'escrow');
  const plain = unseal(sealed, repository.key('escrow'), contextOf(repository, 'escrow', manifest.vaultId), 'the key of the pages');
  return { key: plain.subarray(0, 32), salt: plain.subarray(32) };
}

// ---------------------------------------------------------------- pages

/** Names of the base's parts, in order. */
function partNames(repository, { base }) {
  const raw = Buffer.concat(base.list.map((name) => readObject(repository, 'list', name, 'a list of the base').content));
  must(raw.length === 32 * base.parts, 'the list of the base does not have the parts that the manifest says');
  return Array.from({ length: base.parts }, (_, i) => b64(raw.subarray(32 * i, 32 * i + 32)));
}

/** The pages of a delta's object as [number, page]. */
function deltaPages(content, what) {
  must(content.length >= 4 && content.length === 4 + content.readUInt32BE(0) * (4 + pageSize), `${what} has the wrong length`);
  const pages = [];
  for (let at = 4; at < content.length; at += 4 + pageSize) pages.push([content.readUInt32BE(at), content.subarray(at + 4, at + 4 + pageSize)]);
  must(pages.length < partPages && pages.every(([number], i) => i === 0 || number > pages[i - 1][0]), `${what} has its pages in the wrong order`);
  return pages;
}

export function macKeyOf({ key, salt }) {
  const other = salt.map((byte) => byte ^ 0x3a);
  return crypto.pbkdf2Sync(key, other, 2, 32, 'sha512');
}

const littleEndian = (number) => {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(number);
  return data;
};
const zeros = Buffer.alloc(pageSize);
const firstBytes = Buffer.from('SQLite format 3\0', 'latin1');
const pageEnd = pageSize - reserved;

/** A page of SQLCipher 4 (number from 0) in the clear, its own MAC verified. The reserved bytes stay as they are. */
function plainPage(cipher, number, page) {
  if (number > 0 && page.equals(zeros)) return page;
  const start = number === 0 ? 16 : 0;
  const mac = hmac('sha512', cipher.macKey, page.subarray(start, pageEnd + 16), littleEndian(number + 1));
  must(same(mac, page.subarray(pageEnd + 16)), `page ${number + 1} of the store is not what was written`);
  const aes = crypto.createDecipheriv('aes-256-cbc', cipher.key, page.subarray(pageEnd, pageEnd + 16)).setAutoPadding(false);
  const plain = Buffer.concat([aes.update(page.subarray(start, pageEnd)), aes.final(), page.subarray(pageEnd)]);
  return number === 0 ? firstPage(cipher, page, plain) : plain;
}

function firstPage({ salt }, page, rest) {
  must(same(page.subarray(0, 16), salt), 'the store has another salt than the manifest');
  const plain = Buffer.concat([firstBytes, rest]);
  must(plain.readUInt16BE(16) === pageSize && plain[20] === reserved, 'the first page is not one of a SQLite file');
  // 2 would ask for a write-ahead log, which a copy does not have.
  for (const at of [18, 19]) if (plain[at] === 2) plain[at] = 1;
  return plain;
}

/**
 * Writes the plain file. Deltas go first, the newest before the older ones, and whatever a page was written by first stays: so every object is opened once,
 * and of the pages only 16 bytes of tag and a mark stay in memory.
 */
async function writeStore(repository, manifest, file) {
  const escrow = openEscrow(repository, manifest);
  const cipher = { ...escrow, macKey: macKeyOf(escrow) };
  const held = manifest.deltas.reduce((count, { pages }) => count + pages, manifest.base.parts * partPages);
  must(manifest.pages <= held + 1, 'the manifest: the store has more pages than the backup holds');
  const [tags, done] = [Buffer.alloc(16 * manifest.pages), new Uint8Array(manifest.pages)];
  const handle = fs.openSync(file, 'wx', 0o600);
  const put = (number, page) => {
    if (number >= manifest.pages || done[number]) return;
    fs.writeSync(handle, plainPage(cipher, number, page), 0, pageSize, number * pageSize);
    page.copy(tags, 16 * number, pageEnd + 16, pageEnd + 32);
    done[number] = 1;
  };
  try {
    fs.ftruncateSync(handle, manifest.pages * pageSize);
    await putDeltas(repository, manifest, put);
    await putBase(repository, manifest, put);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
  const lockPage = 0x4000_0000 / pageSize;
  must(
    done.every((mark, number) => mark === 1 || number === lockPage),
    'the backup does not have every page of the store',
  );
  const digest = hmac('sha256', repository.key('digest'), tags);
  must(same(digest, fromB64(manifest.fileDigest, 32, 'fileDigest')), 'the pages are not those of this backup');
}

async function putDeltas(repository, { deltas }, put) {
  for (const [i, { objects, pages, generation }] of [...deltas.entries()].reverse()) {
    const seen = new Set();
    for (const name of objects) {
      const what = `an object of the changes of backup ${generation}`;
      for (const [number, page] of deltaPages(readObject(repository, 'delta', name, what).content, what)) {
        must(!seen.has(number), `${what} holds a page for the second time`);
        seen.add(number);
        put(number, page);
      }
      await turn();
    }
    must(seen.size === pages, `the changes of backup ${generation} are not the ${pages} pages that the manifest says`);
    say(`changes ${i + 1} of ${deltas.length} (${pages} pages)`);
  }
}

async function putBase(repository, manifest, put) {
  const parts = partNames(repository, manifest);
  for (const [i, name] of parts.entries()) {
    const what = `part ${i + 1} of the base`;
    const { content } = readObject(repository, 'base', name, what);
    const count = content.length / pageSize;
    must(Number.isInteger(count) && count >= 1 && (i === parts.length - 1 ? count <= partPages : count === partPages), `${what} has the wrong length`);
    for (let k = 0; k < count; k++) put(i * partPages + k, content.subarray(k * pageSize, (k + 1) * pageSize));
    say(`base ${i + 1} of ${parts.length}`);
    await turn();
  }
}

// ---------------------------------------------------------------- readable files

const recordFiles = {
  task: ['tasks.csv', ['title', 'status', 'priority', 'dueAt', 'projectId', 'tags', 'recurrence', 'notes']],
  event: ['events.csv', ['title', 'startAt', 'endAt', 'allDay', 'timeZone', 'location', 'attendees', 'recurrence']],
  project: ['projects.csv', ['name', 'status']],
  email: ['emails.csv', ['account', 'from', 'to', 'subject', 'receivedAt', 'labels']],
};

/** Text inside JSON escapes, without its quotes. */
const unescaped = (stored) => JSON.parse(`"${stored}"`);

/** A cell of RFC 4180. What a spreadsheet would take for a formula gets an apostrophe in front. */
export function cell(value) {
  const plain =
    value === null || value === undefined ? '' : Array.isArray(value) ? value.join('; ') : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = typeof value !== 'number' && /^\s*[=+\-@＝＋－＠\t\r]/u.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A file name from a title: a number, which keeps names apart and no name reserved, and the title's letters and digits. */
export function fileName(number, title) {
  const letters = title
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
  return `${String(number).padStart(4, '0')}-${[...letters].slice(0, 50).join('') || 'untitled'}.md`;
}

/** One line without control characters, for headings and the terminal. */
const oneLine = (value) => String(value).replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ');

function* rowsOf(db, sql, ...parameters) {
  const statement = db.prepare(sql);
  yield* statement.iterate ? statement.iterate(...parameters) : statement.all(...parameters);
}

/** Appends to files by name and closes them all at the end. */
function writerInto(folder) {
  const handles = new Map();
  const open = (name) => handles.get(name) ?? handles.set(name, fs.openSync(path.join(folder, name), 'wx', 0o600)).get(name);
  return {
    csv: (name, columns, values) => {
      const line = (cells) => fs.writeSync(open(name), `${cells.map(cell).join(',')}\r\n`);
      if (!handles.has(name)) line(columns);
      line(values);
    },
    page: (name, content) => fs.writeFileSync(path.join(folder, name), content, { flag: 'wx', mode: 0o600 }),
    close: () => handles.forEach((handle) => fs.closeSync(handle)),
  };
}

function writeRecords(db, folder, files) {
  fs.mkdirSync(path.join(folder, 'notes'), { mode: 0o700 });
  let notes = 0;
  const records = rowsOf(db, 'select id, type, body, created_at, updated_at from records order by type, seq');
  for (const { id, type, body, created_at: created, updated_at: updated } of records) {
    const fields = JSON.parse(body);
    if (type === 'note') {
      const head = `# ${oneLine(fields.title)}\n\n${created}, changed ${updated}${fields.tags?.length ? `, tags: ${oneLine(fields.tags.join(', '))}` : ''}\n\n`;
      files.page(`notes/${fileName(++notes, String(fields.title))}`, `${head}${fields.body ?? ''}\n`);
      continue;
    }
    const [name, columns] = recordFiles[type] ?? ['other-records.csv', []];
    const rest = without(fields, ...columns);
    const values = [id, ...columns.map((column) => fields[column]), created, updated, Object.keys(rest).length > 0 ? { type, ...rest } : ''];
    files.csv(name, ['id', ...columns, 'created', 'updated', 'other'], values);
  }
}

const messageText = `text || coalesce((select group_concat(text, '') from (select text from message_parts where message_seq = messages.seq order by part)), '')`;

function writeChats(db, folder, files) {
  fs.mkdirSync(path.join(folder, 'chats'), { mode: 0o700 });
  const sessions = [...rowsOf(db, 'select id, title, created_at, updated_at from sessions where removed = 0 order by created_at, id')];
  for (const [i, session] of sessions.entries()) {
    const title = unescaped(session.title);
    const messages = rowsOf(db, `select body, ${messageText} as text from messages where session_id = ? and removed = 0 order by seq`, session.id);
    const said = Array.from(messages, ({ body, text }) => {
      const { role, createdAt } = JSON.parse(body);
      return `## ${oneLine(role)}, ${oneLine(createdAt)}\n\n${unescaped(text)}\n`;
    });
    files.page(`chats/${fileName(i + 1, title)}`, `# ${oneLine(title)}\n\n${session.created_at}, changed ${session.updated_at}\n\n${said.join('\n')}`);
  }
}

function writeDocuments(db, folder, files) {
  fs.mkdirSync(path.join(folder, 'documents'), { mode: 0o700 });
  let number = 0;
  for (const { collection, title, text, created_at: created } of rowsOf(db, 'select collection, title, text, created_at from documents order by seq')) {
    const name = unescaped(title);
    files.page(`documents/${fileName(++number, name)}`, `# ${oneLine(name)}\n\n${oneLine(collection)}, ${created}\n\n${unescaped(text)}\n`);
  }
}

const writers = { records: writeRecords, sessions: writeChats, documents: writeDocuments };

/** SQLite where this Node brings it (22.13 and newer), or null. */
const loadSqlite = () => import('node:sqlite').catch(() => null);

/** Markdown and CSV beside the SQLite file. What fails here leaves the SQLite file, which is whole, and a warning. */
async function writeReadable(folder, manifest) {
  const sqlite = await loadSqlite();
  if (sqlite === null)
    return say('note: this Node cannot read SQLite, so only store.sqlite was written; any SQLite program opens it, or use Node 24 for Markdown and CSV');
  if (manifest.schema > knownSchema)
    say(`warning: the store has schema ${manifest.schema}, this program knows ${knownSchema}: the readable files may lack something`);
  const db = new sqlite.DatabaseSync(path.join(folder, 'store.sqlite'), { readOnly: true });
  const files = writerInto(folder);
  try {
    const tables = new Set([...rowsOf(db, 'select name from sqlite_schema')].map(({ name }) => name));
    for (const [table, write] of Object.entries(writers)) if (tables.has(table)) write(db, folder, files);
    for (const [table, rows] of Object.entries(manifest.counts)) {
      // Rows of settings that belong to a device are not counted.
      const where = table === 'settings' ? " where substr(key, 1, 7) <> 'device.'" : '';
      const { n } = tables.has(table) ? db.prepare(`select count(*) as n from "${table}"${where}`).get() : { n: 'no' };
      if (n !== rows) say(`warning: the table ${table} has ${n} rows and the manifest says ${rows}`);
    }
  } catch (error) {
    say(`warning: the readable files are not complete (${error.message}); store.sqlite is`);
  } finally {
    files.close();
    db.close();
  }
}

// ---------------------------------------------------------------- the program

function parseArguments(args) {
  const positional = [];
  const options = { list: false, generation: undefined };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--list') options.list = true;
    else if (args[i] === '--generation') options.generation = /^[1-9]\d{0,14}$/.test(args[++i] ?? '') ? Number(args[i]) : refuse('usage', usage);
    else if (args[i].startsWith('--')) refuse('usage', usage);
    else positional.push(args[i]);
  }
  const [folder, out] = positional;
  if (positional.length > 2 || folder === undefined || (out === undefined) !== options.list) refuse('usage', usage);
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) refuse('usage', `${folder} is not a folder`);
  if (out !== undefined && fs.lstatSync(out, { throwIfNoEntry: false })) refuse('usage', `${out} exists: name a folder that does not, nothing is overwritten`);
  return { folder, out, ...options };
}

/** The phrase from the environment, or typed: without echo at a terminal. */
function askPhrase() {
  const given = process.env.ADIUVA_RECOVERY_PHRASE;
  if (given !== undefined) return Promise.resolve(given);
  say('the twelve words (they do not show):');
  const lines = createInterface({ input: process.stdin, terminal: process.stdin.isTTY === true, historySize: 0 });
  return new Promise((resolve) => {
    lines.on('SIGINT', () => process.exit(130));
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => resolve(''));
  });
}

async function restore(repository, out, generation) {
  const manifest = choose(repository, generation);
  say(`backup ${manifest.generation} of ${manifest.createdAt}, ${manifest.pages} pages, from "${oneLine(manifest.deviceName)}"`);
  const unfinished = fs.mkdtempSync(`${path.resolve(out)}.unfinished-`);
  const clean = () => fs.rmSync(unfinished, { recursive: true, force: true });
  const stop = () => {
    clean();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);
  try {
    await writeStore(repository, manifest, path.join(unfinished, 'store.sqlite'));
    say('every page is right; writing readable files…');
    await writeReadable(unfinished, manifest);
    fs.renameSync(unfinished, out);
  } catch (error) {
    clean();
    throw error;
  }
  say(`done: ${out}. It is not encrypted: keep it, and delete it, accordingly.`);
}

function list(repository) {
  const head = readHead(repository);
  for (const { generation, createdAt, pages, app, deviceName, counts } of allManifests(repository)) {
    const newest = generation === head?.generation ? ' (newest)' : '';
    const rows = Object.entries(counts)
      .map(([table, count]) => `${table} ${count}`)
      .join(', ');
    process.stdout.write(
      `${generation}${newest}\t${createdAt}\t${((pages * pageSize) / 1_048_576).toFixed(1)} MiB\tAdiuva ${oneLine(app)}, ${oneLine(deviceName)}\t${rows}\n`,
    );
  }
}

async function main(args) {
  const { folder, out, list: listing, generation } = parseArguments(args);
  const envelope = readEnvelope(folder);
  const repository = await openRepository(folder, envelope, await askPhrase());
  if (listing) list(repository);
  else await restore(repository, out, generation);
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    say(error instanceof Refusal && error.kind !== 'usage' ? `${error.kind}: ${error.message}` : error.message);
    process.exitCode = exits[error.kind] ?? 1;
  }
}
