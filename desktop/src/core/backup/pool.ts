import { Worker } from 'node:worker_threads';
import { objectBytes } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError, type Problem } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import type { BlobType } from './format.ts';
import type { Keys } from './keys.ts';
import type { Piece, Placed, Recipher } from './pieces.ts';

/**
 * Memory for one object on its way, seen by all threads at once. Buffers that are made anew, or handed from thread to thread, keep the collector of every
 * thread busy for longer than the ciphers take.
 */
export interface Slot {
  readonly content: Uint8Array;
  readonly sealed: Uint8Array;
}

/** What a thread is given at its start. */
export interface WorkerSetUp {
  readonly keys: Keys;
  readonly recipher: Recipher | null;
  readonly slots: readonly Slot[];
}

/** Jobs and what they answer; bytes stay in the slot. */
interface Kinds {
  /** Reads a part of a base into the slot's content. */
  readonly part: { readonly give: { slot: number; fd: number; from: number; count: number }; readonly get: Piece };
  /** Reads changed pages into the slot's content. */
  readonly delta: { readonly give: { slot: number; fd: number; numbers: Uint32Array }; readonly get: Piece };
  /** Seals the slot's content into its other half. */
  readonly seal: { readonly give: { slot: number; type: BlobType; id: string; length: number }; readonly get: { readonly length: number } };
  readonly tags: { readonly give: { slot: number; fd: number; from: number; count: number }; readonly get: Uint8Array };
  /** Opens the object in the slot and puts its pages into the file, or nowhere. */
  readonly place: {
    readonly give: { slot: number; type: 'base' | 'delta'; id: string; length: number; from: number; into: { fd: number; pages: number } | null };
    readonly get: Placed;
  };
}

export type Job = { [K in keyof Kinds]: { readonly kind: K } & Readonly<Kinds[K]['give']> }[keyof Kinds];
export type JobResult = Kinds[keyof Kinds]['get'];

/** A few threads that share the work on objects. */
export interface Pool {
  readonly slots: readonly Slot[];
  run<K extends keyof Kinds>(kind: K, job: Kinds[K]['give']): Promise<Kinds[K]['get']>;
  close(): Promise<void>;
}

const threads = 2;
/** Objects on their way at once: enough for two threads and the disk or a line, and 34 MB. */
export const inFlight = 4;
/** A thread needs little beside the slots; without a bound its collector waits for more. */
const limits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 } as const;

interface Waiting {
  readonly job: Job;
  readonly ok: (value: JobResult) => void;
  readonly no: (error: unknown) => void;
}

/** The threads start at once, so that they are there when the first job is; keys are copied into them. */
export function createPool({ keys, recipher }: Pick<WorkerSetUp, 'keys' | 'recipher'>): Pool {
  const queue: Waiting[] = [];
  const lanes: { worker: Worker; busy: Waiting[] }[] = [];
  const slots = Array.from({ length: inFlight }, () => ({ content: shared(objectBytes), sealed: shared(objectBytes) }));
  let closed = false;
  let broken: AdiuvaError | null = null;

  function start(): void {
    const worker = new Worker(workerFile(), { workerData: { keys, recipher, slots } satisfies WorkerSetUp, env: {}, resourceLimits: limits });
    const lane = { worker, busy: [] as Waiting[] };
    worker.on('message', ({ value, problem }: { value?: JobResult; problem?: Problem }) => {
      const done = lane.busy.shift();
      if (problem) done?.no(fromProblem(problem));
      else done?.ok(value!);
      feed();
    });
    worker.on('error', (error) => fail(lane.busy, new AdiuvaError('internal', { cause: error })));
    worker.on('exit', () => fail(lane.busy, new AdiuvaError('internal', { detail: 'A thread of the backup ended.' })));
    lanes.push(lane);
  }

  /** A thread that ended answers nothing any more, so nothing is given to the others either. */
  function fail(busy: Waiting[], error: AdiuvaError): void {
    broken ??= error;
    for (const { no } of [...busy.splice(0), ...queue.splice(0)]) no(error);
  }

  /** Two jobs a thread: the next one is there when one is done. */
  function feed(): void {
    for (let lane = freest(); lane && queue.length > 0; lane = freest()) {
      const next = queue.shift()!;
      lane.busy.push(next);
      lane.worker.postMessage(next.job);
    }
  }

  const freest = () => lanes.filter(({ busy }) => busy.length < 2).toSorted((a, b) => a.busy.length - b.busy.length)[0];

  while (lanes.length < threads) start();

  return {
    slots,
    run(kind, job) {
      if (broken ?? closed) return Promise.reject(broken ?? new AdiuvaError('backup.cancelled'));
      return new Promise((ok, no) => {
        queue.push({ job: { kind, ...job } as unknown as Job, ok: ok as Waiting['ok'], no });
        feed();
      });
    },
    async close() {
      closed = true;
      fail([], new AdiuvaError('backup.cancelled'));
      await Promise.all(lanes.map(({ worker }) => worker.terminate()));
    },
  };
}

const shared = (size: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(size));

/** From source the file beside this one, in a bundle the entry that `build.ts` makes of it. */
const workerFile = (): URL => new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './backup-worker.mjs', import.meta.url);

/**
 * Calls `work` for 0 to `count` - 1, at most {@link inFlight} at once, each in a lane with a slot of its own. After the first failure nothing new begins.
 * @throws the first failure, once all that began has ended
 */
export async function inTurns(count: number, signal: AbortSignal, work: (index: number, slot: number) => Promise<void>): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const lane = async (_: unknown, slot: number) => {
    while (next < count && failures.length === 0 && !signal.aborted) await work(next++, slot).catch((error: unknown) => void failures.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}
