import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import { newToken } from '@adiuva/shared/kit/ids.ts';
import type { BackupStore, Stores } from '../adapters/db/database.ts';
import { blobFolder, type Means } from './objects.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** By the server's time. */
export const kept = { condemnedMs: day, deletedMs: 30 * day } as const;

const everyMs = hour;
const firstMs = 5 * minute;
const leaseMs = 10 * minute;
/** The whole store is listed that often for blobs that belong to nothing. */
const sweepMs = day;
/** Rows and blobs of one step. */
const batch = 500;

export interface Collected {
  /** Objects and given-up uploads whose blobs are gone. */
  readonly blobs: number;
  /** Blobs that belonged to nothing: a process ended between a row and its blob, or an account was deleted. */
  readonly orphans: number;
}

export type Collector = ReturnType<typeof openCollector>;

/**
 * Takes away what nothing needs any more. Why no crash can lose anything: a row goes in a transaction that looks again whether something refers to it, and only
 * then the blob, whose key was used by that row alone. What is left in between belongs to nothing and is swept.
 */
export function openCollector({ db, blobs, clock, random, log }: Means & { readonly log: Log }) {
  const holder = newToken(random, 16);
  let stop = () => {};
  let running: Promise<unknown> = Promise.resolve();

  const lease = async (name: string, who: string, forMs: number) => (await db()).backups.takeLease(name, who, clock.now(), clock.now() + forMs);

  const dropBlobs = async (keys: readonly string[]) => {
    const store = await blobs();
    for (const key of keys) await store.delete(key);
    return keys.length;
  };

  /** One transaction under the lock of the account, again until there is less than a batch. */
  const inBatches = async (userId: string, take: (backups: BackupStore) => Promise<string[]>) => {
    const { transaction } = await db();
    let [dropped, taken] = [0, batch];
    while (taken >= batch) {
      const keys = await transaction((stores) => locked(stores, userId, take));
      taken = await dropBlobs(keys);
      dropped += taken;
    }
    return dropped;
  };

  const collectAccount = async (userId: string) => {
    const now = clock.now();
    const { transaction } = await db();
    const uploads = await inBatches(userId, (backups) => backups.dropExpiredUploads(userId, now, batch));
    await transaction((stores) =>
      locked(stores, userId, async (backups) => {
        await backups.removeBackups(userId, { deletedBefore: now - kept.deletedMs });
        await backups.condemn(userId, now);
        if (await backups.recount(userId)) log.error('backup usage was wrong', { userId });
      }),
    );
    return uploads + (await inBatches(userId, (backups) => backups.dropCondemned(userId, now - kept.condemnedMs, batch)));
  };

  const collectAll = async () => {
    let [after, dropped]: [string | null, number] = [null, 0];
    while (await lease('backup-collector', holder, leaseMs)) {
      const now = clock.now();
      const due = { now, condemnedBefore: now - kept.condemnedMs, deletedBefore: now - kept.deletedMs };
      const users = await (await db()).backups.accountsDue(due, after, 100);
      for (const userId of users) dropped += await collectAccount(userId);
      after = users.at(-1) ?? null;
      if (after === null) break;
    }
    return dropped;
  };

  const sweep = async () => {
    // Held for a day by nobody who comes back: it is the note that today's sweep was made.
    if (!(await lease('backup-sweep', newToken(random, 16), sweepMs))) return 0;
    let [dropped, keys]: [number, string[]] = [0, []];
    const settle = async () => {
      const known = new Set(keys.length > 0 ? await (await db()).backups.knownKeys(keys) : []);
      dropped += await dropBlobs(keys.filter((key) => !known.has(key)));
      keys = [];
    };
    for await (const { key } of (await blobs()).list(blobFolder)) if (keys.push(key) >= batch) await settle();
    await settle();
    return dropped;
  };

  const collect = async (): Promise<Collected> => {
    const collected = { blobs: await collectAll(), orphans: await sweep() };
    if (collected.blobs + collected.orphans > 0) log.info('backups collected', { count: collected.blobs, rows: collected.orphans });
    return collected;
  };

  const spread = (ms: number) => ms + Math.floor((random(1)[0]! / 256) * ms * 0.2);
  const plan = (ms: number) => {
    stop = clock.after(spread(ms), () => {
      running = collect()
        .catch((error: unknown) => log.warn('backups not collected', { code: error instanceof AdiuvaError ? error.code : 'internal' }))
        .then(() => plan(everyMs));
    });
  };

  return {
    /** Everything that is due now, unless another instance is at it. */
    collect,
    /** From now on once an hour. */
    start: () => plan(firstMs),
    /** Waits for a collection that is under way. */
    close: async () => {
      stop();
      await running;
      stop();
    },
  };
}

async function locked<T>({ backups }: Stores, userId: string, work: (backups: BackupStore) => Promise<T>): Promise<T> {
  await backups.lockAccount(userId);
  return work(backups);
}
