import { describe, expect, it } from 'vitest';
import { eventBatches, type EventBatch } from './batches.ts';
import type { BridgeEvent } from './events.ts';

const event = (id: number): BridgeEvent => ({ id, type: 'notification', data: { title: String(id), body: '' } });

function source() {
  const listeners = new Set<(event: BridgeEvent) => void>();
  const turns: (() => void)[] = [];
  return {
    listeners,
    turns,
    announce: (...ids: number[]) => ids.forEach((id) => listeners.forEach((listener) => listener(event(id)))),
    subscribe: (listener: (event: BridgeEvent) => void) => (listeners.add(listener), () => void listeners.delete(listener)),
    turn: (next: () => void) => void turns.push(next),
  };
}

const ids = (result: IteratorResult<EventBatch, void>) => (result.value as EventBatch).events.map(({ id }) => id);
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('event batches', () => {
  it('give the first event of a burst at once and the rest in one batch of the next turn', async () => {
    const from = source();
    const batches = eventBatches(from);
    const first = batches.next();
    from.announce(1);
    expect(ids(await first)).toEqual([1]);
    const second = batches.next();
    from.announce(2, 3);
    await settle();
    from.announce(4);
    expect(from.turns).toHaveLength(1);
    from.turns.shift()!();
    expect(ids(await second)).toEqual([2, 3, 4]);
    await batches.return();
  });

  it('listen from the call on, not from the first read', async () => {
    const from = source();
    const batches = eventBatches(from);
    from.announce(1, 2);
    expect(ids(await batches.next())).toEqual([1, 2]);
    await batches.return();
    expect(from.listeners.size).toBe(0);
  });

  it.each([
    [3, [1, 2, 3], false],
    [3, [1, 2, 3, 4], true],
    [1, [1, 2], true],
  ])('keep at most %i events', async (limit, announced, resync) => {
    const from = source();
    const batches = eventBatches(from, undefined, limit);
    from.announce(...announced);
    const { value } = await batches.next();
    expect((value as EventBatch).resync).toBe(resync);
    expect((value as EventBatch).events.at(-1)?.id).toBe(announced.at(-1));
    await batches.return();
  });

  it('end when the reader is gone', async () => {
    const from = source();
    const abort = new AbortController();
    const next = eventBatches(from, abort.signal).next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(from.listeners.size).toBe(0);
  });

  it('tell that something was missed, also where nothing else happens', async () => {
    const from = source();
    let missed = () => {};
    const batches = eventBatches({ ...from, onMissed: (listener) => ((missed = listener), () => (missed = () => {})) });
    const next = batches.next();
    missed();
    expect((await next).value).toEqual({ events: [], resync: true });
    await batches.return();
  });
});
