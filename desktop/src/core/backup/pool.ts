import { Worker } from 'node:worker_threads';
import { AdiuvaError, fromProblem, type Problem } from '@adiuva/shared/contracts/errors.ts';
import type { BlobType } from './format.ts';
import type { Keys } from './keys.ts';
import type { Piece, Placed, Recipher } from './pieces.ts';

/** What a thread is given at its start. */
export interface WorkerSetUp {
  readonly keys: Keys;
  readonly recipher: Recipher | null;
}

/** Jobs and what they answer. Buffers move to the thread with the job and come back with the answer. */
interface Kinds {
  readonly part: { readonly give: { fd: number; from: number; count: number; content: ArrayBuffer }; readonly get: Piece & { readonly content: ArrayBuffer } };
  readonly delta: { readonly give: { fd: number; numbers: Uint32Array; content: ArrayBuffer }; readonly get: Piece & { readonly content: ArrayBuffer } };
  readonly seal: {
    readonly give: { type: BlobType; id: string; length: number; content: ArrayBuffer; into: ArrayBuffer };
    readonly get: { readonly length: number; readonly content: ArrayBuffer; readonly sealed: ArrayBuffer };
  };
  readonly tags: { readonly give: { fd: number; from: number; count: number }; readonly get: { readonly tags: Uint8Array } };
  readonly place: {
    readonly give: { type: 'base' | 'delta'; id: string; sealed: Uint8Array; from: number; into: { fd: number; pages: number } | null };
    readonly get: Placed;
  };
}

export type Job = { [K in keyof Kinds]: { readonly kind: K } & Kinds[K]['give'] }[keyof Kinds];
export type JobResult = Kinds[keyof Kinds]['get'];

/** A few threads that share the work on objects. */
export interface Pool {
  run<K extends keyof Kinds>(kind: K, job: Kinds[K]['give']): Promise<Kinds[K]['get']>;
  close(): Promise<void>;
}

const threads = 2;

interface Waiting {
  readonly job: Job;
  readonly moved: ArrayBuffer[];
  readonly ok: (value: JobResult) => void;
  readonly no: (error: unknown) => void;
}

/** The threads start with the first job; `setUp` is copied into them. */
export function createPool(setUp: WorkerSetUp): Pool {
  const queue: Waiting[] = [];
  const lanes: { worker: Worker; busy: Waiting[] }[] = [];
  let closed = false;

  function start(): void {
    const worker = new Worker(workerFile(), { workerData: setUp, env: {} });
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

  function fail(busy: Waiting[], error: AdiuvaError): void {
    for (const { no } of [...busy.splice(0), ...queue.splice(0)]) no(error);
  }

  /** Two jobs a thread: the next one is there when one is done. */
  function feed(): void {
    for (let lane = freest(); lane && queue.length > 0; lane = freest()) {
      const next = queue.shift()!;
      lane.busy.push(next);
      lane.worker.postMessage(next.job, next.moved);
    }
  }

  const freest = () => lanes.filter(({ busy }) => busy.length < 2).toSorted((a, b) => a.busy.length - b.busy.length)[0];

  return {
    run(kind, job) {
      if (closed) return Promise.reject(new AdiuvaError('backup.cancelled'));
      while (lanes.length < threads) start();
      return new Promise((ok, no) => {
        queue.push({ job: { kind, ...job } as unknown as Job, moved: buffersOf(job), ok: ok as Waiting['ok'], no });
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

function buffersOf(job: Kinds[keyof Kinds]['give']): ArrayBuffer[] {
  const fields = Object.values(job).filter((field): field is ArrayBuffer => field instanceof ArrayBuffer);
  const sealed = 'sealed' in job ? job.sealed : null;
  // A view of a part of a buffer is copied: the rest of it may belong to somebody.
  return sealed && sealed.byteOffset === 0 && sealed.byteLength === sealed.buffer.byteLength ? [...fields, sealed.buffer as ArrayBuffer] : fields;
}

/** From source the file beside this one, in a bundle the entry that `build.ts` makes of it. */
const workerFile = (): URL => new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './backup-worker.mjs', import.meta.url);
