import { Redis } from 'ioredis';
import { z } from 'zod';
import type { RunEnd, RunId, RunLimits, RunOrder } from './run-log.ts';
import { scripts } from './scripts.ts';

/** One beginning of a run; the same request may begin again. */
export interface Generation extends RunOrder {
  readonly generation: string;
}

/** Frames to keep: the first has the number `first`, and with `end` the last one is number `total`. */
export interface Batch {
  readonly first: number;
  readonly frames: readonly string[];
  readonly total: number;
  readonly end: RunEnd | undefined;
}

export interface Kept {
  readonly generation: string;
  readonly state: 'running' | RunEnd['state'];
  readonly again: boolean;
  /** Somebody wants it cancelled. */
  readonly wanted: boolean;
  /** Milliseconds until it counts as dead, when it runs. */
  readonly leaseMs: number;
  readonly frames: readonly string[];
}

/** The log on the server, one method a step. Every method rejects while the server is away. */
export interface RunStore {
  claim(run: Generation): Promise<'begun' | 'known' | 'reused' | 'busy'>;
  /** `last`: the number of the last frame that is kept. `lost`: the run is no longer this generation's. */
  append(run: Generation, batch: Batch): Promise<{ last: number; lost: boolean; wanted: boolean }>;
  read(id: RunId, afterSeq: number): Promise<Kept | null>;
  /** Ends a run whose lease is over with `frame` as number `seq`; false when it lives, or has ended meanwhile. */
  bury(id: RunId, generation: string, seq: number, frame: string, end: RunEnd): Promise<boolean>;
  cancel(id: RunId): Promise<void>;
  /** Calls `changed` when the run may have more frames, until the returned function is called. A call may get lost. */
  listen(id: RunId, changed: () => void): () => void;
  probe(): Promise<void>;
  close(): void;
}

export interface StoreOptions {
  readonly url: string;
  readonly limits: RunLimits;
  /** The name of this process among all. */
  readonly owner: string;
  /** A run of this process is to be cancelled. */
  readonly cancelled: (id: RunId) => void;
}

const prefix = 'adiuva:';
const owners = `${prefix}owners:`;
const answerMs = 500;

const runsOf = (userId: string) => `${prefix}run:{${userId}}:`;
const runKey = ({ userId, requestId }: RunId) => runsOf(userId) + requestId;
const framesKey = (id: RunId) => `${runKey(id)}:frames`;
const keysOf = (id: RunId) => [runKey(id), framesKey(id), `${prefix}runs:{${id.userId}}:active`, `${prefix}runs:{${id.userId}}:kept`] as const;

const keptShape = z
  .tuple([z.string(), z.enum(['running', 'done', 'failed', 'cancelled']), z.string(), z.string(), z.int(), z.array(z.string())])
  .transform(([generation, state, again, wanted, leaseMs, frames]): Kept => ({
    generation,
    state,
    again: again === '1',
    wanted: wanted === '1',
    leaseMs,
    frames,
  }))
  .nullable();
const claimed = z.enum(['begun', 'known', 'reused', 'busy']);
const appended = z.tuple([z.int(), z.int()]);
const idShape = z.tuple([z.string(), z.string()]);

type Commands = { readonly [N in keyof typeof scripts]: (...args: (string | number)[]) => Promise<unknown> };

/** Waits for the first connections; after that a lost one answers at once with a fault and comes back by itself. */
export async function openRunStore({ url, limits, owner, cancelled }: StoreOptions): Promise<RunStore> {
  const lost = { connectTimeout: 2_000, retryStrategy: (tries: number) => Math.min(2_000, tries * 100) };
  const redis = new Redis(url, { ...lost, lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: answerMs });
  // Whoever listens has to have a connection to itself.
  const ears = new Redis(url, { ...lost, lazyConnect: true, maxRetriesPerRequest: null });
  // Without a listener a lost connection would be printed; who uses the store learns of it from the answers.
  for (const each of [redis, ears]) each.on('error', () => {});
  for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { lua, numberOfKeys: name === 'read' ? 2 : name === 'cancel' ? 1 : 4 });
  const commands = redis as unknown as Commands;
  const listeners = listenOn(ears);
  listeners.add(owners + owner, (message) => {
    const [userId, requestId] = idShape.parse(JSON.parse(message));
    cancelled({ userId, requestId });
  });
  await Promise.all([redis, ears].map((each) => each.connect().catch(() => {})));
  const { leaseMs, keptMs, activePerUser, keptPerUser, userSize } = limits;
  return {
    async claim(run) {
      const bounds = [leaseMs, keptMs, activePerUser, keptPerUser, userSize];
      return claimed.parse(await commands.claim(...keysOf(run), run.requestId, run.generation, run.fingerprint, owner, ...bounds, runsOf(run.userId)));
    },
    async append(run, { first, frames, total, end }) {
      const about = [run.requestId, run.generation, run.fingerprint, owner, leaseMs, keptMs, end?.state ?? '', end?.again ? 1 : 0];
      const [last, wanted] = appended.parse(await commands.append(...keysOf(run), ...about, first, total, ...frames));
      return { last, lost: last < 0, wanted: wanted === 1 };
    },
    read: async (id, afterSeq) => keptShape.parse((await commands.read(runKey(id), framesKey(id), afterSeq)) ?? null),
    bury: async (id, generation, seq, frame, { state, again }) =>
      (await commands.bury(...keysOf(id), id.requestId, generation, seq, frame, state, again ? 1 : 0, keptMs)) === 1,
    cancel: async (id) => void (await commands.cancel(runKey(id), JSON.stringify([id.userId, id.requestId]), owners)),
    // What came before the first word of the server was not heard.
    listen: (id, changed) => listeners.add(framesKey(id), changed, changed),
    probe: async () => void (await redis.ping()),
    close() {
      redis.disconnect();
      ears.disconnect();
    },
  };
}

/** Channels and who listens to them; the connection subscribes again by itself after a loss. */
function listenOn(ears: Redis): { add(channel: string, hear: (message: string) => void, ready?: () => void): () => void } {
  const hearing = new Map<string, Set<(message: string) => void>>();
  ears.on('message', (channel: string, message: string) => {
    for (const hear of hearing.get(channel) ?? []) hear(message);
  });
  return {
    add(channel, hear, ready) {
      const all = hearing.get(channel) ?? new Set();
      if (all.size === 0) ears.subscribe(channel).then(ready, () => {});
      hearing.set(channel, all.add(hear));
      return () => {
        all.delete(hear);
        if (all.size > 0 || hearing.get(channel) !== all) return;
        hearing.delete(channel);
        ears.unsubscribe(channel).catch(() => {});
      };
    },
  };
}
