import { bridgeLimits } from './channel.ts';
import { events, type BridgeEvent, type EventData } from './events.ts';

type Token = Extract<BridgeEvent, { type: 'chat.token' }>;

/** Tokens of one answer that follow each other, as they travel: what they share is said once. `id` is the one of the first. */
export interface TokenRun {
  readonly id: number;
  readonly type: 'chat.tokens';
  readonly data: { readonly messageId: string; readonly sessionId: string; readonly seqs: number[]; readonly texts: string[] };
}

export type WireEvent = Exclude<BridgeEvent, Token> | TokenRun;

/** Events in the order they were announced. `resync` says that some before these were dropped: the screen asks again for what it shows. */
export interface EventBatch {
  readonly events: readonly WireEvent[];
  readonly resync: boolean;
}

const continues = (last: WireEvent | undefined, { data }: Token): last is TokenRun =>
  last?.type === 'chat.tokens' && last.data.messageId === data.messageId && last.data.sessionId === data.sessionId;

/** Folds neighbouring tokens of one answer: a burst of ten thousand is a tenth of the bytes and a third of the time. */
function pack(list: readonly BridgeEvent[]): WireEvent[] {
  const packed: WireEvent[] = [];
  for (const event of list) {
    const last = packed.at(-1);
    if (event.type !== 'chat.token') packed.push(event);
    else if (continues(last, event)) {
      last.data.seqs.push(event.data.seq);
      last.data.texts.push(event.data.text);
    } else {
      const { messageId, sessionId, seq, text } = event.data;
      packed.push({ id: event.id, type: 'chat.tokens', data: { messageId, sessionId, seqs: [seq], texts: [text] } });
    }
  }
  return packed;
}

/** The other way: calls `give` for each event as it was announced, in order. */
export function unpack({ events: list }: EventBatch, give: (type: BridgeEvent['type'], data: BridgeEvent['data']) => void): void {
  for (const { type, data } of list) {
    if (type !== 'chat.tokens') give(type, data);
    else
      data.seqs.forEach((seq, at) =>
        give('chat.token', { messageId: data.messageId, sessionId: data.sessionId, seq, text: data.texts[at] ?? '' } satisfies EventData<'chat.token'>),
      );
  }
}

export interface EventSource {
  /** Adds a listener, returns what removes it. */
  subscribe(listener: (event: BridgeEvent) => void): () => void;
  /** Where given: hears that something changed of which no event tells, as by another process; screens then ask again. */
  readonly onMissed?: ((listener: () => void) => () => void) | undefined;
  /** Calls back in the next turn of the loop, after what waits there already (`setImmediate`). */
  turn(next: () => void): void;
}

/** An event that fits its schema, or undefined: then the screen is told that it missed one. */
function checked(event: BridgeEvent): BridgeEvent | undefined {
  const parsed = events[event.type]?.safeParse(event.data);
  return parsed?.success ? ({ id: event.id, type: event.type, data: parsed.data } as BridgeEvent) : undefined;
}

/** Holds what a screen has not taken yet, within {@link bridgeLimits}. */
class Waiting {
  #events: BridgeEvent[] = [];
  #resync = false;
  #wake: (() => void) | undefined;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(event: BridgeEvent): void {
    if (this.#events.length >= this.#limit) {
      this.#events = [];
      this.#resync = true;
    }
    this.#events.push(event);
    this.wake();
  }

  miss(): void {
    this.#resync = true;
    this.wake();
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Resolves at once where something waits. */
  some(): Promise<void> {
    if (this.#events.length > 0 || this.#resync) return Promise.resolve();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  take(): EventBatch {
    const good = this.#events.map(checked).filter((event) => event !== undefined);
    const batch = { events: pack(good), resync: this.#resync || good.length < this.#events.length };
    this.#events = [];
    this.#resync = false;
    return batch;
  }
}

/**
 * Listens from this very call on. The first event of a burst leaves at once, then one batch a turn, each only after the last was taken;
 * a reader slower than that loses the oldest and is told so by `resync`.
 */
export function eventBatches(source: EventSource, signal?: AbortSignal, limit: number = bridgeLimits.events): AsyncGenerator<EventBatch, void, void> {
  const waiting = new Waiting(limit);
  const stops = [source.subscribe((event) => waiting.add(event)), source.onMissed?.(() => waiting.miss())];
  const wake = () => waiting.wake();
  signal?.addEventListener('abort', wake, { once: true });
  return (async function* () {
    try {
      for (;;) {
        await waiting.some();
        if (signal?.aborted) return;
        yield waiting.take();
        await new Promise<void>((next) => source.turn(next));
      }
    } finally {
      for (const stop of stops) stop?.();
      signal?.removeEventListener('abort', wake);
    }
  })();
}
