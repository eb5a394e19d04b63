import { bridgeLimits } from './channel.ts';
import { events, type BridgeEvent } from './events.ts';

/** Events in the order they were announced. `resync` says that some before these were dropped: the screen asks again for what it shows. */
export interface EventBatch {
  readonly events: readonly BridgeEvent[];
  readonly resync: boolean;
}

export interface EventSource {
  /** Adds a listener, returns what removes it. */
  subscribe(listener: (event: BridgeEvent) => void): () => void;
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

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Resolves at once where something waits. */
  some(): Promise<void> {
    if (this.#events.length > 0) return Promise.resolve();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  take(): EventBatch {
    const good = this.#events.map(checked).filter((event) => event !== undefined);
    const batch = { events: good, resync: this.#resync || good.length < this.#events.length };
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
  const stop = source.subscribe((event) => waiting.add(event));
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
      stop();
      signal?.removeEventListener('abort', wake);
    }
  })();
}
