import { open, type FileHandle } from 'node:fs/promises';

/**
 * SQLite's write-ahead log, as far as it says which pages of the file will change: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>. Headers of frames are in the
 * clear, the cipher covers the pages only. No lock lives on this file, so it may be opened beside SQLite.
 *
 * What is read here is deliberately more than what SQLite counts as valid: every frame with the salts of the log's header, also without a commit after it or with
 * a checksum that fails. SQLite's valid frames are a prefix of these, so no page that a checkpoint copies is ever missed; one too many costs a page in a backup.
 */
export interface LogPlace {
  /** Bytes 16 to 24 of the log's header: they change whenever SQLite begins the log anew. */
  readonly salts: string;
  readonly frames: number;
  /** Header of the last frame read. Its checksum runs over all frames before it: where it still stands there, so do they. */
  readonly last: string;
}

/** One frame: the page it replaces, from 1, and in the last frame of a commit the size of the file in pages, else 0. */
export type SeeFrame = (page: number, size: number) => void;
export type ReadLog = (path: string, after: LogPlace | null, see: SeeFrame) => Promise<LogPlace | null>;

const logHeader = 32;
const frameHeader = 24;
const frameBytes = frameHeader + 4096;
const framesAtOnce = 254;
const magics: readonly number[] = [0x377f0682, 0x377f0683];

/**
 * Shows all frames after `after`, or all of the log where it was begun anew since, and says how far it read; null where there is no log. The caller holds the write
 * lock of the store, so that nobody writes to the log meanwhile.
 * @throws RangeError for a log with pages of another size
 */
export async function readLog(path: string, after: LogPlace | null, see: SeeFrame): Promise<LogPlace | null> {
  const log = await open(path, 'r').catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? null : Promise.reject(error)));
  if (!log) return null;
  try {
    const header = await bytes(log, 0, Buffer.alloc(logHeader));
    if (header.length < logHeader || !magics.includes(header.readUInt32BE(0))) return null;
    if (header.readUInt32BE(8) !== 4096) throw new RangeError('the log has pages of another size');
    const salts = header.toString('hex', 16, 24);
    return await readFrames(log, salts, (await stillThere(log, salts, after)) ? after! : { salts, frames: 0, last: '' }, see);
  } finally {
    await log.close();
  }
}

async function readFrames(log: FileHandle, salts: string, from: LogPlace, see: SeeFrame): Promise<LogPlace> {
  let { frames, last } = from;
  const room = Buffer.allocUnsafe(framesAtOnce * frameBytes);
  for (;;) {
    const chunk = await bytes(log, offsetOf(frames), room);
    for (let at = 0; at + frameHeader <= chunk.length; at += frameBytes) {
      if (chunk.toString('hex', at + 8, at + 16) !== salts) return { salts, frames, last };
      see(chunk.readUInt32BE(at), chunk.readUInt32BE(at + 4));
      last = chunk.toString('hex', at, at + frameHeader);
      frames++;
    }
    if (chunk.length < room.length) return { salts, frames, last };
  }
}

async function stillThere(log: FileHandle, salts: string, after: LogPlace | null): Promise<boolean> {
  if (!after || after.salts !== salts || after.frames === 0) return false;
  return (await bytes(log, offsetOf(after.frames - 1), Buffer.alloc(frameHeader))).toString('hex') === after.last;
}

const offsetOf = (frame: number) => logHeader + frame * frameBytes;

async function bytes(log: FileHandle, position: number, room: Buffer): Promise<Buffer> {
  return room.subarray(0, (await log.read(room, 0, room.length, position)).bytesRead);
}
