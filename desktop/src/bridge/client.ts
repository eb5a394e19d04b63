import { createTRPCUntypedClient, TRPCClientError } from '@trpc/client';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import { unpack, type EventBatch } from './batches.ts';
import type { EventData, EventName } from './events.ts';
import { Link, linkOf, type LinkParts, type LinkState } from './link.ts';
import { procedures, type InputOf, type OutputOf, type ProcedureName } from './procedures.ts';
import type { BridgeRouter } from './router.ts';

export type { LinkState } from './link.ts';

export interface Bridge {
  /**
   * One call. Rejects with an {@link AdiuvaError}: what the core answered, `bridge.disconnected` when the other side died or is not there,
   * `request.too_large` above 4 MiB. An abort rejects with the signal's reason, as `fetch` does.
   */
  call<N extends ProcedureName>(name: N, input?: InputOf<N>, options?: { signal?: AbortSignal }): Promise<OutputOf<N>>;
  /** Adds a listener for one kind of event; returns what removes it. */
  on<N extends EventName>(type: N, listener: (data: EventData<N>) => void): () => void;
  state(): LinkState;
  /**
   * After `lost` → `open` ask again for what is shown. The same pair, one right after the other, tells a screen that read too slowly that it
   * missed events; its calls go on.
   */
  onState(listener: (state: LinkState) => void): () => void;
  close(): void;
}

/** What the other side answered or what became of the link, as our one error class; an abort keeps its reason. */
function thrown(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (!(error instanceof TRPCClientError)) return error;
  if (error.cause instanceof AdiuvaError) return error.cause;
  return fromProblem((error.data as { problem?: unknown } | undefined)?.problem);
}

type Listeners = Map<EventName, Set<(data: unknown) => void>>;

function hand(batch: EventBatch, listeners: Listeners): void {
  unpack(batch, (type, data) => listeners.get(type)?.forEach((listener) => tell(listener, data)));
}

/** A listener that throws is reported like any stray error and takes no event from the others. */
function tell(listener: (data: unknown) => void, data: unknown): void {
  try {
    listener(data);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** A bridge over connections that `connect` makes; connects by itself, at once and after every loss, with backoff. */
export function createBridge(parts: LinkParts): Bridge {
  const link = new Link(parts);
  const client = createTRPCUntypedClient<BridgeRouter>({ links: [linkOf(link)] });
  const listeners: Listeners = new Map();

  const onBatch = (batch: EventBatch) => {
    hand(batch, listeners);
    if (!batch.resync) return;
    link.setState('lost');
    link.setState('open');
  };
  const listen = () =>
    void client.subscription('events', undefined, {
      onStarted: () => link.setState('open'),
      onData: (batch) => onBatch(batch as EventBatch),
      onError: () => {},
    });
  void link.run(listen);

  return {
    async call(name, input, options) {
      try {
        const output = await client[procedures[name].kind](name, input, options);
        return output as OutputOf<typeof name>;
      } catch (error) {
        throw thrown(error, options?.signal);
      }
    },
    on(type, listener) {
      const set = listeners.get(type) ?? new Set();
      listeners.set(type, set.add(listener as (data: unknown) => void));
      return () => void set.delete(listener as (data: unknown) => void);
    },
    state: () => link.state,
    onState: (listener) => link.onState(listener),
    close: () => link.close(),
  };
}
