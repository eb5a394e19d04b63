import { afterEach, describe, expect, it, vi } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { unpack, type EventBatch } from './batches.ts';
import { bridgeLimits, type Channel } from './channel.ts';
import { createBridge, type Bridge, type LinkState } from './client.ts';
import type { BridgeEvent } from './events.ts';
import type { CoreApi } from './procedures.ts';
import type { Serving } from './router.ts';
import { serveChannel } from './serve.ts';

/** What a link has to bring to be tested: pairs of connected ends, which can be cut, held and spoken into. */
export interface LinkUnderTest {
  /** The screen's side: a new connection whose other end is given to `accept`. */
  connect(): Promise<Channel>;
  /** Called with the core's end of every new connection. */
  accept: (channel: Channel) => void;
  /** Makes `connect` fail while true. */
  refuse: boolean;
  /** Tears every connection from the core's side. */
  cut(): void;
  /** Stops and goes on reading at the screen's side. */
  hold(): void;
  resume(): void;
  /** How many events fill what lies between both ends, so that a held screen is felt. */
  readonly fill: number;
  close(): Promise<void>;
}

const vault = { state: 'open' as const, vaultId: 'v', slots: [], phraseConfirmed: true, problem: null };
const token = (id: number, text = 'x'): BridgeEvent => ({ id, type: 'chat.token', data: { messageId: 'm', sessionId: 's', seq: id, text } });
const coded = (code: string) => expect.objectContaining({ name: 'AdiuvaError', code });

/** A core of single functions; what a test does not give is a failure. */
const coreOf = (functions: Partial<CoreApi>): CoreApi =>
  new Proxy(functions as CoreApi, {
    get: (given, name) => (Object.hasOwn(given, name) ? given[name as keyof CoreApi] : () => Promise.reject(new Error('not part of this test'))),
  });

class World {
  readonly link: LinkUnderTest;
  readonly listeners = new Set<(event: BridgeEvent) => void>();
  readonly serving: Serving;
  readonly channels: Channel[] = [];
  bridge: Bridge;
  states: LinkState[] = [];

  constructor(link: LinkUnderTest, functions: Partial<CoreApi>, keep?: number) {
    this.link = link;
    const subscribe = (listener: (event: BridgeEvent) => void) => {
      this.listeners.add(listener);
      return () => void this.listeners.delete(listener);
    };
    this.serving = { core: coreOf(functions), subscribe, turn: setImmediate, keep };
    link.accept = (channel) => {
      this.channels.push(channel);
      serveChannel(channel, this.serving);
    };
    this.bridge = createBridge({ connect: () => link.connect(), clock: systemClock, random: seededRandom(1) });
    this.bridge.onState((state) => this.states.push(state));
  }

  announce(event: BridgeEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  async open(): Promise<this> {
    await vi.waitFor(() => expect(this.bridge.state()).toBe('open'), { timeout: 10_000, interval: 5 });
    return this;
  }
}

/** The behaviour every link owes to both sides. */
export function transportSuite(name: string, create: () => Promise<LinkUnderTest>): void {
  describe(`the bridge over ${name}`, () => {
    let world: World | undefined;
    const start = async (functions: Partial<CoreApi> = {}, keep?: number) => (world = new World(await create(), functions, keep)).open();
    afterEach(async () => {
      world?.bridge.close();
      await world?.link.close();
      world = undefined;
    });

    it('carries a call and its answer, defaults filled in', async () => {
      const seen = vi.fn();
      const { bridge } = await start({ 'search.query': async (input) => (seen(input), { hits: [], tookMs: 1 }) });
      expect(await bridge.call('search.query', { query: 'invoice' })).toEqual({ hits: [], tookMs: 1 });
      expect(seen).toHaveBeenCalledWith({ query: 'invoice', limit: 20 });
    });

    it('refuses input that does not fit and names the field, never the value', async () => {
      const { bridge } = await start({ 'search.query': async () => ({ hits: [], tookMs: 1 }) });
      const fault: AdiuvaError = await bridge.call('search.query', { query: 'secret', limit: 0 }).catch((error) => error);
      expect(fault).toMatchObject({ code: 'request.invalid', detail: expect.stringMatching(/^limit: /) });
      await expect(bridge.call('search.query', { query: 'x', more: 1 } as never)).rejects.toEqual(coded('request.invalid'));
      await expect(bridge.call('vault.unlock', 'open' as never)).rejects.toEqual(coded('request.invalid'));
    });

    it('refuses output that does not fit, without its words', async () => {
      const { bridge } = await start({ 'search.query': async () => ({ hits: 'private' }) as never });
      const fault: AdiuvaError = await bridge.call('search.query', { query: 'x' }).catch((error) => error);
      expect(fault).toEqual(coded('internal'));
      expect(JSON.stringify(fault) + fault.message).not.toContain('private');
    });

    it.each(['status.nothing', '__proto__', 'constructor', 'toString', 'events', 'status', ''])('refuses the unknown procedure "%s"', async (path) => {
      const { link } = await start();
      const raw = await link.connect();
      const answer = new Promise<string>((resolve) => raw.onText(resolve));
      void raw.send(JSON.stringify({ id: 7, method: 'query', params: { path } }));
      expect(JSON.parse(await answer)).toMatchObject({ id: 7, error: { data: { problem: { code: 'bridge.unknown_procedure', status: 404 } } } });
    });

    it('refuses a query asked as a mutation', async () => {
      const { link } = await start({ 'vault.state': async () => vault });
      const raw = await link.connect();
      const answer = new Promise<string>((resolve) => raw.onText(resolve));
      void raw.send(JSON.stringify({ id: 1, method: 'mutation', params: { path: 'vault.state' } }));
      expect(JSON.parse(await answer)).toMatchObject({ id: 1, error: { data: { problem: { code: 'bridge.unknown_procedure' } } } });
    });

    it('answers what is no message, and goes on', async () => {
      const { link } = await start({ 'vault.state': async () => vault });
      const raw = await link.connect();
      const answers: { id: unknown; error?: { data: { problem: { code: string } } } }[] = [];
      raw.onText((text) => answers.push(JSON.parse(text)));
      const bad = [
        '',
        '{',
        'null',
        '[1]',
        '"text"',
        '{"id":1}',
        '{"id":2,"method":"eval","params":{}}',
        '{"id":{},"method":"query","params":{"path":"vault.state"}}',
        `{"id":3,"method":"query","params":{"path":"${'x'.repeat(500)}"}}`,
      ];
      for (const text of bad) void raw.send(text);
      void raw.send(JSON.stringify({ id: 4, method: 'query', params: { path: 'vault.state' } }));
      await vi.waitFor(() => expect(answers).toHaveLength(bad.length + 1), 15_000);
      expect(answers.slice(0, -1).map((answer) => answer.error?.data.problem.code)).toEqual(bad.map(() => 'request.invalid'));
      expect(answers.at(-1)).toMatchObject({ id: 4, result: { data: vault } });
    });

    it('carries Date, Error, undefined and odd numbers unharmed', async () => {
      const odd = {
        at: new Date(1_760_000_000_000),
        list: [undefined, null, NaN, -0, -Infinity],
        $: 'a dollar',
        deep: { $: ['date', 'no mark'] },
        fault: new AdiuvaError('run.conflict', { detail: 'changed' }),
      };
      const echo = vi.fn();
      const { bridge } = await start({
        'chat.sent': async () => ({ host: null, request: odd }),
        'records.add': async (input) => (echo(input.fields), { record: null, runId: 'r' }),
      });
      expect((await bridge.call('chat.sent', { messageId: 'm' })).request).toStrictEqual(odd);
      const got = (await bridge.call('chat.sent', { messageId: 'm' })).request as typeof odd;
      expect(got.fault).toMatchObject({ code: 'run.conflict', detail: 'changed' });
      await bridge.call('records.add', { type: 'note', fields: odd });
      expect(echo).toHaveBeenCalledWith(odd);
      expect(
        (await start({ 'chat.sent': async () => ({ host: null, request: undefined }) })) && (await world!.bridge.call('chat.sent', { messageId: 'm' })).request,
      ).toBeUndefined();
    });

    it('gives an error of the core as it was thrown, and an unknown one as internal', async () => {
      const { bridge } = await start({
        'plans.undo': () => Promise.reject(new AdiuvaError('run.conflict', { detail: 'two records', retryAfter: 3, cause: new Error('inside') })),
        'records.get': () => Promise.reject(new TypeError('a line of the diary')),
      });
      const fault: AdiuvaError = await bridge.call('plans.undo', { runId: 'r' }).catch((error) => error);
      expect(fault).toBeInstanceOf(AdiuvaError);
      expect(fault).toMatchObject({ code: 'run.conflict', detail: 'two records', retryAfter: 3 });
      const other: AdiuvaError = await bridge.call('records.get', { id: 'x' }).catch((error) => error);
      expect(other).toEqual(coded('internal'));
      expect(other.message).not.toContain('diary');
    });

    it('keeps 10,000 events in order, the first at once, the rest in few batches', async () => {
      const { link, bridge } = await start();
      const raw = await link.connect();
      const batches: EventBatch[] = [];
      const seqs = () =>
        batches.flatMap((batch) => {
          const found: number[] = [];
          unpack(batch, (_type, data) => found.push((data as { seq: number }).seq));
          return found;
        });
      const started = new Promise<void>((resolve) =>
        raw.onText((text) => {
          const { result } = JSON.parse(text);
          if (result.type === 'started') resolve();
          else batches.push(result.data);
        }),
      );
      void raw.send(JSON.stringify({ id: 1, method: 'subscription', params: { path: 'events' } }));
      await started;
      const got: number[] = [];
      bridge.on('chat.token', (data) => got.push(data.seq));
      for (let id = 1; id <= 10_000; id++) {
        world!.announce(token(id));
        if (id === 1) await Promise.resolve();
        if (id % 1_000 === 0) await new Promise(setImmediate);
      }
      await vi.waitFor(() => expect(got).toHaveLength(10_000), { timeout: 10_000 });
      expect(got).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
      await vi.waitFor(() => expect(seqs()).toHaveLength(10_000), { timeout: 10_000 });
      expect(seqs()).toEqual(got);
      expect(batches.length).toBeLessThanOrEqual(100);
      expect(batches.some((batch) => batch.resync)).toBe(false);
    });

    it('keeps tokens of several answers and other events between them in order', async () => {
      const { bridge } = await start();
      const got: unknown[] = [];
      bridge.on('chat.token', (data) => got.push(data));
      bridge.on('notification', (data) => got.push(data));
      const of = (messageId: string, seq: number, text: string) => ({ messageId, sessionId: 's', seq, text });
      const sent = [of('a', 1, 'x'), of('a', 2, ''), of('b', 1, 'y'), of('a', 3, 'z'), { title: 't', body: '' }, of('a', 4, 'u'), of('a', 4, 'u')];
      sent.forEach((data, at) => world!.announce({ id: at + 1, type: 'title' in data ? 'notification' : 'chat.token', data } as BridgeEvent));
      await vi.waitFor(() => expect(got).toEqual(sent), 15_000);
    });

    it('checks events too: one that does not fit becomes a resync', async () => {
      const { bridge, states } = await start();
      const got = vi.fn();
      bridge.on('notification', got);
      world!.announce({ id: 1, type: 'notification', data: { title: 1 } } as never);
      world!.announce({ id: 2, type: 'notification', data: { title: 'a', body: 'b' } });
      await vi.waitFor(() => expect(got).toHaveBeenCalledWith({ title: 'a', body: 'b' }), 15_000);
      expect(states).toEqual(['open', 'lost', 'open']);
    });

    it('bounds what it keeps for a screen that does not read, and says that some was lost', async () => {
      const { link, bridge, states } = await start({}, 50);
      const got: number[] = [];
      bridge.on('chat.token', (data) => got.push(data.seq));
      link.hold();
      const total = link.fill;
      for (let id = 1; id <= total; id++) {
        world!.announce(token(id, 'x'.repeat(10_000)));
        if (id % 10 === 0) await new Promise(setImmediate);
      }
      link.resume();
      await vi.waitFor(() => expect(got.at(-1)).toBe(total), { timeout: 20_000 });
      expect(got.length).toBeLessThan(total);
      expect(got).toEqual([...got].sort((a, b) => a - b));
      expect(states).toContain('lost');
      expect(states.at(-1)).toBe('open');
    });

    it('answers pending calls when the core dies, and comes back by itself', async () => {
      let asked = 0;
      const { link, bridge, states } = await start({ 'vault.state': () => (++asked === 1 ? new Promise(() => {}) : Promise.resolve(vault)) });
      const pending = bridge.call('vault.state');
      await vi.waitFor(() => expect(asked).toBe(1), 15_000);
      link.refuse = true;
      link.cut();
      await expect(pending).rejects.toEqual(coded('bridge.disconnected'));
      expect(bridge.state()).toBe('lost');
      await expect(bridge.call('vault.state')).rejects.toEqual(coded('bridge.disconnected'));
      link.refuse = false;
      await world!.open();
      expect(states).toEqual(['open', 'lost', 'open']);
      expect(await bridge.call('vault.state')).toEqual(vault);
      const got = vi.fn();
      bridge.on('notification', got);
      world!.announce({ id: 1, type: 'notification', data: { title: 'again', body: '' } });
      await vi.waitFor(() => expect(got).toHaveBeenCalledTimes(1), 15_000);
    });

    it('hears no events after it closed, and refuses calls', async () => {
      const { bridge } = await start();
      expect(world!.listeners.size).toBe(1);
      bridge.close();
      await expect(bridge.call('vault.state')).rejects.toEqual(coded('bridge.disconnected'));
      await vi.waitFor(() => expect(world!.listeners.size).toBe(0), 15_000);
    });

    it('waits with calls made before the first connection', async () => {
      world = new World(await create(), { 'vault.state': async () => vault });
      expect(world.bridge.state()).toBe('connecting');
      expect(await world.bridge.call('vault.state')).toEqual(vault);
    });

    it('takes an abort to the core function, and nobody else is stopped', async () => {
      const aborted = vi.fn();
      const { bridge } = await start({
        'search.query': (_, signal) => new Promise((_resolve, reject) => signal!.addEventListener('abort', () => (aborted(), reject(signal!.reason)))),
        'vault.state': async () => vault,
      });
      const abort = new AbortController();
      const call = bridge.call('search.query', { query: 'x' }, { signal: abort.signal });
      await bridge.call('vault.state');
      abort.abort();
      await expect(call).rejects.toMatchObject({ name: 'AbortError' });
      await vi.waitFor(() => expect(aborted).toHaveBeenCalledTimes(1), 15_000);
      expect(await bridge.call('vault.state')).toEqual(vault);
      await expect(bridge.call('search.query', { query: 'x' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('lets what was ordered be carried through when the screen goes, and stops what was only asked', async () => {
      const signals: Record<string, AbortSignal> = {};
      const { link, bridge } = await start({
        'search.query': (_, signal) => ((signals['query'] = signal!), new Promise(() => {})),
        'records.delete': (_, signal) => ((signals['mutation'] = signal!), new Promise(() => {})),
      });
      const calls = [bridge.call('search.query', { query: 'x' }), bridge.call('records.delete', { id: 'x' })].map((call) => call.catch((error) => error.code));
      await vi.waitFor(() => expect(Object.keys(signals)).toHaveLength(2), 15_000);
      link.refuse = true;
      link.cut();
      expect(await Promise.all(calls)).toEqual(['bridge.disconnected', 'bridge.disconnected']);
      await vi.waitFor(() => expect(signals['query']!.aborted).toBe(true), 15_000);
      expect(signals['mutation']!.aborted).toBe(false);
    });

    it('refuses 10 MB with a clear error on both sides and goes on', async () => {
      const { link, bridge } = await start({ 'vault.state': async () => vault, 'chat.saveDraft': async () => ({}) });
      const text = 'x'.repeat(10 * 1024 * 1024);
      await expect(bridge.call('chat.saveDraft', { sessionId: null, text })).rejects.toEqual(coded('request.too_large'));
      const raw = await link.connect();
      const answer = new Promise<string>((resolve) => raw.onText(resolve));
      void raw.send(JSON.stringify({ id: 9, method: 'mutation', params: { path: 'chat.saveDraft', input: { sessionId: null, text } } }));
      expect(JSON.parse(await answer)).toMatchObject({ id: 9, error: { data: { problem: { code: 'request.too_large' } } } });
      const most = 'x'.repeat(bridgeLimits.text - 200);
      expect(await bridge.call('chat.saveDraft', { sessionId: null, text: most })).toEqual({});
      expect(await bridge.call('vault.state')).toEqual(vault);
    });

    it('closes on a frame beyond every bound', async () => {
      const { link } = await start();
      const raw = await link.connect();
      const closed = new Promise<void>((resolve) => raw.onClose(resolve));
      raw.onText(() => {});
      void raw.send('x'.repeat(bridgeLimits.frame + 1));
      await closed;
    });

    it('lets no prototype be reached by a payload', async () => {
      const seen: Record<string, unknown>[] = [];
      const { link } = await start({ 'records.add': async (input) => (seen.push(input.fields), { record: null, runId: 'r' }) });
      const raw = await link.connect();
      const answers: { id: number }[] = [];
      raw.onText((text) => answers.push(JSON.parse(text)));
      const send = (id: number, fields: string) =>
        void raw.send(`{"id":${id},"method":"mutation","params":{"path":"records.add","input":{"type":"note","fields":${fields}}}}`);
      send(1, '{"__proto__":{"admin":true}}');
      send(2, '{"deep":{"__proto__":{"admin":true}}}');
      send(3, '{"$":["object",{"__proto__":{"admin":true}}]}');
      send(4, '{"$":["constructor",1]}');
      send(5, `${'['.repeat(1_000)}${']'.repeat(1_000)}`);
      send(6, '{"constructor":{"prototype":{"admin":true}},"toString":1,"toJSON":1}');
      await vi.waitFor(() => expect(answers).toHaveLength(6), 15_000);
      expect(answers.filter((answer) => 'error' in answer).map((answer) => answer.id)).toEqual([1, 2, 3, 4, 5]);
      expect(seen).toHaveLength(1);
      expect(Object.getPrototypeOf(seen[0])).toBe(Object.prototype);
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    });

    it('bounds the calls of one screen', async () => {
      const { bridge } = await start({ 'vault.state': () => new Promise(() => {}), 'status.get': () => new Promise(() => {}) });
      const calls = Array.from({ length: bridgeLimits.calls }, () => bridge.call('vault.state').catch((error: AdiuvaError) => error.code));
      const codes = await Promise.race(calls);
      expect(codes).toBe('rate.limited');
    });
  });
}
