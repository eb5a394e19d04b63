import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { base64url, type Random } from '@adiuva/shared/kit/ids.ts';
import { mac, macStream, openMessage, pageBytes, print, sealMessage, sealedBytes, type Key } from '../crypto.ts';
import type { Keys } from './keys.ts';

/** What lies in a backup, byte for byte as `docs/backup-format.md` says; the manifest is in `manifest.ts`. The threads load this, so it needs little. */

/** Pages of one part of a base, and of one delta at most. */
export const partPages = 1_024;
export const deltaPages = 1_023;

export type BlobType = 'base' | 'delta' | 'list';
export type SealedType = BlobType | 'envelope' | 'manifest' | 'escrow';

const encoder = new TextEncoder();

/** What a sealed message is bound to. */
export const contextOf = (repository: string, epoch: number, type: SealedType, id: string): Uint8Array =>
  encoder.encode(['adiuva/backup/1', 'cobblestone-256', repository, String(epoch), type, id].join('\n'));

const steps = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024] as const;
/** The sizes that a padded plaintext may have, rising. */
export const plainSizes: readonly number[] = steps.map((n) => 1_024 + 4_096 * n);
/** Of the length in front of padded content. */
export const lengthBytes = 4;

/** Bytes of content of a part, delta or list at most. */
export const contentMax = plainSizes.at(-1)! - lengthBytes;

/** Sizes of sealed objects that there can be. */
export const sealedSizes: ReadonlySet<number> = new Set(plainSizes.map(sealedBytes));

const corrupt = (detail: string): AdiuvaError => new AdiuvaError('backup.corrupt', { detail });

/** The one size of the set that fits content of this length. */
const sizeFor = (length: number): number | undefined => plainSizes.find((each) => each - lengthBytes >= length);

/** *Length ‖ content ‖ zeros*, up to the next size of the set, as parts to be joined. @throws RangeError over {@link contentMax} */
export function padded(content: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] {
  const size = sizeFor(content.length);
  if (size === undefined) throw new RangeError('a piece of a backup holds at most 4,195,324 bytes');
  const length = new Uint8Array(lengthBytes);
  new DataView(length.buffer).setUint32(0, content.length);
  return [length, content, zeros.subarray(0, size - lengthBytes - content.length)];
}

/** The content of a padded plaintext (a view of it), or null where size, length or a byte of the rest is wrong. */
export function unpadded(plain: Uint8Array): Uint8Array | null {
  if (!plainSizes.includes(plain.length)) return null;
  const length = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  if (sizeFor(length) !== plain.length) return null;
  const end = lengthBytes + length;
  const rest = Buffer.from(plain.buffer, plain.byteOffset + end, plain.length - end);
  return rest.equals(zeros.subarray(0, rest.length)) ? plain.subarray(lengthBytes, end) : null;
}

// As long as the widest step between two sizes.
const zeros: Uint8Array = new Uint8Array(4_096 * 256);

/** The name of content in one repository and epoch. The inner of the two keyed functions is the fast one, the outer keeps its output from everybody. */
export const nameOf = (keys: Pick<Keys, 'name' | 'print'>, type: BlobType | 'manifest', content: Uint8Array): string =>
  base64url(mac(keys.name, encoder.encode(`${type}\n`), print(keys.print, content)));

export interface SealedObject {
  readonly id: string;
  readonly sealed: Uint8Array;
}

const keyFor = (keys: Keys, type: BlobType | 'manifest'): Key => (type === 'manifest' ? keys.manifest : keys.blob);

/** @param known `id`: its {@link nameOf}, where the caller has it already · `into`: memory for the sealed bytes, `objectBytes` are always enough */
export function sealObject(
  keys: Keys,
  type: BlobType | 'manifest',
  content: Uint8Array,
  random: Random,
  known: { readonly id?: string; readonly into?: Uint8Array } = {},
): SealedObject {
  const id = known.id ?? nameOf(keys, type, content);
  const sealed = sealMessage(keyFor(keys, type), padded(content), contextOf(keys.repository, keys.epoch, type, id), random, known.into);
  return { id, sealed };
}

/**
 * The verified content of an object, a view of the opened message.
 * @param into memory for the opened message, `objectBytes` are always enough
 * @throws AdiuvaError `backup.corrupt` for anything that was not sealed under this name, type, repository and epoch
 */
export function openObject(keys: Keys, type: BlobType | 'manifest', id: string, sealed: Uint8Array, into?: Uint8Array): Uint8Array {
  const fits = sealedSizes.has(sealed.length);
  const plain = fits ? openMessage(keyFor(keys, type), sealed, contextOf(keys.repository, keys.epoch, type, id), into) : null;
  if (plain === null) throw corrupt(`A part of the backup (${type}) is damaged.`);
  if (plain === 'wrong_key') throw corrupt(`A part of the backup (${type}) is damaged or is another one.`);
  const content = unpadded(plain);
  if (!content) throw corrupt(`A part of the backup (${type}) is not laid out as it must be.`);
  return content;
}

export interface NumberedPage {
  /** From 0. */
  readonly number: number;
  readonly page: Uint8Array;
}

/** @param pages with rising numbers, at most {@link deltaPages} */
export function encodeDelta(pages: readonly NumberedPage[]): Uint8Array {
  if (pages.length === 0 || pages.length > deltaPages) throw new RangeError('a delta has 1 to 1,023 pages');
  const content = Buffer.allocUnsafeSlow(4 + pages.length * (4 + pageBytes));
  content.writeUInt32BE(pages.length);
  let at = 4;
  for (const { number, page } of pages) {
    content.writeUInt32BE(number, at);
    content.set(page, at + 4);
    at += 4 + pageBytes;
  }
  return content;
}

/** The pages of a delta, as views of `content`. @throws AdiuvaError `backup.corrupt` */
export function decodeDelta(content: Uint8Array): NumberedPage[] {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const count = content.length >= 4 ? view.getUint32(0) : 0;
  if (count === 0 || count > deltaPages || content.length !== 4 + count * (4 + pageBytes)) throw corrupt('A delta has another length than it says.');
  const pages = Array.from({ length: count }, (_, index) => {
    const at = 4 + index * (4 + pageBytes);
    return { number: view.getUint32(at), page: content.subarray(at + 4, at + 4 + pageBytes) };
  });
  if (pages.some(({ number }, index) => index > 0 && number <= pages[index - 1]!.number)) throw corrupt('The pages of a delta are not in order.');
  return pages;
}

const nameBytes = 32;
/** Names that one list holds at most. */
export const listNames = Math.floor(contentMax / nameBytes);

export function encodeList(names: readonly string[]): Uint8Array {
  if (names.length === 0 || names.length > listNames) throw new RangeError('a list has 1 to 131,103 names');
  return Buffer.concat(names.map((name) => Buffer.from(name, 'base64url')));
}

/** @throws AdiuvaError `backup.corrupt` */
export function decodeList(content: Uint8Array): string[] {
  if (content.length === 0 || content.length % nameBytes !== 0) throw corrupt('A list of parts has another length than it says.');
  return Array.from({ length: content.length / nameBytes }, (_, index) => base64url(content.subarray(index * nameBytes, (index + 1) * nameBytes)));
}

const tagAt = 4_032;
const tagLength = 16;

/** The 16 bytes of every page that commit to its number and content. @param pages whole pages in a row */
export function tagsOf(pages: Uint8Array): Uint8Array {
  const tags = new Uint8Array((pages.length / pageBytes) * tagLength);
  for (let at = 0, to = 0; at < pages.length; at += pageBytes, to += tagLength) tags.set(pages.subarray(at + tagAt, at + tagAt + tagLength), to);
  return tags;
}

/** `fileDigest` of a manifest. @param tags those of all pages in their order, in pieces of any length */
export function fileDigest(keys: Keys, tags: Iterable<Uint8Array>): string {
  const running = macStream(keys.digest);
  for (const piece of tags) running.add(piece);
  return base64url(running.end());
}
