import { createHash } from 'node:crypto';
import type { BackupCommit, BackupEnvelope } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { manualClock } from '@adiuva/shared/kit/clock.ts';
import { newId, seededRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { Blobs } from '../adapters/blobs/blobs.ts';
import type { BackupAccountRow, BackupStore, Database } from '../adapters/db/database.ts';
import { openBackups, type Backups } from './backups.ts';

/**
 * Random clients, collections, jumps of the clock and crashes of the server, one step at a time in an order that the seed decides, beside a small model of what
 * was promised. A step is a transaction or a change of the store of blobs; a crash ends everything that is under way between two of them.
 */

const hour = 3_600_000;
const day = 24 * hour;
const universe = 7;
const quota = 45;

interface Parts {
  readonly db: Database;
  readonly blobs: Blobs;
  /** What stands before the service that is made of the two. */
  readonly service?: (backups: Backups) => Backups;
}

/** What a defect of the server looks like: a part of its database, of its store of blobs or of itself that does something else. */
export type Mutant = (parts: Parts) => Parts;

const name = (text: string) => createHash('sha256').update(text).digest('base64url');
const everything = Array.from({ length: universe }, (_, id) => id);
const names = everything.map((id) => name(`o${id}`));
const sizeOf = (id: number) => 1 + ((id * 7) % 9);

interface Promised {
  readonly objects: readonly number[];
  readonly epoch: number;
  /** Operations that take it away and of which nobody heard yet how they ended. */
  doubts: number;
  /** Of these, commits of itself. */
  tries: number;
  gone: boolean;
}

/** Promises that were kept badly. */
export class Broken extends Error {}

export interface World {
  readonly db: Database;
  /** Goes on from run to run, because the database does. */
  readonly clock: ReturnType<typeof manualClock>;
}

/** One run. @throws Broken with what went wrong and the seed */
export async function run(
  { db: realDb, clock }: World,
  seed: number,
  steps: number,
  mutant: Mutant = (parts) => parts,
): Promise<{ commits: number; crashes: number }> {
  const random = seededRandom(seed);
  const pick = (below: number) => {
    const [a, b] = random(2);
    return (a! * 256 + b!) % below;
  };
  const userId = newId(clock.now(), random);
  await realDb.accounts.addUser({
    id: userId,
    email: `${userId}@model.test`,
    passwordHash: 'x',
    grantedTier: null,
    seats: 1,
    epoch: 0,
    createdAt: clock.now(),
    paidTier: null,
    paidUntil: null,
  });
  const store = memoryStore(clock.now, pick(2) === 1);
  const stage = new Stage();
  const promises = new Map<string, Promised>();
  /** Until when an object has to be there. */
  const kept = new Map<number, number>();
  /** Until when an object that no commit named since has to be counted as well. */
  const pins = new Map<number, number>();
  const lost: { body: BackupCommit; objects: number[] }[] = [];
  const counts = { commits: 0, crashes: 0, manifests: 0 };
  const log: string[] = [];
  const broken = (what: string) => new Broken(`${what} (seed ${seed}, step ${log.length})\n${log.slice(-12).join('\n')}`);
  const owner = { userId, quota };

  /** The service as one operation sees it: each of its steps waits for its turn. */
  const service = (task: Task) => {
    const made = openBackups({ db: async () => stepped.db(task), blobs: async () => stepped.blobs(task), clock, random, log: silentLog });
    return parts.service?.(made) ?? made;
  };
  const parts = mutant({ db: realDb, blobs: store.blobs });
  const stepped = { db: (task: Task) => steppedDatabase(parts.db, task), blobs: (task: Task) => steppedBlobs(parts.blobs, task) };

  const direct = service(stage.free);
  const envelope = (epoch: number): BackupEnvelope => ({
    format: 'adiuva-backup-envelope',
    version: 1,
    repository: 'r'.repeat(22),
    epoch,
    argon: { version: 0x13, timeCost: 3, memoryKiB: 65_536, parallelism: 1, salt: 'A'.repeat(22) },
    sealed: 'A'.repeat(139),
    sum: name(`envelope ${epoch}`),
  });
  await direct.putEnvelope(owner, null, envelope(1));

  /** When commits that name an object were under way last: such a commit takes its pin. */
  const named = new Map<number, number>();
  const underWay = new Set<readonly number[]>();
  const nameThem = (ids: readonly number[]) => {
    for (const id of ids) named.set(id, log.length);
  };
  const told = (ids: readonly number[], { at, step }: { at: number; step: number }) => {
    for (const objects of underWay) nameThem(objects);
    for (const id of ids) {
      kept.set(id, Math.max(kept.get(id) ?? 0, at + day));
      if ((named.get(id) ?? -1) < step) pins.set(id, Math.max(pins.get(id) ?? 0, at + day));
    }
  };
  const begin = () => ({ at: clock.now(), step: log.length });
  const commit = async (backups: ReturnType<typeof service>, body: BackupCommit, objects: number[]) => {
    const above = [...promises.values()].filter(({ gone, epoch }) => !gone && epoch < body.head.epoch);
    for (const each of above) each.doubts += 1;
    // From here on a deletion of this backup can condemn them, a day before they go; a new epoch condemns what the old ones named.
    const touched = body.envelope ? everything : [...objects];
    for (const id of touched) pins.delete(id);
    underWay.add(touched);
    const entry = { body, objects };
    lost.push(entry);
    const own = promises.get(body.head.manifest) ?? { objects, epoch: body.head.epoch, doubts: 0, tries: 0, gone: false };
    promises.set(body.head.manifest, own);
    own.doubts += 1;
    own.tries += 1;
    try {
      await backups.commit(owner, body);
      await checkLine(body);
      lost.splice(lost.indexOf(entry), 1);
      for (const each of above) each.gone = true;
      own.doubts -= own.tries;
      own.tries = 0;
      const live = [...promises.values()].filter(({ gone }) => !gone);
      // Beyond the newest ten the history may be thinned.
      for (const each of live.slice(0, -10)) each.doubts += 1;
      counts.commits += 1;
    } catch (error) {
      lost.splice(lost.indexOf(entry), 1);
      for (const each of above) each.doubts -= 1;
      const promised = objects.every((id) => (kept.get(id) ?? 0) > clock.now());
      if (error instanceof AdiuvaError && error.code === 'backup.objects_missing' && promised) throw broken('a commit misses objects that were promised');
      throw error;
    } finally {
      underWay.delete(touched);
      nameThem(touched);
    }
  };

  /** What a commit followed is what it said it would follow. Those in between can have been taken away meanwhile, never put in. */
  const checkLine = async ({ head, expected }: BackupCommit) => {
    const ids = (await realDb.backups.history(userId)).map(({ id }) => id);
    const follows = ids[ids.indexOf(head.manifest) + 1] ?? null;
    if (ids.includes(head.manifest) && (expected === null || ids.includes(expected)) && follows !== expected)
      throw broken('a commit followed another backup than it expected');
  };

  const operations: Record<string, (backups: ReturnType<typeof service>, task: Task) => Promise<unknown>> = {
    put: async (backups) => {
      const [id, begun] = [pick(universe), begin()];
      try {
        await backups.put(owner, { id: name(`o${id}`), bytes: sizeOf(id) }, bytesOf(id));
      } catch (error) {
        if (!(error instanceof AdiuvaError && error.code === 'backup.object_exists')) throw error;
      }
      told([id], begun);
    },
    offer: async (backups, task) => {
      const begun = begin();
      const ids = [...new Set(Array.from({ length: 1 + pick(4) }, () => pick(universe)))];
      const missing = await backups.offer(
        owner,
        ids.map((id) => ({ id: name(`o${id}`), bytes: sizeOf(id) })),
      );
      const asked = new Map(missing.map(({ id, upload }) => [id, upload]));
      told(
        ids.filter((id) => !asked.has(name(`o${id}`))),
        begun,
      );
      for (const id of ids) {
        const upload = asked.get(name(`o${id}`));
        if (!upload || pick(3) === 0) continue;
        await task.step();
        store.upload(upload.url, sizeOf(id), begun.at);
      }
    },
    commit: async (backups) => {
      const { backups: history, nextGeneration } = await backups.history(owner);
      const now = await realDb.backups.account(userId);
      const raise = pick(12) === 0;
      const epoch = now!.epoch + (raise ? 1 : 0);
      const objects = everything.filter((id) => pick(2) === 0 && ((kept.get(id) ?? 0) > clock.now() || pick(15) === 0));
      counts.manifests += 1;
      const head = {
        repository: 'r'.repeat(22),
        epoch,
        generation: nextGeneration!,
        manifest: name(`m ${seed} ${counts.manifests}`),
        mac: name('mac'),
      };
      const body: BackupCommit = {
        expected: history[0]?.manifest ?? null,
        head,
        manifest: 'AAAA',
        objects: objects.map((id) => name(`o${id}`)),
        ...(raise && { envelope: { expected: now!.envelopeSum, envelope: envelope(epoch) } }),
      };
      await commit(backups, body, objects);
    },
    again: async (backups) => {
      const [entry] = lost.splice(0, 1);
      if (entry) await commit(backups, entry.body, entry.objects);
    },
    delete: async (backups) => {
      const { backups: history } = await backups.history(owner);
      const chosen = history[pick(Math.max(1, history.length))];
      const known = chosen && promises.get(chosen.manifest);
      if (!chosen) return;
      if (known) known.doubts += 1;
      await backups.delete(owner, chosen.manifest);
      if (known) known.gone = true;
    },
    collect: (backups) => backups.collector.collect(),
  };
  const kinds = ['put', 'put', 'put', 'offer', 'offer', 'commit', 'commit', 'again', 'delete', 'collect', 'collect'];

  const check = async () => {
    const { backups } = realDb;
    const account = (await backups.account(userId))!;
    if (account.usedBytes > quota) throw broken(`${account.usedBytes} bytes are used of ${quota}`);
    if (await realDb.transaction(({ backups: inside }) => inside.recount(userId))) throw broken('the sums of the account are not those of its rows');
    const there = new Map<number, { condemned: boolean }>();
    for (const row of await backups.objects(userId, names)) {
      const id = names.indexOf(row.id);
      if (store.sizes.get(row.blobKey) === sizeOf(id)) there.set(id, { condemned: row.condemnedAt !== null });
    }
    const history = new Set((await backups.history(userId)).map(({ id }) => id));
    for (const [id, { gone, doubts, objects }] of promises) {
      if (gone && history.has(id)) throw broken('a deleted backup is in the history');
      if (gone || doubts > 0) continue;
      if (!history.has(id)) throw broken('a backup is gone from the history');
      for (const object of objects) if (there.get(object)?.condemned !== false) throw broken(`object ${object} of a backup is lost`);
    }
    const now = clock.now();
    for (const [id, until] of kept) if (until > now && !there.has(id)) throw broken(`object ${id} was promised and is lost`);
    for (const [id, until] of pins) if (until > now && there.get(id)?.condemned) throw broken(`object ${id} was promised and is condemned`);
  };

  const act = async () => {
    const dice = pick(100);
    if (stage.waiting.length > 0 && dice < 70) {
      stage.resume(pick(stage.waiting.length));
      return true;
    }
    if (dice < 75) {
      const ms = [60_000, hour, 5 * hour, 13 * hour, 26 * hour][pick(5)]!;
      log.push(`clock +${ms / hour} h`);
      await clock.advance(ms);
      return true;
    }
    if (dice < 76) {
      log.push('crash');
      counts.crashes += 1;
      stage.crash();
      for (const objects of underWay) nameThem(objects);
      underWay.clear();
      return true;
    }
    if (stage.tasks < 3) {
      const kind = kinds[pick(kinds.length)]!;
      log.push(kind);
      // It waits before it changes anything.
      stage.start((task) => operations[kind]!(service(task), task));
      return false;
    }
    stage.resume(0);
    return true;
  };

  for (let step = 0; step < steps; step += 1) {
    const changed = await act();
    await stage.settled();
    if (changed) await check();
  }
  while (stage.tasks > 0) {
    stage.resume(0);
    await stage.settled();
  }
  for (let days = 0; days < 35; days += 1) {
    await clock.advance(days < 3 ? day + hour : 12 * day);
    if (days > 6) break;
    await direct.collector.collect();
  }
  await clock.advance(day + 1);
  await direct.collector.collect();
  await check();
  await checkRest();
  return counts;

  /** After everything that runs out has run out, there is what the history refers to and nothing else. */
  async function checkRest(): Promise<void> {
    const { backups } = realDb;
    const history = await backups.history(userId);
    const referred = new Set<number>();
    for (const { id } of history) for (const object of objectsOf(id)) referred.add(object);
    const bytes = [...referred].reduce((sum, id) => sum + sizeOf(id), 0) + history.length * 3;
    const account = (await backups.account(userId))!;
    if (account.usedBytes !== bytes || account.heldBytes !== bytes)
      throw broken(`${account.usedBytes} and ${account.heldBytes} bytes are counted where there are ${bytes}`);
    if (store.sizes.size !== referred.size) throw broken(`${store.sizes.size} blobs are left for ${referred.size} objects`);
  }

  /** A commit that nobody heard of may have come in. */
  function objectsOf(manifest: string): readonly number[] {
    const found = promises.get(manifest);
    if (!found) throw broken('a backup in the history that nobody made');
    return found.objects;
  }
}

async function* pieces(of: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* of;
}

async function* bytesOf(id: number): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(sizeOf(id));
}

/** Blobs in memory, with addresses that are good for 15 minutes where it signs. */
function memoryStore(now: () => number, signs: boolean) {
  const sizes = new Map<string, number>();
  const signed = new Map<string, number>();
  const blobs: Blobs = {
    engine: signs ? 's3' : 'files',
    links: signs
      ? {
          put: async (key, size, seconds) => {
            signed.set(key, now() + seconds * 1000);
            return { url: key, headers: { 'content-length': String(size) } };
          },
          get: async (key) => key,
        }
      : null,
    put: async (key, body, size) => {
      let seen = 0;
      for await (const chunk of body) seen += chunk.byteLength;
      if (seen !== size) throw new AdiuvaError('request.invalid');
      if (sizes.has(key)) return 'exists';
      sizes.set(key, size);
      return 'created';
    },
    get: async () => null,
    head: async (key) => (sizes.has(key) ? { key, size: sizes.get(key)! } : null),
    delete: async (key) => sizes.delete(key),
    list: async function* (prefix) {
      for (const [key, size] of sizes) if (key.startsWith(prefix)) yield { key, size };
    },
    probe: async () => {},
    close: async () => {},
  };
  const upload = (key: string, size: number, begun: number) => {
    if ((signed.get(key) ?? 0) >= Math.max(now(), begun) && !sizes.has(key)) sizes.set(key, size);
  };
  return { blobs, sizes, upload };
}

interface Task {
  /** Waits for its turn; for ever, when the server crashes meanwhile. */
  step(): Promise<void>;
}

/** Lets one strand go on at a time. */
class Stage {
  readonly waiting: { resume: () => void }[] = [];
  /** For what is not part of the interleaving. */
  readonly free: Task = { step: async () => {} };
  tasks = 0;
  #running = 0;
  #generation = 0;
  #settled: () => void = () => {};
  #fault: unknown;

  start(work: (task: Task) => Promise<unknown>): void {
    const born = this.#generation;
    const alive = () => born === this.#generation;
    this.tasks += 1;
    this.#running += 1;
    const task: Task = {
      step: () =>
        new Promise((resolve) => {
          if (!alive()) return;
          this.waiting.push({ resume: resolve });
          this.#rest();
        }),
    };
    const ended = (error?: unknown) => {
      if (!alive()) return;
      if (error !== undefined && !(error instanceof AdiuvaError)) this.#fault = error;
      this.tasks -= 1;
      this.#rest();
    };
    work(task).then(() => ended(), ended);
  }

  resume(index: number): void {
    const [next] = this.waiting.splice(index, 1);
    if (!next) return;
    this.#running += 1;
    next.resume();
  }

  crash(): void {
    this.#generation += 1;
    this.waiting.length = 0;
    this.tasks = 0;
  }

  /** Until every strand waits or has ended. @throws what a strand failed with that is not an answer */
  async settled(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#settled = resolve));
    if (this.#fault !== undefined) throw this.#fault;
  }

  #rest(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#settled();
  }
}

/** Around each call: before it, and after it, where the answer may never be heard. */
const around =
  <A extends unknown[], T>(task: Task, call: (...args: A) => Promise<T>) =>
  async (...args: A): Promise<T> => {
    await task.step();
    const result = await call(...args);
    await task.step();
    return result;
  };

function steppedDatabase(db: Database, task: Task): Database {
  const { backups } = db;
  return {
    ...db,
    transaction: (work) => around(task, () => db.transaction(work))(),
    backups: {
      ...backups,
      reserve: around(task, backups.reserve),
      settle: around(task, backups.settle),
      sumsWithout: around(task, backups.sumsWithout),
      accountsDue: around(task, backups.accountsDue),
      knownKeys: around(task, backups.knownKeys),
      takeLease: around(task, backups.takeLease),
    },
  };
}

const steppedBlobs = (blobs: Blobs, task: Task): Blobs => ({ ...blobs, put: around(task, blobs.put), delete: around(task, blobs.delete) });

/** Replaces functions of the store of backups, in and out of transactions. */
function withStore(db: Database, change: (store: BackupStore) => Partial<BackupStore>): Database {
  const changed = (store: BackupStore): BackupStore => ({ ...store, ...change(store) });
  return {
    ...db,
    backups: changed(db.backups),
    transaction: (work) => db.transaction((stores) => work({ ...stores, backups: changed(stores.backups) })),
  };
}

/** Servers that are wrong in one thing each; the check has to notice every one of them. */
export const mutants: Readonly<Record<string, Mutant>> = {
  'deletes what was condemned without looking again': ({ db, blobs }) => {
    const stale = new Map<string, string[]>();
    const changed = withStore(db, (store) => ({
      accountsDue: async (due, after, limit) => {
        const users = await store.accountsDue(due, after, limit);
        for (const user of users) {
          const old = (await store.objects(user, names)).filter(({ condemnedAt }) => condemnedAt !== null && condemnedAt <= due.condemnedBefore);
          stale.set(
            user,
            old.map(({ blobKey }) => blobKey),
          );
        }
        return users;
      },
      dropCondemned: async (user, before, limit) => {
        const keys = [...(await store.dropCondemned(user, before, limit)), ...(stale.get(user) ?? [])];
        stale.delete(user);
        return keys;
      },
    }));
    return { db: changed, blobs };
  },
  'forgets one reference of a commit': ({ db, blobs }) => ({
    db: withStore(db, (store) => ({ refer: (user, seq, ids) => store.refer(user, seq, ids.slice(1)) })),
    blobs,
  }),
  'does not pin what was put': ({ db, blobs }) => ({
    db: withStore(db, (store) => ({
      finishUploads: (user, keys) => store.finishUploads(user, keys, 0),
      settle: (user, key) => store.settle(user, key, 0),
    })),
    blobs,
  }),
  'does not pin what was offered': ({ db, blobs }) => ({ db: withStore(db, (store) => ({ pin: (user, ids) => store.pin(user, ids, 0) })), blobs }),
  'does not look at the quota': ({ db, blobs }) => ({
    db: withStore(db, (store) => ({
      lockAccount: async (user) => ({ ...(await store.lockAccount(user)), usedBytes: 0, heldBytes: 0 }),
      reserve: (upload, _room, most) => store.reserve(upload, { usedBytes: null, heldBytes: null }, most),
    })),
    blobs,
  }),
  'keeps uploads that were given up': ({ db, blobs }) => ({ db: withStore(db, () => ({ dropExpiredUploads: async () => [] })), blobs }),
  'never sweeps': ({ db, blobs }) => ({ db: withStore(db, () => ({ knownKeys: async (keys) => [...keys] })), blobs }),
  'sweeps what is being uploaded': ({ db, blobs }) => ({
    db: withStore(db, (store) => ({
      knownKeys: async (keys) => {
        const users = new Set(keys.map((key) => key.split('/')[1]!));
        const objects = await Promise.all([...users].map((user) => store.objects(user, names)));
        return objects.flat().map(({ blobKey }) => blobKey);
      },
    })),
    blobs,
  }),
  'never condemns': ({ db, blobs }) => ({ db: withStore(db, () => ({ condemn: async () => {} })), blobs }),
  'says that a blob is safe before it is': ({ db, blobs }) => {
    let unwritten: (() => Promise<unknown>) | null = null;
    const put: Blobs['put'] = async (key, body, size) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
      await unwritten?.();
      unwritten = () => blobs.put(key, pieces(chunks), size);
      return 'created';
    };
    return { db, blobs: { ...blobs, put } };
  },
  'lets a commit in whatever it expects': ({ db, blobs }) => ({
    db,
    blobs,
    service: (backups) => ({
      ...backups,
      commit: async (owner, body) => {
        for (let expected = body.expected, generation = body.head.generation; ;) {
          try {
            return await backups.commit(owner, { ...body, expected, head: { ...body.head, generation } });
          } catch (error) {
            if (!(error instanceof AdiuvaError && error.code === 'backup.head_moved')) throw error;
            const { backups: there, nextGeneration } = await backups.history(owner);
            expected = there[0]?.manifest ?? null;
            generation = nextGeneration!;
          }
        }
      },
    }),
  }),
  'condemns what older backups refer to': ({ db, blobs }) => ({
    db: withStore(db, (store) => ({
      refer: async (user, seq, ids) => {
        await store.removeBackups(user, { ids: (await store.history(user)).slice(1).map(({ id }) => id) });
        return store.refer(user, seq, ids);
      },
    })),
    blobs,
  }),
};

/** The first seed that shows each, so that the short form need not look for it; where the service changed, the next ones are tried. */
export const seeds: Readonly<Record<string, number>> = {
  'deletes what was condemned without looking again': 23,
  'forgets one reference of a commit': 1,
  'does not pin what was put': 2,
  'does not pin what was offered': 3,
  'does not look at the quota': 3,
  'keeps uploads that were given up': 3,
  'never sweeps': 3,
  'sweeps what is being uploaded': 41,
  'never condemns': 1,
  'says that a blob is safe before it is': 1,
  'lets a commit in whatever it expects': 2,
  'condemns what older backups refer to': 1,
};

/** A server whose transactions compare with what they read first, and hold nothing against each other while they do. */
export const withoutLock = (db: Database): Database => ({
  ...db,
  backups: { ...db.backups, reserve: async () => false },
  transaction: (work) =>
    db.transaction(async (stores) => {
      let read: BackupAccountRow | null = null;
      const lockAccount = async (userId: string) => (read ??= (await stores.backups.account(userId)) ?? (await stores.backups.lockAccount(userId)));
      return work({ ...stores, backups: { ...stores.backups, lockAccount } });
    }),
});
