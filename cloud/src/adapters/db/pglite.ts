import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Database } from './database.ts';
import { migrate } from './migrations/migrations.ts';
import { storesOver } from './stores.ts';

export interface PgliteOptions {
  /** Folder of the data; absent: in memory. */
  readonly dir?: string;
  /** A packed empty database: making one takes seconds, unpacking it a tenth. Written when it is not there yet. */
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
  if (snapshot && existsSync(snapshot)) return PGlite.create({ ...place, loadDataDir: new Blob([await readFile(snapshot)]) });
  const client = await PGlite.create(place);
  if (snapshot) await keepSnapshot(client, snapshot);
  return client;
}

/** Under a name of its own first: another process may be reading or writing the same one. */
async function keepSnapshot(client: PGlite, path: string): Promise<void> {
  const packed = await client.dumpDataDir('gzip');
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, new Uint8Array(await packed.arrayBuffer()));
  await rename(beside, path);
}
