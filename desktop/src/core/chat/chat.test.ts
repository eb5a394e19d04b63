import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ChatRequest } from '@adiuva/shared/contracts/chat.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { newId, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import type { Message } from '../../bridge/shapes.ts';
import { createCloud, type Cloud } from '../cloud/cloud.ts';
import { cutting, say, startPeer, type Peer } from '../cloud/peer.suite.ts';
import { connectSocket, type Connect } from '../cloud/socket.ts';
import { createPlans, type Plans } from '../plans/plans.ts';
import { createQueue, type Queue } from '../queue/queue.ts';
import { scratchStore, task } from '../store/scratch.suite.ts';
import type { Store } from '../store/store.ts';
import { createChat, type Chat } from './chat.ts';

/** Time that runs a hundred times as fast. */
const hurried: Clock = { now: () => began + (systemClock.now() - began) * 100, after: (ms, fn) => systemClock.after(ms / 100, fn), sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

const began = systemClock.now();

interface Desk {
  store: Store;
  cloud: Cloud;
  queue: Queue;
  plans: Plans;
  chat: Chat;
  events: BridgeEvent[];
  ended(id: string, states?: Message['state'][]): Promise<Message>;
  close(): Promise<void>;
}
interface DeskOptions {
  store?: Store;
  connect?: Connect;
  clock?: Clock;
  account?: 'in' | 'out';
  baseUrl?: string;
}

let peer: Peer;
const open = new Set<Desk>();
beforeEach(async () => {
  peer = await startPeer();
});
afterEach(async () => {
  for (const desk of open) await desk.close();
  await peer.close();
});

/** The rooms around a chat over a real store, as `core/rooms` puts them together. */
async function desk(options: DeskOptions = {}): Promise<Desk> {
  const store = options.store ?? (await scratchStore());
  const clock = options.clock ?? hurried;
  const events: BridgeEvent[] = [];
  const waiting = new Set<() => void>();
  const announce = (type: string, data: unknown) => {
    events.push({ id: events.length + 1, type, data } as BridgeEvent);
    for (const look of waiting) look();
  };
  const base = { store: () => store, announce: announce as never, clock, random: systemRandom, log: silentLog };
  const cloud = createCloud({
    ...base, baseUrl: options.baseUrl ?? peer.url, fetch, ...(options.connect && { connect: options.connect }),
    tokens: { load: () => store.t.settings.get('device.account'), save: (tokens) => store.t.settings.set('device.account', tokens) },
  });
  const plans = createPlans({ ...base, notify: () => {} });
  const queue = createQueue(base);
  const chat = createChat({ ...base, cloud, plans, queue, profile: async () => ({ displayName: 'Marta', timeZone: 'Europe/Rome', locale: 'en-GB' }) });
  const made: Desk = {
    store, cloud, queue, plans, chat, events,
    async ended(id, states = ['done', 'stopped', 'failed']) {
      const found = async () => {
        const message = await store.t.messages.get(id);
        return message && states.includes(message.state) ? message : undefined;
      };
      for (;;) {
        const message = await found();
        if (message) return message;
        await new Promise<void>((resolve) => {
          const look = () => (waiting.delete(look), resolve());
          waiting.add(look);
          setTimeout(look, 200);
        });
      }
    },
    async close() {
      open.delete(made);
      await chat.close();
      await queue.close();
      plans.close();
      cloud.close();
    },
  };
  open.add(made);
  await cloud.session.load();
  if (options.account !== 'out' && !cloud.session.account()) {
    if (peer.users.size === 0) await cloud.session.register('marta@example.org', 'correct horse');
    else await cloud.session.login('marta@example.org', 'correct horse');
  }
  return made;
}

const ask = (d: Desk, text: string, more: { sessionId?: string; offline?: boolean; mode?: 'direct' | 'plan' } = {}) => d.chat.send({ text, mode: 'plan', offline: false, ...more });
const whole = (text: string) => `You said: ${text.slice(0, 40)} — ünïcödé 😀.`;
const planFrame = (id = newId(Date.now(), systemRandom)) => ({
  type: 'plan',
  plan: { id, version: 1, title: 'Invoice', steps: [{ action: 'create_record', params: { type: 'task', fields: { title: 'Send the invoice' } }, explain: 'You asked for it.' }], createdAt: '2026-11-20T09:00:00Z', expiresAt: '2026-11-27T09:00:00Z' },
});
const reminder = 'Remind me to send the invoice to Marta next Friday at 17:00, high priority';
const beyond = 'Explain how photosynthesis differs between mosses and ferns';

async function down(d: Desk): Promise<number> {
  const port = Number(new URL(peer.url).port);
  await peer.close();
  await d.cloud.llmStep('brief', {}).catch(() => undefined);
  expect(d.cloud.connectivity()).toBe('offline');
  return port;
}

describe('a question to the cloud', () => {
  it('is answered, stored and announced in that order', async () => {
    const d = await desk();
    const sent = await ask(d, 'hello there');
    expect(sent.route).toBe('cloud');
    const answer = await d.ended(sent.answer.id);
    expect(answer).toMatchObject({ state: 'done', text: whole('hello there'), route: 'cloud', agents: ['general'], model: 'peer', parentId: sent.question.id, problem: null, activity: [{ agent: 'general', text: 'reading' }] });
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
    expect((shown.request as ChatRequest).context).toMatchObject({ userProfile: { displayName: 'Marta', timeZone: 'Europe/Rome' }, recentTasks: [{ id: 't1', provenance: 'user' }] });
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
      for (const frame of say(request, ['Done as you said.'])) yield frame.type === 'final' ? ({ ...frame, response: { ...(frame as never as { response: object }).response, actions: planFrame().plan.steps } } as never) : frame;
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
    await d.store.t.documents.insert({ id: 'doc', collection: 'documents', title: 'Lease', text: 'The lease ends in March.', createdAt: '2026-11-20T09:00:00Z' });
    const first = await ask(d, 'hello');
    await d.ended(first.answer.id);
    const second = await ask(d, 'when does the lease end?', { sessionId: first.sessionId });
    await d.ended(second.answer.id);
    expect(peer.requests[1]!.context).toMatchObject({
      conversationHistory: [{ role: 'user', content: 'hello' }, { role: 'assistant', content: whole('hello') }],
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
    const sent = await ask(d, 'x'.repeat(32_000));
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
  it.skipIf(!strings())('naughty strings come back as they were typed, from the cloud and from here', async () => {
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
  }, 120_000);
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
          await new Promise((resolve) => setTimeout(resolve, 60));
          peer.forgetRuns();
          peer.dropSockets();
          await new Promise((resolve) => setTimeout(resolve, 60));
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
          await new Promise((resolve) => setTimeout(resolve, 60));
          away = false;
          void peer.close();
          await new Promise((resolve) => setTimeout(resolve, 60));
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
    expect(await d.plans.view(answer.planId!)).toMatchObject({ state: 'proposed', origin: { by: 'builtin' }, plan: { steps: [{ action: 'create_record', params: { type: 'task', fields: { priority: 'high' } } }] } });
    expect(await d.queue.list()).toEqual([]);
    expect(d.events.filter((e) => e.type === 'chat.token').map((e) => e.data.text).join('')).toBe(answer.text);
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
    const a1 = await ask(d, `${beyond} 1`);
    const b1 = await ask(d, `${beyond} 2`);
    const a2 = await ask(d, `${beyond} 3`, { sessionId: a1.sessionId });
    await d.close();
    await peer.listen(port);
    const later = await desk({ store });
    await later.chat.recover();
    for (const sent of [a1, b1, a2]) expect(await later.ended(sent.answer.id)).toMatchObject({ state: 'done', sessionId: sent.sessionId });
    expect(peer.effects.map((e) => e.requestId)).toEqual([a1, b1, a2].map((s) => s.answer.requestId));
    expect(peer.requests[2]!.context.conversationHistory.map((h) => h.content)).toEqual([`${beyond} 1`, whole(beyond), `${beyond} 3`].slice(0, 2));
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

  it('a session that ended on the other side is answered here, honestly', async () => {
    const d = await desk();
    peer.expireAccess();
    peer.endSessions();
    const sent = await ask(d, beyond);
    const answer = await d.ended(sent.answer.id);
    expect(answer).toMatchObject({ state: 'done', route: 'local' });
    expect([answer.text.includes('Sign in'), d.cloud.session.account()]).toEqual([true, null]);
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
    setTimeout(() => (peer.refuse = undefined), 50);
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
    peer.script = function* () {
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
  const firstWord = (d: Desk) => new Promise<void>((resolve) => {
    const timer = setInterval(() => d.events.some((e) => e.type === 'chat.token') && (clearInterval(timer), resolve()), 5);
  });

  it('stop keeps what there is and tells the cloud', async () => {
    const hold = paused();
    const d = await desk();
    const sent = await ask(d, 'count');
    await firstWord(d);
    expect(await d.chat.stop({ messageId: sent.answer.id })).toMatchObject({ state: 'stopped', text: 'one ', problem: null });
    await new Promise((resolve) => setTimeout(resolve, 30));
    hold.go();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await d.store.t.messages.get(sent.answer.id)).toMatchObject({ state: 'stopped', text: 'one ' });
    expect(await d.chat.stop({ messageId: sent.answer.id })).toMatchObject({ state: 'stopped' });
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
    const [a, b] = [await ask(d, `${beyond} 1`), await ask(d, `${beyond} 2`)];
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
    const again = await d.chat.regenerate({ messageId: old.id });
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
    await first.ended(sent.answer.id, ['streaming']);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await first.close();
    expect(await store.t.messages.get(sent.answer.id)).toMatchObject({ state: 'streaming', text: 'one two ' });
    go();
    const second = await desk({ store });
    await second.chat.recover();
    expect(await second.ended(sent.answer.id)).toMatchObject({ state: 'done', text: 'one two three' });
    expect(second.events.filter((e) => e.type === 'chat.token').map((e) => e.data.text).join('')).toBe('three');
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
