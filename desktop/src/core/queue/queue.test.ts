import { describe, expect, it } from 'vitest';
import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { QueueJob } from '../../bridge/shapes.ts';
import { scratchStore } from '../store/scratch.suite.ts';
import type { Store, StoredJob } from '../store/store.ts';
import { createQueue, type NewJob, type Outcome, type Queue } from './queue.ts';

const offline = toProblem(new AdiuvaError('cloud.offline'));
const busy = toProblem(new AdiuvaError('rate.limited', { retryAfter: 30 }));
const broken = toProblem(new AdiuvaError('model.unavailable'));
const done: Outcome = { kind: 'done', commit: async () => undefined };

interface Bench {
  store: Store;
  queue: Queue;
  clock: ReturnType<typeof manualClock>;
  tried: string[];
  settled: string[];
  jobs(): Promise<QueueJob[]>;
  add(...jobs: (Partial<NewJob> & { id: string })[]): Promise<void>;
  /** Lets virtual time pass and the store work. */
  pass(ms: number): Promise<void>;
}

/** A queue over a real store whose worker answers as `outcome` says. */
async function bench(outcome: (job: StoredJob, signal: AbortSignal) => Outcome | Promise<Outcome>, store?: Store): Promise<Bench> {
  const base = store ?? (await scratchStore());
  const clock = manualClock();
  const [tried, settled]: [string[], string[]] = [[], []];
  const queue = createQueue({ store: () => base, announce: () => undefined, clock, random: seededRandom(1), log: silentLog });
  queue.serve('chat', {
    run: async (job, signal) => (tried.push(job.id), outcome(job, signal)),
    dropped: async (t, job) => t.settings.set(`dropped:${job.id}`, true),
    settled: async (job) => void settled.push(job.id),
  });
  // The queue does one thing after the other on the store: so many turns of the store are more than it needs to come to rest.
  const rest = async () => {
    for (let i = 0; i < 60; i++) await base.tx(() => new Promise((resolve) => setImmediate(resolve)));
  };
  return {
    store: base,
    queue,
    clock,
    tried,
    settled,
    jobs: () => queue.list(),
    add: (...jobs) =>
      base.tx(async (t) => {
        for (const job of jobs) await queue.add(t, { kind: 'chat', sessionId: null, messageId: null, label: job.id, payload: null, ...job });
      }),
    async pass(ms) {
      await clock.advance(ms);
      await rest();
    },
  };
}

describe('the queue', () => {
  it('does what waits, oldest first, and each once', async () => {
    const b = await bench(() => done);
    await b.add({ id: 'a' }, { id: 'b' }, { id: 'c' });
    await Promise.all([b.queue.drain(), b.queue.drain(), b.queue.drain()]);
    expect([b.tried, b.settled, await b.jobs()]).toEqual([['a', 'b', 'c'], ['a', 'b', 'c'], []]);
  });

  it('removes a job in the transaction of its effect, or not at all', async () => {
    let fail = true;
    const b = await bench((job) => ({
      kind: 'done',
      commit: async (t) => {
        await t.settings.set(`effect:${job.id}`, 1);
        if (fail) throw new AdiuvaError('vault.disk_full');
      },
    }));
    await b.add({ id: 'a' });
    await b.queue.drain();
    expect([await b.store.t.settings.get('effect:a'), (await b.jobs()).length]).toEqual([undefined, 1]);
    fail = false;
    await b.queue.drain();
    expect([await b.store.t.settings.get('effect:a'), await b.jobs()]).toEqual([1, []]);
  });

  it('nothing exists when the transaction around add fails', async () => {
    const b = await bench(() => done);
    await expect(
      b.store.tx(async (t) => {
        await b.queue.add(t, { id: 'a', kind: 'chat', sessionId: null, messageId: null, label: '', payload: null });
        throw new AdiuvaError('internal');
      }),
    ).rejects.toMatchObject({ code: 'internal' });
    expect(await b.jobs()).toEqual([]);
  });

  it('keeps the order inside a session and lets another session pass', async () => {
    let first = true;
    const b = await bench((job) => {
      if (job.id !== 'a1' || !first) return done;
      first = false;
      return { kind: 'retry', problem: broken };
    });
    await b.add({ id: 'a1', sessionId: 'A' }, { id: 'a2', sessionId: 'A' }, { id: 'b1', sessionId: 'B' });
    await b.queue.drain();
    expect(b.tried).toEqual(['a1', 'b1']);
    await b.pass(10 * 60_000);
    expect([b.tried, await b.jobs()]).toEqual([['a1', 'b1', 'a1', 'a2'], []]);
  });

  it('retries with growing waits, and asks the user after eight tries', async () => {
    const b = await bench(() => ({ kind: 'retry', problem: broken, payload: { tried: true } }));
    await b.add({ id: 'a' });
    await b.queue.drain();
    expect(await b.jobs()).toMatchObject([{ state: 'waiting', attempts: 1, problem: broken }]);
    for (let i = 0; i < 12; i++) await b.pass(10 * 60_000);
    expect([b.tried.length, await b.jobs()]).toMatchObject([8, [{ state: 'needs_you', attempts: 8, nextTryAt: null }]]);
    expect((await b.store.t.queue.get('a'))!.payload).toEqual({ tried: true });
    expect(await b.queue.retry('a')).toMatchObject({ state: 'waiting', attempts: 0, problem: null });
  });

  it('a pause holds everything as long as it was told, and costs no try', async () => {
    let until = true;
    const b = await bench(() => (until ? { kind: 'pause', problem: busy, ms: 30_000 } : done));
    await b.add({ id: 'a', sessionId: 'A' }, { id: 'b', sessionId: 'B' });
    await b.queue.drain();
    expect([b.tried, await b.jobs()]).toMatchObject([['a'], [{ id: 'a', attempts: 0, problem: busy }, { id: 'b' }]]);
    until = false;
    b.queue.wake();
    await b.pass(29_000);
    expect(b.tried).toEqual(['a']);
    await b.pass(2_000);
    expect([b.tried, await b.jobs()]).toEqual([['a', 'a', 'b'], []]);
  });

  it('time without the cloud costs no try; a wake goes on', async () => {
    let away = true;
    const b = await bench(() => (away ? { kind: 'pause', problem: offline, ms: null } : done));
    await b.add({ id: 'a' }, { id: 'b' });
    await b.queue.drain();
    await b.pass(365 * 86_400_000);
    expect([b.tried, (await b.jobs()).map((job) => job.attempts)]).toEqual([['a'], [0, 0]]);
    away = false;
    b.queue.wake();
    await b.pass(1);
    expect([b.tried, await b.jobs()]).toEqual([['a', 'a', 'b'], []]);
  });

  it('a job that needs the user does not block what comes after it', async () => {
    const b = await bench((job) => (job.id === 'a' ? { kind: 'needs_you', problem: toProblem(new AdiuvaError('permission.denied')) } : done));
    await b.add({ id: 'a', sessionId: 'S' }, { id: 'b', sessionId: 'S' });
    await b.queue.drain();
    expect([b.tried, (await b.jobs()).map((job) => [job.id, job.state])]).toEqual([['a', 'b'], [['a', 'needs_you']]]);
  });

  it('a dropped job is gone with its mark in one transaction, also in the middle of a try', async () => {
    const b = await bench((_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(done))));
    await b.add({ id: 'a' });
    const draining = b.queue.drain();
    while (b.tried.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect((await b.jobs())[0]!.state).toBe('running');
    await b.queue.drop('a');
    await draining;
    expect([await b.jobs(), await b.store.t.settings.get('dropped:a')]).toEqual([[], true]);
    await expect(b.queue.drop('a')).rejects.toMatchObject({ code: 'queue.not_found' });
    await expect(b.queue.retry('a')).rejects.toMatchObject({ code: 'queue.not_found' });
  });

  it('a worker that throws is a failed try, not a stopped queue', async () => {
    let fail = true;
    const b = await bench(() => {
      if (fail) throw new Error('unforeseen');
      return done;
    });
    await b.add({ id: 'a' });
    await b.queue.drain();
    expect(await b.jobs()).toMatchObject([{ attempts: 1, problem: { code: 'internal' } }]);
    fail = false;
    await b.queue.drain();
    expect(await b.jobs()).toEqual([]);
  });

  it('what another process left as running waits again', async () => {
    const b = await bench(() => done);
    await b.add({ id: 'a' });
    await b.store.t.queue.update({ ...(await b.store.t.queue.get('a'))!, state: 'running' });
    expect((await b.jobs())[0]!.state).toBe('waiting');
    await b.queue.drain();
    expect(await b.jobs()).toEqual([]);
  });

  it('a time that only a wrong clock could have set is no reason to wait', async () => {
    const b = await bench(() => done);
    await b.add({ id: 'a' });
    await b.store.t.queue.update({ ...(await b.store.t.queue.get('a'))!, nextTryAt: '2028-01-01T00:00:00.000Z' });
    b.queue.wake();
    await b.pass(1);
    expect(await b.jobs()).toEqual([]);
  });

  it('closing cuts the try off, keeps the job, and leaves no timer', async () => {
    const b = await bench((_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'retry', problem: broken }))));
    await b.add({ id: 'a' });
    void b.queue.drain();
    while (b.tried.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await b.queue.close();
    expect([b.clock.pending(), await b.store.t.queue.list()]).toMatchObject([0, [{ id: 'a', attempts: 0 }]]);
  });
});
