import { callTRPCProcedure, getErrorShape, getTRPCErrorFromUnknown, transformTRPCResponse } from '@trpc/server';
import type { TRPCResponseMessage } from '@trpc/server/rpc';
import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { bridgeLimits, type Channel } from './channel.ts';
import { router, type Serving } from './router.ts';

const callId = z.union([z.int(), z.string().max(100)]);
const params = z.object({ path: z.string().max(200), input: z.unknown().optional() });

/** tRPC's messages over a socket; `subscription.stop` ends any call, not only a subscription. */
const request = z.discriminatedUnion('method', [
  z.object({ id: callId, method: z.enum(['query', 'mutation', 'subscription']), params }),
  z.object({ id: callId, method: z.literal('subscription.stop') }),
]);
type Request = z.infer<typeof request>;
type Call = Exclude<Request, { method: 'subscription.stop' }>;
type Id = z.infer<typeof callId>;
type Reply = { result: { type?: 'data'; data: unknown } | { type: 'started' | 'stopped' } };

/** The id of a message that is too long to be parsed, so that its sender gets an answer. */
function sniffId(text: string): Id | null {
  const found = /"id"\s*:\s*(\d{1,15})\b/.exec(text.slice(0, 200)) ?? /"id"\s*:\s*(\d{1,15})\s*[,}]/.exec(text.slice(-200));
  return found ? Number(found[1]) : null;
}

/** One screen's calls on one channel. */
class Served {
  readonly #channel: Channel;
  readonly #serving: Serving;
  readonly #running = new Map<Id, { call: Call; abort: AbortController }>();

  constructor(channel: Channel, serving: Serving) {
    this.#channel = channel;
    this.#serving = serving;
    channel.onText((text) => this.#onText(text));
    channel.onClose(() => this.#onClose());
  }

  #onText(text: string): void {
    if (text === 'PING') return void this.#channel.send('PONG');
    if (text.length > bridgeLimits.text) return void this.#fail(sniffId(text), new AdiuvaError('request.too_large'));
    let messages: unknown;
    try {
      messages = JSON.parse(text);
    } catch {
      return void this.#fail(null, new AdiuvaError('request.invalid', { detail: 'not JSON' }));
    }
    if (!Array.isArray(messages)) return this.#onMessage(messages);
    if (messages.length > bridgeLimits.calls) return void this.#fail(null, new AdiuvaError('rate.limited', { detail: 'too many calls at once' }));
    for (const message of messages) this.#onMessage(message);
  }

  #onMessage(message: unknown): void {
    const parsed = request.safeParse(message);
    if (!parsed.success)
      return void this.#fail(z.object({ id: callId }).safeParse(message).data?.id ?? null, new AdiuvaError('request.invalid', { detail: 'not a call' }));
    if (parsed.data.method === 'subscription.stop')
      return this.#running.get(parsed.data.id)?.abort.abort(new AdiuvaError('bridge.disconnected', { detail: 'the caller gave up' }));
    void this.#run(parsed.data);
  }

  async #run(call: Call): Promise<void> {
    if (this.#running.has(call.id)) return this.#fail(call.id, new AdiuvaError('request.invalid', { detail: 'this id is in use' }));
    if (this.#running.size >= bridgeLimits.calls) return this.#fail(call.id, new AdiuvaError('rate.limited', { detail: 'too many calls at once' }));
    const abort = new AbortController();
    this.#running.set(call.id, { call, abort });
    try {
      await this.#answer(call, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) await this.#fail(call.id, error, call);
    } finally {
      this.#running.delete(call.id);
    }
  }

  async #answer({ id, method, params: { path, input } }: Call, signal: AbortSignal): Promise<void> {
    const getRawInput = async () => router._def._config.transformer.input.deserialize(input);
    const result: unknown = await callTRPCProcedure({ router, path, getRawInput, ctx: this.#serving, type: method, signal, batchIndex: 0 });
    if (method !== 'subscription') return signal.aborted ? undefined : this.#reply(id, { result: { type: 'data', data: result } });
    await this.#reply(id, { result: { type: 'started' } });
    for await (const batch of result as AsyncIterable<unknown>) await this.#reply(id, { result: { type: 'data', data: batch } });
    await this.#reply(id, { result: { type: 'stopped' } });
  }

  #reply(id: Id | null, reply: Reply | { error: ReturnType<typeof shapeOf> }): Promise<void> {
    return this.#channel.send(JSON.stringify(transformTRPCResponse(router._def._config, { id, ...reply } as TRPCResponseMessage)));
  }

  #fail(id: Id | null, thrown: unknown, call?: Call): Promise<void> {
    return this.#reply(id, { error: shapeOf(thrown, call) });
  }

  /** A screen that went away no longer waits for what it asked; what it ordered is carried through. */
  #onClose(): void {
    for (const { call, abort } of this.#running.values()) if (call.method !== 'mutation') abort.abort(new AdiuvaError('bridge.disconnected'));
  }
}

function shapeOf(thrown: unknown, call?: Call) {
  const error = getTRPCErrorFromUnknown(thrown);
  return getErrorShape({ config: router._def._config, error, type: call?.method ?? 'unknown', path: call?.params.path, input: undefined, ctx: undefined });
}

/** Answers one screen on one channel until it closes. */
export function serveChannel(channel: Channel, serving: Serving): void {
  new Served(channel, serving);
}
