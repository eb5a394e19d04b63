import { sha256 } from '../crypto.ts';

/** What identifies the store's file as the one that was left behind. */
export interface Stamp {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

export interface Mark {
  readonly number: number;
  /** How many the file had. */
  readonly pages: number;
  /** 32 hex digits of chance. */
  readonly id: string;
}

export interface Tracked {
  /** Null before the first checkpoint. */
  readonly stamp: Stamp | null;
  /** What changes from here on counts as changed at this number; it rises with every mark. */
  readonly now: number;
  /** How many the file has, the log included. */
  readonly pages: number;
  readonly marks: readonly Mark[];
  /** For each page the number at which it last changed; 0 for not since tracking began. */
  readonly changed: Uint32Array;
}

/*
 * The file, little-endian: magic (4) ‖ version (4) ‖ write id (16) ‖ count of marks (4) ‖ now (4) ‖ pages (4) ‖ numbers (4) ‖ size, mtime, ctime (ns), inode, device (8 each)
 * ‖ marks: number (4), pages (4), id (16) ‖ a number (4) for each page ‖ SHA-256 of all before. Numbers only; what is damaged in any way counts as not there.
 */
const magic = 0xad1a_5eed;
const version = 1;
const head = 80;
const markBytes = 24;
const sumBytes = 32;

const stampParts = ['size', 'mtimeNs', 'ctimeNs', 'ino', 'dev'] as const;
const none: Stamp = { size: -1n, mtimeNs: 0n, ctimeNs: 0n, ino: 0n, dev: 0n };

/** @param chance 16 bytes that no other version of the file has, with what is in it: see {@link writeIdOf} */
export function sealTracked(tracked: Tracked, chance: Uint8Array): Buffer {
  const { stamp, now, pages, marks } = tracked;
  const changed = tracked.changed.subarray(0, pages);
  const bytes = Buffer.alloc(head + marks.length * markBytes + changed.length * 4 + sumBytes);
  for (const [index, value] of [magic, version].entries()) bytes.writeUInt32LE(value, index * 4);
  bytes.set(chance.subarray(0, 16), 8);
  for (const [index, value] of [marks.length, now, pages, changed.length].entries()) bytes.writeUInt32LE(value, 24 + index * 4);
  for (const [index, part] of stampParts.entries()) bytes.writeBigInt64LE(BigInt.asIntN(64, (stamp ?? none)[part]), 40 + index * 8);
  for (const [index, mark] of marks.entries()) {
    const at = head + index * markBytes;
    bytes.writeUInt32LE(mark.number, at);
    bytes.writeUInt32LE(mark.pages, at + 4);
    bytes.write(mark.id, at + 8, 'hex');
  }
  const body = head + marks.length * markBytes;
  bytes.set(bytesOf(changed), body);
  bytes.set(sha256(bytes.subarray(0, -sumBytes)), bytes.length - sumBytes);
  return bytes;
}

/** Null for anything but a whole file of this version. */
export function parseTracked(bytes: Buffer): Tracked | null {
  if (bytes.length < head + sumBytes || bytes.readUInt32LE(0) !== magic || bytes.readUInt32LE(4) !== version) return null;
  const [markCount, now, pages, numbers] = [24, 28, 32, 36].map((at) => bytes.readUInt32LE(at)) as [number, number, number, number];
  const body = head + markCount * markBytes;
  if (bytes.length !== body + numbers * 4 + sumBytes || !bytes.subarray(-sumBytes).equals(sha256(bytes.subarray(0, -sumBytes)))) return null;
  const changed = new Uint32Array(numbers);
  bytesOf(changed).set(bytes.subarray(body, body + numbers * 4));
  return numbers === pages && now > 0 && most(changed) <= now
    ? { stamp: stampIn(bytes), now, pages, marks: Array.from({ length: markCount }, (_, index) => markIn(bytes, index)), changed }
    : null;
}

function most(numbers: Uint32Array): number {
  let found = 0;
  for (let index = 0; index < numbers.length; index++) if (numbers[index]! > found) found = numbers[index]!;
  return found;
}

/** In the order of this machine, which is little-endian wherever we run; call by call a large store's numbers take longer than the rest of a backup. */
const bytesOf = (numbers: Uint32Array): Uint8Array => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

function stampIn(bytes: Buffer): Stamp | null {
  const [size, mtimeNs, ctimeNs, ino, dev] = stampParts.map((_, index) => bytes.readBigInt64LE(40 + index * 8)) as [bigint, bigint, bigint, bigint, bigint];
  return size < 0n ? null : { size, mtimeNs, ctimeNs, ino: BigInt.asUintN(64, ino), dev: BigInt.asUintN(64, dev) };
}

function markIn(bytes: Buffer, index: number): Mark {
  const at = head + index * markBytes;
  return { number: bytes.readUInt32LE(at), pages: bytes.readUInt32LE(at + 4), id: bytes.toString('hex', at + 8, at + markBytes) };
}

/** Tells one version of the file from another by its first 64 bytes. */
export function writeIdOf(bytes: Buffer): string {
  return bytes.toString('hex', 0, 64);
}
