import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ChatRequest } from '@adiuva/shared/contracts/chat.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { cutting, say } from '../cloud/peer.suite.ts';
import { connectSocket } from '../cloud/socket.ts';
import { scratchStore, task } from '../store/scratch.suite.ts';
import { ask, atDesks, beyond, desk, down, hurried, others, peer, planFrame, reminder, whole } from './desk.suite.ts';

atDesks();

describe('a question to the cloud', () => {
  it('is answered, stored and announced in that order', async () => {
    const d = await desk();
    const sent = await ask(d, 'hello there');
    expect(sent.route).toBe('cloud');
    const answer = await d.ended(sent.answer.id);
    expect(answer).toMatchObject({
      state: 'done',
      text: whole('hello there'),
      route: 'cloud',
      agents: ['general'],
      model: 'peer',
      parentId: sent.question.id,
      problem: null,
      activity: [{ agent: 'general', text: 'reading' }],
    });
    const tokens = d.events.filter((e) => e.type === 'chat.token');
    expect(tokens.map((e) => e.data.text).join('')).toBe(answer.text);
    expect(tokens.map((e) => e.data.seq)).toEqual(tokens.map((_, i) => i + 1));
    const { messages } = await d.chat.messages({ sessionId: sent.sessionId, limit: 10 });
    expect(messages.map((m) => m.role)).toEqual(['user', 'assistant']);
    const { sessions } = await d.chat.sessions({ limit: 10 });
    expect(sessions).toMatchObject([{ id: sent.sessionId, title: 'hello there', messages: 2 }]);
  });

  it('stores every token before the screen hears of it', async () => {
    const d = await desk();
    const late: string[] = [];
    const get = d.store.t.messages.get.bind(d.store.t.messages);
    const reads: Promise<void>[] = [];
    const push = d.events.push.bind(d.events);
    d.events.push = (event) => {
      if (event.type === 'chat.token') {
        const { messageId, text } = event.data;
        reads.push(get(messageId).then((m) => void (m?.text.includes(text) || late.push(text))));
      }
      return push(event);
    };
    const sent = await ask(d, 'hello');
    await d.ended(sent.answer.id);
    await Promise.all(reads);
    expect([reads.length > 0, late]).toEqual([true, []]);
  });

  it('shows what was sent, and nothing where nothing was', async () => {
    const d = await desk();
    await d.store.t.records.insert(task('t1', { title: 'Send the invoice' }));
    const sent = await ask(d, 'what about the invoice?');
    await d.ended(sent.answer.id);
    const shown = await d.chat.sent({ messageId: sent.question.id });
    expect(shown).toEqual({ host: new URL(peer.url).host, request: peer.requests[0] });
    expect(await d.chat.sent({ messageId: sent.answer.id })).toEqual(shown);
    expect((shown.request as ChatRequest).context).toMatchObject({
      userProfile: { displayName: 'Marta', timeZone: 'Europe/Rome' },
      recentTasks: [{ id: 't1', provenance: 'user' }],
    });
    const local = await ask(d, reminder, { offline: true });
    await d.ended(local.answer.id);
    expect(await d.chat.sent({ messageId: local.question.id })).toEqual({ host: null, request: null });
  });

  it('proposes the plan once and points to it', async () => {
    const frame = planFrame();
    peer.script = (request) => say(request, ['Here it is.'], [frame as never]);
    const d = await desk();
    const sent = await ask(d, reminder);
    const answer = await d.ended(sent.answer.id);
    expect(answer.planId).toBe(frame.plan.id);
    expect(await d.plans.view(frame.plan.id)).toMatchObject({ state: 'proposed', origin: { kind: 'chat', by: 'cloud', messageId: answer.id } });
  });

  it('turns actions of a direct answer into a plan that waits for approval', async () => {
    peer.script = function* (request) {
      for (const frame of say(request, ['Done as you said.']))
        yield frame.type === 'final'
          ? ({ ...frame, response: { ...(frame as never as { response: object }).response, actions: planFrame().plan.steps } } as never)
          : frame;
    };
    const d = await desk();
    const sent = await ask(d, reminder, { mode: 'direct' });
    const answer = await d.ended(sent.answer.id);
    expect(await d.plans.view(answer.planId!)).toMatchObject({ state: 'proposed', plan: { title: 'You asked for it.' } });
    expect((await d.store.t.records.list({ type: 'task', limit: 10 })).records).toEqual([]);
  });

  it('refuses a plan that does not hold and says so', async () => {
    const frame = planFrame();
    (frame.plan.steps[0]!.params as Record<string, unknown>)['fields'] = { nonsense: true };
    peer.script = (request) => say(request, ['Here it is.'], [frame as never]);
    const d = await desk();
    const sent = await ask(d, reminder);
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'failed', text: 'Here it is.', problem: { code: 'plan.invalid' } });
  });

  it('an error in the run keeps what was said and names the next step', async () => {
    peer.script = function* (request) {
      yield* [...say(request, ['Half a '])].slice(0, 3);
      throw new AdiuvaError('model.timeout');
    };
    const d = await desk();
    const sent = await ask(d, 'hello');
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'failed', text: 'Half a ', problem: { code: 'model.timeout' } });
  });

  it('takes along the turns before, the profile and what it finds, marked by where it comes from', async () => {
    const d = await desk();
    await d.store.t.documents.insert({
      id: 'doc',
      collection: 'documents',
      title: 'Lease',
      text: 'The lease ends in March.',
      createdAt: '2026-11-20T09:00:00Z',
    });
    const first = await ask(d, 'hello');
    await d.ended(first.answer.id);
    const second = await ask(d, 'when does the lease end?', { sessionId: first.sessionId });
    await d.ended(second.answer.id);
    expect(peer.requests[1]!.context).toMatchObject({
      conversationHistory: [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: whole('hello') },
      ],
      relevantDocuments: [{ id: 'doc', excerpt: 'The lease ends in March.', provenance: 'untrusted' }],
    });
    expect(peer.requests[1]!.context.userProfile.now).toMatch(/[+]0[12]:00$/);
  });
});

describe('what may not be sent', () => {
  it.each(['', '   ', '\n\t'])('%j is empty', async (text) => {
    const d = await desk({ account: 'out' });
    await expect(ask(d, text)).rejects.toMatchObject({ code: 'chat.message_empty' });
  });
  it('takes 32,000 characters and refuses one more, and the draft stays', async () => {
    const d = await desk();
    await d.chat.saveDraft({ sessionId: null, text: 'x'.repeat(32_001) });
    await expect(ask(d, 'x'.repeat(32_001))).rejects.toMatchObject({ code: 'chat.message_too_long' });
    expect((await d.chat.draft({ sessionId: null })).text).toHaveLength(32_001);
    expect((await d.chat.sessions({ limit: 10 })).sessions).toEqual([]);
    const sent = await ask(d, 'x'.repeat(32_000), { fromDraft: true });
    await d.ended(sent.answer.id);
    expect((await d.store.t.messages.get(sent.question.id))!.text).toHaveLength(32_000);
    expect((await d.chat.draft({ sessionId: null })).text).toBe('');
  });
  it('an unknown conversation is refused', async () => {
    const d = await desk();
    await expect(ask(d, 'hi', { sessionId: 'nowhere-at-all' })).rejects.toMatchObject({ code: 'session.not_found' });
  });
});

const naughty = new URL('../../../../../shared/vectors/strings/', import.meta.url);
function strings(): string[] | undefined {
  try {
    return JSON.parse(readFileSync(new URL('blns.json', naughty), 'utf8')) as string[];
  } catch {
    return undefined;
  }
}

describe('any text', () => {
  it.skipIf(!strings())(
    'naughty strings come back as they were typed, from the cloud and from here',
    async () => {
      const d = await desk({ clock: systemClock });
      const all = strings()!.filter((text) => text.trim() !== '');
      let sessionId: string | undefined;
      for (const [i, text] of [...all, 'a\0b', '\ud800 alone', '‮ turned'].entries()) {
        const sent = await ask(d, text, { ...(sessionId !== undefined && { sessionId }), offline: i % 3 !== 0 });
        sessionId = sent.sessionId;
        const answer = await d.ended(sent.answer.id);
        expect([text, answer.state, (await d.store.t.messages.get(sent.question.id))!.text]).toEqual([text, 'done', text]);
        if (i % 20 === 0) sessionId = undefined;
      }
    },
    120_000,
  );
});

describe('the socket is cut', () => {
  it('at every frame: same text, one plan, one run', async () => {
    const frame = planFrame();
    peer.script = (request) => say(request, ['You ', 'said ', 'it.'], [frame as never]);
    const total = 7;
    const store = await scratchStore();
    for (let cut = 0; cut <= total; cut++) {
      const d = await desk({ store, connect: cutting(connectSocket, [cut, cut]) });
      const before = peer.effects.length;
      const sent = await ask(d, `cut at ${cut}`);
      const answer = await d.ended(sent.answer.id);
      expect([cut, answer.state, answer.text, answer.planId]).toEqual([cut, 'done', 'You said it.', frame.plan.id]);
      expect(peer.effects.length - before).toBe(1);
      const tokens = d.events.filter((e) => e.type === 'chat.token').map((e) => e.data.text);
      expect([cut, tokens.join('')]).toEqual([cut, 'You said it.']);
      await d.close();
    }
    expect(await store.t.plans.list({ limit: 10 })).toHaveLength(1);
  });

  it('and the cloud restarts in the middle: the answer begins anew and is whole', async () => {
    let first = true;
    peer.script = async function* (request) {
      const words = first ? ['one ', 'two ', 'THREE'] : ['one ', 'two ', 'three ', 'four'];
      for (const frame of say(request, words)) {
        yield frame;
        if (first && frame.type === 'token' && (frame as never as { text: string }).text === 'THREE') {
          first = false;
          await d.heard('THREE');
          peer.forgetRuns();
          peer.dropSockets();
        }
      }
    };
    const d = await desk();
    const sent = await ask(d, 'count');
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'done', text: 'one two three four' });
  });

  it('and the cloud stays away in the middle: what there is stays, the rest arrives in the same answer', async () => {
    const port = Number(new URL(peer.url).port);
    let away = true;
    peer.script = async function* (request) {
      for (const frame of say(request, ['one ', 'two ', 'three'])) {
        yield frame;
        if (away && frame.type === 'token') {
          away = false;
          await d.heard('one ');
          await peer.close();
        }
      }
    };
    const d = await desk();
    const sent = await ask(d, 'count');
    const cut = await d.ended(sent.answer.id, ['queued']);
    expect(cut).toMatchObject({ text: 'one ', problem: { code: 'cloud.offline' } });
    expect(await d.queue.list()).toMatchObject([{ id: cut.requestId, messageId: cut.id, label: 'count' }]);
    await peer.listen(port);
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'done', text: 'one two three', route: 'cloud' });
    expect(await d.queue.list()).toEqual([]);
    expect(peer.effects).toHaveLength(1);
  });

  it('and the access runs out in the middle', async () => {
    const d = await desk();
    const first = await ask(d, 'one');
    await d.ended(first.answer.id);
    peer.expireAccess();
    peer.dropSockets();
    const second = await ask(d, 'two');
    expect(await d.ended(second.answer.id)).toMatchObject({ state: 'done', text: whole('two') });
  });
});

describe('without the cloud', () => {
  it('the same sentence still works, marked as local', async () => {
    const d = await desk();
    await down(d);
    const sent = await ask(d, reminder);
    expect(sent.route).toBe('local');
    const answer = await d.ended(sent.answer.id);
    expect(answer).toMatchObject({ state: 'done', route: 'local', model: 'builtin' });
    expect(await d.plans.view(answer.planId!)).toMatchObject({
      state: 'proposed',
      origin: { by: 'builtin' },
      plan: { steps: [{ action: 'create_record', params: { type: 'task', fields: { priority: 'high' } } }] },
    });
    expect(await d.queue.list()).toEqual([]);
    expect(
      d.events
        .filter((e) => e.type === 'chat.token')
        .map((e) => e.data.text)
        .join(''),
    ).toBe(answer.text);
  });

  it('away at the start and not known to be: it falls back before anything is lost', async () => {
    const store = await scratchStore();
    const first = await desk({ store });
    await first.close();
    await peer.close();
    const d = await desk({ store });
    expect([d.cloud.connectivity(), d.cloud.session.account() !== null]).toEqual(['unknown', true]);
    const known = await ask(d, reminder);
    expect(known.route).toBe('cloud');
    expect(await d.ended(known.answer.id)).toMatchObject({ state: 'done', route: 'local' });
    const other = await ask(d, beyond);
    expect(await d.ended(other.answer.id, ['queued'])).toMatchObject({ text: '', route: 'queued' });
  });

  it('what needs the cloud waits, visibly, and goes out once when it is back', async () => {
    const d = await desk();
    const port = await down(d);
    const sent = await ask(d, beyond);
    expect(sent).toMatchObject({ route: 'queued', answer: { state: 'queued' } });
    expect(await d.queue.list()).toMatchObject([{ state: 'waiting', sessionId: sent.sessionId, messageId: sent.answer.id, label: beyond, attempts: 0 }]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await d.queue.list())[0]).toMatchObject({ attempts: 0 });
    await peer.listen(port);
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'done', text: whole(beyond), route: 'cloud', sessionId: sent.sessionId, problem: null });
    expect(peer.effects).toEqual([{ requestId: sent.answer.requestId, message: beyond }]);
    expect(await d.queue.list()).toEqual([]);
    expect(d.events.some((e) => e.type === 'queue.changed' && e.data.jobs.length === 0)).toBe(true);
  });

  it('several wait and arrive in order, each in its conversation, also after a restart', async () => {
    const store = await scratchStore();
    const d = await desk({ store });
    const port = await down(d);
    const a1 = await ask(d, others[0]);
    const b1 = await ask(d, others[1]);
    const a2 = await ask(d, others[2], { sessionId: a1.sessionId });
    await d.close();
    await peer.listen(port);
    const later = await desk({ store });
    await later.chat.recover();
    for (const sent of [a1, b1, a2]) expect(await later.ended(sent.answer.id)).toMatchObject({ state: 'done', sessionId: sent.sessionId });
    expect(peer.effects.map((e) => e.requestId)).toEqual([a1, b1, a2].map((s) => s.answer.requestId));
    expect(peer.requests[2]!.context.conversationHistory.map((h) => h.content)).toEqual([others[0], whole(others[0])]);
  });

  it('asked to stay on the device it does, with the cloud in reach', async () => {
    const d = await desk();
    const known = await ask(d, reminder, { offline: true });
    expect(await d.ended(known.answer.id)).toMatchObject({ route: 'local', state: 'done' });
    const other = await ask(d, beyond, { offline: true });
    expect(await d.ended(other.answer.id)).toMatchObject({ route: 'local', state: 'done' });
    expect([peer.requests, await d.queue.list()]).toEqual([[], []]);
  });

  it('signed out it answers here, queues nothing, and says how to sign in', async () => {
    const d = await desk({ account: 'out' });
    const known = await ask(d, reminder);
    expect(await d.ended(known.answer.id)).toMatchObject({ route: 'local', state: 'done' });
    const other = await ask(d, beyond);
    const answer = await d.ended(other.answer.id);
    expect(answer).toMatchObject({ route: 'local', state: 'done' });
    expect(answer.text).toContain('Sign in');
    expect([peer.requests, await d.queue.list(), d.cloud.connectivity()]).toEqual([[], [], 'unknown']);
  });

  it('a session that ended on the other side is told, what this device understands is answered all the same', async () => {
    const d = await desk();
    peer.expireAccess();
    peer.endSessions();
    const sent = await ask(d, beyond);
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'failed', text: '', problem: { code: expect.stringMatching(/^auth\./) } });
    expect([d.cloud.session.account(), await d.queue.list()]).toEqual([null, []]);

    await d.cloud.session.login('marta@example.org', 'correct horse');
    peer.expireAccess();
    peer.endSessions();
    const known = await ask(d, reminder);
    expect(await d.ended(known.answer.id)).toMatchObject({ state: 'done', route: 'local', planId: expect.any(String) });
  });

  it.each([-1, 1])('works with a clock that is off by a year (%i)', async (sign) => {
    const clock: Clock = { ...hurried, now: () => systemClock.now() + sign * 365 * 86_400_000 };
    const d = await desk({ clock });
    const port = await down(d);
    const sent = await ask(d, beyond);
    expect(sent.route).toBe('queued');
    await peer.listen(port);
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'done' });
  });
});

describe('a crowded cloud', () => {
  it('429: the question waits as long as it was told, then goes out once', async () => {
    const d = await desk();
    peer.refuse = { code: 'rate.limited', retryAfter: 20 };
    const sent = await ask(d, beyond);
    expect(await d.ended(sent.answer.id, ['queued'])).toMatchObject({ problem: { code: 'rate.limited', retryAfter: 20 } });
    peer.refuse = undefined;
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'done', text: whole(beyond) });
    expect(peer.effects).toHaveLength(1);
  });

  it('503 without a time: the queue waits and goes on', async () => {
    const d = await desk();
    peer.refuse = { code: 'dependency.unavailable' };
    const sent = await ask(d, beyond);
    await d.ended(sent.answer.id, ['queued']);
    peer.refuse = undefined;
    await d.queue.drain();
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'done' });
  });

  it('a refusal that waiting does not cure needs the user, and is kept', async () => {
    const d = await desk();
    const port = await down(d);
    const sent = await ask(d, beyond);
    peer.script = () => {
      throw new AdiuvaError('permission.denied');
    };
    await peer.listen(port);
    expect(await d.ended(sent.answer.id)).toMatchObject({ state: 'failed', problem: { code: 'permission.denied' } });
    const [job] = await d.queue.list();
    expect(job).toMatchObject({ state: 'needs_you', problem: { code: 'permission.denied' } });
    peer.script = (request) => say(request, ['now it works']);
    await d.queue.retry(job!.id);
    await d.queue.drain();
    expect(await d.ended(sent.answer.id, ['done'])).toMatchObject({ text: 'now it works' });
    expect(await d.queue.list()).toEqual([]);
  });
});
