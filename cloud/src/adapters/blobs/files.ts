import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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
/** Folders that are remembered to be there: one an account. */
const foldersKnown = 10_000;

/** Blobs as files in a folder. */
export async function openFileBlobs({ dir: place, random, now, cap = blobCap }: FileBlobOptions): Promise<Blobs> {
  const dir = resolve(place);
  const waiting = join(dir, unfinished);
  const folders = lastingFolders(dir);
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
        return await publish(beside, path, folders);
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

/** What makes names last. */
interface Folders {
  /** Makes the folder, and those above it, where it is not there. */
  made(path: string): Promise<void>;
  sync(path: string): Promise<void>;
}

/** Gives a whole file its name. A link fails where a rename would replace. */
async function publish(from: string, to: string, folders: Folders): Promise<'created' | 'exists'> {
  await folders.made(dirname(to));
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'exists';
    throw error;
  }
  await folders.sync(dirname(to));
  return 'created';
}

/** Folders below `root`, each made to last once in the life of this process: whoever comes while it is made waits for it too. */
function lastingFolders(root: string): Folders {
  const sync = sharedSync();
  const known = new Map<string, Promise<void>>();
  const make = async (path: string) => {
    await made(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? undefined : Promise.reject(error)));
    await sync(dirname(path));
  };
  const made = async (path: string): Promise<void> => {
    if (path === root) return;
    if (known.size >= foldersKnown) known.clear();
    const making = known.get(path) ?? make(path);
    known.set(path, making);
    await making.catch((error: unknown) => {
      known.delete(path);
      throw error;
    });
  };
  return { made, sync };
}

/**
 * A new name is safe only when its folder is. Names that come while a folder is on its way to the disk share the next round, because one round takes along all
 * names that were there when it began, and none that came later.
 */
function sharedSync(): (path: string) => Promise<void> {
  const rounds = new Map<string, { running: Promise<void>; next: Promise<void> | null }>();
  const begin = (path: string): Promise<void> => {
    const round = { running: syncOnce(path), next: null as Promise<void> | null };
    rounds.set(path, round);
    return round.running.finally(() => rounds.get(path) === round && !round.next && rounds.delete(path));
  };
  return (path) => {
    const round = rounds.get(path);
    if (!round) return begin(path);
    return (round.next ??= round.running.catch(() => {}).then(() => begin(path)));
  };
}

async function syncOnce(path: string): Promise<void> {
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
