import type { ChatRequest, ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import { backoffDelay } from '@adiuva/shared/kit/backoff.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { bounded } from './http.ts';
import type { Link } from './link.ts';

export interface RunDeps {
  readonly link: Link;
  readonly clock: Clock;
  readonly random: Random;
  withToken<T>(work: (token: string) => Promise<T>): Promise<T>;
  /** Forgets the access token, so that the next one is fresh. */
  renew(): void;
}

export type IdentifiedRequest = ChatRequest & { requestId: string };

/** A run's bounds: its whole time, its whole size in characters, and how often it is asked anew or with a fresh token. */
const limits = { ms: 15 * 60_000, size: 16 * 1024 * 1024, restarts: 3, renewals: 2 } as const;
const waits = { base: 400, max: 10_000, told: 60_000 } as const;

/**
 * Faults of the line: how many in a row, without one new frame between them, are borne. `rate.limited` and `dependency.unavailable` are about the line once
 * the run began.
 */
const bearable: Partial<Record<ErrorCode, number>> = {
  'cloud.offline': 7,
  'cloud.bad_reply': 3,
  'rate.limited': 5,
  'dependency.unavailable': 5,
};
/** The cloud has the run no more, or its instance went away in the middle: what was said is void, and the same request begins it anew. */
const restartable = new Set<ErrorCode>(['chat.run_not_found', 'chat.interrupted']);
/** Refused inside an open socket, because the token ran out since: the socket is opened again with a fresh one. */
const renewable = new Set<ErrorCode>(['auth.token_expired', 'auth.token_invalid', 'auth.required']);
const tooLong = () => new AdiuvaError('cloud.bad_reply', { detail: 'the answer does not end' });

interface Progress {
  readonly request: IdentifiedRequest;
  readonly signal: AbortSignal;
  /** The last frame handed out. */
  lastSeq: number;
  /** The cloud may know this run: continue it instead of asking anew. */
  begun: boolean;
  /** The socket was open at least once for this run. */
  reached: boolean;
  faults: number;
  restarts: number;
  renewals: number;
  size: number;
}

/**
 * One run: its frames in order, each once, whatever happens to the socket under it. A run that the cloud no longer keeps is asked anew under the same
 * id; its `start` (seq 1) then tells the reader to begin anew as well. Ends after `final`.
 * @throws AdiuvaError what the cloud said in an `error` frame · `cloud.offline` · `cloud.bad_reply` · `model.timeout`. An abort rejects with
 * its reason and leaves the run going in the cloud.
 */
export async function* followRun(
  deps: RunDeps,
  request: IdentifiedRequest,
  options: { signal?: AbortSignal | undefined; afterSeq?: number | undefined },
): AsyncGenerator<ServerFrame> {
  const limit = new AbortController();
  const stop = deps.clock.after(limits.ms, () => limit.abort(new AdiuvaError('model.timeout')));
  const signal = options.signal ? AbortSignal.any([options.signal, limit.signal]) : limit.signal;
  const run: Progress = {
    request,
    signal,
    lastSeq: options.afterSeq ?? 0,
    begun: options.afterSeq !== undefined,
    reached: false,
    faults: 0,
    restarts: 0,
    renewals: 0,
    size: 0,
  };
  try {
    for (let ended = false; !ended;) {
      try {
        yield* attempt(deps, run);
        ended = true;
      } catch (error) {
        await recoverFrom(deps, run, error);
      }
    }
  } finally {
    if (limit.signal.aborted || run.size > limits.size) deps.link.send({ type: 'cancel', requestId: request.requestId });
    stop();
  }
}

/** Frames from one stretch of connection. */
async function* attempt(deps: RunDeps, run: Progress): AsyncGenerator<ServerFrame> {
  const { requestId } = run.request;
  run.signal.throwIfAborted();
  const token = await unlessAborted(run.signal, openWithToken(deps));
  run.reached = true;
  const mail = new Mailbox(run.signal);
  const leave = deps.link.listen(requestId, { frame: (frame, size) => mail.put(frame, size), lost: (why) => mail.fail(why) });
  try {
    if (!deps.link.isOpen()) throw new AdiuvaError('cloud.offline', { detail: 'the connection broke off' });
    deps.link.send(run.begun ? { type: 'resume', requestId, afterSeq: run.lastSeq, token } : { type: 'request', request: run.request, token });
    for (;;) {
      const { frame, size } = await mail.take();
      if (frame.type === 'error') throw bounded(fromProblem(frame.problem));
      if (!follows(run, frame, size)) continue;
      yield frame;
      if (frame.type === 'final') return;
    }
  } finally {
    leave();
  }
}

/** The open socket's token, for the frames that carry it. */
const openWithToken = ({ withToken, link }: RunDeps): Promise<string> =>
  withToken(async (access) => {
    await link.open(access);
    return access;
  });

/** Whoever leaves does not wait for a handshake that gets no answer. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason as Error);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** True for the next frame; false for one that was handed out before. */
function follows(run: Progress, frame: ServerFrame, size: number): boolean {
  if (frame.seq <= run.lastSeq) return false;
  if (frame.seq > run.lastSeq + 1) throw new AdiuvaError('cloud.bad_reply', { detail: 'frames are missing' });
  run.size += size;
  if (run.size > limits.size) throw tooLong();
  run.lastSeq = frame.seq;
  run.begun = true;
  run.faults = 0;
  return true;
}

/** Returns where another attempt makes sense, after its wait; throws otherwise. */
async function recoverFrom(deps: RunDeps, run: Progress, error: unknown): Promise<void> {
  run.signal.throwIfAborted();
  if (!(error instanceof AdiuvaError) || run.size > limits.size) throw error;
  if (restartable.has(error.code) && run.begun && run.restarts++ < limits.restarts) {
    Object.assign(run, { begun: false, lastSeq: 0 });
    // An instance that stops still holds this socket for a moment.
    return deps.clock.sleep(error.code === 'chat.interrupted' ? backoffDelay(run.restarts - 1, deps.random, waits) : 0, run.signal);
  }
  const renews = renewable.has(error.code) && run.reached && run.renewals++ < limits.renewals;
  if (!renews && !isBearable(run, error)) throw error;
  if (renews) deps.renew();
  // What is still on its way over this socket belongs to the broken stretch.
  if (renews || error.code === 'cloud.bad_reply') deps.link.drop(error);
  const told = error.retryAfter === undefined ? 0 : Math.min(error.retryAfter * 1_000, waits.told);
  await deps.clock.sleep(renews ? 0 : Math.max(told, backoffDelay(run.faults - 1, deps.random, waits)), run.signal);
}

/** A line that never carried this run is not tried again here: whoever asked decides what to do instead. */
function isBearable(run: Progress, { code }: AdiuvaError): boolean {
  const allowed = bearable[code] ?? 0;
  const speaksOfRun = (code === 'rate.limited' || code === 'dependency.unavailable') && !run.begun && run.restarts === 0;
  return run.reached && !speaksOfRun && ++run.faults <= allowed;
}

/** Hands frames from the socket's events to a reader that awaits them. */
class Mailbox {
  readonly #signal: AbortSignal;
  readonly #waiting: { frame: ServerFrame; size: number }[] = [];
  #size = 0;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  put(frame: ServerFrame, size: number): void {
    this.#size += size;
    if (this.#size > limits.size) return this.fail(tooLong());
    this.#waiting.push({ frame, size });
    this.#wake?.();
  }

  fail(why: AdiuvaError): void {
    this.#failure ??= why;
    this.#wake?.();
  }

  /** What arrived before a failure is still handed out. */
  async take(): Promise<{ frame: ServerFrame; size: number }> {
    for (;;) {
      this.#signal.throwIfAborted();
      const next = this.#waiting.shift();
      if (next) {
        this.#size -= next.size;
        return next;
      }
      if (this.#failure) throw this.#failure;
      await this.#arrival();
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      this.#signal.addEventListener('abort', done, { once: true });
    });
  }
}
