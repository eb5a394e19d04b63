import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '../contracts/errors.ts';
import { manualClock } from '../kit/clock.ts';
import { seededRandom } from '../kit/ids.ts';
import { silentLog } from '../kit/log.ts';
import { chainLimits, fallbackChain } from './chain.ts';
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

  it('never splices two answers: after the first token an error ends it', async () => {
    const second = scriptedModel([{ text: 'other' }]);
    const { chain } = chained(scriptedModel([{ text: 'half', error: new AdiuvaError('model.unavailable') }]), second);
    const seen: ModelEvent[] = [];
    await expect(
      (async () => {
        for await (const event of chain.stream(request)) seen.push(event);
      })(),
    ).rejects.toMatchObject({ code: 'model.unavailable' });
    expect([seen, second.requests.length]).toEqual([[{ type: 'text', text: 'half' }], 0]);
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
    const { clock, chain } = chained(scriptedModel([{ text: 'word ', stall: true }]));
    const answer = chain.complete(request);
    answer.catch(() => {});
    await settled(clock);
    await clock.advance(chainLimits.wholeMs);
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
