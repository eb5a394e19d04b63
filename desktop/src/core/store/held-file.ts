import { open, type FileHandle } from 'node:fs/promises';

/**
 * Reading a file that SQLite has open in this process. POSIX drops a process's locks on a file when it closes *any* handle of it, SQLite's among them; another
 * process could then write into what we are reading. So there is one handle for each such file in this process, and it stays open as long as somebody holds it.
 * It has to be held before SQLite opens the file and released after SQLite closed it.
 */
export interface HeldFile {
  /** The handle's number, for threads that read by it; never to be closed by them. */
  readonly fd: number;
  /** Up to `length` bytes from `position`; fewer at the end. */
  read(position: number, length: number): Promise<Uint8Array>;
  size(): Promise<number>;
  release(): Promise<void>;
}

// The locks belong to the process, and so does this table.
const held = new Map<string, { handle: Promise<FileHandle>; holders: number }>();

/** @throws the error of the operating system, as `ENOENT` */
export async function holdFile(path: string): Promise<HeldFile> {
  const entry = held.get(path) ?? { handle: open(path, 'r'), holders: 0 };
  held.set(path, entry);
  entry.holders++;
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    if (--entry.holders > 0) return;
    held.delete(path);
    await entry.handle.then(
      (handle) => handle.close(),
      () => undefined,
    );
  };
  try {
    const handle = await entry.handle;
    return { fd: handle.fd, read: (position, length) => readFrom(handle, position, length), size: async () => (await handle.stat()).size, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function readFrom(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
