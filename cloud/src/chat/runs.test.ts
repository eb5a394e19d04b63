import { describe, expect, it } from 'vitest';
import { serverFrame, type ChatResponse } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import type { FrameBody } from './orchestrate.ts';
import { openRuns, runLimits, type Run, type RunLimits } from './runs.ts';

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
  const runs = openRuns({ clock, log, defer: (fn) => void deferred.push(fn), limits });
  const begin = (frames: () => AsyncIterable<FrameBody>, order: { userId?: string; requestId?: string; fingerprint?: string } = {}) =>
    runs.begin({ userId: 'alice', requestId: 'request-1', fingerprint: 'f', ...order, produce: frames });
  const nextTurn = () => deferred.splice(0).forEach((fn) => fn());
  return { clock, runs, begin, nextTurn, lines };
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
    const run = begin(() => of(start, token('Hello '), final));
    await run.ended;
    expect(framesOf(run).map((frame) => frame.seq)).toEqual([1, 2, 3]);
    expect(run.snapshot()).toEqual({ requestId: 'request-1', state: 'done', lastSeq: 3, text: 'Hello ', response, problem: null });
  });

  it('sends the first words at once and joins what follows in the same turn of the loop', async () => {
    const { begin, nextTurn } = world();
    const hold = gated();
    const run = begin(async function* () {
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
    const run = begin(async function* () {
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
    const run = begin(async function* () {
      yield* of(start, token('half'));
      throw new TypeError('the secret diary of alice');
    });
    await run.ended;
    expect(framesOf(run).at(-1)).toEqual({
      seq: 3,
      requestId: 'request-1',
      type: 'error',
      problem: expect.objectContaining({ code: 'internal', requestId: 'request-1' }),
    });
    expect(run.snapshot()).toMatchObject({ state: 'failed', text: 'half', response: null });
    expect(lines.join()).not.toContain('diary');
    expect(lines.join()).toContain('chat.fault');
  });

  it('fails when its producer forgets the end', async () => {
    const run = world().begin(() => of(start));
    await run.ended;
    expect(run.snapshot().problem).toMatchObject({ code: 'model.bad_reply' });
  });

  it('stops when cancelled, at once and for good, and stops its producer', async () => {
    let signal!: AbortSignal;
    const hold = gated();
    const run = world().runs.begin({
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
    run.cancel();
    expect([kinds(run), run.state, signal.aborted]).toEqual([['start', 'half', 'error'], 'cancelled', true]);
    await hold.go();
    run.cancel();
    expect(kinds(run)).toEqual(['start', 'half', 'error']);
  });

  it('cannot be cancelled once it is complete', async () => {
    const run = world().begin(() => of(start, final));
    await run.ended;
    run.cancel();
    expect([run.state, kinds(run)]).toEqual(['done', ['start', 'final']]);
  });

  it.each([token('x'.repeat(2_000)), { ...final, response: { ...response, response: 'x'.repeat(2_000) } }])(
    'is cut when it grows beyond its bound',
    async (huge) => {
      const run = world({ runSize: 1_000 }).begin(() => of(start, huge as FrameBody, final));
      await run.ended;
      expect([kinds(run), run.snapshot().problem?.code]).toEqual([['start', 'error'], 'model.bad_reply']);
    },
  );
});

describe('runs', () => {
  it('are the same run for the same request, and keep one user from another', async () => {
    const { begin, runs } = world();
    const run = begin(() => of(start, final));
    expect(
      begin(() => {
        throw new Error('asked twice');
      }),
    ).toBe(run);
    expect(runs.find('alice', 'request-1')).toBe(run);
    expect(() => runs.find('mallory', 'request-1')).toThrow(expect.objectContaining({ code: 'chat.run_not_found' }));
    expect(begin(() => of(start, final), { userId: 'mallory', fingerprint: 'other' })).not.toBe(run);
    expect(() => begin(() => of(), { fingerprint: 'other' })).toThrow(expect.objectContaining({ code: 'chat.request_reused' }));
  });

  it('begin anew after a failure that may pass, and stay failed after one that does not', async () => {
    const { begin } = world();
    const failing = (code: 'model.unavailable' | 'model.refused') =>
      async function* (): AsyncGenerator<FrameBody> {
        yield start;
        throw new AdiuvaError(code);
      };
    const first = begin(failing('model.unavailable'));
    await first.ended;
    const second = begin(failing('model.refused'));
    await second.ended;
    expect(second).not.toBe(first);
    expect(begin(() => of(start, final))).toBe(second);
  });

  it('stay cancelled', async () => {
    const { begin } = world();
    const run = begin(async function* () {
      yield start;
      await new Promise(() => {});
    });
    await new Promise((resolve) => setImmediate(resolve));
    run.cancel();
    expect(begin(() => of(start, final))).toBe(run);
  });

  it('are kept for 15 minutes after their end, not from their beginning', async () => {
    const { begin, runs, clock } = world();
    const hold = gated();
    const run = begin(async function* () {
      yield start;
      await hold.gate();
      yield final;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(runLimits.keptMs * 2);
    await hold.go();
    await clock.advance(runLimits.keptMs - 1);
    expect(runs.find('alice', 'request-1')).toBe(run);
    await clock.advance(1);
    expect(() => runs.find('alice', 'request-1')).toThrow(expect.objectContaining({ code: 'chat.run_not_found' }));
    expect(clock.pending()).toBe(0);
  });

  it('give way to newer ones when the memory for them is full, the oldest first, none that still runs', async () => {
    const { begin, runs, clock } = world({ totalSize: 2_500 });
    const running = begin(
      async function* () {
        yield start;
        await new Promise(() => {});
      },
      { requestId: 'running-1' },
    );
    for (const id of ['request-1', 'request-2', 'request-3']) {
      await begin(() => of(start, token('x'.repeat(600)), final), { requestId: id }).ended;
      await clock.advance(0);
    }
    expect(() => runs.find('alice', 'request-1')).toThrow();
    expect([runs.find('alice', 'request-3').state, runs.find('alice', 'running-1')]).toEqual(['done', running]);
  });

  it('are limited at once for one user', () => {
    const { begin } = world({ activePerUser: 2 });
    const forever = async function* (): AsyncGenerator<FrameBody> {
      yield start;
      await new Promise(() => {});
    };
    begin(forever, { requestId: 'a-request' });
    begin(forever, { requestId: 'b-request' });
    expect(() => begin(forever, { requestId: 'c-request' })).toThrow(expect.objectContaining({ code: 'rate.limited', retryAfter: 5 }));
    begin(forever, { requestId: 'c-request', userId: 'bob' });
  });

  it('end when the service closes', async () => {
    const { runs, clock } = world();
    const run = runs.begin({
      userId: 'alice',
      requestId: 'request-1',
      fingerprint: 'f',
      async *produce(signal) {
        yield start;
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      },
    });
    await new Promise((resolve) => setImmediate(resolve));
    await runs.close();
    expect([run.state, clock.pending()]).toEqual(['cancelled', 0]);
  });

  it('leave no word of the user in the log', async () => {
    const { begin, lines } = world();
    await begin(() =>
      of(start, token('my diary'), { type: 'thinking', agent: 'general', text: 'my diary' }, {
        ...final,
        response: { ...response, response: 'my diary' },
      } as FrameBody),
    ).ended;
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('diary');
  });
});
