import { AdiuvaError } from '../contracts/errors.ts';
import { backoffDelay } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/ids.ts';
import type { Log } from '../kit/log.ts';
import { breaker, breakerLimits, type Breaker, type BreakerLimits } from './breaker.ts';
import { openLedger, type Ledger } from './ledger.ts';
import { lastReply, type EmbedOptions, type Model, type ModelEvent, type ModelRequest, type TimeLimits } from './model.ts';

/** Bounds of one try, in milliseconds, and of the tries. `longestWaitMs`: a provider that asks for more is passed over. */
export const chainLimits = {
  firstEventMs: 30_000,
  idleMs: 30_000,
  wholeMs: 120_000,
  tries: 3,
  longestWaitMs: 3_000,
  backoff: { base: 250, max: 2_000 },
  breaker: breakerLimits,
} as const;
export interface ChainLimits extends TimeLimits {
  readonly tries: number;
  readonly longestWaitMs: number;
  readonly backoff: { base: number; max: number };
  readonly breaker: BreakerLimits;
}

export interface ChainOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<ChainLimits>;
  readonly ledger?: Ledger;
}

/**
 * Models in order of preference behind the port. A transient failure is tried again, any other goes on to the next model. Once something of an answer was
 * sent the same model is not asked again, and the next one begins with `anew`, so that no reader takes two answers for one. A model that failed often is
 * passed over for a while, and a request marked `local` passes over all that are not. Fails with the last model's error.
 */
export function fallbackChain(models: readonly Model[], options: ChainOptions): Model {
  const limits = { ...chainLimits, ...options.limits };
  const chained: Chained = { ...options, limits, ledger: options.ledger ?? openLedger() };
  const members = models.map((model) => ({ model, breaker: breaker(options.clock, limits.breaker) }));
  const stream = (request: ModelRequest) => firstThatAnswers(members, request, chained, true);
  return {
    id: models.map((model) => model.id).join(','),
    privacy: models.every(isLocal) ? 'local' : 'vendor',
    stream,
    complete: (request) => lastReply(firstThatAnswers(members, request, chained, false)),
    ...embedding(members, chained),
  };
}

interface Member {
  readonly model: Model;
  readonly breaker: Breaker;
}

type Chained = ChainOptions & { readonly limits: ChainLimits; readonly ledger: Ledger };

const isLocal = (model: Model) => model.privacy === 'local';

/** @throws AdiuvaError `model.not_private` when the request has to stay here and nobody here can answer it */
function allowed(members: readonly Member[], { privacy }: EmbedOptions): readonly Member[] {
  const may = members.filter(({ model }) => privacy !== 'local' || isLocal(model));
  if (may.length === 0 && members.length > 0) throw new AdiuvaError('model.not_private');
  return may;
}

/** From the preferred one on, those before it last. */
function ordered(members: readonly Member[], { prefer }: ModelRequest): readonly Member[] {
  const first = members.findIndex(({ model }) => model.id === prefer);
  return first > 0 ? [...members.slice(first), ...members.slice(0, first)] : members;
}

/** `shown`: somebody reads along. */
async function* firstThatAnswers(members: readonly Member[], request: ModelRequest, options: Chained, shown: boolean): AsyncGenerator<ModelEvent> {
  const may = ordered(allowed(members, request), request);
  let begun = false;
  let last: unknown = nobody(may);
  for (const member of may) {
    for (let attempt = 0; attempt < options.limits.tries && member.breaker.pass(); attempt++) {
      let sent = false;
      const attempted = timed(member, request, options);
      try {
        let next = await attempted.next();
        if (begun && !next.done) yield { type: 'anew' };
        for (; !next.done; next = await attempted.next()) {
          sent = shown;
          yield next.value;
        }
        return;
      } catch (error) {
        request.signal?.throwIfAborted();
        last = error;
        attempted.failed(error, attempt);
        begun ||= sent;
      } finally {
        attempted.end();
      }
      if (sent) break;
      const wait = waitBefore(last, attempt, options);
      if (wait === undefined || member.breaker.waitMs() > wait) break;
      await options.clock.sleep(wait, request.signal);
    }
  }
  throw last;
}

/** What is thrown when every breaker is open, or nothing was configured. */
function nobody(members: readonly Member[]): AdiuvaError {
  if (members.length === 0) return new AdiuvaError('model.unavailable', { detail: 'no model is configured' });
  const wait = Math.min(...members.map((member) => member.breaker.waitMs()));
  return new AdiuvaError('model.unavailable', { detail: 'every provider is down', retryAfter: Math.max(1, Math.ceil(wait / 1_000)) });
}

function succeeded({ model, breaker: own }: Member, { reply }: Extract<ModelEvent, { type: 'done' }>, { ledger, log }: Chained): void {
  own.succeeded();
  const cost = ledger.used(reply.usage, isLocal(model));
  const { inputTokens, outputTokens } = reply.usage;
  log.debug('model.used', { model: model.id, inputTokens, outputTokens, cost });
}

/** Says what the failure means for the provider: overload, silence and lost connections do, a bad request or reply does not. */
function failed({ model, breaker: own }: Member, error: unknown, attempt: number, { ledger, limits, log }: Chained): void {
  const code = codeOf(error);
  ledger.failed(model.id);
  const asked = askedMs(error);
  if (code === 'model.unavailable' || code === 'model.timeout') own.failed(asked > limits.longestWaitMs ? asked : 0);
  // It answered, if only that it will not.
  else if (code === 'model.refused') own.succeeded();
  else own.abandoned();
  log.warn('model.failed', { model: model.id, attempt, code });
}

const codeOf = (error: unknown) => (error instanceof AdiuvaError ? error.code : 'internal');
const askedMs = (error: unknown) => (error instanceof AdiuvaError ? (error.retryAfter ?? 0) : 0) * 1_000;

/** Codes worth the same model again at once. A timeout is not: the reader has waited once already. */
const again = new Set<string>(['model.unavailable', 'model.bad_reply']);

/** Milliseconds before the same model is tried again; undefined: go on to the next. */
function waitBefore(error: unknown, attempt: number, { random, limits }: Chained): number | undefined {
  if (!again.has(codeOf(error)) || attempt + 1 >= limits.tries) return undefined;
  const asked = askedMs(error);
  if (asked > limits.longestWaitMs) return undefined;
  return Math.max(asked, backoffDelay(attempt, random, limits.backoff));
}

interface Try {
  next(): Promise<IteratorResult<ModelEvent>>;
  failed(error: unknown, attempt: number): void;
  /** Stops its clocks and what is still under way. */
  end(): void;
}

/** One try, cut at its limits also when the model does not listen to its signal. Not a generator: every token would pay for one more of them. */
function timed(member: Member, request: ModelRequest, options: Chained): Try {
  const { model } = member;
  const { clock, limits: general } = options;
  const limits = { ...general, ...model.limits };
  const cut = new AbortController();
  const expire = (detail: string) => cut.abort(new AdiuvaError('model.timeout', { detail }));
  const stopWhole = clock.after(limits.wholeMs, () => expire('the answer did not end in time'));
  const silence = watch(clock, limits, expire);
  const signal = request.signal ? AbortSignal.any([request.signal, cut.signal]) : cut.signal;
  const alive = () => {
    silence.heard();
    request.alive?.();
  };
  const events = model.stream({ ...request, signal, alive })[Symbol.asyncIterator]();
  const until = endingWith(signal);
  let open = true;
  return {
    async next() {
      silence.waiting(true);
      const next = await until(events.next());
      silence.heard();
      silence.waiting(false);
      if (!next.done && next.value.type === 'done') {
        open = false;
        succeeded(member, next.value, options);
      }
      return next;
    },
    failed(error, attempt) {
      open = false;
      failed(member, error, attempt, options);
    },
    end() {
      // The reader left, or took its request back: no word on the provider.
      if (open) member.breaker.abandoned();
      silence.stop();
      stopWhole();
      // Ends the vendor's request also when the reader left early; a model that hangs must not hold us here.
      if (!signal.aborted) cut.abort(new AdiuvaError('chat.cancelled'));
      events.return?.(undefined)?.catch(() => {});
    },
  };
}

/** Watches for silence while somebody waits: a reader that takes its time is not the model's fault. One timer, set anew only when it rings. */
function watch({ now, after }: Clock, { firstEventMs, idleMs }: TimeLimits, expire: (detail: string) => void) {
  let heardAt: number | undefined;
  let waits = true;
  const ring = () => {
    if (heardAt === undefined) return expire('nothing came in time');
    const left = waits ? heardAt + idleMs - now() : idleMs;
    if (left <= 0) expire('the answer stalled');
    else stop = after(left, ring);
  };
  let stop = after(firstEventMs, ring);
  return {
    heard() {
      const first = heardAt === undefined;
      heardAt = now();
      if (!first) return;
      stop();
      stop = after(idleMs, ring);
    },
    waiting(yes: boolean) {
      waits = yes;
      if (yes && heardAt !== undefined) heardAt = now();
    },
    stop: () => stop(),
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

/**
 * Vectors of the first member that has them, and of no other: those of two embedders cannot be compared, so there is no fallback here. A request
 * that has to stay on this machine is refused when that member is elsewhere.
 */
function embedding(members: readonly Member[], options: Chained): Pick<Model, 'embed' | 'embedder'> {
  const member = members.find(({ model }) => model.embed);
  if (!member?.model.embed) return {};
  const { embedder = member.model.id } = member.model;
  return { embedder, embed: (texts, asked = {}) => embedTrying(member, texts, asked, options) };
}

async function embedTrying(member: Member, texts: readonly string[], asked: EmbedOptions, options: Chained): Promise<number[][]> {
  allowed([member], asked);
  for (let attempt = 0; ; attempt++) {
    if (!member.breaker.pass()) throw nobody([member]);
    const late = new AbortController();
    const stop = options.clock.after(options.limits.wholeMs, () => late.abort(new AdiuvaError('model.timeout')));
    const signal = asked.signal ? AbortSignal.any([asked.signal, late.signal]) : late.signal;
    try {
      const vectors = await endingWith(signal)(member.model.embed!(texts, { ...asked, signal }));
      member.breaker.succeeded();
      return vectors;
    } catch (error) {
      if (asked.signal?.aborted) member.breaker.abandoned();
      asked.signal?.throwIfAborted();
      failed(member, error, attempt, options);
      const wait = waitBefore(error, attempt, options);
      if (wait === undefined) throw error;
      await options.clock.sleep(wait, asked.signal);
    } finally {
      stop();
    }
  }
}
