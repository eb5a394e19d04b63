import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';

/** Files in a folder that others can write into too: nothing in it is followed, trusted in its size, or left half written. */

const codes: readonly (readonly [string, ErrorCode, string?])[] = [
  ['ENOSPC', 'vault.disk_full', 'The disk with the backups is full.'],
  ['EDQUOT', 'vault.disk_full', 'The disk with the backups is full.'],
  ['EFBIG', 'vault.disk_full', 'The disk with the backups takes no file of this size.'],
  ['EACCES', 'permission.denied', 'The backup folder cannot be used.'],
  ['EPERM', 'permission.denied', 'The backup folder cannot be used.'],
  ['EROFS', 'permission.denied', 'The backup folder cannot be written.'],
  ['ELOOP', 'backup.corrupt', 'There is a link in the backup folder where a file should be.'],
];
// A disk that goes away shows itself in many ways: the mount point is empty, reads fail, the device or the server is unknown.
const gone = new Set('ENOENT ENOTDIR EIO ENODEV ENXIO ESTALE ENOTCONN EHOSTDOWN EHOSTUNREACH ETIMEDOUT EREMOTEIO EUCLEAN UNKNOWN'.split(' '));

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException | null)?.code ?? '');
export const isAbsent = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** What the operating system refused, in our words; everything else as it is. */
export function folderFault(error: unknown): unknown {
  const row = codes.find(([code]) => code === codeOf(error));
  if (row) return new AdiuvaError(row[1], { cause: error, ...(row[2] !== undefined && { detail: row[2] }) });
  return gone.has(codeOf(error)) ? new AdiuvaError('backup.unreachable', { cause: error }) : error;
}

const corrupt = (detail: string) => new AdiuvaError('backup.corrupt', { detail });

// Windows has neither flag. Without O_NONBLOCK, opening a pipe that somebody put there waits for ever.
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The whole file, or null where there is none.
 * @param into memory to use, at least `most` bytes. @throws AdiuvaError `backup.corrupt` for a link, anything but a file, or more than `most` bytes
 */
export async function readWhole(file: string, most: number, signal?: AbortSignal, into?: Uint8Array): Promise<Buffer | null> {
  signal?.throwIfAborted();
  let handle: FileHandle;
  try {
    handle = await open(file, readFlags);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw folderFault(error);
  }
  try {
    const { size } = await sized(handle, most);
    return await readAll(handle, size, into);
  } catch (error) {
    throw folderFault(error);
  } finally {
    await handle.close();
  }
}

async function sized(handle: FileHandle, most: number): Promise<{ size: number }> {
  const found = await handle.stat();
  if (!found.isFile()) throw corrupt('There is something else in the backup folder where a file should be.');
  if (found.size > most) throw corrupt('A file in the backup folder is larger than it can be.');
  return found;
}

/** Exactly `size` bytes: what grows or shrinks meanwhile is not what was looked at. */
async function readAll(handle: FileHandle, size: number, into?: Uint8Array): Promise<Buffer> {
  const bytes = into && into.length >= size ? Buffer.from(into.buffer, into.byteOffset, size) : Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(bytes, at, size - at, at);
    if (bytesRead === 0) throw corrupt('A file in the backup folder is shorter than it says.');
    at += bytesRead;
  }
  return bytes;
}

/** Writes what is not there yet; on any failure nothing of it stays. */
export async function writeNew(file: string, bytes: Uint8Array, options: { readonly sync: boolean; readonly signal?: AbortSignal | undefined }): Promise<void> {
  options.signal?.throwIfAborted();
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => Promise.reject(folderFault(error)));
  try {
    await handle.writeFile(bytes, options.signal ? { signal: options.signal } : {});
    if (options.sync) await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true }).catch(() => undefined);
    options.signal?.throwIfAborted();
    throw folderFault(error);
  }
}

/** Replaces a file as a whole: after a crash there is the old one or the new one. @param incoming a folder of the same file system */
export async function replaceFile(file: string, bytes: Uint8Array, incoming: string, random: Random): Promise<void> {
  const staged = await stageFile(bytes, incoming, random);
  await staged.place(file);
  await syncFolder(join(file, '..'));
}

/** Content on the disk that waits for its name. */
export interface StagedFile {
  /** Takes the place of what bears this name; the folder is not synced. */
  place(file: string): Promise<void>;
  /** Nothing where it was placed. */
  discard(): Promise<void>;
}

/** @param incoming a folder of the same file system */
export async function stageFile(bytes: Uint8Array, incoming: string, random: Random): Promise<StagedFile> {
  const fresh = join(incoming, newToken(random, 18));
  await writeNew(fresh, bytes, { sync: true });
  let waits = true;
  const discard = async () => {
    if (waits) await rm(fresh, { force: true }).catch(() => undefined);
    waits = false;
  };
  return {
    discard,
    async place(file) {
      try {
        await rename(fresh, file);
        waits = false;
      } catch (error) {
        await discard();
        throw folderFault(error);
      }
    },
  };
}

/** Content of a file to the disk itself. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes names in a folder last. Some systems have no such call (Windows) or refuse it (some network disks): there is nothing more to do then. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  try {
    await handle?.sync();
  } catch (error) {
    if (codeOf(error) === 'EIO' || codeOf(error) === 'ENOSPC') throw folderFault(error);
  } finally {
    await handle?.close();
  }
}

/** Makes the folder where it is not there. @returns true where it was made. @throws AdiuvaError `backup.corrupt` for a link or a file in its place */
export async function ensureFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, 0o700);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw folderFault(error);
  }
  const found = await lstat(folder).catch((error: unknown) => Promise.reject(folderFault(error)));
  if (!found.isDirectory()) throw corrupt('There is something else in the backup folder where a folder should be.');
  return false;
}

/** Runs `work` on every item, at most `width` at once; the first failure ends it. */
export async function each<T>(items: Iterable<T>, width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = queue.next(); !next.done && !failed; next = queue.next()) {
      await work(next.value).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: width }, lane));
  const fault = ends.find((end) => end.status === 'rejected');
  if (fault) throw fault.reason;
}
