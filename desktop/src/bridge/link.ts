import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable, type Observer } from '@trpc/server/observable';
import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { backoffDelay } from '@adiuva/shared/kit/backoff.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { bridgeLimits, type Channel, type Connect } from './channel.ts';
import type { BridgeRouter } from './router.ts';
import { values } from './values.ts';

/** Before the first connection `connecting`; after a loss `lost` until it is back. */
export type LinkState = 'connecting' | 'open' | 'lost';

export interface LinkParts {
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
}

const reply = z.object({
  id: z.int().nullable(),
  result: z.object({ type: z.enum(['started', 'stopped', 'data']).optional(), data: z.unknown().optional() }).optional(),
  error: z.unknown().optional(),
});
type Reply = z.infer<typeof reply>;

type Failure = TRPCClientError<BridgeRouter>;
type Envelope = { result: { type: 'data'; data: unknown } | { type: 'started' | 'stopped' } };
type Call = { id: number; method: 'query' | 'mutation' | 'subscription'; path: string; input: unknown };
type Pending = { call: Call; text: string; sent: boolean; observer: Observer<Envelope, Failure> };

const bounds = { base: 100, max: 5_000 };

/**
 * The screen's end of the bridge: tRPC calls over channels that come and go. Calls made before the first connection wait for it; what runs
 * when a channel dies is answered with `bridge.disconnected`, and so is what is called while there is none.
 */
export class Link {
  readonly #parts: LinkParts;
  readonly #closing = new AbortController();
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(state: LinkState) => void>();
  #channel: Channel | undefined;
  #state: LinkState = 'connecting';
  #lastId = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  get state(): LinkState {
    return this.#state;
  }

  onState(listener: (state: LinkState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  setState(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  /** Connects, and again after every loss, until closed. `onChannel` runs on each new connection. */
  async run(onChannel: () => void): Promise<void> {
    const { connect, clock, random } = this.#parts;
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const channel = await connect(signal).catch(() => undefined);
      if (channel && signal.aborted) channel.close();
      if (channel && !signal.aborted) {
        attempt = 0;
        await this.#live(channel, onChannel);
      }
      this.#lose();
      await clock.sleep(backoffDelay(attempt, random, bounds), signal).catch(() => {});
    }
  }

  #live(channel: Channel, onChannel: () => void): Promise<void> {
    return new Promise((closed) => {
      channel.onClose(closed);
      channel.onText((text) => this.#onText(text));
      this.#channel = channel;
      onChannel();
      for (const pending of this.#pending.values()) this.#send(pending);
    });
  }

  #lose(): void {
    this.#channel = undefined;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { observer } of lost) observer.error(disconnected());
    this.setState('lost');
  }

  /** Starts a call; the returned function gives it up and tells the core so. */
  request(call: Omit<Call, 'id'>, observer: Pending['observer']): () => void {
    if (this.#closing.signal.aborted || (!this.#channel && this.#state === 'lost')) return refused(observer, disconnected());
    const id = ++this.#lastId;
    let text: string;
    try {
      text = JSON.stringify({ id, method: call.method, params: { path: call.path, input: values.input.serialize(call.input) } });
    } catch (error) {
      return refused(observer, TRPCClientError.from(error as Error));
    }
    if (text.length > bridgeLimits.text) return refused(observer, TRPCClientError.from(new AdiuvaError('request.too_large')));
    const pending = { call: { id, ...call }, text, sent: false, observer };
    this.#pending.set(id, pending);
    this.#send(pending);
    return () => this.#giveUp(pending);
  }

  #send(pending: Pending): void {
    if (!this.#channel || pending.sent) return;
    pending.sent = true;
    void this.#channel.send(pending.text);
  }

  #giveUp({ call: { id }, sent }: Pending): void {
    if (this.#pending.delete(id) && sent) void this.#channel?.send(JSON.stringify({ id, method: 'subscription.stop' }));
  }

  #onText(text: string): void {
    const message = parseReply(text);
    const pending = message && message.id !== null ? this.#pending.get(message.id) : undefined;
    if (!message || !pending) return;
    if (message.result && pending.call.method === 'subscription' && message.result.type !== 'stopped') return pending.observer.next(envelope(message.result));
    this.#pending.delete(pending.call.id);
    if (!message.result) return pending.observer.error(TRPCClientError.from({ error: message.error as object }));
    pending.observer.next(envelope(message.result));
    pending.observer.complete();
  }

  close(): void {
    this.#closing.abort(new AdiuvaError('bridge.disconnected'));
    this.#channel?.close();
    this.#lose();
  }
}

function parseReply(text: string): Reply | undefined {
  try {
    return reply.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const envelope = (result: NonNullable<Reply['result']>): Envelope =>
  result.type === 'started' || result.type === 'stopped'
    ? { result: { type: result.type } }
    : { result: { type: 'data', data: values.output.deserialize(result.data) } };

const disconnected = () => TRPCClientError.from<BridgeRouter>(new AdiuvaError('bridge.disconnected'));

function refused(observer: Pending['observer'], error: Failure): () => void {
  observer.error(error);
  return () => {};
}

/** The link as tRPC's client takes it: the last of its chain. An abort of the caller's signal reaches the core. */
export function linkOf(link: Link): TRPCLink<BridgeRouter> {
  return () =>
    ({ op }) =>
      observable((observer) => {
        const giveUp = link.request({ method: op.type, path: op.path, input: op.input }, observer as unknown as Pending['observer']);
        const onAbort = () => {
          giveUp();
          observer.error(TRPCClientError.from(op.signal?.reason instanceof Error ? op.signal.reason : new Error('aborted')));
        };
        if (op.signal?.aborted) onAbort();
        op.signal?.addEventListener('abort', onAbort, { once: true });
        return () => {
          op.signal?.removeEventListener('abort', onAbort);
          giveUp();
        };
      });
}
