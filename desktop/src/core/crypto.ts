import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  pbkdf2Sync,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { Random } from '@adiuva/shared/kit/ids.ts';

/**
 * The one place that calls a cipher, a keyed hash or a password hash. Small secrets are sealed by `seal` (AES-256-GCM, NIST SP 800-38D, a random 12-byte
 * nonce in front, the whole 16-byte tag behind), everything that leaves the device by `sealMessage` (C2SP chunked encryption); both are bound to what they are
 * for. `recipherPages` speaks the page format of SQLCipher 4.
 */

/** A 32-byte key that no inspection or log shows. */
export type Key = KeyObject;

const nonceBytes = 12;
const tagBytes = 16;
const cipher = 'aes-256-gcm';
// Without authTagLength Node accepts tags of 4 bytes, which a forger finds by trying.
const tagLength = { authTagLength: tagBytes } as const;

/** Bytes that sealing adds. */
export const sealOverhead = nonceBytes + tagBytes;

/** @param bytes exactly 32; copied, so the caller may wipe its own */
export function key(bytes: Uint8Array): Key {
  if (bytes.length !== 32) throw new RangeError('a key has 32 bytes');
  return createSecretKey(bytes);
}

/** @returns nonce ‖ ciphertext ‖ tag */
export function seal(secret: Key, plain: Uint8Array, context: Uint8Array, random: Random): Uint8Array {
  const nonce = random(nonceBytes);
  const sealing = createCipheriv(cipher, secret, nonce, tagLength).setAAD(context);
  return Buffer.concat([nonce, sealing.update(plain), sealing.final(), sealing.getAuthTag()]);
}

/** What {@link seal} sealed, or null where key, context or a single bit differ: nothing leaves unverified. */
export function open(secret: Key, sealed: Uint8Array, context: Uint8Array): Uint8Array | null {
  if (sealed.length < sealOverhead) return null;
  const end = sealed.length - tagBytes;
  const opening = createDecipheriv(cipher, secret, sealed.subarray(0, nonceBytes), tagLength).setAAD(context).setAuthTag(sealed.subarray(end));
  const plain = opening.update(sealed.subarray(nonceBytes, end));
  try {
    opening.final();
    return plain;
  } catch {
    plain.fill(0);
    return null;
  }
}

/** Whether `signature` is one over `bytes` by the Ed25519 key `publicKey` (RFC 8032; both base64url). */
export function isSigned(bytes: Uint8Array, signature: string, publicKey: string): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  return verify(null, bytes, key, Buffer.from(signature, 'base64url'));
}

const chunkBytes = 16_384;
const messageSaltBytes = 24;
const commitmentBytes = 32;
const messageHead = messageSaltBytes + commitmentBytes;
const messageLabel = Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0', 'latin1');

/** Bytes of a message that seals `plainLength` bytes: 56, and 16 for each chunk of 16,384, the last one shorter and possibly empty. */
export const sealedBytes = (plainLength: number): number => messageHead + plainLength + tagBytes * (Math.floor(plainLength / chunkBytes) + 1);

/** Key, base nonce and commitment of one message: HKDF-Expand-SHA-512 (RFC 5869 §2.3) of 76 bytes. Node's `hkdf` would extract first. */
function messageKeys(secret: Key, salt: Uint8Array, context: Uint8Array): { chunkKey: Key; nonce: Uint8Array; commitment: Uint8Array } {
  const first = createHmac('sha512', secret).update(messageLabel).update(salt).update(context).update(Uint8Array.of(1)).digest();
  const second = createHmac('sha512', secret).update(first).update(messageLabel).update(salt).update(context).update(Uint8Array.of(2)).digest();
  const bytes = Buffer.concat([first, second]);
  const made = { chunkKey: key(bytes.subarray(0, 32)), nonce: Uint8Array.from(bytes.subarray(32, 44)), commitment: Uint8Array.from(bytes.subarray(44, 76)) };
  wipe(first, second, bytes);
  return made;
}

/** Gives memory that a cipher made for its output back at once: the collector waits until hundreds of megabytes of it lie about. */
function release(part: Uint8Array): void {
  const { buffer } = part;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === part.byteLength) buffer.transfer(0);
}

/** Gives the nonce of each chunk: the base nonce XOR its number as 12 bytes, big-endian. Numbers stay under 2³², which is 64 TiB. */
function nonces(base: Uint8Array): (chunk: number) => Uint8Array {
  const view = new DataView(base.buffer, base.byteOffset);
  const last = view.getUint32(8);
  return (chunk) => {
    view.setUint32(8, (last ^ chunk) >>> 0);
    return base;
  };
}

/** Reads parts as if they were one: each call gives the views that hold the next `length` bytes, fewer at the end. */
function reader(parts: readonly Uint8Array[]): (length: number) => Uint8Array[] {
  let index = 0;
  let at = 0;
  return (length) => {
    const views: Uint8Array[] = [];
    for (let left = length; left > 0 && index < parts.length;) {
      const view = parts[index]!.subarray(at, at + left);
      left -= view.length;
      at += view.length;
      if (view.length > 0) views.push(view);
      if (at === parts[index]!.length) [index, at] = [index + 1, 0];
    }
    return views;
  };
}

/**
 * One Cobblestone-256 message (<https://c2sp.org/chunked-encryption>, SHA-512 and AES-256-GCM): 24 bytes of salt ‖ 32 of commitment ‖ chunks.
 * @param plain whole or in parts
 * @param context bound to the message without being in it
 * @param into where to write, at least {@link sealedBytes} long, for who seals many: fresh memory costs as much as a third of the work
 */
export function sealMessage(secret: Key, plain: Uint8Array | readonly Uint8Array[], context: Uint8Array, random: Random, into?: Uint8Array): Uint8Array {
  const parts = plain instanceof Uint8Array ? [plain] : plain;
  const size = sealedBytes(parts.reduce((sum, part) => sum + part.length, 0));
  const sealed = into?.subarray(0, size) ?? Buffer.allocUnsafeSlow(size);
  if (sealed.length < size) throw new RangeError('there is no room for the message');
  const salt = random(messageSaltBytes);
  const { chunkKey, nonce, commitment } = messageKeys(secret, salt, context);
  const [nonceOf, next] = [nonces(nonce), reader(parts)];
  sealed.set(salt);
  sealed.set(commitment, messageSaltBytes);
  for (let at = messageHead, chunk = 0; at < size; chunk++) {
    const sealing = createCipheriv(cipher, chunkKey, nonceOf(chunk), tagLength);
    for (const view of next(chunkBytes)) {
      const part = sealing.update(view);
      sealed.set(part, at);
      release(part);
      at += view.length;
    }
    sealing.final();
    sealed.set(sealing.getAuthTag(), at);
    at += tagBytes;
  }
  return sealed;
}

/**
 * What {@link sealMessage} sealed, once all of it is verified. `wrong_key`: the commitment is not that of this key and context (nor of a message at all);
 * null: it is, and what follows is damaged, cut or continued.
 * @param into where to write, at least as long as the plaintext; wiped where the message does not hold
 */
export function openMessage(secret: Key, sealed: Uint8Array, context: Uint8Array, into?: Uint8Array): Uint8Array | 'wrong_key' | null {
  const body = sealed.length - messageHead;
  const whole = chunkBytes + tagBytes;
  if (body < tagBytes || body % whole < tagBytes) return null;
  const { chunkKey, nonce, commitment } = messageKeys(secret, sealed.subarray(0, messageSaltBytes), context);
  if (!timingSafeEqual(commitment, sealed.subarray(messageSaltBytes, messageHead))) return 'wrong_key';
  const size = body - tagBytes * (Math.floor(body / whole) + 1);
  const plain = into?.subarray(0, size) ?? Buffer.allocUnsafeSlow(size);
  if (plain.length < size) throw new RangeError('there is no room for the message');
  const nonceOf = nonces(nonce);
  try {
    for (let from = messageHead, chunk = 0; from < sealed.length; from += whole, chunk++) {
      const end = Math.min(from + whole, sealed.length) - tagBytes;
      const opening = createDecipheriv(cipher, chunkKey, nonceOf(chunk), tagLength).setAuthTag(sealed.subarray(end, end + tagBytes));
      const part = opening.update(sealed.subarray(from, end));
      plain.set(part, chunk * chunkBytes);
      release(part);
      opening.final();
    }
    return plain;
  } catch {
    plain.fill(0);
    return null;
  }
}

/** Bytes of a page of the store, and of what SQLCipher 4 keeps at its end: 16 of IV and 64 of HMAC-SHA-512. */
export const pageBytes = 4_096;
const pageIv = 4_016;
const pageMac = 4_032;
const fileSaltBytes = 16;

/** What pages of one file are sealed with. */
export interface PageKeys {
  readonly cipher: Key;
  readonly mac: Key;
  readonly salt: Uint8Array;
}

/** Keys of a file from its raw key (32) and salt (16): the MAC key is PBKDF2-HMAC-SHA-512 of 2 rounds over the salt with every byte XOR 0x3A. */
export function pageKeys(raw: Uint8Array, salt: Uint8Array): PageKeys {
  if (salt.length !== fileSaltBytes) throw new RangeError('the salt of a file has 16 bytes');
  const made = pbkdf2Sync(
    raw,
    salt.map((byte) => byte ^ 0x3a),
    2,
    32,
    'sha512',
  );
  const keys = { cipher: key(raw), mac: key(made), salt: Uint8Array.from(salt) };
  wipe(made);
  return keys;
}

/** The MAC of a page covers ciphertext ‖ IV ‖ page number (little-endian, from 1); the salt at the start of page 1 is not part of it. */
function macOfPage(page: Uint8Array, number: number, secret: Key): Uint8Array {
  const counted = new Uint8Array(4);
  new DataView(counted.buffer).setUint32(0, number + 1, true);
  return createHmac('sha512', secret)
    .update(page.subarray(cipherStart(number), pageMac))
    .update(counted)
    .digest();
}

/** The first page begins with the salt of the file in place of SQLite's header. */
const cipherStart = (number: number): number => (number === 0 ? fileSaltBytes : 0);
const sqliteHeader = Buffer.from('SQLite format 3\0', 'latin1');

const neverWritten = (page: Uint8Array): boolean => page[pageMac] === 0 && page.every((byte) => byte === 0);

/** The clear part of a page, or null where its MAC is wrong. */
function pageContent(page: Uint8Array, number: number, keys: PageKeys): Uint8Array | null {
  if (!timingSafeEqual(macOfPage(page, number, keys.mac), page.subarray(pageMac))) return null;
  const opening = createDecipheriv('aes-256-cbc', keys.cipher, page.subarray(pageIv, pageMac)).setAutoPadding(false);
  return opening.update(page.subarray(cipherStart(number), pageIv));
}

/**
 * The page in the clear, its reserved 80 bytes as they were and SQLite's header at the start of page 0; null where its MAC is wrong. A page of zeros was never
 * written and stays one: SQLite leaves out the page at 1 GiB, where its locks lie.
 * @param number from 0
 */
export function openPage(page: Uint8Array, number: number, keys: PageKeys): Uint8Array | null {
  if (page.length !== pageBytes) return null;
  const plain = Uint8Array.from(page);
  if (neverWritten(page)) return plain;
  const content = pageContent(page, number, keys);
  if (!content) return null;
  plain.set(content, cipherStart(number));
  if (number === 0) plain.set(sqliteHeader);
  return plain;
}

/**
 * Takes pages of one file over into another, in place: opened with one key, sealed with the other under fresh IVs.
 * @param pages whole pages in a row
 * @param first number of the first, from 0
 * @returns the number of the first page whose MAC is wrong (it and those behind it are as they were), or null where all hold
 */
export function recipherPages(pages: Uint8Array, first: number, from: PageKeys, to: PageKeys, random: Random): number | null {
  if (pages.length % pageBytes !== 0) throw new RangeError('pages have 4,096 bytes');
  const count = pages.length / pageBytes;
  const ivs = random(16 * count);
  for (let index = 0; index < count; index++) {
    const page = pages.subarray(index * pageBytes, (index + 1) * pageBytes);
    if (!recipherPage(page, first + index, from, to, ivs.subarray(index * 16, (index + 1) * 16))) return first + index;
  }
  return null;
}

function recipherPage(page: Uint8Array, number: number, from: PageKeys, to: PageKeys, iv: Uint8Array): boolean {
  if (neverWritten(page)) return true;
  const content = pageContent(page, number, from);
  if (!content) return false;
  const sealing = createCipheriv('aes-256-cbc', to.cipher, iv).setAutoPadding(false);
  page.set(sealing.update(content), cipherStart(number));
  page.set(iv, pageIv);
  if (number === 0) page.set(to.salt);
  page.set(macOfPage(page, number, to.mac), pageMac);
  return true;
}

/** HKDF-SHA-256 (RFC 5869). `info` names the purpose, so that one secret gives unrelated keys. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: string | Uint8Array, length = 32): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, length));
}

/** Cost of one Argon2id call. Numbers from outside are bounded by `argonParameters` of `contracts/backup` before they come here. */
export interface ArgonCost {
  readonly timeCost: number;
  readonly memoryKiB: number;
  readonly parallelism: number;
}

/** Argon2id version 0x13 (RFC 9106), on the thread pool. `keyed` and `data` are its optional secret and associated data. */
export async function argon2id(
  secret: Uint8Array,
  salt: Uint8Array,
  cost: ArgonCost,
  more: { length?: number; keyed?: Uint8Array; data?: Uint8Array } = {},
): Promise<Uint8Array> {
  // Loaded here, because a vault that the system's key store opens needs none.
  const { default: argon2 } = await import('argon2');
  return await argon2.hash(Buffer.from(secret), {
    raw: true,
    type: argon2.argon2id,
    version: 0x13,
    salt: Buffer.from(salt),
    timeCost: cost.timeCost,
    memoryCost: cost.memoryKiB,
    parallelism: cost.parallelism,
    hashLength: more.length ?? 32,
    ...(more.keyed && { secret: Buffer.from(more.keyed) }),
    ...(more.data && { associatedData: Buffer.from(more.data) }),
  });
}

/** HMAC-SHA-256 (RFC 2104) over the parts one after another. */
export function mac(secret: Uint8Array | Key, ...parts: readonly Uint8Array[]): Uint8Array {
  const running = createHmac('sha256', secret);
  for (const part of parts) running.update(part);
  return running.digest();
}

// GMAC needs a fresh nonce where tags are seen. Here nobody sees them, and equal data has to give the same.
const noNonce = new Uint8Array(nonceBytes);

/**
 * 16 bytes that stand for `data` under a key, an order of magnitude faster than {@link mac}: the tag of AES-256-GCM over it as associated data, with a nonce of
 * zeros. Two different data have the same with a probability of about 2⁻¹¹⁰ for 4 MiB, whatever they are, **while nobody without the key sees a print**, and the key
 * seals nothing: feed it to a {@link mac}, never store or send it.
 */
export function print(secret: Key, data: Uint8Array): Uint8Array {
  const running = createCipheriv(cipher, secret, noNonce, tagLength).setAAD(data);
  running.final();
  return running.getAuthTag();
}

/** A running HMAC-SHA-256 for what does not fit into memory at once. */
export function macStream(secret: Uint8Array | Key): { add(data: Uint8Array | string): void; end(): Uint8Array } {
  const running = createHmac('sha256', secret);
  return { add: (data) => void running.update(data), end: () => running.digest() };
}

export function sha256(data: Uint8Array | string): Uint8Array {
  return createHash('sha256').update(data).digest();
}

/** Compares in a time that does not depend on where they differ. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Overwrites key bytes that are no longer needed; a help against swap and core files, not a promise: the runtime may have copied them. */
export function wipe(...secrets: Uint8Array[]): void {
  for (const bytes of secrets) bytes.fill(0);
}
