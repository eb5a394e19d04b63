import { AdiuvaError, toProblem, type Problem } from '@adiuva/shared/contracts/errors.ts';
import { backoffDelay } from '@adiuva/shared/kit/backoff.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Announce } from '../../bridge/events.ts';
import type { QueueJob } from '../../bridge/shapes.ts';
import type { Store, StoredJob, Tables } from '../store/store.ts';

/** Writes that belong to an outcome; they share the transaction that changes or removes the job. */
type Commit = (t: Tables) => Promise<void>;

/**
 * How one try of a job ended; there is no fifth way.
 * `done`: the job goes, in the transaction of its effect. `retry`: this job later. `pause`: nothing of the queue for `ms`, or until something
 * changes (`null`: offline, signed out), which costs the job no try. `needs_you`: kept and shown with its reason. A `payload` replaces the job's.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly commit: Commit }
  | { readonly kind: 'retry'; readonly problem: Problem; readonly payload?: unknown; readonly commit?: Commit }
  | { readonly kind: 'pause'; readonly problem: Problem; readonly ms: number | null; readonly commit?: Commit }
  | { readonly kind: 'needs_you'; readonly problem: Problem; readonly payload?: unknown; readonly commit?: Commit };

/** What does the jobs of one kind. */
export interface Worker {
  /** One try. The job's id is its idempotency key: a try may be the second of the same job, after a crash at any point of the first. */
  run(job: StoredJob, signal: AbortSignal): Promise<Outcome>;
  /** Writes of a job that the user drops, in the transaction that removes it. */
  dropped(t: Tables, job: StoredJob): Promise<void>;
  /** After an outcome or a drop was committed: time to tell the screen. */
  settled(job: StoredJob): Promise<void>;
}

export type NewJob = Pick<StoredJob, 'id' | 'kind' | 'sessionId' | 'messageId' | 'label' | 'payload'>;

/** Jobs that wait for the cloud, kept in the store: the oldest of each session first, one at a time. */
export interface Queue {
  /** Who does jobs of `kind`; set once, before the first drain. */
  serve(kind: StoredJob['kind'], worker: Worker): void;
  /** Inside the caller's transaction, so that message and job exist together or not at all. Call `wake` after it. */
  add(t: Tables, job: NewJob): Promise<void>;
  list(): Promise<QueueJob[]>;
  /** Tries what is due until nothing is; the user's wish also overrides a pause. */
  drain(): Promise<void>;
  /** Something changed (a job more, reachable again, signed in): goes on unless the cloud named a time. */
  wake(): void;
  /** A job from its beginning, at once. @throws AdiuvaError `queue.not_found` */
  retry(id: string): Promise<QueueJob>;
  /** Takes a job out; what it was about is marked as stopped. @throws AdiuvaError `queue.not_found` */
  drop(id: string): Promise<void>;
  onChange(listener: (jobs: QueueJob[]) => void): () => void;
  /** Stops after cutting off the try under way, which is done again later. */
  close(): Promise<void>;
}

export interface QueueDeps {
  readonly store: () => Store;
  readonly announce: Announce;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const waits = { base: 5_000, max: 10 * 60_000 } as const;
/** Tries that failed on the cloud's side before the user is asked. */
const maxTries = 8;

function viewOf(job: StoredJob): QueueJob {
  const { id, kind, sessionId, messageId, label, state, attempts, createdAt, nextTryAt, problem } = job;
  return { id, kind, sessionId, messageId, label, state, attempts, createdAt, nextTryAt, problem };
}

class StoredQueue implements Queue {
  readonly #deps: QueueDeps;
  readonly #workers = new Map<StoredJob['kind'], Worker>();
  readonly #listeners = new Set<(jobs: QueueJob[]) => void>();
  #draining: Promise<void> | null = null;
  #again = false;
  #current: { id: string; abort: AbortController } | null = null;
  /** Nothing is tried while this stands; `until` is null where only a change ends it. */
  #pause: { until: number | null } | null = null;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(deps: QueueDeps) {
    this.#deps = deps;
  }

  serve(kind: StoredJob['kind'], worker: Worker): void {
    this.#workers.set(kind, worker);
  }

  add(t: Tables, job: NewJob): Promise<void> {
    return t.queue.insert({ ...job, state: 'waiting', attempts: 0, createdAt: this.#now(), nextTryAt: null, problem: null });
  }

  async list(): Promise<QueueJob[]> {
    return (await this.#jobs()).map(viewOf);
  }

  async drain(): Promise<void> {
    this.#pause = null;
    await this.#deps.store().tx(async (t) => {
      for (const job of await t.queue.list()) if (job.nextTryAt !== null && job.id !== this.#current?.id) await t.queue.update({ ...job, nextTryAt: null });
    });
    await this.#start();
  }

  wake(): void {
    if (this.#pause?.until === null) this.#pause = null;
    void this.#start();
    void this.#tell();
  }

  async retry(id: string): Promise<QueueJob> {
    const job = await this.#deps.store().tx(async (t) => {
      const fresh = { ...(await this.#found(t, id)), state: 'waiting', attempts: 0, nextTryAt: null, problem: null } as const;
      if (this.#current?.id !== id) await t.queue.update(fresh);
      return fresh;
    });
    void this.drain();
    await this.#tell();
    return viewOf(job);
  }

  async drop(id: string): Promise<void> {
    const job = await this.#deps.store().tx(async (t) => {
      const found = await this.#found(t, id);
      await this.#workers.get(found.kind)?.dropped(t, found);
      await t.queue.remove(id);
      return found;
    });
    if (this.#current?.id === id) this.#current.abort.abort();
    await this.#workers.get(job.kind)?.settled(job);
    await this.#tell();
  }

  onChange(listener: (jobs: QueueJob[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#current?.abort.abort();
    await this.#draining;
    this.#listeners.clear();
  }

  /** One drain at a time; a call meanwhile makes it look once more. */
  #start(): Promise<void> {
    this.#again = true;
    this.#draining ??= this.#loop()
      .catch((error: unknown) => this.#deps.log.warn('queue.stopped', { code: error instanceof AdiuvaError ? error.code : 'internal' }))
      .finally(() => {
        this.#draining = null;
      });
    return this.#draining;
  }

  async #loop(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (let job = await this.#next(); job; job = await this.#next()) await this.#attempt(job);
    }
  }

  /** The job to try now; where there is none for now, a timer is set for the earliest time known. */
  async #next(): Promise<StoredJob | undefined> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#closed) return undefined;
    const now = this.#deps.clock.now();
    if (this.#pause && (this.#pause.until === null || this.#pause.until > now)) {
      if (this.#pause.until !== null) this.#lookAgainIn(this.#pause.until - now);
      return undefined;
    }
    this.#pause = null;
    const heads = firstOfEachSession(await this.#jobs());
    const due = heads.find((job) => waitOf(job, now) === 0);
    if (!due && heads.length > 0) this.#lookAgainIn(Math.min(...heads.map((job) => waitOf(job, now))));
    return due;
  }

  #lookAgainIn(ms: number): void {
    this.#cancelTimer = this.#deps.clock.after(ms, () => void this.#start());
  }

  async #attempt(job: StoredJob): Promise<void> {
    const abort = new AbortController();
    this.#current = { id: job.id, abort };
    try {
      await this.#mark({ ...job, state: 'running' });
      const outcome = await this.#tryOnce(job, abort.signal);
      if (this.#closed) return;
      await this.#settle(job, outcome);
    } finally {
      this.#current = null;
    }
    await this.#workers.get(job.kind)?.settled(job);
    await this.#tell();
  }

  async #tryOnce(job: StoredJob, signal: AbortSignal): Promise<Outcome> {
    const worker = this.#workers.get(job.kind);
    if (!worker) return { kind: 'needs_you', problem: toProblem(new AdiuvaError('internal', { detail: `nothing here does a job of kind ${job.kind}` })) };
    try {
      return await worker.run(job, signal);
    } catch (error) {
      return { kind: 'retry', problem: toProblem(error) };
    }
  }

  async #settle(job: StoredJob, outcome: Outcome): Promise<void> {
    const { kind } = outcome;
    this.#deps.log.info('queue.outcome', { jobId: job.id, outcome: kind, ...(outcome.kind !== 'done' && { code: outcome.problem.code }) });
    await this.#deps.store().tx(async (t) => {
      // The user may have dropped it meanwhile; then nothing of this try counts.
      if (!(await t.queue.get(job.id))) return;
      await outcome.commit?.(t);
      if (outcome.kind === 'done') await t.queue.remove(job.id);
      else await t.queue.update(this.#after(job, outcome));
    });
    if (outcome.kind === 'pause') this.#pause = { until: outcome.ms === null ? null : this.#deps.clock.now() + outcome.ms };
  }

  #after(job: StoredJob, outcome: Exclude<Outcome, { kind: 'done' }>): StoredJob {
    const { problem } = outcome;
    if (outcome.kind === 'pause') return { ...job, state: 'waiting', problem, nextTryAt: outcome.ms === null ? null : this.#now(outcome.ms) };
    const attempts = job.attempts + 1;
    const payload = outcome.payload ?? job.payload;
    if (outcome.kind === 'needs_you' || attempts >= maxTries) return { ...job, payload, state: 'needs_you', attempts, problem, nextTryAt: null };
    const ms = Math.max(waits.base / 2, (problem.retryAfter ?? 0) * 1_000, backoffDelay(job.attempts, this.#deps.random, waits));
    return { ...job, payload, state: 'waiting', attempts, problem, nextTryAt: this.#now(Math.min(ms, waits.max)) };
  }

  async #mark(job: StoredJob): Promise<void> {
    await this.#deps.store().tx(async (t) => {
      if (await t.queue.get(job.id)) await t.queue.update(job);
    });
    await this.#tell();
  }

  /** `running` is true of one job of this process only; a row that says so otherwise was cut off by the end of another. */
  async #jobs(): Promise<StoredJob[]> {
    const jobs = await this.#deps.store().t.queue.list();
    return jobs.map((job) => (job.state === 'running' && job.id !== this.#current?.id ? { ...job, state: 'waiting' } : job));
  }

  async #found(t: Tables, id: string): Promise<StoredJob> {
    const job = await t.queue.get(id);
    if (!job) throw new AdiuvaError('queue.not_found');
    return job;
  }

  async #tell(): Promise<void> {
    if (this.#closed) return;
    const jobs = await this.list().catch(() => undefined);
    if (!jobs) return;
    this.#deps.announce('queue.changed', { jobs });
    for (const listener of this.#listeners) listener(jobs);
  }

  #now(plus = 0): string {
    return new Date(this.#deps.clock.now() + plus).toISOString();
  }
}

/** The oldest waiting job of each session: what comes later in a conversation never overtakes. A job that needs the user is set aside. */
function firstOfEachSession(jobs: StoredJob[]): StoredJob[] {
  const seen = new Set<string>();
  return jobs.filter((job) => {
    const lane = job.sessionId ?? job.id;
    if (job.state !== 'waiting' || seen.has(lane)) return false;
    seen.add(lane);
    return true;
  });
}

/** Milliseconds until a job is due. A time further off than any wait that is ever set was written by a clock that stood wrong. */
function waitOf(job: StoredJob, now: number): number {
  const wait = job.nextTryAt === null ? 0 : Date.parse(job.nextTryAt) - now;
  return wait > 24 * 3_600_000 || Number.isNaN(wait) ? 0 : Math.max(0, wait);
}

export const createQueue = (deps: QueueDeps): Queue => new StoredQueue(deps);
