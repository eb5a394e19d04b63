import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ByteRange } from './blobs.ts';

/** The largest blob that is taken. */
export const blobCap = 256 * 1024 * 1024;

const part = '[A-Za-z0-9_-]+';
const wholeKey = new RegExp(`^${part}(/${part})*$`);
const keyLength = 500;
const partLength = 120;

/** A key that no path can be bent with. @throws Error, because keys are made by us */
export function checkKey(key: string): string {
  if (key.length > keyLength || !wholeKey.test(key) || key.split('/').some((each) => each.length > partLength)) throw new Error('not a blob key');
  return key;
}

/** The start of a key, also in the middle of a part; empty for all. */
export function checkPrefix(prefix: string): string {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  return prefix;
}

export function checkSize(size: number, cap: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new AdiuvaError('request.invalid', { detail: 'the size is not a number of bytes' });
  if (size > cap) throw new AdiuvaError('request.too_large', { detail: `at most ${cap} bytes are taken` });
}

/** Passes a body on while it has the size that was announced: stops at the first byte too many, throws at the end when some are missing. */
export async function* sized(body: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of body) {
    seen += chunk.byteLength;
    if (seen > size) throw new AdiuvaError('request.too_large', { detail: `more than the ${size} bytes that were announced` });
    yield chunk;
  }
  if (seen < size) throw new AdiuvaError('request.invalid', { detail: `${seen} bytes came, ${size} were announced` });
}

/** A range within a blob, its end cut to the last byte. @throws AdiuvaError `request.invalid` */
export function rangeWithin({ start, end }: ByteRange, size: number): ByteRange {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || end < start || start >= size) throw new AdiuvaError('request.invalid', { detail: 'the range is not within the blob' });
  return { start, end: Math.min(end, size - 1) };
}
