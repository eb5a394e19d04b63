import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { BlobInfo, Blobs } from './blobs.ts';
import { blobCap, checkKey, checkPrefix, checkSize, rangeWithin, sized } from './checked.ts';

export interface FileBlobOptions {
  readonly dir: string;
  readonly random: Random;
  readonly now: () => number;
  /** Bytes of one blob, at most. */
  readonly cap?: number;
}

/** Keys have no dots, so a blob can never be mistaken for a folder of others, nor for a file that is still being written. */
const suffix = '.blob';
const unfinished = '.unfinished';
/** A file that has been unfinished for this long was left by a process that died. */
const abandonedMs = 24 * 3_600_000;

/** Blobs as files in a folder. */
export async function openFileBlobs({ dir, random, now, cap = blobCap }: FileBlobOptions): Promise<Blobs> {
  const waiting = join(dir, unfinished);
  const pathOf = (key: string) => join(dir, `${checkKey(key)}${suffix}`);
  await mkdir(waiting, { recursive: true, mode: 0o700 });
  await sweep(waiting, now());
  return {
    engine: 'files',
    links: null,
    put: async (key, body, size) => {
      const path = pathOf(key);
      checkSize(size, cap);
      // Known to be there: the body need not be read. The link below decides where two come at once.
      if (await infoOf(key, path)) return 'exists';
      const beside = join(waiting, newToken(random, 16));
      try {
        await writeSafely(beside, sized(body, size));
        return await publish(beside, path);
      } finally {
        await unlink(beside).catch(ignoreMissing);
      }
    },
    get: async (key, range) => {
      const info = await infoOf(key, pathOf(key));
      if (!info) return null;
      const body = createReadStream(pathOf(key), { highWaterMark: 256 * 1024, ...(range && rangeWithin(range, info.size)) });
      return { size: info.size, body };
    },
    head: async (key) => infoOf(key, pathOf(key)),
    delete: async (key) => (await unlink(pathOf(key)).catch(ignoreMissing)) !== false,
    list: (prefix) => walk(dir, '', checkPrefix(prefix)),
    probe: async () => {
      const beside = join(waiting, newToken(random, 16));
      await writeSafely(beside, []);
      await unlink(beside);
    },
    close: async () => {},
  };
}

async function writeSafely(path: string, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of body) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a whole file its name. A link fails where a rename would replace. */
async function publish(from: string, to: string): Promise<'created' | 'exists'> {
  const made = await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'exists';
    throw error;
  }
  await syncFolder(dirname(to));
  if (made) await syncFolder(dirname(made));
  return 'created';
}

/** A new name is safe only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function infoOf(key: string, path: string): Promise<BlobInfo | null> {
  const found = await stat(path).catch(ignoreMissing);
  return found ? { key, size: found.size } : null;
}

async function* walk(dir: string, at: string, prefix: string): AsyncGenerator<BlobInfo> {
  const entries = (await readdir(join(dir, at), { withFileTypes: true }).catch(ignoreMissing)) || [];
  const found = entries.flatMap((entry) => {
    if (entry.isDirectory() && entry.name !== unfinished) return [{ key: `${at}${entry.name}/`, folder: true }];
    return entry.name.endsWith(suffix) ? [{ key: `${at}${entry.name.slice(0, -suffix.length)}`, folder: false }] : [];
  });
  for (const { key, folder } of found) {
    const apart = !key.startsWith(prefix) && !(folder && prefix.startsWith(key));
    if (apart) continue;
    if (folder) yield* walk(dir, key, prefix);
    else yield* present(await infoOf(key, join(dir, `${key}${suffix}`)));
  }
}

function* present(info: BlobInfo | null): Generator<BlobInfo> {
  if (info) yield info;
}

async function sweep(waiting: string, now: number): Promise<void> {
  for (const name of await readdir(waiting)) {
    const found = await stat(join(waiting, name)).catch(ignoreMissing);
    if (found && now - found.mtimeMs > abandonedMs) await unlink(join(waiting, name)).catch(ignoreMissing);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false;
  throw error;
}
