import { describe, expect, it } from 'vitest';
import { say } from '../cloud/peer.suite.ts';
import { message, scratchStore, session, task } from '../store/scratch.suite.ts';
import { updateAnswer } from './answer.ts';
import { ask, atDesks, beyond, desk, down, others, peer, planFrame, reminder, whole, type Desk } from './desk.suite.ts';

atDesks();

describe('the user steers', () => {
  /** A peer that says one word and then waits. */
  function paused(): { go: () => void } {
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    peer.script = async function* (request) {
      const frames = [...say(request, ['one ', 'two'])];
      yield* frames.slice(0, 3);
      await held;
      yield* frames.slice(3);
    };
    return { go: () => go() };
  }
  const firstWord = (d: Desk) => d.heard('one ');

  it('stop keeps what there is and tells the cloud', async () => {
    const hold = paused();
    const d = await desk();
    const sent = await ask(d, 'count');
    await firstWord(d);
    expect(await d.chat.stop({ messageId: sent.answer.id })).toMatchObject({ state: 'stopped', text: 'one ', problem: null });
    while (peer.cancels.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(peer.cancels).toEqual([sent.answer.requestId]);
    hold.go();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await d.store.t.messages.get(sent.answer.id)).toMatchObject({ state: 'stopped', text: 'one ' });
    expect(await d.chat.stop({ messageId: sent.answer.id })).toMatchObject({ state: 'stopped' });
  });

  it('what was stopped does not begin to stream again, and a plan the user edited meanwhile stays the answer’s plan', async () => {
    const store = await scratchStore();
    await store.t.sessions.insert(session('s'));
    await store.t.messages.insert(message('m', 's', { role: 'assistant', state: 'stopped', planId: 'edited' }));
    const late = message('m', 's', { role: 'assistant', state: 'streaming', planId: 'first', text: 'late' });
    expect(await store.tx((t) => updateAnswer(t, late))).toMatchObject({ state: 'stopped', planId: 'edited', text: 'late' });
    expect(await store.tx((t) => updateAnswer(t, { ...late, state: 'done' }, 'next'))).toMatchObject({ state: 'done', planId: 'next' });
  });

  it('a plan edited while the answer still streams is the one it ends with', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const frame = planFrame();
    peer.script = async function* (request) {
      for (const each of say(request, ['Here it is.'], [frame as never])) {
        if (each.type === 'final') await gate;
        yield each;
      }
    };
    const d = await desk();
    const sent = await ask(d, reminder);
    await d.heard('Here it is.');
    while (!d.events.some((e) => e.type === 'plan.changed')) await new Promise((resolve) => setTimeout(resolve, 5));
    const { hash, plan } = await d.plans.view(frame.plan.id);
    const edited = await d.plans.edit(plan.id, hash, [{ ...plan.steps[0]!, explain: 'Changed by hand.' }]);
    go();
    expect(await d.ended(sent.answer.id, ['done'])).toMatchObject({ planId: edited.plan.id });
    expect((await d.plans.view(edited.plan.id)).state).toBe('proposed');
  });

  it('a second question in the same conversation waits for the first answer; another conversation does not', async () => {
    const hold = paused();
    const d = await desk();
    const first = await ask(d, 'one');
    const second = await ask(d, 'two', { sessionId: first.sessionId });
    const local = await ask(d, reminder, { offline: true });
    await d.ended(local.answer.id);
    await firstWord(d);
    expect(peer.requests.map((r) => r.message)).toEqual(['one']);
    hold.go();
    await d.ended(first.answer.id);
    await d.ended(second.answer.id);
    expect(peer.requests.map((r) => r.message)).toEqual(['one', 'two']);
    expect(peer.requests[1]!.context.conversationHistory.at(-1)).toMatchObject({ role: 'assistant', content: 'one two' });
  });

  it('one that waits its turn can be stopped at once', async () => {
    const hold = paused();
    const d = await desk();
    const first = await ask(d, 'one');
    const second = await ask(d, 'two', { sessionId: first.sessionId });
    expect(await d.chat.stop({ messageId: second.answer.id })).toMatchObject({ state: 'stopped' });
    hold.go();
    await d.ended(first.answer.id);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(peer.requests).toHaveLength(1);
  });

  it('one that waits for the cloud can be stopped, and dropped from the outbox', async () => {
    const d = await desk();
    const port = await down(d);
    const [a, b] = [await ask(d, others[0]), await ask(d, others[1])];
    expect(await d.chat.stop({ messageId: a.answer.id })).toMatchObject({ state: 'stopped' });
    await d.queue.drop((await d.queue.list())[0]!.id);
    expect(await d.store.t.messages.get(b.answer.id)).toMatchObject({ state: 'stopped' });
    expect(await d.queue.list()).toEqual([]);
    await peer.listen(port);
    await d.queue.drain();
    expect(peer.effects).toEqual([]);
  });

  it('regenerate gives a new answer to the same question in the place of the old one and withdraws its plan', async () => {
    peer.script = (request) => say(request, ['First.'], [planFrame() as never]);
    const d = await desk();
    const sent = await ask(d, reminder);
    const old = await d.ended(sent.answer.id);
    peer.script = (request) => say(request, ['Second.']);
    const again = await d.chat.regenerate({ messageId: old.id, offline: false });
    const answer = await d.ended(again.answer.id);
    expect(answer).toMatchObject({ text: 'Second.', parentId: sent.question.id });
    expect(answer.requestId).not.toBe(old.requestId);
    expect((await d.chat.messages({ sessionId: sent.sessionId, limit: 10 })).messages.map((m) => m.id)).toEqual([sent.question.id, answer.id]);
    expect((await d.plans.view(old.planId!)).state).toBe('rejected');
    expect(peer.requests[1]!.context.conversationHistory).toEqual([]);
  });

  it('deletes and brings back messages and conversations', async () => {
    const d = await desk();
    const sent = await ask(d, 'hello');
    await d.ended(sent.answer.id);
    await d.chat.deleteMessage({ messageId: sent.answer.id });
    await expect(d.chat.deleteMessage({ messageId: sent.answer.id })).rejects.toMatchObject({ code: 'message.not_found' });
    expect(await d.chat.restoreMessage({ messageId: sent.answer.id })).toMatchObject({ text: whole('hello') });
    await d.chat.rename({ sessionId: sent.sessionId, title: 'Greetings' });
    await d.chat.delete({ sessionId: sent.sessionId });
    await expect(d.chat.messages({ sessionId: sent.sessionId, limit: 1 })).rejects.toMatchObject({ code: 'session.not_found' });
    expect(await d.chat.restore({ sessionId: sent.sessionId })).toMatchObject({ title: 'Greetings', messages: 2 });
  });

  it('deleting a conversation takes what waits out of the outbox', async () => {
    const d = await desk();
    await down(d);
    const sent = await ask(d, beyond);
    await d.chat.delete({ sessionId: sent.sessionId });
    expect(await d.queue.list()).toEqual([]);
  });

  it('names a conversation after its first question, also one that was made empty', async () => {
    const d = await desk({ account: 'out' });
    const made = await d.chat.create(undefined);
    const sent = await ask(d, '  What is\n due this week, and what can wait until the week after that one?', { sessionId: made.id });
    await d.ended(sent.answer.id);
    expect((await d.chat.sessions({ limit: 1 })).sessions[0]!.title).toBe('What is due this week, and what can wait until the week…');
  });

  it('takes a draft away only with what was sent from it', async () => {
    const d = await desk();
    await d.chat.saveDraft({ sessionId: null, text: 'Dear all, about the party' });
    await d.chat.send({ text: 'Buy milk', mode: 'plan', offline: true });
    expect(await d.chat.draft({ sessionId: null })).toEqual({ text: 'Dear all, about the party' });
    await d.chat.send({ text: 'Dear all', mode: 'plan', offline: true, fromDraft: true });
    expect(await d.chat.draft({ sessionId: null })).toEqual({ text: '' });
  });

  it('keeps drafts by conversation', async () => {
    const d = await desk({ account: 'out' });
    const made = await d.chat.create(undefined);
    await d.chat.saveDraft({ sessionId: made.id, text: 'half a thou' });
    await d.chat.saveDraft({ sessionId: null, text: 'another' });
    expect([await d.chat.draft({ sessionId: made.id }), await d.chat.draft({ sessionId: null })]).toEqual([{ text: 'half a thou' }, { text: 'another' }]);
    await d.chat.saveDraft({ sessionId: null, text: '' });
    expect(await d.chat.draft({ sessionId: null })).toEqual({ text: '' });
  });
});

describe('after the process ended in the middle', () => {
  it('an answer goes on where it was, from the same run', async () => {
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    peer.script = async function* (request) {
      for (const frame of say(request, ['one ', 'two ', 'three'])) {
        yield frame;
        if (frame.type === 'token' && (frame as never as { text: string }).text === 'two ') await held;
      }
    };
    const store = await scratchStore();
    const first = await desk({ store });
    const sent = await ask(first, 'count');
    await first.heard('one two ');
    await first.close();
    expect(await store.t.messages.get(sent.answer.id)).toMatchObject({ state: 'streaming', text: 'one two ' });
    go();
    await store.t.records.insert(task('new'));
    const second = await desk({ store });
    await second.chat.recover();
    expect(await second.ended(sent.answer.id)).toMatchObject({ state: 'done', text: 'one two three' });
    expect(peer.requests[1]).toEqual(peer.requests[0]);
    expect(
      second.events
        .filter((e) => e.type === 'chat.token')
        .map((e) => e.data.text)
        .join(''),
    ).toBe('three');
    expect(peer.effects).toHaveLength(1);
  });

  it('an answer that cannot go on is stopped with what there is', async () => {
    const store = await scratchStore();
    const d = await desk({ store, account: 'out' });
    const sent = await ask(d, reminder);
    const done = await d.ended(sent.answer.id);
    await store.t.messages.update({ ...done, state: 'streaming', route: 'cloud', text: 'half' });
    await d.chat.recover();
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'stopped', text: 'half' });
  });

  it('a local answer is told again without a second plan', async () => {
    const store = await scratchStore();
    const d = await desk({ store, account: 'out' });
    const sent = await ask(d, reminder);
    const done = await d.ended(sent.answer.id);
    await store.t.messages.update({ ...done, state: 'streaming', planId: null, text: done.text.slice(0, 10) });
    await d.chat.recover();
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'done', text: done.text, planId: done.planId });
    expect(await store.t.plans.list({ limit: 10 })).toHaveLength(1);
  });
});
