import { readSync, writeSync } from 'node:fs';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { pageBytes, recipherPages, sealedBytes, type PageKeys } from '../crypto.ts';
import { decodeDelta, deltaPages, nameOf, openObject, partPages, plainSizes, sealObject, tagsOf, type BlobType } from './format.ts';
import type { Keys } from './keys.ts';

/**
 * The work on single objects, the same in the main thread and in a worker. Content is built in memory that is used again; files are reached by number,
 * because opening a store's file and closing it again would drop SQLite's locks on it.
 */

const tagBytes = 16;

/** Bytes of the object that holds so much content. */
export const objectSize = (content: number): number => sealedBytes(plainSizes.find((size) => size - 4 >= content)!);
export const deltaSize = (pages: number): number => objectSize(4 + pages * (4 + pageBytes));

/** Content that lies at the start of a buffer, and its name. */
export interface Piece {
  readonly id: string;
  readonly length: number;
  readonly tags: Uint8Array;
}

function readWhole(fd: number, into: Uint8Array, at: number, length: number, position: number): void {
  for (let done = 0; done < length;) {
    const read = readSync(fd, into, at + done, length - done, position + done);
    if (read === 0) throw new AdiuvaError('vault.corrupt', { detail: 'The data file is shorter than it says.' });
    done += read;
  }
}

/** Reads a part of a base into `room`. @param from its first page, from 0 */
export function readPart(keys: Keys, fd: number, from: number, count: number, room: Uint8Array): Piece {
  const length = count * pageBytes;
  readWhole(fd, room, 0, length, from * pageBytes);
  const content = room.subarray(0, length);
  return { id: nameOf(keys, 'base', content), length, tags: tagsOf(content) };
}

/** Reads a delta into `room`. @param numbers of its pages, from 0, rising, at most {@link deltaPages} */
export function readDelta(keys: Keys, fd: number, numbers: Uint32Array, room: Uint8Array): Piece {
  const view = new DataView(room.buffer, room.byteOffset);
  const tags = new Uint8Array(numbers.length * tagBytes);
  view.setUint32(0, numbers.length);
  let at = 4;
  for (let index = 0; index < numbers.length;) {
    const run = runFrom(numbers, index);
    // Where the last page of the run will lie, so that the pages can move to their places from the front.
    const behind = at + run * (4 + pageBytes) - run * pageBytes;
    readWhole(fd, room, behind, run * pageBytes, numbers[index]! * pageBytes);
    for (let done = 0; done < run; done++, index++, at += 4 + pageBytes) {
      view.setUint32(at, numbers[index]!);
      if (behind + done * pageBytes !== at + 4) room.copyWithin(at + 4, behind + done * pageBytes, behind + (done + 1) * pageBytes);
      tags.set(tagsOf(room.subarray(at + 4, at + 4 + pageBytes)), index * tagBytes);
    }
  }
  return { id: nameOf(keys, 'delta', room.subarray(0, at)), length: at, tags };
}

/** How many numbers from `index` on follow each other: what grew lies together, and one call reads it. */
function runFrom(numbers: Uint32Array, index: number): number {
  let run = 1;
  while (index + run < numbers.length && numbers[index + run] === numbers[index]! + run) run++;
  return run;
}

/** The object of a piece that was read into `room`. @param into room for it, `objectBytes` are always enough */
export function sealPiece(
  keys: Keys,
  type: BlobType,
  { id, length }: Pick<Piece, 'id' | 'length'>,
  room: Uint8Array,
  random: Random,
  into: Uint8Array,
): Uint8Array {
  return sealObject(keys, type, room.subarray(0, length), random, { id, into }).sealed;
}

/** The 16 bytes of each page that commit to it. @param room for reading, any number of whole pages */
export function readTags(fd: number, from: number, count: number, room: Uint8Array): Uint8Array {
  const tags = new Uint8Array(count * tagBytes);
  const step = Math.floor(room.length / pageBytes);
  for (let done = 0; done < count; done += step) {
    const pages = Math.min(step, count - done);
    readWhole(fd, room, 0, pages * pageBytes, (from + done) * pageBytes);
    tags.set(tagsOf(room.subarray(0, pages * pageBytes)), done * tagBytes);
  }
  return tags;
}

/** Where pages go: into the file behind `fd`, sealed anew where that file has other keys. What lies behind its `pages` was cut off later and is left out. */
export interface Writing {
  readonly fd: number;
  readonly pages: number;
  readonly recipher: Recipher | null;
}
export interface Recipher {
  readonly from: PageKeys;
  readonly to: PageKeys;
}

/** What an object held: numbers of its pages, from 0, and their tags as they were in it. */
export interface Placed {
  readonly numbers: Uint32Array;
  readonly tags: Uint8Array;
}

function writeWhole(fd: number, from: Uint8Array, position: number): void {
  for (let done = 0; done < from.length;) done += writeSync(fd, from, done, from.length - done, position + done);
}

/**
 * Opens an object of a base or a delta, proves its name and puts its pages where they belong.
 * @param from first page of a part, from 0; a delta says itself where its pages belong
 * @param writing null: it is only looked at
 * @throws AdiuvaError `backup.corrupt`, also for a page whose own HMAC is wrong where it is sealed anew
 */
export function placeObject(
  keys: Keys,
  { type, id, sealed, from }: { type: 'base' | 'delta'; id: string; sealed: Uint8Array; from: number },
  writing: Writing | null,
  random: Random,
  room?: Uint8Array,
): Placed {
  const content = openNamed(keys, type, id, sealed, room);
  return type === 'base' ? placePart(content, from, writing, random) : placeDelta(content, writing, random);
}

function placePart(content: Uint8Array, from: number, writing: Writing | null, random: Random): Placed {
  const count = content.length / pageBytes;
  if (!Number.isInteger(count) || count < 1 || count > partPages) throw damaged('A part of the base has another length than a part has.');
  const tags = tagsOf(content);
  const wanted = writing && content.subarray(0, Math.max(0, writing.pages - from) * pageBytes);
  if (wanted && writing.recipher) sealAnew(wanted, from, writing.recipher, random);
  if (wanted) writeWhole(writing.fd, wanted, from * pageBytes);
  return { numbers: Uint32Array.from({ length: count }, (_, index) => from + index), tags };
}

function placeDelta(content: Uint8Array, writing: Writing | null, random: Random): Placed {
  const pages = decodeDelta(content);
  const tags = new Uint8Array(pages.length * tagBytes);
  pages.forEach(({ number, page }, index) => {
    tags.set(tagsOf(page), index * tagBytes);
    if (!writing || number >= writing.pages) return;
    if (writing.recipher) sealAnew(page, number, writing.recipher, random);
    writeWhole(writing.fd, page, number * pageBytes);
  });
  return { numbers: Uint32Array.from(pages, ({ number }) => number), tags };
}

function sealAnew(pages: Uint8Array, first: number, { from, to }: Recipher, random: Random): void {
  const bad = recipherPages(pages, first, from, to, random);
  if (bad !== null) throw damaged(`Page ${bad + 1} of the store is damaged.`);
}

/** @throws AdiuvaError `backup.corrupt` for anything but the content that has this name */
export function openNamed(keys: Keys, type: BlobType, id: string, sealed: Uint8Array, room?: Uint8Array): Uint8Array {
  const content = openObject(keys, type, id, sealed, room);
  if (nameOf(keys, type, content) !== id) throw damaged(`A part of the backup (${type}) has another name than its content.`);
  return content;
}

const damaged = (detail: string) => new AdiuvaError('backup.corrupt', { detail });

/** Numbers in groups that fit one delta each. */
export function inDeltas(numbers: Uint32Array): Uint32Array[] {
  return Array.from({ length: Math.ceil(numbers.length / deltaPages) }, (_, index) => numbers.subarray(index * deltaPages, (index + 1) * deltaPages));
}
