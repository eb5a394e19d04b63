import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { describe, expect, it } from 'vitest';
import { QueryCache } from './cache.ts';

type Waiting = { name: string; signal: AbortSignal | undefined; answer: (data: unknown) => void; fail: (error: unknown) => void };

function fakeBridge() {
  const calls: Waiting[] = [];
  const call = (name: string, _input: unknown, options?: { signal?: AbortSignal }) =>
    new Promise((answer, fail) => calls.push({ name, signal: options?.signal, answer, fail }));
  return { calls, bridge: { call } as never };
}

const draft = { sessionId: null };
const settle = () => new Promise((resolve) => setImmediate(resolve));

function watched() {
  const { calls, bridge } = fakeBridge();
  const errors: AdiuvaError[] = [];
  const cache = new QueryCache(bridge, (error) => errors.push(error));
  let told = 0;
  const stop = cache.subscribe('chat.draft', draft, () => told++);
  return { calls, cache, stop, errors, told: () => told, entry: () => cache.entry('chat.draft', draft) };
}

describe('answers of the core', () => {
  it('are asked once for many who watch', async () => {
    const { calls, cache, entry, told } = watched();
    cache.subscribe('chat.draft', { sessionId: null }, () => {});
    calls[0]?.answer({ text: 'a' });
    await settle();
    expect([calls.length, told(), entry()]).toEqual([1, 1, { data: { text: 'a' }, error: null, loading: false }]);
  });

  it('are asked again when they are old, and the newest question wins', async () => {
    const { calls, cache, entry } = watched();
    cache.invalidate(['chat.draft']);
    calls[1]?.answer({ text: 'new' });
    calls[0]?.answer({ text: 'old' });
    await settle();
    expect([calls[0]?.signal?.aborted, entry().data]).toEqual([true, { text: 'new' }]);
  });

  it('stay beside an error that comes later', async () => {
    const { calls, cache, entry, errors } = watched();
    calls[0]?.answer({ text: 'a' });
    await settle();
    cache.invalidate('all');
    calls[1]?.fail(new AdiuvaError('bridge.disconnected'));
    await settle();
    expect([entry().data, entry().error?.code, errors.map((error) => error.code)]).toEqual([{ text: 'a' }, 'bridge.disconnected', ['bridge.disconnected']]);
  });

  it('wait to be watched again before an old one is asked', async () => {
    const { calls, cache, stop } = watched();
    calls[0]?.answer({ text: 'a' });
    await settle();
    stop();
    cache.invalidate(['chat.draft']);
    expect(calls.length).toBe(1);
    cache.subscribe('chat.draft', draft, () => {});
    expect(calls.length).toBe(2);
  });

  it('that came by an event are not overwritten by a question under way', async () => {
    const { calls, cache, entry } = watched();
    cache.write('chat.draft', draft, { text: 'event' });
    calls[0]?.answer({ text: 'late' });
    await settle();
    expect(entry().data).toEqual({ text: 'event' });
  });

  it('are forgotten on lock, for those who watch too', async () => {
    const { calls, cache, entry, told } = watched();
    calls[0]?.answer({ text: 'secret' });
    await settle();
    cache.clear();
    expect([entry().data, told()]).toEqual([undefined, 2]);
    cache.invalidate('all');
    calls[1]?.answer({ text: 'after' });
    await settle();
    expect([entry().data, told()]).toEqual([{ text: 'after' }, 3]);
  });
});
