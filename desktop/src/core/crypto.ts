import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Random } from '@adiuva/shared/kit/ids.ts';

/**
 * The one place that calls a cipher, a keyed hash or a password hash. Everything sealed here is AES-256-GCM (NIST SP 800-38D) with a random
 * 12-byte nonce in front and the whole 16-byte tag behind; the associated data binds it to what it is for.
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
    return Buffer.concat([plain, opening.final()]);
  } catch {
    plain.fill(0);
    return null;
  }
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

/** HMAC-SHA-256 (RFC 2104). */
export function mac(secret: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update(data).digest();
}

/** A running HMAC-SHA-256 for what does not fit into memory at once. */
export function macStream(secret: Uint8Array): { add(data: Uint8Array | string): void; end(): Uint8Array } {
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
