import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { say } from '../cloud/peer.suite.ts';
import { task } from '../store/scratch.suite.ts';
import { ask, atDesks, beyond, desk, down, peer, planFrame, reminder, whole } from './desk.suite.ts';

atDesks();

/** Says `words`, then waits for good: until the user stops it. */
const without = (words: string[], model = 'peer') =>
  async function* (request: Parameters<typeof say>[0]) {
    for (const frame of [...say(request, words)].slice(0, -1)) yield frame.type === 'start' ? ({ ...frame, model } as typeof frame) : frame;
    await new Promise(() => {});
  };

describe('a request that failed', () => {
  const failing = (words: string[], code: 'model.unavailable' | 'internal' = 'model.unavailable') =>
    function* (request: Parameters<typeof say>[0]) {
      yield* [...say(request, words)].slice(0, -1);
      throw new AdiuvaError(code);
    };

  it('goes out again with the same words and context, and the answer keeps its place', async () => {
    peer.script = failing(['Half ', 'a ']);
    const d = await desk();
    await d.store.t.records.insert(task('t1', { title: 'Send the invoice' }));
    const { answer, sessionId } = await ask(d, beyond, { mode: 'direct' });
    const failed = await d.ended(answer.id);
    expect(failed).toMatchObject({ state: 'failed', text: 'Half a ', problem: { code: 'model.unavailable', at: expect.any(String) } });

    await d.store.t.records.insert(task('t2', { title: 'Written later' }));
    peer.script = (request) => say(request, ['Half ', 'a ', 'word.']);
    const again = await d.chat.retry({ messageId: answer.id });
    expect(again.answer).toMatchObject({ id: answer.id, state: 'streaming', text: 'Half a ', problem: null });
    expect(await d.ended(answer.id, ['done'])).toMatchObject({ text: 'Half a word.', route: 'cloud' });
    const [first, second] = peer.requests;
    expect(second).toEqual({ ...first, requestId: again.answer.requestId });
    expect(second!.requestId).not.toBe(first!.requestId);
    expect((await d.chat.messages({ sessionId, limit: 10 })).messages).toHaveLength(2);
    expect((await d.chat.sent({ messageId: answer.id })).request).toEqual(second);
  });

  it('takes another text where another is said', async () => {
    peer.script = failing(['Half ', 'a ']);
    const d = await desk();
    const { answer } = await ask(d, beyond);
    await d.ended(answer.id);
    peer.script = (request) => say(request, ['Half ', 'an ', 'hour.']);
    await d.chat.retry({ messageId: answer.id });
    expect((await d.ended(answer.id, ['done'])).text).toBe('Half an hour.');
  });

  it('loses the plan that the broken answer had proposed', async () => {
    const frame = planFrame();
    peer.script = function* (request) {
      yield* [...say(request, ['Here.'], [frame as never])].slice(0, -1);
      throw new AdiuvaError('internal');
    };
    const d = await desk();
    const { answer } = await ask(d, reminder);
    expect((await d.ended(answer.id)).planId).toBe(frame.plan.id);
    peer.script = (request) => say(request, ['Here.']);
    await d.chat.retry({ messageId: answer.id });
    expect((await d.ended(answer.id, ['done'])).planId).toBeNull();
    expect(await d.plans.view(frame.plan.id)).toMatchObject({ state: 'rejected' });
  });

  it('is left alone once it is answered', async () => {
    const d = await desk();
    const { answer } = await ask(d, 'hello');
    const done = await d.ended(answer.id);
    expect((await d.chat.retry({ messageId: answer.id })).answer).toEqual(done);
    expect(peer.effects).toHaveLength(1);
  });

  it('is answered on this device with one word, in the place of the failed answer', async () => {
    peer.script = failing(['Half ']);
    const d = await desk();
    const { answer, sessionId } = await ask(d, reminder);
    await d.ended(answer.id);
    const here = await d.chat.regenerate({ messageId: answer.id, offline: true });
    expect(await d.ended(here.answer.id)).toMatchObject({ state: 'done', route: 'local', planId: expect.any(String), problem: null });
    expect((await d.chat.messages({ sessionId, limit: 10 })).messages.map(({ id }) => id)).toEqual([answer.parentId, here.answer.id]);
    expect(peer.requests).toHaveLength(1);
  });
});

describe('a request that waits', () => {
  it('says until when, counted from the moment it was refused', async () => {
    const d = await desk();
    peer.refuse = { code: 'rate.limited', retryAfter: 40 };
    const { answer } = await ask(d, beyond);
    const waiting = await d.ended(answer.id, ['queued']);
    expect(waiting.problem).toMatchObject({ code: 'rate.limited', retryAfter: 40, at: expect.stringMatching(/^\d{4}-/) });
  });

  it('is answered on this device, and does not go out any more', async () => {
    const d = await desk();
    const port = await down(d);
    const { answer } = await ask(d, beyond);
    expect(answer.state).toBe('queued');
    const here = await d.chat.regenerate({ messageId: answer.id, offline: true });
    expect(await d.ended(here.answer.id)).toMatchObject({ state: 'done', route: 'local' });
    expect(await d.queue.list()).toEqual([]);
    await peer.listen(port);
    await d.queue.drain();
    expect(peer.effects).toEqual([]);
  });

  it('is tried at once when the user says so', async () => {
    const d = await desk();
    const port = await down(d);
    const { answer } = await ask(d, beyond);
    await peer.listen(port);
    const { answer: same } = await d.chat.retry({ messageId: answer.id });
    expect(same.id).toBe(answer.id);
    expect(await d.ended(answer.id, ['done'])).toMatchObject({ text: whole(beyond), route: 'cloud' });
    expect(peer.effects).toHaveLength(1);
  });
});

describe('an answer that was stopped', () => {
  const stopped = async (model: string) => {
    peer.script = without(['One ', 'two '], model);
    const d = await desk();
    const sent = await ask(d, beyond, { mode: 'direct' });
    await d.heard('two ');
    expect(await d.chat.stop({ messageId: sent.answer.id })).toMatchObject({ state: 'stopped', text: 'One two ' });
    return { d, sent };
  };

  it('is asked for its rest, in the same manner as before', async () => {
    const { d, sent } = await stopped('gpt');
    peer.script = (request) => say(request, ['three.']);
    const rest = await d.chat.goOn({ messageId: sent.answer.id });
    expect(rest.question).toMatchObject({ text: 'Continue', role: 'user' });
    expect(await d.ended(rest.answer.id)).toMatchObject({ text: 'three.' });
    expect(peer.requests[1]).toMatchObject({ message: 'Continue', executionMode: 'direct' });
    expect(peer.requests[1]!.context.conversationHistory.at(-1)).toEqual({ role: 'assistant', content: 'One two ' });
    expect((await d.store.t.messages.get(sent.answer.id))!.text).toBe('One two ');
  });

  it('goes on in its place where the same request gives the same text', async () => {
    const { d, sent } = await stopped('builtin');
    peer.script = (request) => say(request, ['One ', 'two ', 'three.']);
    const rest = await d.chat.goOn({ messageId: sent.answer.id });
    expect([rest.question, rest.answer.id]).toEqual([null, sent.answer.id]);
    expect(await d.ended(sent.answer.id, ['done'])).toMatchObject({ text: 'One two three.' });
    expect((await d.chat.messages({ sessionId: sent.sessionId, limit: 10 })).messages).toHaveLength(2);
  });
});

describe('a window that opens in the middle of an answer', () => {
  it('reads the agents, what they did and the text so far', async () => {
    peer.script = without(['One ', 'two ']);
    const d = await desk();
    const { sessionId, answer } = await ask(d, beyond);
    await d.heard('two ');
    const read = async () => (await d.chat.messages({ sessionId, limit: 10 })).messages.find(({ id }) => id === answer.id);
    await expect.poll(read, { timeout: 20_000 }).toMatchObject({
      state: 'streaming',
      agents: ['general'],
      model: 'peer',
      activity: [{ agent: 'general', text: 'reading', kind: 'thinking' }],
      text: 'One two ',
      seq: expect.any(Number),
    });
    await d.chat.stop({ messageId: answer.id });
  });
});
