import { serverFrame, type ChatResponse, type RunState, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import { runLimits, type Run, type RunEnd, type RunLog, type RunOrder as ClaimedOrder, type RunWriter } from '../adapters/run-log/run-log.ts';
import type { FrameBody } from './frames.ts';

export interface RunsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Where frames are kept. Whoever opened it closes it. */
  readonly runLog: RunLog;
  /** Calls back once the present turn of the event loop is over (`setImmediate`): tokens that arrive together share a frame. */
  readonly defer: (fn: () => void) => void;
  /** Characters of one run. */
  readonly runSize?: number;
}

export interface RunOrder extends ClaimedOrder {
  produce(signal: AbortSignal): AsyncIterable<FrameBody>;
}

export interface Runs {
  /**
   * The run of this order: a new one, or the one that the same request started before. A run that failed in a way that may pass is begun anew.
   * @throws AdiuvaError `chat.request_reused` · `rate.limited` · `dependency.unavailable`
   */
  begin(order: RunOrder): Promise<Run>;
  /** @throws AdiuvaError `chat.run_not_found`, also for the run of another user · `dependency.unavailable` */
  find(userId: string, requestId: string): Promise<Run>;
  /** Begins nothing any more, lets what is under way come to its end for a few seconds, and breaks the rest off so that it may be asked again. */
  close(): Promise<void>;
}

/** How long answers under way may take when the service stops. */
export const drainMs = 5_000;
/** How often is asked whether anybody still waits. */
const lookMs = 250;
/** How long what was broken off may take to let go of everything. */
const letGoMs = 1_000;

async function settledWithin(ms: number, jobs: readonly Job[], clock: Clock): Promise<void> {
  const enough = new AbortController();
  await Promise.race([Promise.all(jobs.map((job) => job.settled)), clock.sleep(ms, enough.signal).catch(() => {})]);
  enough.abort();
}

export function openRuns(deps: RunsDeps): Runs {
  const jobs = new Set<Job>();
  let closing = false;
  const start = (writer: RunWriter, order: RunOrder): Run => {
    const job = new Job(writer, order, deps);
    jobs.add(job);
    void job.settled.then(() => jobs.delete(job));
    if (closing) job.interrupt();
    return writer;
  };
  return {
    async begin(order) {
      if (closing) throw new AdiuvaError('dependency.unavailable', { retryAfter: 1 });
      const claim = await deps.runLog.claim(order);
      return 'known' in claim ? claim.known : start(claim.begun, order);
    },
    async find(userId, requestId) {
      const run = await deps.runLog.find({ userId, requestId });
      if (!run) throw new AdiuvaError('chat.run_not_found');
      return run;
    },
    async close() {
      closing = true;
      const awaited = () => [...jobs].filter((job) => job.awaited);
      for (let waited = 0; waited < drainMs && awaited().length > 0; waited += lookMs) await settledWithin(lookMs, awaited(), deps.clock);
      for (const job of jobs) job.interrupt();
      await settledWithin(letGoMs, [...jobs], deps.clock);
    },
  };
}

/** Makes the frames of one run. */
class Job {
  /** Resolves when the producer has let go of everything, which may be after the last frame. */
  readonly settled: Promise<void>;
  readonly #run: RunWriter;
  readonly #order: RunOrder;
  readonly #deps: RunsDeps;
  readonly #runSize: number;
  readonly #stop = new AbortController();
  readonly #startedAt: number;
  #over = false;
  #seq = 0;
  #waiting = '';
  #flushing = false;
  #spoke = false;

  constructor(run: RunWriter, order: RunOrder, deps: RunsDeps) {
    this.#run = run;
    this.#order = order;
    this.#deps = deps;
    this.#runSize = deps.runSize ?? runLimits.runSize;
    this.#startedAt = deps.clock.now();
    run.stop = (why) => (why === 'cancelled' ? this.#fail(new AdiuvaError('chat.cancelled'), 'cancelled') : this.#lose());
    this.settled = this.#produce();
  }

  get awaited(): boolean {
    return !this.#over && this.#run.awaited;
  }

  interrupt(): void {
    this.#fail(new AdiuvaError('chat.interrupted'), 'failed');
  }

  async #produce(): Promise<void> {
    try {
      for await (const body of this.#order.produce(this.#stop.signal)) {
        if (this.#over) return;
        this.#take(body);
      }
      throw new AdiuvaError('model.bad_reply', { detail: 'the answer has no end' });
    } catch (error) {
      this.#fail(error, 'failed');
    }
  }

  #take(body: FrameBody): void {
    if (body.type === 'token') return this.#say(body.text);
    this.#flush();
    if (body.type !== 'final') return this.#add(body);
    this.#add(body, { state: 'done', again: false });
    // The last frame may have been one too many.
    if (!this.#over) this.#close('done', { model: body.response.usage.model, agents: body.response.agents });
  }

  /** The first words leave at once; what follows in the same turn of the loop shares a frame. */
  #say(text: string): void {
    this.#waiting += text;
    if (!this.#spoke) {
      this.#spoke = true;
      return this.#flush();
    }
    if (this.#flushing) return;
    this.#flushing = true;
    this.#deps.defer(() => {
      this.#flushing = false;
      if (!this.#over) this.#flush();
    });
  }

  #flush(): void {
    const text = this.#waiting;
    this.#waiting = '';
    if (text) this.#add({ type: 'token', text });
  }

  #add(body: FrameBody, end?: RunEnd): void {
    const json = this.#json(body);
    if (this.#run.size + json.length > this.#runSize) return this.#fail(new AdiuvaError('model.bad_reply', { detail: 'the answer is too large' }), 'failed');
    this.#append(json, end);
  }

  #json(body: FrameBody): string {
    return JSON.stringify({ seq: this.#seq + 1, requestId: this.#run.requestId, ...body });
  }

  #append(json: string, end?: RunEnd): void {
    this.#seq++;
    this.#run.append(json, end);
  }

  #fail(error: unknown, state: 'failed' | 'cancelled'): void {
    if (this.#over) return;
    // What was said belongs to the reader, unless it is what broke the bound; JSON may write a character with six.
    if (this.#run.size + 6 * this.#waiting.length + 200 < this.#runSize) this.#flush();
    if (this.#over) return;
    const { requestId } = this.#run;
    const problem = toProblem(error, requestId);
    if (!(error instanceof AdiuvaError))
      this.#deps.log.error('chat.fault', { requestId, kind: error instanceof Error ? error.name : typeof error, frames: framesOf(error) });
    this.#over = true;
    this.#append(this.#json({ type: 'error', problem }), { state, again: state === 'failed' && error instanceof AdiuvaError && error.row.retry });
    this.#close(state, { code: problem.code });
    this.#stop.abort(error);
  }

  /** Others took this process for dead; what it would still say is wanted nowhere. */
  #lose(): void {
    if (this.#over) return;
    this.#close('failed', { code: 'chat.interrupted' });
    this.#stop.abort(new AdiuvaError('chat.interrupted'));
  }

  #close(state: RunEnd['state'], more: object): void {
    this.#over = true;
    // The frames are kept for long; what made them, with the whole request, is not.
    this.#run.stop = () => {};
    const { requestId, userId } = this.#run;
    this.#deps.log.info('chat.run', { requestId, userId, state, ms: this.#deps.clock.now() - this.#startedAt, seq: this.#seq, ...more });
  }
}

const frameAt = (run: Run, seq: number): ServerFrame => serverFrame.parse(JSON.parse(run.frame(seq)));

/** State and result so far. */
export function snapshotOf(run: Run): RunState {
  const { requestId, state, lastSeq } = run;
  const frames = Array.from({ length: lastSeq }, (_, index) => frameAt(run, index + 1));
  const text = frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('');
  const last = frames.at(-1);
  return {
    requestId,
    state,
    lastSeq,
    text,
    response: last?.type === 'final' ? last.response : null,
    problem: last?.type === 'error' ? last.problem : null,
  };
}

/** The whole answer once it is there. @throws AdiuvaError what ended the run instead */
export async function responseOf(run: Run): Promise<ChatResponse> {
  await run.ended();
  const last = frameAt(run, run.lastSeq);
  if (last.type === 'final') return last.response;
  throw last.type === 'error' ? fromProblem(last.problem) : new AdiuvaError('internal');
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
