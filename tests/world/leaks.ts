import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createInflateRaw, createZstdDecompress } from 'node:zlib';

/** Something that must not be readable outside the store: what it is, and its text. */
export interface Marker {
  readonly name: string;
  readonly text: string;
}

/** Where a marker was found. `form` says how it was written: `utf8`, `base64 in gzip`… */
export interface Leak {
  readonly place: string;
  readonly marker: string;
  readonly form: string;
  readonly near: string;
}

interface Needle {
  readonly marker: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** Shorter needles are found by chance. */
const shortest = 8;
const perUnit = (text: string, write: (code: number) => string) => Array.from(text, (c) => (c.codePointAt(0)! < 128 ? c : write(c.codePointAt(0)!))).join('');
const units = (text: string, prefix: string) =>
  Array.from({ length: text.length }, (_, at) => (text.charCodeAt(at) < 128 ? text[at]! : prefix + text.charCodeAt(at).toString(16).padStart(4, '0'))).join('');
const bytewise = (text: string, mark: string) =>
  Array.from(Buffer.from(text), (byte) => (byte < 128 ? String.fromCharCode(byte) : mark + byte.toString(16).padStart(2, '0'))).join('');

/** The three ways in which base64 writes bytes, by where they begin, without the characters that the neighbours share. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    return whole
      .toString('base64')
      .replace(/=+$/, '')
      .slice(before === 0 ? 0 : before + 1, Math.floor((whole.length * 8) / 6));
  });
}

/** Every way in which programs commonly write a text down. Case is folded away later, for both sides. */
function formsOf(text: string): [string, Buffer][] {
  const [utf8, utf16] = [Buffer.from(text), Buffer.from(text, 'utf16le')];
  const base64 = [...base64Forms(utf8), ...base64Forms(utf16)];
  const plain = { json: units(text, '\\u'), url: bytewise(text, '%'), quoted: bytewise(text, '='), hex: utf8.toString('hex') };
  const html = [perUnit(text, (code) => `&#${code};`), perUnit(text, (code) => `&#x${code.toString(16)};`)];
  return [
    ['utf8', utf8],
    ['utf16le', utf16],
    ['utf16be', Buffer.from(utf16).swap16()],
    ['utf32le', Buffer.concat(Array.from(text, (c) => Buffer.from(Uint32Array.of(c.codePointAt(0)!).buffer)))],
    ['latin1', Buffer.from(/^[\0-ÿ]*$/.test(text) ? text : '', 'latin1')],
    ...Object.entries(plain).map(([form, written]): [string, Buffer] => [form, Buffer.from(written)]),
    ...html.map((written): [string, Buffer] => ['html', Buffer.from(written)]),
    ...base64.flatMap((written): [string, Buffer][] =>
      [written, written.replaceAll('+', '-').replaceAll('/', '_')].map((each) => ['base64', Buffer.from(each)]),
    ),
    ['url', Buffer.from(encodeURIComponent(text))],
    ['reversed', Buffer.from([...text].toReversed().join(''))],
  ];
}

/** A text as search indexes and headings may have rewritten it. */
const spellings = (text: string) => [
  text,
  text.toLowerCase(),
  text.toUpperCase(),
  text.normalize('NFD'),
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase(),
];

const fold = (bytes: Buffer): Buffer => {
  const folded = Buffer.from(bytes);
  for (let at = 0; at < folded.length; at++) if (folded[at]! >= 0x41 && folded[at]! <= 0x5a) folded[at]! += 0x20;
  return folded;
};

/** Needles by their first four bytes: one pass over the haystack, however many there are. */
class Needles {
  readonly #byStart = new Map<number, Needle[]>();
  readonly #slots = new Uint8Array(1 << 16);

  add(needle: Needle): void {
    const start = needle.bytes.readUInt32BE(0);
    const there = this.#byStart.get(start) ?? [];
    if (there.some(({ marker, bytes }) => marker === needle.marker && bytes.equals(needle.bytes))) return;
    this.#slots[slotOf(start)] = 1;
    this.#byStart.set(start, [...there, needle]);
  }

  /** Each needle that is there, once, with the first place where it is. */
  in(bytes: Buffer): { needle: Needle; at: number }[] {
    const found = new Map<Needle, number>();
    for (let four = 0, at = 0; at < bytes.length; at++) {
      four = ((four << 8) | bytes[at]!) >>> 0;
      if (this.#slots[slotOf(four)] === 0 || at < 3) continue;
      for (const needle of this.#byStart.get(four) ?? [])
        if (!found.has(needle) && bytes.compare(needle.bytes, 0, needle.bytes.length, at - 3, Math.min(bytes.length, at - 3 + needle.bytes.length)) === 0)
          found.set(needle, at - 3);
    }
    return [...found].map(([needle, at]) => ({ needle, at }));
  }
}
const slotOf = (four: number) => Math.imul(four, 0x9e3779b1) >>> 16;

/** What stands around a find, for whoever has to look for its cause. */
const around = (bytes: Buffer, at: number) =>
  bytes
    .subarray(Math.max(0, at - 40), at + 80)
    .toString('utf8')
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, '·');

/**
 * Finds markers in bytes, in many encodings and inside compressed streams. Letters of ASCII are compared without case.
 * Text that was encrypted, or that a program cut into pieces of a few characters, is not found.
 */
export class LeakFinder {
  readonly #needles = new Needles();

  constructor(markers: readonly Marker[]) {
    for (const { name: marker, text } of markers)
      for (const [form, bytes] of spellings(text).flatMap(formsOf)) if (bytes.length >= shortest) this.#needles.add({ marker, form, bytes: fold(bytes) });
  }

  async inBytes(bytes: Buffer, place: string, within = ''): Promise<Leak[]> {
    const leaks = this.#needles
      .in(fold(bytes))
      .map(({ needle, at }): Leak => ({ place, marker: needle.marker, form: needle.form + within, near: around(bytes, at) }));
    if (within.length > 40) return leaks;
    for (const [packed, inside] of await unpackedFrom(bytes)) leaks.push(...(await this.inBytes(inside, place, ` in ${packed}${within}`)));
    return leaks;
  }

  inText(text: string, place: string): Promise<Leak[]> {
    return this.inBytes(Buffer.from(text), place);
  }

  /** Every file below a folder: its name, where it links to, its bytes. */
  async inFolder(folder: string, seen: (file: string) => void = () => {}): Promise<Leak[]> {
    const leaks: Leak[] = [];
    for (const file of filesUnder(folder)) {
      const place = path.relative(folder, file);
      seen(place);
      leaks.push(...(await this.inText(place, `the name of ${place}`)));
      const bytes = contentOf(file);
      if (bytes) leaks.push(...(await this.inBytes(bytes, place)));
    }
    return leaks;
  }
}

/** Bytes of a file; a link's target; nothing for sockets and for what vanished meanwhile. */
function contentOf(file: string): Buffer | null {
  try {
    const found = lstatSync(file);
    if (found.isSymbolicLink()) return Buffer.from(readlinkSync(file));
    return found.isFile() ? readFileSync(file) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(file);
    else yield file;
  }
}

type Opener = () => Transform;
/** Small steps, and no complaint about an early end: what came out before a stream broke counts as well. */
const lenient = { chunkSize: 1024, finishFlush: constants.Z_SYNC_FLUSH };
const raw: Opener = () => createInflateRaw(lenient);
/** How compressed streams begin, how each is opened, and where its data starts. Deflate is opened raw, because only then what follows it is no fault. */
const packings: readonly { name: string; magic: Buffer; open: Opener; skip: (bytes: Buffer, at: number) => number }[] = [
  { name: 'gzip', magic: Buffer.from('1f8b08', 'hex'), open: raw, skip: afterGzipHeader },
  ...['7801', '785e', '789c', '78da'].map((magic) => ({ name: 'zlib', magic: Buffer.from(magic, 'hex'), open: raw, skip: () => 2 })),
  { name: 'zip', magic: Buffer.from('504b0304', 'hex'), open: raw, skip: (bytes, at) => 30 + word(bytes, at + 26) + word(bytes, at + 28) },
  { name: 'zstd', magic: Buffer.from('28b52ffd', 'hex'), open: () => createZstdDecompress({ chunkSize: 1024 }), skip: () => 0 },
];
const word = (bytes: Buffer, at: number) => (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 256;

/** Length of a gzip header (RFC 1952 §2.3): its flags say which optional fields it has. */
function afterGzipHeader(bytes: Buffer, at: number): number {
  const flags = bytes[at + 3] ?? 0;
  let end = at + 10;
  if (flags & 4) end += 2 + word(bytes, end);
  for (const flag of [8, 16]) if (flags & flag) end = bytes.indexOf(0, end) + 1 || bytes.length;
  return end + (flags & 2 ? 2 : 0) - at;
}
const most = 64 * 1024 * 1024;
/** What chance makes of noise stays shorter. */
const leastInside = 24;

/** What compressed streams in these bytes hold, wherever they begin; also of those that were cut. */
async function unpackedFrom(bytes: Buffer): Promise<[string, Buffer][]> {
  const inside: [string, Buffer][] = [];
  const take = async (name: string, open: Opener, from: number) => {
    const data = await opened(open(), bytes.subarray(from));
    if (data.length >= leastInside) inside.push([name, data]);
  };
  for (const { name, magic, open, skip } of packings)
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) await take(name, open, at + skip(bytes, at));
  if (bytes.length > 0) {
    await take('deflate', raw, 0);
    await take('brotli', () => createBrotliDecompress({ chunkSize: 1024 }), 0);
  }
  return inside;
}

/** Everything that comes out until the stream ends or breaks. */
function opened(stream: Transform, packed: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    const done = () => {
      stream.destroy();
      resolve(Buffer.concat(parts));
    };
    stream.on('data', (part: Buffer) => {
      parts.push(part);
      if ((length += part.length) > most) done();
    });
    stream.on('error', done).on('end', done).on('close', done);
    stream.end(packed);
  });
}
