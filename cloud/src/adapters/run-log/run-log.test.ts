import { Redis } from 'ioredis';
import { createServer, connect, type Socket, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog, silentLog, type Log } from '@adiuva/shared/kit/log.ts';
import { redisMissing, startRedis } from '../../../../tests/world/servers/redis.ts';
import { memoryRunLog } from './memory.ts';
import { redisRunLog } from './redis.ts';
import type { RunEnd, RunLimits, RunLog } from './run-log.ts';
import { begun, found, frame, order, reaches, runLogSuite, seen } from './run-log.suite.ts';

const noRedis = redisMissing();
const done: RunEnd = { state: 'done', again: false };
/** A process counts as dead soon, for tests that wait for it. */
const quick = { leaseMs: 1_500, beatMs: 100, lookMs: 50 } as const;

describe('a run log in memory', () => {
  const log = memoryRunLog({ clock: systemClock });
  afterAll(() => log.close());
  runLogSuite(() => ({ here: log, there: log }));
});

describe.skipIf(noRedis)(`a run log in Redis${noRedis ? ` (${noRedis})` : ''}`, () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let redis: Redis;
  const logs: RunLog[] = [];
  const open = (limits: Partial<RunLimits> = {}, url = server.url, log: Log = silentLog): RunLog => {
    const opened = redisRunLog({ url, clock: systemClock, random: systemRandom, log, limits });
    logs.push(opened);
    return opened;
  };
  let pair: { here: RunLog; there: RunLog };
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    pair = { here: redisRunLog({ url: server.url, ...means }), there: redisRunLog({ url: server.url, ...means }) };
  });
  const means = { clock: systemClock, random: systemRandom, log: silentLog };
  afterEach(async () => {
    await Promise.all(logs.splice(0).map((log) => log.close()));
  });
  afterAll(async () => {
    await Promise.all([pair.here.close(), pair.there.close()]);
    redis.disconnect();
    await server.stop();
  });
  runLogSuite(() => pair);

  /** A way to the server that can be cut: what is behind it is dead for everybody else. */
  async function line(port = server.port) {
    const sockets = new Set<Socket>();
    let whole = true;
    const proxy = createServer((client) => {
      if (!whole) return void client.destroy();
      const up = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [client, up],
        [up, client],
      ] as const) {
        sockets.add(from);
        from.on('error', () => {});
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    return {
      url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      cut() {
        whole = false;
        for (const socket of sockets) socket.destroy();
      },
      mend: () => void (whole = true),
      close: () => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => proxy.close(resolve));
      },
    };
  }

  it('shows no frame before the server has it', async () => {
    const wanted = order();
    const run = await begun(open(), wanted);
    const kept: [number, number][] = [];
    run.watch(() => {
      const shown = run.lastSeq;
      void redis.xlen(`adiuva:run:{${wanted.userId}}:${wanted.requestId}:frames`).then((length) => kept.push([shown, length]));
    });
    for (let seq = 1; seq <= 30; seq++) {
      run.append(frame(seq), seq === 30 ? done : undefined);
      if (seq % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await run.ended();
    await expect.poll(() => kept.at(-1)).toEqual([30, 30]);
    expect(kept.filter(([shown, length]) => shown > length)).toEqual([]);
  });

  it('ends the run of a process that died, with what was said and an error that may be retried, the same for all', async () => {
    const way = await line();
    const [dying, second, third] = [open(quick, way.url), open(quick), open(quick)];
    const wanted = order();
    const run = await begun(dying, wanted);
    run.append(frame(1));
    run.append(frame(2));
    await reaches(run, 2);
    const readers = [await found(second, wanted), await found(third, wanted)];
    way.cut();
    await Promise.all(readers.map((reader) => reader.ended()));
    for (const reader of readers) {
      expect([reader.state, seen(reader).slice(0, 2)]).toEqual(['failed', [frame(1), frame(2)]]);
      expect(JSON.parse(reader.frame(3))).toMatchObject({
        seq: 3,
        requestId: wanted.requestId,
        type: 'error',
        problem: { code: 'chat.interrupted', status: 503, requestId: wanted.requestId },
      });
    }
    expect(readers[0]!.lastSeq).toBe(3);
    const anew = await begun(third, wanted);
    anew.append(frame(1), done);
    await anew.ended();
    expect(seen(await found(second, wanted))).toEqual([frame(1)]);
    await way.close();
  });

  it('frees the place of a run that died', async () => {
    const way = await line();
    const [dying, second] = [open(quick, way.url), open(quick)];
    const { userId } = order();
    for (let index = 0; index < 8; index++) await begun(dying, order({ userId }));
    await expect(second.claim(order({ userId }))).rejects.toMatchObject({ code: 'rate.limited' });
    way.cut();
    await expect
      .poll(
        () =>
          second.claim(order({ userId })).then(
            () => 'begun',
            () => 'refused',
          ),
        { timeout: 15_000 },
      )
      .toBe('begun');
    await way.close();
  });

  it('stops a process that was taken for dead while it slept, and shows its readers what all others saw', async () => {
    const [asleep, second] = [open(), open(quick)];
    const wanted = order();
    const run = await begun(asleep, wanted);
    let stopped = '';
    run.stop = (why) => void (stopped = why);
    run.append(frame(1));
    await reaches(run, 1);
    const other = await found(second, wanted);
    await redis.hset(`adiuva:run:{${wanted.userId}}:${wanted.requestId}`, 'lease', 1);
    await other.ended();
    run.append(frame(2));
    run.append(frame(3), done);
    await run.ended();
    expect([stopped, run.state, seen(run)]).toEqual(['lost', 'failed', seen(other)]);
    expect(seen(await found(asleep, wanted))).toEqual(seen(other));
  });

  it('has a dead run stay cancelled when that was wanted', async () => {
    const way = await line();
    const [dying, second] = [open(quick, way.url), open(quick)];
    const wanted = order();
    await begun(dying, wanted);
    const other = await found(second, wanted);
    way.cut();
    await other.cancel();
    await other.ended();
    expect([other.state, JSON.parse(other.frame(1))]).toMatchObject(['cancelled', { problem: { code: 'chat.cancelled' } }]);
    expect(await second.claim(wanted)).toHaveProperty('known');
    await way.close();
  });

  it('goes on in its process while Redis is away, says so once, and hands everything in when it is back, empty as it may be', async () => {
    const own = await startRedis();
    const lines: string[] = [];
    const [here, there] = [
      open(
        quick,
        own.url,
        jsonLog((text) => lines.push(text), systemClock.now),
      ),
      open({ ...quick, awayMs: 300 }, own.url),
    ];
    const wanted = order();
    const run = await begun(here, wanted);
    run.append(frame(1));
    await reaches(run, 1);
    const other = await found(there, wanted);
    await own.stop();
    run.append(frame(2));
    await reaches(run, 2);
    const unknown = order();
    const later = await begun(here, unknown);
    later.append(frame(1), done);
    await later.ended();
    expect([seen(await found(here, wanted)), seen(await found(here, unknown))]).toEqual([[frame(1), frame(2)], [frame(1)]]);
    await other.ended();
    expect(JSON.parse(other.frame(2))).toMatchObject({ problem: { code: 'dependency.unavailable' } });
    await expect(there.find(wanted)).rejects.toMatchObject({ code: 'dependency.unavailable' });
    await expect(there.probe()).rejects.toMatchObject({ code: 'dependency.unavailable' });
    const back = await startRedis(own.port);
    await expect
      .poll(
        async () => {
          const runs = await Promise.all([wanted, unknown].map((id) => there.find(id).catch(() => null)));
          return runs.map((each) => each?.lastSeq);
        },
        { timeout: 20_000 },
      )
      .toEqual([2, 1]);
    run.append(frame(3), done);
    await run.ended();
    expect(seen(await found(there, wanted))).toEqual([frame(1), frame(2), frame(3)]);
    expect(lines.map((text) => (JSON.parse(text) as { event: string }).event)).toEqual(['runs are kept in this process alone', 'runs are shared again']);
    await Promise.all(logs.splice(0).map((log) => log.close()));
    await back.stop();
  });

  it('puts a run that began without Redis in the place of one that had failed, and of no other', async () => {
    const way = await line();
    const [here, there] = [open(quick, way.url), open(quick)];
    const [failed, complete] = [order(), order()];
    (await begun(there, failed)).append(frame(1), { state: 'failed', again: true });
    (await begun(there, complete)).append(frame(1), done);
    await expect.poll(async () => (await here.find(complete))?.state, { timeout: 15_000 }).toBe('done');
    way.cut();
    const runs = [await begun(here, failed), await begun(here, complete)];
    for (const run of runs) {
      run.append(frame(1));
      run.append(frame(2), done);
      await run.ended();
    }
    way.mend();
    await expect.poll(async () => seen(await found(there, failed)), { timeout: 15_000 }).toEqual([frame(1), frame(2)]);
    expect(seen(await found(there, complete))).toEqual([frame(1)]);
    await way.close();
  });

  it('gives every key an end, and makes room for a user by forgetting the oldest complete runs', async () => {
    const { userId } = order();
    const [here, there] = [open({ keptPerUser: 3, userSize: 10_000 }), open()];
    const orders = Array.from({ length: 5 }, () => order({ userId }));
    for (const each of orders) {
      const run = await begun(here, each);
      run.append(frame(1), done);
      await run.ended();
    }
    const isKept = async (): Promise<boolean[]> => Promise.all(orders.map(async (each) => (await there.find(each)) !== null));
    expect(await isKept()).toEqual([false, false, true, true, true]);
    const large = order({ userId });
    const run = await begun(here, large);
    run.append('x'.repeat(20_000));
    await reaches(run, 1);
    await begun(here, order({ userId }));
    expect([await isKept(), (await found(there, large)).state]).toEqual([[false, false, false, false, false], 'running']);
    const keys = await redis.keys(`adiuva:*{${userId}}*`);
    expect(keys).toHaveLength(5);
    for (const key of keys) expect([key, await redis.pttl(key)]).toEqual([key, expect.toSatisfy((ms: number) => ms > 0 && ms <= 900_000)]);
  });

  it('forgets what nobody touched for its time', async () => {
    const [here, there] = [open({ keptMs: 700 }), open()];
    const wanted = order();
    const run = await begun(here, wanted);
    run.append(frame(1), done);
    await run.ended();
    await expect.poll(async () => [await here.find(wanted), await there.find(wanted)], { timeout: 15_000 }).toEqual([null, null]);
    expect(await redis.keys(`adiuva:*{${wanted.userId}}*`)).toEqual([]);
  });
});
