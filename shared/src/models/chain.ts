import { AdiuvaError } from '../contracts/errors.ts';
import { backoffDelay } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/ids.ts';
import type { Log } from '../kit/log.ts';
import { lastReply, type Model, type ModelEvent, type ModelRequest } from './model.ts';

/** Bounds of one try, in milliseconds, and of the tries. `longestWaitMs`: a provider that asks for more is passed over. */
export const chainLimits = { firstEventMs: 30_000, wholeMs: 120_000, tries: 3, longestWaitMs: 3_000, backoff: { base: 250, max: 2_000 } } as const;
export type ChainLimits = { readonly [K in keyof typeof chainLimits]: K extends 'backoff' ? { base: number; max: number } : number };

export interface ChainOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<ChainLimits>;
}

/**
 * Models in order of preference behind the port. A transient failure is tried again, any other goes on to the next model; both only
 * while nothing of the answer was sent, because a reader must never see two answers spliced. Fails with the last model's error.
 */
export function fallbackChain(models: readonly Model[], options: ChainOptions): Model {
  const limits = { ...chainLimits, ...options.limits };
  const stream = (request: ModelRequest) => firstThatAnswers(models, request, { ...options, limits });
  return { id: models.map((model) => model.id).join(','), stream, complete: (request) => lastReply(stream(request)) };
}

type Chained = ChainOptions & { limits: ChainLimits };

async function* firstThatAnswers(models: readonly Model[], request: ModelRequest, options: Chained): AsyncGenerator<ModelEvent> {
  let last: unknown = new AdiuvaError('model.unavailable', { detail: 'no model is configured' });
  for (const model of models) {
    for (let attempt = 0; attempt < options.limits.tries; attempt++) {
      let sent = false;
      const attempted = timed(model, request, options);
      try {
        for (let next = await attempted.next(); !next.done; next = await attempted.next()) {
          sent = true;
          yield next.value;
        }
        return;
      } catch (error) {
        request.signal?.throwIfAborted();
        last = error;
        options.log.warn('model.failed', { model: model.id, attempt, code: codeOf(error) });
        if (sent) throw error;
      } finally {
        attempted.end();
      }
      const wait = waitBefore(last, attempt, options);
      if (wait === undefined) break;
      await options.clock.sleep(wait, request.signal);
    }
  }
  throw last;
}

const codeOf = (error: unknown) => (error instanceof AdiuvaError ? error.code : 'internal');

/** Codes worth the same model again at once. A timeout is not: the reader has waited once already. */
const again = new Set<string>(['model.unavailable', 'model.bad_reply']);

/** Milliseconds before the same model is tried again; undefined: go on to the next. */
function waitBefore(error: unknown, attempt: number, { random, limits }: Chained): number | undefined {
  if (!again.has(codeOf(error)) || attempt + 1 >= limits.tries) return undefined;
  const asked = ((error as AdiuvaError).retryAfter ?? 0) * 1_000;
  if (asked > limits.longestWaitMs) return undefined;
  return Math.max(asked, backoffDelay(attempt, random, limits.backoff));
}

interface Try {
  next(): Promise<IteratorResult<ModelEvent>>;
  /** Stops its clocks and what is still under way. */
  end(): void;
}

/** One try, cut at its limits also when the model does not listen to its signal. Not a generator: every token would pay for one more of them. */
function timed(model: Model, request: ModelRequest, { clock, limits }: Chained): Try {
  const cut = new AbortController();
  const expire = (detail: string) => () => cut.abort(new AdiuvaError('model.timeout', { detail }));
  const stopWhole = clock.after(limits.wholeMs, expire('the answer did not end in time'));
  const stopFirst = clock.after(limits.firstEventMs, expire('nothing came in time'));
  const signal = request.signal ? AbortSignal.any([request.signal, cut.signal]) : cut.signal;
  const events = model.stream({ ...request, signal })[Symbol.asyncIterator]();
  const until = endingWith(signal);
  let first = true;
  return {
    async next() {
      const next = await until(events.next());
      if (first) stopFirst();
      first = false;
      return next;
    },
    end() {
      stopFirst();
      stopWhole();
      // Ends the vendor's request also when the reader left early; a model that hangs must not hold us here.
      if (!signal.aborted) cut.abort(new AdiuvaError('chat.cancelled'));
      events.return?.(undefined)?.catch(() => {});
    },
  };
}

/** Waits for one promise after the other, each cut off by the signal. Unlike a race it leaves nothing behind at a promise that lives longer. */
function endingWith(signal: AbortSignal): <T>(promise: Promise<T>) => Promise<T> {
  let cut: (reason: unknown) => void = () => {};
  signal.addEventListener('abort', () => cut(signal.reason), { once: true });
  return (promise) =>
    new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      cut = reject;
      if (signal.aborted) reject(signal.reason);
    });
}
