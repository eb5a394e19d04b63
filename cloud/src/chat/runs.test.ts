import { describe, expect, it } from 'vitest';
import { serverFrame, type ChatResponse } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import { memoryRunLog } from '../adapters/run-log/memory.ts';
import { runLimits, type Run, type RunLimits } from '../adapters/run-log/run-log.ts';
import type { FrameBody } from './frames.ts';
import { drainMs, openRuns, responseOf, snapshotOf, type RunOrder } from './runs.ts';

const response: ChatResponse = {
  requestId: 'r',
  sessionId: 's',
  agents: ['general'],
  response: 'Hello dear world',
  actions: [],
  plan: null,
  usage: { model: 'm', inputTokens: 1, outputTokens: 3 },
};
const final: FrameBody = { type: 'final', response };
const token = (text: string): FrameBody => ({ type: 'token', text });
const start: FrameBody = { type: 'start', agents: ['general'], model: 'm' };

function world(limits: Partial<RunLimits> = {}) {
  const clock = manualClock();
  const deferred: (() => void)[] = [];
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line), clock.now);
  const runLog = memoryRunLog({ clock, limits });
  const runs = openRuns({ clock, log, runLog, defer: (fn) => void deferred.push(fn), ...(limits.runSize && { runSize: limits.runSize }) });
  const begin = (produce: RunOrder['produce'], order: { userId?: string; requestId?: string; fingerprint?: string } = {}) =>
    runs.begin({ userId: 'alice', requestId: 'request-1', fingerprint: 'f', ...order, produce });
  const nextTurn = () => deferred.splice(0).forEach((fn) => fn());
  return { clock, runs, runLog, begin, nextTurn, lines };
}

async function* of(...frames: FrameBody[]): AsyncGenerator<FrameBody> {
  yield* frames;
}
const framesOf = (run: Run) => Array.from({ length: run.lastSeq }, (_, index) => serverFrame.parse(JSON.parse(run.frame(index + 1))));
const kinds = (run: Run) => framesOf(run).map((frame) => (frame.type === 'token' ? frame.text : frame.type));

/** A producer that goes on only when told. */
function gated() {
  let open: () => void = () => {};
  const gate = () => new Promise<void>((resolve) => (open = resolve));
  return {
    gate,
    go: async () => {
      open();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a run', () => {
  it('numbers its frames from 1 without gaps and ends with the last', async () => {
    const { begin } = world();
    const run = await begin(() => of(start, token('Hello '), final));
    await run.ended();
    expect(framesOf(run).map((frame) => frame.seq)).toEqual([1, 2, 3]);
    expect(snapshotOf(run)).toEqual({ requestId: 'request-1', state: 'done', lastSeq: 3, text: 'Hello ', response, problem: null });
  });

  it('sends the first words at once and joins what follows in the same turn of the loop', async () => {
    const { begin, nextTurn } = world();
    const hold = gated();
    const run = await begin(async function* () {
      yield* of(start, token('Hello '), token('dear '), token('wor'));
      await hold.gate();
      yield* of(token('ld'), final);
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(kinds(run)).toEqual(['start', 'Hello ']);
    nextTurn();
    expect(kinds(run)).toEqual(['start', 'Hello ', 'dear wor']);
    await hold.go();
    expect(kinds(run)).toEqual(['start', 'Hello ', 'dear wor', 'ld', 'final']);
  });

  it('tells a watcher of every new frame until it leaves', async () => {
    const { begin } = world();
    const hold = gated();
    const run = await begin(async function* () {
      yield start;
      await hold.gate();
      yield* of(token('x'), final);
    });
    await new Promise((resolve) => setImmediate(resolve));
    const seen: number[] = [];
    const leave = run.watch(() => {
      seen.push(run.lastSeq);
      if (run.lastSeq === 2) leave();
    });
    await hold.go();
    expect([seen, run.lastSeq]).toEqual([[2], 3]);
  });

  it('ends with an error frame that keeps the words of others to itself', async () => {
    const { begin, lines } = world();
    const run = await begin(async function* () {
      yield* of(start, token('half'));
      throw new TypeError('the secret diary of alice');
    });
    await run.ended();
    expect(framesOf(run).at(-1)).toEqual({
      seq: 3,
      requestId: 'request-1',
      type: 'error',
      problem: expect.objectContaining({ code: 'internal', requestId: 'request-1' }),
    });
    expect(snapshotOf(run)).toMatchObject({ state: 'failed', text: 'half', response: null });
    expect(lines.join()).not.toContain('diary');
    expect(lines.join()).toContain('chat.fault');
  });

  it('fails when its producer forgets the end', async () => {
    const run = await world().begin(() => of(start));
    await run.ended();
    expect(snapshotOf(run).problem).toMatchObject({ code: 'model.bad_reply' });
  });

  it('stops when cancelled, at once and for good, and stops its producer', async () => {
    let signal!: AbortSignal;
    const hold = gated();
    const run = await world().runs.begin({
      userId: 'alice',
      requestId: 'request-1',
      fingerprint: 'f',
      async *produce(given) {
        signal = given;
        yield* of(start, token('half'));
        await hold.gate();
        yield* of(token(' and more'), final);
      },
    });
    await new Promise((resolve) => setImmediate(resolve));
    await run.cancel();
    expect([kinds(run), run.state, signal.aborted]).toEqual([['start', 'half', 'error'], 'cancelled', true]);
    await hold.go();
    await run.cancel();
    expect(kinds(run)).toEqual(['start', 'half', 'error']);
  });

  it('cannot be cancelled once it is complete', async () => {
    const run = await world().begin(() => of(start, final));
    await run.ended();
    await run.cancel();
    expect([run.state, kinds(run)]).toEqual(['done', ['start', 'final']]);
  });

  it.each([token('x'.repeat(2_000)), { ...final, response: { ...response, response: 'x'.repeat(2_000) } }])(
    'is cut when it grows beyond its bound',
    async (huge) => {
      const run = await world({ runSize: 1_000 }).begin(() => of(start, huge as FrameBody, final));
      await run.ended();
      expect([kinds(run), snapshotOf(run).problem?.code]).toEqual([['start', 'error'], 'model.bad_reply']);
    },
  );
});

describe('runs', () => {
  it('are the same run for the same request, and keep one user from another', async () => {
    const { begin, runs } = world();
    const run = await begin(() => of(start, final));
    const again = await begin(() => {
      throw new Error('asked twice');
    });
    expect(again).toBe(run);
    expect(await runs.find('alice', 'request-1')).toBe(run);
    await expect(runs.find('mallory', 'request-1')).rejects.toMatchObject({ code: 'chat.run_not_found' });
    expect(await begin(() => of(start, final), { userId: 'mallory', fingerprint: 'other' })).not.toBe(run);
    await expect(begin(() => of(), { fingerprint: 'other' })).rejects.toMatchObject({ code: 'chat.request_reused' });
  });

  it('begin anew after a failure that may pass, and stay failed after one that does not', async () => {
    const { begin } = world();
    const failing = (code: 'model.unavailable' | 'model.refused') =>
      async function* (): AsyncGenerator<FrameBody> {
        yield start;
        throw new AdiuvaError(code);
      };
    const first = await begin(failing('model.unavailable'));
    await first.ended();
    const second = await begin(failing('model.refused'));
    await second.ended();
    expect(second).not.toBe(first);
    expect(await begin(() => of(start, final))).toBe(second);
  });

  it('stay cancelled', async () => {
    const { begin } = world();
    const run = await begin(async function* () {
      yield start;
      await new Promise(() => {});
    });
    await new Promise((resolve) => setImmediate(resolve));
    await run.cancel();
    expect(await begin(() => of(start, final))).toBe(run);
  });

  it('are kept for 15 minutes after their end, not from their beginning', async () => {
    const { begin, runs, clock } = world();
    const hold = gated();
    const run = await begin(async function* () {
      yield start;
      await hold.gate();
      yield final;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(runLimits.keptMs * 2);
    await hold.go();
    await clock.advance(runLimits.keptMs - 1);
    expect(await runs.find('alice', 'request-1')).toBe(run);
    await clock.advance(1);
    await expect(runs.find('alice', 'request-1')).rejects.toMatchObject({ code: 'chat.run_not_found' });
    expect(clock.pending()).toBe(0);
  });

  it('give way to newer ones when the memory for them is full, the oldest first, none that still runs', async () => {
    const { begin, runs, clock } = world({ totalSize: 2_500 });
    const running = await begin(
      async function* () {
        yield start;
        await new Promise(() => {});
      },
      { requestId: 'running-1' },
    );
    for (const id of ['request-1', 'request-2', 'request-3']) {
      await (await begin(() => of(start, token('x'.repeat(600)), final), { requestId: id })).ended();
      await clock.advance(0);
    }
    await expect(runs.find('alice', 'request-1')).rejects.toMatchObject({ code: 'chat.run_not_found' });
    expect([(await runs.find('alice', 'request-3')).state, await runs.find('alice', 'running-1')]).toEqual(['done', running]);
  });

  it('are limited at once for one user', async () => {
    const { begin } = world({ activePerUser: 2 });
    const forever = async function* (): AsyncGenerator<FrameBody> {
      yield start;
      await new Promise(() => {});
    };
    await begin(forever, { requestId: 'a-request' });
    await begin(forever, { requestId: 'b-request' });
    await expect(begin(forever, { requestId: 'c-request' })).rejects.toMatchObject({ code: 'rate.limited', retryAfter: 5 });
    await begin(forever, { requestId: 'c-request', userId: 'bob' });
  });

  /** Says one word and then waits until told, or until it is given up. */
  const held = () => {
    const hold = gated();
    const produce = async function* (signal: AbortSignal): AsyncGenerator<FrameBody> {
      yield* of(start, token('half'));
      await Promise.race([hold.gate(), new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))]);
      yield* of(token(' and half'), final);
    };
    return { produce, go: hold.go };
  };

  it('that somebody reads come to their end when the service closes, and nothing begins any more', async () => {
    const { runs, begin, clock } = world();
    const { produce, go } = held();
    const run = await begin(produce);
    const leave = run.watch(() => {});
    const closing = runs.close();
    await expect(begin(() => of(start, final), { requestId: 'request-2' })).rejects.toMatchObject({ code: 'dependency.unavailable', retryAfter: 1 });
    await clock.advance(drainMs - 1);
    expect(run.state).toBe('running');
    await go();
    await closing;
    leave();
    expect([run.state, kinds(run)]).toEqual(['done', ['start', 'half', ' and half', 'final']]);
  });

  it.each(['takes too long', 'nobody reads'])('that %s is broken off when the service closes, and may be asked again', async (why) => {
    const { runs, runLog, begin, clock } = world();
    const run = await begin(held().produce);
    await new Promise((resolve) => setImmediate(resolve));
    const leave = why === 'nobody reads' ? () => {} : run.watch(() => {});
    const closing = runs.close();
    if (why !== 'nobody reads') await clock.advance(drainMs);
    await closing;
    leave();
    expect([kinds(run), snapshotOf(run).problem]).toMatchObject([['start', 'half', 'error'], { code: 'chat.interrupted', status: 503 }]);
    expect(await runLog.claim({ userId: 'alice', requestId: 'request-1', fingerprint: 'f' })).toHaveProperty('begun');
    await runLog.close();
    expect(clock.pending()).toBe(0);
  });

  it('give their whole answer, or what ended them', async () => {
    const { begin } = world();
    expect(await responseOf(await begin(() => of(start, final)))).toEqual(response);
    const failed = begin(
      async function* (): AsyncGenerator<FrameBody> {
        yield start;
        throw new AdiuvaError('model.refused', { detail: 'no such model' });
      },
      { requestId: 'request-2' },
    );
    await expect(responseOf(await failed)).rejects.toMatchObject({ code: 'model.refused', detail: 'no such model' });
  });

  it('leave no word of the user in the log', async () => {
    const { begin, lines } = world();
    const run = await begin(() =>
      of(start, token('my diary'), { type: 'thinking', agent: 'general', text: 'my diary' }, {
        ...final,
        response: { ...response, response: 'my diary' },
      } as FrameBody),
    );
    await run.ended();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('diary');
  });
});
