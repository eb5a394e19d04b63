/** Fills and returns `size` random bytes; a cryptographic source outside tests. */
export type Random = (size: number) => Uint8Array;

/** The platform's cryptographic source (Web Crypto, present in Node and browsers). */
export const systemRandom: Random = (size) => crypto.getRandomValues(new Uint8Array(size));

/** A repeatable source for tests (mulberry32); never for secrets. */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0;
  const byte = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) & 255;
  };
  return (size) => Uint8Array.from({ length: size }, byte);
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

/** A UUID version 7 (RFC 9562 §5.7): sorts by the millisecond it was made in. */
export function newId(now: number, random: Random): string {
  const bytes = random(16);
  let ms = Math.floor(now);
  for (let i = 5; i >= 0; i--) {
    bytes[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const h = hex(bytes);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** `size` random bytes as unpadded base64url (RFC 4648 §5). */
export function newToken(random: Random, size = 32): string {
  return base64url(random(size));
}

/** Unpadded base64url (RFC 4648 §5) of bytes. */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
