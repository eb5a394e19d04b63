import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Database } from './database.ts';
import { migrate } from './migrations/migrations.ts';
import { storesOver } from './stores.ts';
import { untar } from './untar.ts';

export interface PgliteOptions {
  /** Folder of the data; absent: in memory. */
  readonly dir?: string;
  /** An empty database as `.tar.zst`: making one takes seconds, unpacking it a tenth. Written when it is not there yet. */
  readonly snapshot?: string;
}

/**
 * PostgreSQL inside this process. One folder belongs to one process at a time: take it with `holdFolder` first.
 * @throws AdiuvaError `cloud.newer`
 */
export async function openPglite({ dir, snapshot }: PgliteOptions): Promise<Database> {
  const client = await startClient(dir && join(dir, 'pglite'), snapshot);
  const db = drizzle(client);
  try {
    await migrate(db);
  } catch (error) {
    await client.close();
    throw error;
  }
  return { engine: 'pglite', ...storesOver(db), probe: async () => void (await client.query('select 1')), close: () => client.close() };
}

/** Written when the folder is a whole database: a start that was cut short before leaves none, and nothing of the user's is in it yet. */
const marker = 'adiuva-ready';

async function startClient(dir: string | undefined, snapshot: string | undefined): Promise<PGlite> {
  if (!dir) return freshClient({}, snapshot);
  if (existsSync(join(dir, marker))) return PGlite.create({ dataDir: dir });
  if (existsSync(dir)) await rename(dir, `${dir}.unfinished-${process.pid}`);
  const client = await freshClient({ dataDir: dir }, snapshot);
  await writeFile(join(dir, marker), '');
  return client;
}

async function freshClient(place: { dataDir?: string }, snapshot: string | undefined): Promise<PGlite> {
  if (snapshot && existsSync(snapshot)) return unpacked(place, await promisify(zstdDecompress)(await readFile(snapshot)));
  const client = await PGlite.create(place);
  if (snapshot) await keepSnapshot(client, snapshot);
  return client;
}

/** Into a folder we unpack by ourselves: PGlite does it file by file through its own file system, which takes twice as long as its start. */
async function unpacked({ dataDir }: { dataDir?: string }, tar: Buffer<ArrayBuffer>): Promise<PGlite> {
  if (dataDir === undefined) return PGlite.create({ loadDataDir: new Blob([tar]) });
  untar(tar, dataDir);
  return PGlite.create({ dataDir });
}

/** Under a name of its own first: another process may be reading or writing the same one. */
async function keepSnapshot(client: PGlite, path: string): Promise<void> {
  const packed = await client.dumpDataDir('none');
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, await promisify(zstdCompress)(new Uint8Array(await packed.arrayBuffer())));
  await rename(beside, path);
}
