import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Engine } from './engine.ts';
import { lockFolder } from './folder-lock.ts';
import { syncFile } from './restored-file.ts';
import type { Kept } from './restored.ts';
import { folderError, headText, parseHead, replaceFile, syncFolder, vaultFiles, writeHead, type VaultHead } from './vault-file.ts';

/**
 * Another store takes the place of the current one. Under the folder's lock, alone, with both stores closed:
 *
 * 1. `kept/TIME/vault.json`: the key file as it is;
 * 2. `vault.swap.json`, the intention: what comes in, where the current one goes, the key file that belongs to what comes in;
 * 3. `store.db` → `kept/TIME/store.db`: **the commit**;
 * 4. what comes in → `store.db`; 5. the key file; 6. the intention goes.
 *
 * Each step lasts (fsync of the file and its folder) before the next. Whoever opens the vault and finds an intention ({@link settleSwap}) takes it back where `store.db`
 * is still the old one, and else finishes it.
 */
export interface Incoming {
  /** Relative to the data folder. */
  readonly path: string;
  /** For the store that comes in. */
  readonly head: VaultHead;
}

export type Reached = (step: string) => void | Promise<void>;

const keptPath = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/;
const intention = z.strictObject({
  format: z.literal('adiuva-swap'),
  version: z.literal(1),
  incoming: z.union([z.literal(vaultFiles.restored), z.string().regex(/^kept\/[-\d.TZ]{24}\/store\.db$/)]),
  keep: z.string().regex(keptPath),
  /** The text of the key file. */
  head: z.string().max(64 * 1024),
});
type Intention = z.infer<typeof intention>;

const keptDays = 30;
const day = 24 * 60 * 60 * 1_000;

/** @throws AdiuvaError `vault.disk_full`, and whatever the disk refuses; before the commit nothing has changed then */
export async function swapIn(dataDir: string, current: VaultHead, incoming: Incoming, now: number, reached: Reached): Promise<void> {
  const store = join(dataDir, vaultFiles.store);
  if (existsSync(`${store}-wal`) && (await readFile(`${store}-wal`)).length > 0) throw new AdiuvaError('vault.in_use', { detail: 'The store did not close.' });
  const keep = await newPlace(dataDir, 'kept', now);
  try {
    await syncFile(join(dataDir, incoming.path));
    await replaceFile(join(dataDir, 'kept', keep, vaultFiles.head), headText(current));
    for (const folder of [join(dataDir, 'kept', keep), join(dataDir, 'kept'), dataDir]) await syncFolder(folder);
    await reached('kept head written');
    const intended: Intention = { format: 'adiuva-swap', version: 1, incoming: incoming.path, keep, head: headText(incoming.head) };
    await replaceFile(join(dataDir, vaultFiles.swap), `${JSON.stringify(intended)}\n`);
    await syncFolder(dataDir);
    await reached('intention written');
    await rename(store, join(dataDir, 'kept', keep, vaultFiles.store));
    await syncFolder(join(dataDir, 'kept', keep));
    await syncFolder(dataDir);
    await reached('current store moved');
    await finish(dataDir, intended, reached);
  } catch (error) {
    await settle(dataDir).catch(() => undefined);
    throw folderError(error);
  }
}

/** Finishes or takes back a swap that was interrupted. @throws AdiuvaError `vault.in_use` while another process swaps, `vault.corrupt` */
export async function settleSwap(engine: Engine, dataDir: string, clock: Clock): Promise<void> {
  if (!existsSync(join(dataDir, vaultFiles.swap))) return;
  const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'alone', clock);
  try {
    await settle(dataDir);
  } finally {
    await lock.release();
  }
}

async function settle(dataDir: string): Promise<void> {
  const intended = await readIntention(dataDir);
  if (!intended) return;
  const [here, incoming, kept] = [vaultFiles.store, intended.incoming, `kept/${intended.keep}/${vaultFiles.store}`].map((path) =>
    existsSync(join(dataDir, path)),
  );
  if (here && incoming) {
    await dropIntention(dataDir);
    if (!kept) await rm(join(dataDir, 'kept', intended.keep), { recursive: true, force: true });
  } else if (here || incoming) await finish(dataDir, intended, () => undefined);
  else if (kept) {
    await rename(join(dataDir, 'kept', intended.keep, vaultFiles.store), join(dataDir, vaultFiles.store));
    await syncFolder(dataDir);
    await dropIntention(dataDir);
  } else throw new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is missing.' });
}

/** What is left after the commit; each part may have been done before. */
async function finish(dataDir: string, { incoming, head }: Intention, reached: Reached): Promise<void> {
  const store = join(dataDir, vaultFiles.store);
  if (!existsSync(store)) {
    // A log of the old store beside the new one would be copied into it.
    for (const end of ['-wal', '-shm']) await rm(store + end, { force: true });
    await rename(join(dataDir, incoming), store);
    await syncFolder(dataDir);
    await syncFolder(dirname(join(dataDir, incoming)));
  }
  await reached('incoming store moved');
  await writeHead(dataDir, parseHead(head));
  await reached('key file written');
  await dropIntention(dataDir);
  if (incoming.startsWith('kept/')) await rm(dirname(join(dataDir, incoming)), { recursive: true, force: true });
  await reached('intention dropped');
}

async function dropIntention(dataDir: string): Promise<void> {
  await rm(join(dataDir, vaultFiles.swap), { force: true });
  await syncFolder(dataDir);
}

/** Null where there is none, or one that was never written whole: it is replaced by a rename, so then it is somebody else's. */
export async function readIntention(dataDir: string): Promise<Intention | null> {
  const text = await readFile(join(dataDir, vaultFiles.swap), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return intention.parse(JSON.parse(text));
  } catch (error) {
    throw new AdiuvaError('vault.corrupt', { detail: 'The note of a restore, vault.swap.json, is damaged.', cause: error });
  }
}

/** A folder of its own below `folder`, named by the time. @returns its name */
export async function newPlace(dataDir: string, folder: 'kept' | 'damaged', now: number): Promise<string> {
  for (let time = now; ; time++) {
    const place = new Date(time).toISOString().replaceAll(':', '-');
    try {
      await mkdir(join(dataDir, folder), { recursive: true, mode: 0o700 });
      await mkdir(join(dataDir, folder, place), { mode: 0o700 });
      return place;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw folderError(error);
    }
  }
}

export interface KeptPlace extends Kept {
  /** Relative to the data folder. */
  readonly path: string;
}

const timeOf = (place: string) => Date.parse(place.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));

async function places(dataDir: string): Promise<string[]> {
  return (await readdir(join(dataDir, 'kept')).catch(() => [])).filter((name) => keptPath.test(name)).sort();
}

/** The newest store that is kept. */
export async function newestKept(dataDir: string): Promise<KeptPlace | null> {
  const place = (await places(dataDir)).findLast((name) => existsSync(join(dataDir, 'kept', name, vaultFiles.store)));
  if (place === undefined) return null;
  const time = timeOf(place);
  return { path: `kept/${place}`, restoredAt: new Date(time).toISOString(), until: new Date(time + keptDays * day).toISOString() };
}

/** Deletes what has been kept long enough at `now`. */
export async function dropKeptStores(dataDir: string, now: number): Promise<void> {
  for (const place of await places(dataDir))
    if (timeOf(place) + keptDays * day <= now) await rm(join(dataDir, 'kept', place), { recursive: true, force: true });
  await rmdir(join(dataDir, 'kept')).catch(() => undefined);
}

/** The key file of a kept store; null where it is lost. */
export async function keptHead(dataDir: string, { path }: KeptPlace): Promise<VaultHead | null> {
  return await readFile(join(dataDir, path, vaultFiles.head), 'utf8')
    .then(parseHead, () => null)
    .catch(() => null);
}

/** A secret that was replaced must not open the current key by the key file of a kept store. */
export async function dropKeptSlots(dataDir: string, kind: VaultHead['slots'][number]['kind']): Promise<void> {
  for (const place of await places(dataDir)) {
    const path = `kept/${place}`;
    const head = await keptHead(dataDir, { path, restoredAt: '', until: '' });
    if (head?.slots.some((slot) => slot.kind === kind))
      await replaceFile(join(dataDir, path, vaultFiles.head), headText({ ...head, slots: head.slots.filter((slot) => slot.kind !== kind) }));
  }
}
