import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '../contracts/errors.ts';
import { manualClock } from '../kit/clock.ts';
import { seededRandom } from '../kit/ids.ts';
import { silentLog } from '../kit/log.ts';
import { chainLimits, fallbackChain } from './chain.ts';
import { openLedger } from './ledger.ts';
import type { Model, ModelEvent, ModelRequest } from './model.ts';
import { modelSuite, suiteTalk } from './model.suite.ts';
import { scriptedModel, type ScriptedReply } from './scripted.ts';

const request: ModelRequest = { messages: [{ role: 'user', content: 'x' }] };
const down = (retryAfter?: number): ScriptedReply => ({ error: new AdiuvaError('model.unavailable', retryAfter === undefined ? {} : { retryAfter }) });
const refused: ScriptedReply = { error: new AdiuvaError('model.refused') };

function chained(...models: Model[]) {
  const clock = manualClock();
  return { clock, chain: fallbackChain(models, { clock, random: seededRandom(7), log: silentLog }) };
}

/** Lets promise chains run to where they wait for the clock. */
async function settled(clock: ReturnType<typeof manualClock>) {
  for (let i = 0; i < 10; i++) await clock.advance(0);
}

/** Lets the clock run while the answer is awaited. */
async function running<T>(clock: ReturnType<typeof manualClock>, answer: Promise<T>): Promise<T> {
  let open = true;
  answer.then(
    () => (open = false),
    () => (open = false),
  );
  for (let i = 0; open && i < 400; i++) await clock.advance(500);
  return answer;
}

describe('fallback chain', () => {
  it('bears the names of its members and answers with the first that can', async () => {
    const { chain } = chained(scriptedModel([{ text: 'hello' }], 'a'), scriptedModel([], 'b'));
    expect(chain.id).toBe('a,b');
    expect(await chain.complete(request)).toMatchObject({ text: 'hello', usage: { model: 'a' } });
  });

  it('tries a transient failure again, at most three times in all, before it goes on', async () => {
    const [first, second] = [scriptedModel(() => down(), 'a'), scriptedModel([{ text: 'from b' }], 'b')];
    const { clock, chain } = chained(first, second);
    expect(await running(clock, chain.complete(request))).toMatchObject({ text: 'from b', usage: { model: 'b' } });
    expect([first.requests.length, second.requests.length]).toEqual([3, 1]);
  });

  it('stays with a model that recovers', async () => {
    const model = scriptedModel([down(), { error: new AdiuvaError('model.bad_reply') }, { text: 'there' }]);
    const { clock, chain } = chained(model, scriptedModel([]));
    expect((await running(clock, chain.complete(request))).text).toBe('there');
  });

  it.each([
    ['a permanent refusal', refused],
    ['a provider that asks for a long wait', down(60)],
    ['an error of nobody', { error: new TypeError('a bug') }],
  ])('goes on at once after %s', async (_name, reply) => {
    const first = scriptedModel(() => reply);
    const { chain, clock } = chained(first, scriptedModel([{ text: 'b' }]));
    expect((await chain.complete(request)).text).toBe('b');
    expect([first.requests.length, clock.pending()]).toEqual([1, 0]);
  });

  it('waits as long as the provider asks when that is short', async () => {
    const { clock, chain } = chained(scriptedModel([down(2), { text: 'after two seconds' }]));
    const answer = chain.complete(request);
    await settled(clock);
    await clock.advance(1_999);
    expect(clock.pending()).toBe(1);
    await clock.advance(1);
    expect((await answer).text).toBe('after two seconds');
  });

  it('never splices two answers: one that breaks off after the first token is begun anew by the next model', async () => {
    const [first, second] = [
      scriptedModel(() => ({ text: 'half', error: new AdiuvaError('model.unavailable') }), 'a'),
      scriptedModel(() => ({ text: 'other' })),
    ];
    const seen: ModelEvent[] = [];
    for await (const event of chained(first, second).chain.stream(request)) seen.push(event);
    expect(seen).toEqual([{ type: 'text', text: 'half' }, { type: 'anew' }, { type: 'text', text: 'other' }, expect.objectContaining({ type: 'done' })]);
    expect([first.requests.length, second.requests.length], 'the same model is not asked again').toEqual([1, 1]);
  });

  it('ends with the error where nobody else can begin anew', async () => {
    const broken = (id: string) => scriptedModel(() => ({ text: `half of ${id}`, error: new AdiuvaError('model.unavailable', { detail: id }) }), id);
    const seen: ModelEvent[] = [];
    const reading = (async () => {
      for await (const event of chained(broken('a'), broken('b')).chain.stream(request)) seen.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'model.unavailable', detail: 'b' });
    expect(seen).toEqual([{ type: 'text', text: 'half of a' }, { type: 'anew' }, { type: 'text', text: 'half of b' }]);
  });

  it('asks the model first that answered the round before, and the others in their order', async () => {
    const asked: string[] = [];
    const down = (id: string) => scriptedModel(() => (asked.push(id), { error: new AdiuvaError('model.refused') }), id);
    await expect(chained(down('a'), down('b'), down('c')).chain.complete({ ...request, prefer: 'b' })).rejects.toMatchObject({ code: 'model.refused' });
    expect(asked).toEqual(['b', 'c', 'a']);
  });

  it('gives up on a model that says nothing in time, without a second try', async () => {
    const first = scriptedModel(() => ({ stall: true }));
    const { clock, chain } = chained(first, scriptedModel([{ text: 'b' }]));
    const answer = chain.complete(request);
    await clock.advance(chainLimits.firstEventMs);
    expect([(await answer).text, first.requests.length]).toEqual(['b', 1]);
  });

  it('cuts a model that does not listen to its signal', async () => {
    const deaf: Model = {
      id: 'deaf',
      complete: () => new Promise(() => {}),
      stream: () => scriptedModel([{ gate: () => new Promise(() => {}), text: 'never' }]).stream({ messages: [] }),
    };
    const { clock, chain } = chained(deaf, scriptedModel([{ text: 'b' }]));
    const answer = chain.complete(request);
    await clock.advance(chainLimits.firstEventMs);
    expect((await answer).text).toBe('b');
  });

  it('cuts an answer that goes on for ever, and says so', async () => {
    const words = Array.from({ length: 100 }, () => 'word ');
    const { clock, chain } = chained(scriptedModel((_request, index) => ({ text: words, gate: () => (index === 0 ? clock.sleep(10_000) : undefined) })));
    const answer = chain.complete(request);
    answer.catch(() => {});
    await settled(clock);
    for (let i = 0; i < 12; i++) await clock.advance(10_000);
    await expect(answer).rejects.toMatchObject({ code: 'model.timeout', detail: 'the answer did not end in time' });
  });

  it('ends with the last error when nobody can answer', async () => {
    const { chain } = chained(
      scriptedModel(() => down(60)),
      scriptedModel(() => refused),
    );
    await expect(chain.complete(request)).rejects.toMatchObject({ code: 'model.refused' });
  });

  it('stops between tries when the reader goes', async () => {
    const stop = new AbortController();
    const { clock, chain } = chained(scriptedModel(() => down(2)));
    const answer = chain.complete({ ...request, signal: stop.signal });
    answer.catch(() => {});
    await settled(clock);
    expect(clock.pending()).toBe(1);
    stop.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
  });

  it('leaves no timer behind', async () => {
    const { clock, chain } = chained(scriptedModel([{ text: 'x' }]));
    await chain.complete(request);
    expect(clock.pending()).toBe(0);
  });
});

describe('the patience of a chain', () => {
  const gated = (waits: readonly number[], clock: () => ReturnType<typeof manualClock>, more: Partial<Model> = {}): Model => ({
    ...scriptedModel(() => ({ text: waits.map((wait) => `${wait} `), gate: (piece) => clock().sleep(waits[piece]!) }), 'a'),
    ...more,
  });

  /** Advances by `step` until the answer is there; the time that took and the outcome. */
  async function timing(waits: readonly number[], more: Partial<Model> = {}) {
    const { clock, chain } = chained(gated(waits, () => clock, more));
    const from = clock.now();
    const answer = chain.complete(request).then(
      ({ text }) => text,
      (error: AdiuvaError) => error.detail,
    );
    let open = true;
    void answer.then(() => (open = false));
    for (let i = 0; open && i < 1_000; i++) await clock.advance(500);
    return [await answer, Math.round((clock.now() - from) / 1_000)] as const;
  }

  it('ends with silence after the last sign of life, not with the length of the answer', async () => {
    expect(await timing([1_000, 29_000, 29_000, 29_000])).toEqual(['1000 29000 29000 29000 ', 88]);
    expect(await timing([1_000, 1_000, 31_000])).toEqual(['the answer stalled', 32]);
    expect(await timing([31_000])).toEqual(['nothing came in time', 30]);
  });

  it('is what a model needs where it says so', async () => {
    expect(await timing([60_000], { limits: { firstEventMs: 120_000 } })).toEqual(['60000 ', 60]);
    expect(await timing([6_000], { limits: { firstEventMs: 5_000 } })).toEqual(['nothing came in time', 5]);
    expect(await timing([6_000, 6_000], { limits: { wholeMs: 10_000 } })).toEqual(['the answer did not end in time', 10]);
  });

  it('counts arguments of tools, which are no text, as life', async () => {
    const { clock, chain } = chained({
      id: 'a',
      complete: () => Promise.reject(new Error('not used')),
      async *stream({ alive }): AsyncGenerator<ModelEvent> {
        for (let i = 0; i < 4; i++) {
          await clock.sleep(20_000);
          alive?.();
        }
        yield { type: 'done', reply: { text: '', toolCalls: [{ id: 'c', name: 'n', arguments: {} }], usage: { model: 'a', inputTokens: 0, outputTokens: 0 } } };
      },
    });
    expect((await running(clock, chain.complete(request))).toolCalls).toHaveLength(1);
  });

  it('does not blame the model for a reader that takes its time', async () => {
    const { clock, chain } = chained(scriptedModel([{ text: ['one ', 'two'] }]));
    const seen: string[] = [];
    for await (const event of chain.stream(request)) {
      if (event.type === 'text') seen.push(event.text);
      await clock.advance(35_000);
    }
    expect(seen).toEqual(['one ', 'two']);
  });
});

describe('a provider that is down', () => {
  const dead = () => scriptedModel(() => down(), 'a');

  it('is left alone after five failures in a row, asked again by one request after the cool-down, and used when that succeeds', async () => {
    let alive = false;
    const first = scriptedModel(() => (alive ? { text: 'back' } : down()), 'a');
    const { clock, chain } = chained(
      first,
      scriptedModel(() => ({ text: 'b' }), 'b'),
    );
    const ask = () => running(clock, chain.complete(request));
    for (const asked of [3, 5, 5, 5]) expect([(await ask()).text, first.requests.length]).toEqual(['b', asked]);
    await clock.advance(30_000);
    expect([(await ask()).text, first.requests.length]).toEqual(['b', 6]);
    await clock.advance(30_000);
    expect([(await ask()).text, first.requests.length]).toEqual(['b', 6]);
    await clock.advance(30_000);
    alive = true;
    expect([(await ask()).text, (await ask()).text, first.requests.length]).toEqual(['back', 'back', 8]);
  });

  it('lets one request probe at a time, and another when the first is taken back', async () => {
    const first = scriptedModel((_request, index) => (index < 5 ? down() : { stall: true }), 'a');
    const { clock, chain } = chained(
      first,
      scriptedModel(() => ({ text: 'b' }), 'b'),
    );
    for (let i = 0; i < 2; i++) await running(clock, chain.complete(request));
    await clock.advance(30_000);
    const stop = new AbortController();
    const probe = chain.complete({ ...request, signal: stop.signal });
    expect([(await chain.complete(request)).text, first.requests.length]).toEqual(['b', 6]);
    stop.abort(new Error('taken back'));
    await expect(probe).rejects.toThrow('taken back');
    const again = chain.complete(request);
    await clock.advance(30_000);
    expect([(await again).text, first.requests.length]).toEqual(['b', 7]);
  });

  it('is left alone as long as it asks, but not for ever', async () => {
    const first = scriptedModel((_request, index) => (index === 0 ? down(60) : index === 1 ? down(86_400) : { text: 'back' }), 'a');
    const { clock, chain } = chained(
      first,
      scriptedModel(() => ({ text: 'b' }), 'b'),
    );
    const texts = [];
    for (const wait of [0, 59_000, 1_000, 299_000, 1_000]) {
      await clock.advance(wait);
      texts.push((await chain.complete(request)).text);
    }
    expect([texts, first.requests.length]).toEqual([['b', 'b', 'b', 'b', 'back'], 3]);
  });

  it('is not asked when nobody else can answer either: the error says when to come back', async () => {
    const first = dead();
    const { clock, chain } = chained(first);
    for (let i = 0; i < 2; i++) await expect(running(clock, chain.complete(request))).rejects.toMatchObject({ code: 'model.unavailable' });
    await expect(chain.complete(request)).rejects.toMatchObject({ code: 'model.unavailable', detail: 'every provider is down', retryAfter: 30 });
    expect(first.requests).toHaveLength(5);
  });

  it('is another one than a provider that refuses, replies badly, or is interrupted', async () => {
    for (const reply of [refused, { error: new AdiuvaError('model.bad_reply') }, { error: new TypeError('a bug') }]) {
      const first = scriptedModel(() => reply, 'a');
      const { clock, chain } = chained(
        first,
        scriptedModel(() => ({ text: 'b' }), 'b'),
      );
      for (let i = 0; i < 10; i++) await running(clock, chain.complete(request));
      expect(first.requests.length).toBeGreaterThanOrEqual(10);
    }
  });

  it('counts failures after the first token too', async () => {
    const first = scriptedModel(() => ({ text: 'half', error: new AdiuvaError('model.unavailable') }), 'a');
    const { chain } = chained(
      first,
      scriptedModel(() => ({ text: 'b' }), 'b'),
    );
    const read = async () => {
      for await (const event of chain.stream(request)) if (event.type === 'done') return event.reply.text;
      return undefined;
    };
    for (let i = 0; i < 6; i++) expect(await read()).toBe('b');
    expect(first.requests.length).toBe(5);
  });
});

describe('a request that has to stay here', () => {
  const far = scriptedModel(() => ({ text: 'far' }), 'far');
  const near = (reply: ScriptedReply): Model => ({ ...scriptedModel(() => reply, 'near'), privacy: 'local' });
  const local: ModelRequest = { ...request, privacy: 'local' };

  it('passes over all that are elsewhere, whatever their order', async () => {
    for (const models of [
      [far, near({ text: 'near' })],
      [near({ text: 'near' }), far],
    ])
      expect((await chained(...models).chain.complete(local)).text).toBe('near');
    expect(far.requests).toHaveLength(0);
  });

  it('fails rather than go elsewhere', async () => {
    const { clock, chain } = chained(near(down()), far);
    await expect(running(clock, chain.complete(local))).rejects.toMatchObject({ code: 'model.unavailable' });
    await expect(chained(far).chain.complete(local)).rejects.toMatchObject({ code: 'model.not_private' });
    expect(far.requests).toHaveLength(0);
  });

  it('is known by the chain itself: local when all its members are', () => {
    expect([chained(near({})).chain.privacy, chained(near({}), far).chain.privacy]).toEqual(['local', 'vendor']);
  });
});

describe('use and cost', () => {
  it('are counted by model, with what failed, and null where a price is not known', async () => {
    const ledger = openLedger({ b: { input: 2, output: 10 } });
    const clock = manualClock();
    const usage = { inputTokens: 1_000, outputTokens: 100 };
    const models = [scriptedModel([refused, { text: 'a', usage }], 'a'), scriptedModel(() => ({ text: 'b', usage }), 'b')];
    const chain = fallbackChain(models, { clock, random: seededRandom(7), log: silentLog, ledger });
    for (let i = 0; i < 3; i++) await chain.complete(request);
    expect(ledger.accounts()).toEqual({
      a: { requests: 1, failures: 2, inputTokens: 1_000, outputTokens: 100, cost: null },
      b: { requests: 2, failures: 0, inputTokens: 2_000, outputTokens: 200, cost: 0.006 },
    });
  });

  it('are nothing on this machine', async () => {
    const ledger = openLedger();
    const usage = { inputTokens: 1_000, outputTokens: 100 };
    const model: Model = { ...scriptedModel([{ text: 'x', usage }], 'near'), privacy: 'local' };
    await fallbackChain([model], { clock: manualClock(), random: seededRandom(7), log: silentLog, ledger }).complete(request);
    expect(ledger.accounts()).toEqual({ near: { requests: 1, failures: 0, inputTokens: 1_000, outputTokens: 100, cost: 0 } });
  });
});

describe('vectors of a chain', () => {
  const embedding = (id: string, embed: NonNullable<Model['embed']>, more: Partial<Model> = {}): Model => ({
    ...scriptedModel([], id),
    embedder: `${id}:embed`,
    embed,
    ...more,
  });

  it('come from the first member that has them, tried again, and never from another', async () => {
    let asked = 0;
    const flaky = embedding('b', () => (++asked < 3 ? Promise.reject(new AdiuvaError('model.unavailable')) : Promise.resolve([[1, 0]])));
    const never = embedding('c', () => Promise.reject(new Error('asked')));
    const { clock, chain } = chained(scriptedModel([], 'a'), flaky, never);
    expect(chain.embedder).toBe('b:embed');
    expect(await running(clock, chain.embed!(['x']))).toEqual([[1, 0]]);
    const dead = chained(
      embedding('b', () => Promise.reject(new AdiuvaError('model.refused'))),
      never,
    );
    await expect(dead.chain.embed!(['x'])).rejects.toMatchObject({ code: 'model.refused' });
  });

  it('are bounded in time, stop with their signal, and stay here when they have to', async () => {
    const stalled = embedding('b', () => new Promise(() => {}));
    const { clock, chain } = chained(stalled);
    const late = chain.embed!(['x']);
    late.catch(() => {});
    await clock.advance(chainLimits.wholeMs);
    await expect(late).rejects.toMatchObject({ code: 'model.timeout' });
    const stop = new AbortController();
    const stopped = chain.embed!(['x'], { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    await expect(chain.embed!(['x'], { privacy: 'local' })).rejects.toMatchObject({ code: 'model.not_private' });
    expect(clock.pending()).toBe(0);
  });

  it('are absent where no member has them', () => {
    expect(chained(scriptedModel([])).chain.embed).toBeUndefined();
  });
});

modelSuite('a chain whose first member is down', () => {
  const answering = scriptedModel(({ messages, schema, tools }) => {
    const last = messages.at(-1)!;
    if (schema) return { text: '{"agents":["task"],"confidence":0.9}' };
    if (last.role === 'tool') return { text: 'Done.' };
    if (tools && last.content !== suiteTalk) return { toolCalls: [{ name: 'create_task', arguments: { title: 'send the invoice to Marta' } }] };
    return { text: ['You ', 'are ', 'welcome'] };
  }, 'b');
  const { chain } = chained(
    scriptedModel(() => refused, 'a'),
    answering,
  );
  // Usage bears the name of the model that answered, which is what this subject is called for the suite.
  return Promise.resolve({ model: { ...chain, id: 'b' } });
});
