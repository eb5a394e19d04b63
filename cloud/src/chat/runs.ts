import { chatLimits, type ChatResponse, type RunState, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, toProblem, type Problem } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { FrameBody } from './orchestrate.ts';

/** What is kept: in memory only, because frames hold what users wrote. Sizes are characters of JSON. */
export const runLimits = { keptMs: chatLimits.runKeptMs, runSize: 4 * 1024 * 1024, totalSize: 128 * 1024 * 1024, active: 2_000, activePerUser: 8 } as const;
export type RunLimits = { readonly [K in keyof typeof runLimits]: number };

export interface RunsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Calls back once the present turn of the event loop is over (`setImmediate`): tokens that arrive together share a frame. */
  readonly defer: (fn: () => void) => void;
  readonly limits?: Partial<RunLimits>;
}

export interface RunOrder {
  readonly userId: string;
  readonly requestId: string;
  /** Equal for requests that mean the same. */
  readonly fingerprint: string;
  produce(signal: AbortSignal): AsyncIterable<FrameBody>;
}

/** One answer in the making or made. It belongs to the server, not to the connection that asked for it. */
export interface Run {
  readonly userId: string;
  readonly requestId: string;
  readonly state: RunState['state'];
  readonly lastSeq: number;
  /** Frame `seq`, from 1, as the JSON that is sent. */
  frame(seq: number): string;
  /** Calls `changed` after every new frame, until the returned function is called. */
  watch(changed: () => void): () => void;
  /** Resolves when the last frame is there. */
  readonly ended: Promise<void>;
  snapshot(): RunState;
  /** Ends it with an error frame `chat.cancelled`; an answer that is complete stays as it is. */
  cancel(): void;
}

export interface Runs {
  /**
   * The run of this order: a new one, or the one that the same request started before. A run that failed in a way that may pass is begun anew.
   * @throws AdiuvaError `chat.request_reused` · `rate.limited` · `dependency.unavailable`
   */
  begin(order: RunOrder): Run;
  /** @throws AdiuvaError `chat.run_not_found`, also for the run of another user */
  find(userId: string, requestId: string): Run;
  /** Ends what is running and forgets everything. */
  close(): Promise<void>;
}

export function openRuns(deps: RunsDeps): Runs {
  const limits = { ...runLimits, ...deps.limits };
  const kept = new Map<string, KeptRun>();
  // Users choose request ids, so one user's id must never meet another's.
  const keyOf = ({ userId, requestId }: Pick<Run, 'userId' | 'requestId'>) => JSON.stringify([userId, requestId]);
  const running = () => [...kept.values()].filter((run) => run.state === 'running');
  const forget = (run: KeptRun) => {
    run.forget();
    if (kept.get(keyOf(run)) === run) kept.delete(keyOf(run));
  };
  const makeRoom = () => {
    let total = [...kept.values()].reduce((sum, run) => sum + run.size, 0);
    for (const run of kept.values()) {
      if (total <= limits.totalSize) return;
      if (run.state === 'running') continue;
      total -= run.size;
      forget(run);
    }
  };
  const start = (order: RunOrder) => {
    const active = running();
    if (active.length >= limits.active) throw new AdiuvaError('dependency.unavailable', { retryAfter: 5 });
    if (active.filter((run) => run.userId === order.userId).length >= limits.activePerUser)
      throw new AdiuvaError('rate.limited', { retryAfter: 5, detail: 'too many answers at once' });
    const run = new KeptRun(order, deps, limits);
    kept.set(keyOf(order), run);
    void run.ended.then(() => {
      run.forgetLater(limits.keptMs, () => forget(run));
      makeRoom();
    });
    run.begin();
    return run;
  };
  return {
    begin(order) {
      const known = kept.get(keyOf(order));
      if (known && known.fingerprint !== order.fingerprint) throw new AdiuvaError('chat.request_reused');
      if (known && !known.mayPass) return known;
      if (known) forget(known);
      return start(order);
    },
    find(userId, requestId) {
      const run = kept.get(keyOf({ userId, requestId }));
      if (!run) throw new AdiuvaError('chat.run_not_found');
      return run;
    },
    async close() {
      for (const run of running()) run.cancel();
      await Promise.all([...kept.values()].map((run) => run.settled));
      for (const run of kept.values()) forget(run);
    },
  };
}

class KeptRun implements Run {
  readonly userId: string;
  readonly requestId: string;
  readonly fingerprint: string;
  readonly ended: Promise<void>;
  /** Resolves when the producer has let go of everything, which may be after the last frame. */
  settled: Promise<void> = Promise.resolve();
  state: RunState['state'] = 'running';
  size = 0;

  readonly #order: RunOrder;
  readonly #deps: RunsDeps;
  readonly #limits: RunLimits;
  readonly #stop = new AbortController();
  readonly #frames: string[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #startedAt: number;
  #end!: () => void;
  #text = '';
  #waiting = '';
  #flushing = false;
  #spoke = false;
  #response: ChatResponse | null = null;
  #problem: Problem | null = null;
  #mayPass = false;
  #stopForgetting: () => void = () => {};

  constructor(order: RunOrder, deps: RunsDeps, limits: RunLimits) {
    this.userId = order.userId;
    this.requestId = order.requestId;
    this.fingerprint = order.fingerprint;
    this.#order = order;
    this.#deps = deps;
    this.#limits = limits;
    this.#startedAt = deps.clock.now();
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  begin(): void {
    this.settled = this.#produce();
  }

  async #produce(): Promise<void> {
    try {
      for await (const body of this.#order.produce(this.#stop.signal)) {
        if (this.state !== 'running') return;
        this.#take(body);
      }
      if (this.state === 'running') throw new AdiuvaError('model.bad_reply', { detail: 'the answer has no end' });
    } catch (error) {
      if (this.state === 'running') this.#fail(error, 'failed');
    }
  }

  #take(body: FrameBody): void {
    if (body.type === 'token') return this.#say(body.text);
    this.#flush();
    if (body.type !== 'final') return this.#add(body);
    this.#response = body.response;
    this.#add(body);
    // The last frame may have been one too many.
    if (this.state === 'running') this.#close('done');
  }

  /** The first words leave at once; what follows in the same turn of the loop shares a frame. */
  #say(text: string): void {
    this.#text += text;
    this.#waiting += text;
    if (!this.#spoke) {
      this.#spoke = true;
      return this.#flush();
    }
    if (this.#flushing) return;
    this.#flushing = true;
    this.#deps.defer(() => {
      this.#flushing = false;
      if (this.state === 'running') this.#flush();
    });
  }

  #flush(): void {
    const text = this.#waiting;
    this.#waiting = '';
    if (text) this.#add({ type: 'token', text });
  }

  #add(body: FrameBody): void {
    if (this.state !== 'running' && body.type !== 'error') return;
    const frame = { seq: this.#frames.length + 1, requestId: this.requestId, ...body } as ServerFrame;
    const json = JSON.stringify(frame);
    if (body.type !== 'error' && this.size + json.length > this.#limits.runSize)
      return this.#fail(new AdiuvaError('model.bad_reply', { detail: 'the answer is too large' }), 'failed');
    this.size += json.length;
    this.#frames.push(json);
    for (const changed of this.#watchers) changed();
  }

  #fail(error: unknown, state: 'failed' | 'cancelled'): void {
    // What was said belongs to the reader, unless it is what broke the bound; JSON may write a character with six.
    if (this.size + 6 * this.#waiting.length + 200 < this.#limits.runSize) this.#flush();
    this.#response = null;
    this.#problem = toProblem(error, this.requestId);
    this.#mayPass = state === 'failed' && error instanceof AdiuvaError && error.row.retry;
    if (!(error instanceof AdiuvaError))
      this.#deps.log.error('chat.fault', { requestId: this.requestId, kind: error instanceof Error ? error.name : typeof error, frames: framesOf(error) });
    this.state = state;
    this.#add({ type: 'error', problem: this.#problem });
    this.#close(state);
    this.#stop.abort(error);
  }

  #close(state: 'done' | 'failed' | 'cancelled'): void {
    this.state = state;
    const ms = this.#deps.clock.now() - this.#startedAt;
    this.#deps.log.info('chat.run', {
      requestId: this.requestId,
      userId: this.userId,
      state,
      ms,
      seq: this.#frames.length,
      ...(this.#response && { model: this.#response.usage.model, agents: this.#response.agents }),
      ...(this.#problem && { code: this.#problem.code }),
    });
    this.#end();
    for (const changed of this.#watchers) changed();
  }

  get lastSeq(): number {
    return this.#frames.length;
  }

  get mayPass(): boolean {
    return this.#mayPass;
  }

  frame(seq: number): string {
    return this.#frames[seq - 1]!;
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  snapshot(): RunState {
    return { requestId: this.requestId, state: this.state, lastSeq: this.lastSeq, text: this.#text, response: this.#response, problem: this.#problem };
  }

  cancel(): void {
    if (this.state === 'running') this.#fail(new AdiuvaError('chat.cancelled'), 'cancelled');
  }

  forgetLater(ms: number, forget: () => void): void {
    this.#stopForgetting = this.#deps.clock.after(ms, forget);
  }

  forget(): void {
    this.#stopForgetting();
  }
}

/** Functions and lines of a stack, never its message, which may hold what the user wrote. */
function framesOf(thrown: unknown): string[] {
  const lines = thrown instanceof Error ? (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return lines.slice(0, 8).map((line) =>
    line
      .trim()
      .replace(/^at (?:async )?/, '')
      .replace(/^(\S+).*\((.*)\)$/, '$1@$2'),
  );
}
