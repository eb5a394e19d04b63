#!/usr/bin/env node
/**
 * Writes docs/backup-example.json: one tiny repository with everything random fixed, and what every step of docs/backup-format.md gives for it.
 * Usage: node example.mjs > ../../docs/backup-example.json
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { argon2id } from './argon2id.mjs';
import {
  b64,
  canonical,
  chunkNonce,
  contextOf,
  envelopeId,
  macKeyOf,
  messageKeys,
  nameOf,
  paddedSizes,
  print,
  subkey,
  wrappingKey,
} from './offline-restore.mjs';

const phrase = `${'abandon '.repeat(11)}about`;
const hex = (data) => Buffer.from(data).toString('hex');
/** Bytes that count up from `first`: nothing that could be taken for a real key. */
const counting = (first, length) => Buffer.from(Array.from({ length }, (_, i) => (first + i) & 0xff));
const hmac = (hash, key, data) => crypto.createHmac(hash, key).update(data).digest();
const sha256 = (data) => crypto.createHash('sha256').update(data).digest();

export function seal(key, context, plain, salt) {
  const keys = messageKeys(key, salt, context);
  const pieces = [salt, keys.commitment];
  for (let at = 0, index = 0; at <= plain.length; at += 16_384, index++) {
    const cipher = crypto.createCipheriv('aes-256-gcm', keys.key, chunkNonce(keys.nonce, index));
    pieces.push(cipher.update(plain.subarray(at, at + 16_384)), cipher.final(), cipher.getAuthTag());
  }
  return { context, salt: hex(salt), messageKey: hex(keys.key), baseNonce: hex(keys.nonce), commitment: hex(keys.commitment), sealed: Buffer.concat(pieces) };
}

export function padded(content) {
  const plain = Buffer.alloc(paddedSizes.find((size) => size >= content.length + 4));
  plain.writeUInt32BE(content.length);
  content.copy(plain, 4);
  return plain;
}

const number = (value) => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return data;
};

/** A page of SQLCipher 4 (number from 0) with this IV. */
export function cipherPage(escrow, index, plain, iv) {
  const start = index === 0 ? 16 : 0;
  const aes = crypto.createCipheriv('aes-256-cbc', escrow.key, iv).setAutoPadding(false);
  const body = Buffer.concat([aes.update(plain.subarray(start, 4016)), aes.final(), iv]);
  const position = Buffer.alloc(4);
  position.writeUInt32LE(index + 1);
  return Buffer.concat([index === 0 ? escrow.salt : Buffer.alloc(0), body, hmac('sha512', macKeyOf(escrow), Buffer.concat([body, position]))]);
}

/** A SQLite file of two pages: an empty schema, and a free page that holds `note`. */
function plainPages(note) {
  const [first, second] = [Buffer.alloc(4096), Buffer.alloc(4096)];
  first.write('SQLite format 3\0', 'latin1');
  // Page size, journal mode (write-ahead log), reserved bytes, fractions, change counter, pages, first free page, free pages.
  Buffer.from([0x10, 0x00, 2, 2, 80, 64, 32, 32, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1]).copy(first, 16);
  // Schema cookie, schema format, cache, largest root, encoding; version-valid-for and version of SQLite stand at the end of the header.
  [1, 4, 0, 0, 1].forEach((value, i) => first.writeUInt32BE(value, 40 + 4 * i));
  first.writeUInt32BE(1, 92);
  first.writeUInt32BE(3_050_000, 96);
  // An empty leaf of a table: its content begins where the reserved bytes do.
  first[100] = 0x0d;
  first.writeUInt16BE(4016, 105);
  second.write(note, 8);
  return [first, second];
}

function object(scope, keys, type, content, salt) {
  const name = nameOf((purpose) => keys[purpose], type, content);
  const plain = padded(content);
  const { sealed, ...steps } = seal(type === 'manifest' ? keys.manifest : keys.blob, contextOf(scope, type, name), plain, salt);
  return {
    print: hex(print(keys.print, content)),
    name,
    type,
    contentBytes: content.length,
    content: b64(content),
    paddedBytes: plain.length,
    ...steps,
    sealedBytes: sealed.length,
    sealed: b64(sealed),
  };
}

/** A message at an edge of the chunks; its plaintext counts up from 0. */
function edge(key, scope, size) {
  const { sealed, ...steps } = seal(key, contextOf(scope, 'base', `edge-${size}`), counting(0, size), counting(0xb0, 24));
  return { plainBytes: size, ...steps, sealedBytes: sealed.length, sealedSha256: hex(sha256(sealed)), lastBytes: hex(sealed.subarray(-32)) };
}

export function example() {
  const scope = { repository: b64(counting(0x10, 16)), epoch: 1 };
  const argon = { version: 19, timeCost: 3, memoryKiB: 65_536, parallelism: 1, salt: b64(counting(0x20, 16)) };
  const stretched = argon2id({ password: Buffer.from(phrase), salt: counting(0x20, 16), timeCost: 3, memoryKiB: 65_536, parallelism: 1 });
  const wrapping = wrappingKey(stretched);
  const master = counting(0x40, 32);
  const keys = Object.fromEntries(
    ['blob', 'manifest', 'name', 'print', 'head', 'digest', 'escrow'].map((purpose) => [purpose, subkey(master, scope, purpose)]),
  );
  const escrow = { key: counting(0x60, 32), salt: counting(0x80, 16) };
  const vaultId = '018f0000-0000-7000-8000-000000000001';

  const open = { format: 'adiuva-backup-envelope', version: 1, ...scope, argon };
  const wrapped = seal(wrapping, contextOf(scope, 'envelope', envelopeId(open)), master, counting(0xa0, 24));
  const unsummed = { ...open, sealed: b64(wrapped.sealed) };
  const envelope = { ...unsummed, sum: b64(sha256(canonical(unsummed))) };

  const [first, before] = plainPages('before').map((page, i) => cipherPage(escrow, i, page, counting(0xc0 + i, 16)));
  const after = cipherPage(escrow, 1, plainPages('after')[1], counting(0xd0, 16));
  const base = object(scope, keys, 'base', Buffer.concat([first, before]), counting(0xa1, 24));
  const delta = object(scope, keys, 'delta', Buffer.concat([number(1), number(1), after]), counting(0xa2, 24));
  const list = object(scope, keys, 'list', Buffer.from(base.name, 'base64url'), counting(0xa3, 24));

  const digestOf = (...pages) => hmac('sha256', keys.digest, Buffer.concat(pages.map((page) => page.subarray(4032, 4048))));
  const backup = (generation, previous, deltas, fileDigest, salt) => {
    const escrowed = seal(keys.escrow, contextOf(scope, 'escrow', vaultId), Buffer.concat([escrow.key, escrow.salt]), counting(salt, 24));
    const manifest = {
      format: 'adiuva-backup-manifest',
      version: 1,
      ...scope,
      generation,
      createdAt: `2026-11-2${generation}T09:00:00.000Z`,
      previous,
      app: '0.1.0',
      engine: 'example',
      schema: 1,
      vaultId,
      deviceName: 'Büro',
      pageSize: 4096,
      pages: 2,
      fileDigest: b64(fileDigest),
      base: { list: [list.name], parts: 1, generation: 1 },
      deltas,
      counts: {},
      logical: null,
      escrow: b64(escrowed.sealed),
    };
    const sealedManifest = object(scope, keys, 'manifest', Buffer.from(canonical(manifest)), counting(salt + 1, 24));
    const unsigned = { ...scope, generation, manifest: sealedManifest.name };
    const head = { ...unsigned, mac: b64(hmac('sha256', keys.head, canonical(unsigned))) };
    return { fileDigest: hex(fileDigest), escrow: { ...escrowed, sealed: b64(escrowed.sealed) }, manifest, object: sealedManifest, head };
  };
  const one = backup(1, null, [], digestOf(first, before), 0xa4);
  const previous = { manifest: one.object.name, sha256: b64(sha256(Buffer.from(one.object.sealed, 'base64url'))) };
  const two = backup(2, previous, [{ generation: 2, objects: [delta.name], pages: 1 }], digestOf(first, after), 0xa6);

  return {
    about:
      'Everything random is fixed here. Keys, salts, nonces and digests are hex; contents and sealed bytes are base64url, as in the files. `sealing` seals bytes that count up from 0 (mod 256) with the blob key. Generated by infra/offline-restore/example.mjs.',
    phrase,
    stretched: hex(stretched),
    wrapping: hex(wrapping),
    master: hex(master),
    ...scope,
    keys: Object.fromEntries(Object.entries(keys).map(([purpose, key]) => [purpose, hex(key)])),
    envelope: { id: envelopeId(open), ...wrapped, sealed: hex(wrapped.sealed), json: envelope },
    store: { key: hex(escrow.key), salt: hex(escrow.salt), macKey: hex(macKeyOf(escrow)), file: b64(Buffer.concat([first, after])) },
    sealing: [0, 1, 16_383, 16_384, 16_385, 40_960].map((size) => edge(keys.blob, scope, size)),
    objects: [base, list, delta],
    backups: [one, two],
  };
}

if (fs.realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url)) process.stdout.write(`${JSON.stringify(example(), null, 2)}\n`);
