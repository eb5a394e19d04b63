import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { redact } from '@adiuva/shared/kit/log.ts';
import { holdFile } from './held-file.ts';
import type { Needles } from './needles.ts';
import { parseTracked } from './page-tracker-file.ts';
import { readIntention } from './swap.ts';
import { parseHead, readHead, vaultFiles } from './vault-file.ts';

/** What is wrong with one file, in the user's words; null where nothing is. */
type Fault = string | null;

/** A file to judge. `path` is relative to the data folder, with `/`. */
interface Subject {
  readonly dataDir: string;
  readonly path: string;
  readonly size: number;
  readonly needles: Needles;
  read(position: number, length: number): Promise<Uint8Array>;
}

interface Rule {
  readonly of: RegExp;
  readonly judge: (subject: Subject) => Promise<Fault>;
}

const sqliteHeader = Buffer.from('SQLite format 3\0');
const chunk = 256 * 1024;

/**
 * Who may lie in the data folder and how each is judged. The first rule that fits counts; what fits none is a stranger, and a stranger must look like noise.
 * Whoever keeps a new kind of file there adds its row, with the strictest rule that it can keep.
 */
const rules: readonly Rule[] = [
  { of: /^vault(\.copy)?\.json(\.new)?$/, judge: judgeHead },
  { of: /^vault(\.restore|\.backup)?\.lock$/, judge: async ({ size }) => (size === 0 ? null : 'is not empty') },
  { of: /^vault(\.restore|\.backup)?\.lock-journal$/, judge: judgeLockJournal },
  { of: /^(store\.db(\.new|\.restored)?|kept\/[-\d.TZ]{24}\/store\.db)$/, judge: judgeSealed },
  { of: /^(store\.db(\.new|\.restored)?|kept\/[-\d.TZ]{24}\/store\.db)-wal$/, judge: holdsContent },
  // SQLite's locks live on this file, so it must not be opened here. It holds page numbers and is made anew at every start, from a length of 3 bytes on.
  {
    of: /^(store\.db(\.new|\.restored)?|kept\/[-\d.TZ]{24}\/store\.db)-shm$/,
    judge: async ({ size }) => (size === 3 || size % 4_096 === 0 ? null : 'has an impossible size'),
  },
  { of: /^store\.db-pages(\.new)?$/, judge: judgeTracker },
  { of: /^vault\.swap\.json(\.new)?$/, judge: judgeIntention },
  { of: /^kept\/[-\d.TZ]{24}\/vault\.json(\.new)?$/, judge: judgeKeptHead },
  // Of a vault that could not be opened: whatever state its files are in, the store's text must not be among them.
  { of: /^damaged\/[-\d.TZ]{24}\//, judge: holdsContent },
  { of: /^cloud\//, judge: holdsContent },
  { of: /^electron\//, judge: holdsContent },
  { of: /(^|\/)[^/]+\.log$/, judge: judgeLog },
  { of: /(^|\/)(\.DS_Store|desktop\.ini|Thumbs\.db)$/, judge: holdsContent },
];

async function judgeHead({ dataDir, path, size }: Subject): Promise<Fault> {
  if (path !== vaultFiles.head) return size <= 64 * 1024 ? null : 'is too large';
  // The schema is strict: it has no place for text. A slot that it does not know might be one.
  const head = await readHead(dataDir);
  return head && head.strange.length > 0 ? 'has a slot that is damaged or unknown' : null;
}

/** What SQLite writes beside an empty file it holds alone: a header of a few numbers. */
async function judgeLockJournal({ size, read }: Subject): Promise<Fault> {
  const bytes = Buffer.from(await read(0, 512));
  return size <= 512 && [...bytes.subarray(0, 12), ...bytes.subarray(28)].every((byte) => byte === 0) ? null : 'holds more than a header';
}

/** Numbers, with their sum; a half of it is what a process left that died while it wrote. */
async function judgeTracker(subject: Subject): Promise<Fault> {
  if (subject.path.endsWith('.new')) return await holdsContent(subject);
  const tracked = parseTracked(Buffer.from(await subject.read(0, subject.size)));
  return tracked ? await holdsContent(subject) : 'is damaged';
}

async function judgeIntention(subject: Subject): Promise<Fault> {
  if (subject.path !== vaultFiles.swap) return subject.size <= 128 * 1024 ? await holdsContent(subject) : 'is too large';
  const intended = await readIntention(subject.dataDir);
  if (!intended) return null;
  return parseHead(intended.head).strange.length > 0 ? 'has a slot that is damaged or unknown' : null;
}

async function judgeKeptHead(subject: Subject): Promise<Fault> {
  if (subject.size > 64 * 1024) return 'is too large';
  if (subject.path.endsWith('.new')) return await holdsContent(subject);
  const head = parseHead(Buffer.from(await subject.read(0, subject.size)).toString('utf8'));
  return head.strange.length > 0 ? 'has a slot that is damaged or unknown' : null;
}

async function judgeSealed(subject: Subject): Promise<Fault> {
  const start = Buffer.from(await subject.read(0, 64 * 1024));
  if (start.subarray(0, 16).equals(sqliteHeader)) return 'is an unencrypted database';
  return looksReadable(start) ? 'is not encrypted' : await holdsContent(subject);
}

/** Log lines may carry what the redaction lets through, and nothing else. */
async function judgeLog(subject: Subject): Promise<Fault> {
  const fault = await holdsContent(subject);
  if (fault) return fault;
  const text = Buffer.from(await subject.read(0, Math.min(subject.size, 16 * 1024 * 1024))).toString('utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.every(isCleanLine) ? null : 'holds lines that are no log lines';
}

function isCleanLine(line: string): boolean {
  try {
    const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const head =
      typeof time === 'string' &&
      !Number.isNaN(Date.parse(time)) &&
      /^(debug|info|warn|error)$/.test(String(level)) &&
      /^[a-z][\w.-]{0,80}$/i.test(String(event));
    return head && JSON.stringify(redact(fields)) === JSON.stringify(fields);
  } catch {
    return false;
  }
}

async function holdsContent({ size, needles, read }: Subject): Promise<Fault> {
  const finder = needles.finder();
  for (let at = 0; at < size; at += chunk) {
    if (finder.feed(await read(at, chunk))) return 'holds text of the store';
    await setImmediate();
  }
  return null;
}

async function judgeStranger(subject: Subject): Promise<Fault> {
  for (let at = 0; at < subject.size; at += chunk) {
    const data = Buffer.from(await subject.read(at, chunk));
    if (at === 0 && data.subarray(0, 16).equals(sqliteHeader)) return 'is an unencrypted database';
    if (at === 0 && formats.some((magic) => data.subarray(0, magic.length).equals(magic))) return 'is a file of a known format, not sealed';
    if (looksReadable(data)) return "is readable and none of Adiuva's files";
    await setImmediate();
  }
  return await holdsContent(subject);
}

/** Beginnings of formats that look like noise but are not sealed: zip (and office files), gzip, PNG, JPEG, PDF, 7z, zstd, xz, bzip2, Ogg, RIFF, ISO media. */
const formats = [
  '504b0304',
  '1f8b',
  '89504e47',
  'ffd8ff',
  '25504446',
  '377abcaf271c',
  '28b52ffd',
  'fd377a585a00',
  '425a68',
  '4f676753',
  '52494646',
  '0000001866747970',
  '0000002066747970',
].map((hex) => Buffer.from(hex, 'hex'));

/** Bytes in a row that chance does not make printable: 0.37 to the power of 32. */
const run = 32;

/** Whether bytes are anything but noise: sealed data neither holds long printable runs nor shrinks. */
export function looksReadable(data: Uint8Array): boolean {
  if (data.length === 0) return false;
  let printable = 0;
  let best = 0;
  for (const byte of data) {
    const readable = (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
    printable = readable ? printable + 1 : 0;
    if (printable > best) best = printable;
  }
  if (best >= run || best === data.length) return true;
  // Text in other encodings and scripts has no such runs, but it shrinks, or is at least valid UTF-8, which noise of a few bytes rarely is.
  if (data.length < 512 && data.length >= 8 && isUtf8(data)) return true;
  return deflateRawSync(data).length < data.length * 0.98;
}

function isUtf8(data: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(data);
    return true;
  } catch {
    return false;
  }
}

/** Every file under the data folder that should not lie there like that, as `name what`. */
export async function scanFolder(dataDir: string, needles: Needles): Promise<{ files: number; faults: string[] }> {
  const found = { files: 0, faults: [] as string[] };
  for await (const path of filesUnder(dataDir, '')) {
    const fault = await judge(dataDir, path, needles).catch((error: unknown) => judgeError(error));
    found.files++;
    if (fault) found.faults.push(`${path} ${fault}`);
  }
  return found;
}

/** What vanished meanwhile leaks nothing. */
const judgeError = (error: unknown): Fault => ((error as NodeJS.ErrnoException).code === 'ENOENT' ? null : 'cannot be read');

async function* filesUnder(dataDir: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(join(dataDir, folder), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesUnder(dataDir, path);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}

async function judge(dataDir: string, path: string, needles: Needles): Promise<Fault> {
  const file = join(dataDir, path);
  const found = await lstat(file);
  if (found.isSymbolicLink()) return 'is a link';
  const rule = rules.find(({ of }) => of.test(path))?.judge ?? judgeStranger;
  const reader = lazyReader(file, isLocked(path));
  try {
    return await rule({ dataDir, path, size: found.size, needles, read: reader.read });
  } finally {
    await reader.close();
  }
}

/** Files that SQLite may have locked in this process. */
const isLocked = (path: string) => path === vaultFiles.store || path === vaultFiles.lock;

function lazyReader(file: string, locked: boolean): { read: Subject['read']; close(): Promise<void> } {
  let handle: Promise<{ read: Subject['read']; close(): Promise<void> }> | null = null;
  const opened = () => (handle ??= locked ? holdFile(file).then((held) => ({ read: held.read, close: held.release })) : open(file, 'r').then(plainReader));
  return { read: async (position, length) => (await opened()).read(position, length), close: async () => (await handle?.catch(() => null))?.close() };
}

function plainReader(handle: FileHandle): { read: Subject['read']; close(): Promise<void> } {
  return {
    read: async (position, length) => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, (await handle.read(buffer, 0, length, position)).bytesRead);
    },
    close: () => handle.close(),
  };
}
