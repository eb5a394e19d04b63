import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { redisMissing, startRedis } from '../../../../tests/world/servers/redis.ts';
import type { Counters } from './counters.ts';
import { countersSuite } from './counters.suite.ts';
import { memoryCounters } from './memory.ts';
import { openRedisCounters } from './redis.ts';
import { sparedCounters } from './spared.ts';

const noRedis = redisMissing();

describe('counters in memory', () => {
  const counters = memoryCounters();
  countersSuite(() => counters);

  it('ends a window by the given clock, also when that goes back a year', async () => {
    const now = Date.UTC(2026, 10, 20);
    await counters.hit('clock', 60_000, now, 5);
    expect((await counters.hit('clock', 60_000, now + 59_999)).count).toBe(6);
    expect((await counters.hit('clock', 60_000, now + 60_000)).count).toBe(1);
    const yearAgo = now - 365 * 86_400_000;
    expect(await counters.hit('clock', 60_000, yearAgo)).toEqual({ count: 1, resetAt: yearAgo + 60_000 });
  });

  it('forgets windows that ended before it fills the memory', async () => {
    const own = memoryCounters();
    for (let at = 0; at < 50_000; at++) await own.hit(`key:${at}`, 10, at);
    const again = await own.hit('key:0', 10, 50_000);
    expect(again.count).toBe(1);
  });
});

describe.skipIf(noRedis)(`counters in Redis${noRedis ? ` (${noRedis})` : ''}`, () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let counters: Counters;
  beforeAll(async () => {
    server = await startRedis();
    counters = await openRedisCounters({ url: server.url });
  });
  afterAll(async () => {
    await counters.close();
    await server.stop();
  });
  countersSuite(() => counters);

  it('shares counts between instances', async () => {
    const other = await openRedisCounters({ url: server.url });
    await counters.hit('shared', 60_000, Date.now());
    expect((await other.hit('shared', 60_000, Date.now())).count).toBe(2);
    await other.close();
  });

  it('counts in this process while Redis is away, and in Redis again when it is back', async () => {
    const own = await startRedis();
    const spared = sparedCounters(() => openRedisCounters({ url: own.url }), memoryCounters(), silentLog);
    expect((await spared.hit('spare', 60_000, Date.now(), 10)).count).toBe(10);
    await own.stop();
    await expect.poll(async () => (await spared.hit('spare', 60_000, Date.now())).count).toBeLessThan(10);
    await expect(spared.probe()).rejects.toMatchObject({ code: 'dependency.unavailable' });
    const back = await startRedis(own.port);
    await expect
      .poll(
        () =>
          spared.probe().then(
            () => 'ok',
            () => 'down',
          ),
        { timeout: 10_000 },
      )
      .toBe('ok');
    expect((await spared.hit('spare', 60_000, Date.now(), 100)).count).toBeGreaterThanOrEqual(100);
    await spared.close();
    await back.stop();
  });
});
