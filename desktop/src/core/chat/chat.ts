import { chatLimits } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { newId, type Random } from '@adiuva/shared/kit/ids.ts';
import type { CoreApi } from '../../bridge/procedures.ts';
import type { Message } from '../../bridge/shapes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Queue } from '../queue/queue.ts';
import type { Tables } from '../store/store.ts';
import { Exchange, sentWith, type Asked, type ExchangeDeps, type Route } from './exchange.ts';
import { jobOf } from './outbox.ts';
import { createSessions, draftKey, newSession, sessionOf, titleFrom, touchSession, type Sessions } from './sessions.ts';

export interface ChatDeps extends ExchangeDeps {
  readonly random: Random;
}

/** Conversations: one answer at a time in each, many at once. Answers arrive by events; every function has its row in the bridge's table. */
export interface Chat extends Omit<Sessions, 'delete'> {
  /** Hides a conversation, after what it has under way was stopped. */
  delete: CoreApi['chat.delete'];
  messages: CoreApi['chat.messages'];
  /**
   * Saves the question, decides who answers, and starts. A question asked while another of the same conversation is being answered waits its turn.
   * @throws AdiuvaError `chat.message_empty` · `chat.message_too_long` · `session.not_found`; the draft then stays
   */
  send: CoreApi['chat.send'];
  /** Keeps what there is of an answer, and tells the cloud. */
  stop: CoreApi['chat.stop'];
  /** A new answer in the place of this one; the id of the question does as well. */
  regenerate: CoreApi['chat.regenerate'];
  deleteMessage: CoreApi['chat.deleteMessage'];
  restoreMessage: CoreApi['chat.restoreMessage'];
  draft: CoreApi['chat.draft'];
  saveDraft: CoreApi['chat.saveDraft'];
  sent: CoreApi['chat.sent'];
  /** At unlock: answers that were cut off go on, what waits goes out. */
  recover(): Promise<void>;
  /** Lets go of what is under way, which `recover` takes up again. Call it before the queue is closed. */
  close(): Promise<void>;
}

export function createChat(deps: ChatDeps): Chat {
  const exchange = new Exchange(deps);
  deps.queue.serve('chat', exchange.worker());
  const unbind = drainWhenPossible(deps.queue, deps.cloud);
  const facts = { clock: deps.clock, freshId: () => newId(deps.clock.now(), deps.random) };
  return {
    ...createSessions(deps.store, facts),
    ...talking(deps, exchange, facts),
    ...keeping(deps, exchange),
    recover: () => exchange.recover(),
    close() {
      unbind();
      return exchange.close();
    },
  };
}

interface Facts {
  readonly clock: ChatDeps['clock'];
  freshId(): string;
}

/** Questions and answers. */
function talking({ store, queue, plans, announce }: ChatDeps, exchange: Exchange, { clock, freshId }: Facts): Pick<Chat, 'send' | 'stop' | 'regenerate'> {
  const now = () => new Date(clock.now()).toISOString();
  const answerTo = (question: Message, route: Route): Message => ({
    ...blank(freshId(), question.sessionId, now()),
    role: 'assistant',
    state: route === 'queued' ? 'queued' : 'streaming',
    route,
    requestId: freshId(),
    parentId: question.id,
  });
  const insert = async (t: Tables, question: Message, answer: Message, mode: Asked['mode']) => {
    await t.messages.insert(answer);
    if (answer.state === 'queued') await queue.add(t, jobOf(answer, question, mode));
  };
  const go = (answer: Message, asked: Asked) => {
    announce('chat.message', answer);
    if (answer.state === 'queued') queue.wake();
    else exchange.start(answer, asked);
  };
  /** A plan nobody decided goes with the answer that proposed it. */
  const withdrawPlan = async ({ planId }: Message) => {
    const view = planId === null ? null : await plans.view(planId).catch(() => null);
    if (view?.state === 'proposed') await plans.reject(view.plan.id).catch(() => undefined);
  };

  return {
    async send({ sessionId, text, mode, offline, fromDraft }) {
      refuseUnfit(text);
      if (sessionId !== undefined) await sessionOf(store().t, sessionId);
      const question: Message = { ...blank(freshId(), sessionId ?? freshId(), now()), role: 'user', text, state: 'done' };
      const answer = answerTo(question, await exchange.route(question, offline));
      await store().tx(async (t) => {
        if (sessionId === undefined) await t.sessions.insert(newSession(question.sessionId, titleFrom(text), question.createdAt));
        else await touchSession(t, sessionId, question.createdAt, text);
        await t.messages.insert(question);
        await insert(t, question, answer, mode);
        if (fromDraft) await t.settings.remove(draftKey(sessionId ?? null));
      });
      announce('chat.message', question);
      go(answer, { mode, questionId: question.id });
      return { sessionId: question.sessionId, question, answer, route: answer.route! };
    },

    async stop({ messageId }) {
      await exchange.halt(await messageOf(store().t, messageId));
      return messageOf(store().t, messageId);
    },

    async regenerate({ messageId }) {
      const { question, old } = await exchangeOf(store().t, messageId);
      if (old) await exchange.halt(old);
      const mode = (await sentWith(store().t, question.id))?.executionMode ?? 'plan';
      const answer = answerTo(question, await exchange.route(question, false));
      await store().tx(async (t) => {
        if (old) await t.messages.remove(old.id);
        await insert(t, question, answer, mode);
      });
      if (old) {
        await withdrawPlan(old);
        announce('chat.deleted', { sessionId: old.sessionId, messageId: old.id });
      }
      go(answer, { mode, questionId: question.id });
      return { sessionId: answer.sessionId, answer, route: answer.route! };
    },
  };
}

/** What is kept: messages, drafts, what was sent. */
function keeping(
  { store, announce }: ChatDeps,
  exchange: Exchange,
): Pick<Chat, 'delete' | 'messages' | 'deleteMessage' | 'restoreMessage' | 'draft' | 'saveDraft' | 'sent'> {
  return {
    async delete({ sessionId }) {
      await sessionOf(store().t, sessionId);
      for (const message of await store().t.messages.unfinished()) if (message.sessionId === sessionId) await exchange.halt(message);
      await store().tx(async (t) => {
        await t.sessions.remove(sessionId);
        await t.settings.remove(draftKey(sessionId));
      });
      announce('chat.deleted', { sessionId, messageId: null });
      return {};
    },
    async messages({ sessionId, ...page }) {
      await sessionOf(store().t, sessionId);
      return { messages: await store().t.messages.list(sessionId, page) };
    },
    async deleteMessage({ messageId }) {
      const message = await messageOf(store().t, messageId);
      await exchange.halt(message);
      await store().t.messages.remove(messageId);
      announce('chat.deleted', { sessionId: message.sessionId, messageId });
      return {};
    },
    async restoreMessage({ messageId }) {
      await store().t.messages.restore(messageId);
      const message = await messageOf(store().t, messageId);
      announce('chat.message', message);
      return message;
    },
    async draft({ sessionId }) {
      const text = await store().t.settings.get(draftKey(sessionId));
      return { text: typeof text === 'string' ? text : '' };
    },
    async saveDraft({ sessionId, text }) {
      if (text === '') await store().t.settings.remove(draftKey(sessionId));
      else await store().t.settings.set(draftKey(sessionId), text);
      return {};
    },
    async sent({ messageId }) {
      const message = await messageOf(store().t, messageId);
      return (await store().t.sent.get(message.parentId ?? message.id)) ?? { host: null, request: null };
    },
  };
}

/** The queue goes on when the cloud is back or somebody signs in; while jobs wait, an offline verdict is tried again. */
function drainWhenPossible(queue: Queue, cloud: Cloud): () => void {
  let release: (() => void) | undefined;
  const letGo = () => {
    release?.();
    release = undefined;
  };
  const ends = [
    cloud.onConnectivity((state) => state === 'online' && queue.wake()),
    cloud.session.onAccount((account) => account && queue.wake()),
    queue.onChange((jobs) => {
      if (jobs.some((job) => job.state === 'waiting')) release ??= cloud.hold();
      else letGo();
    }),
    letGo,
  ];
  return () => ends.forEach((end) => end());
}

/** @throws AdiuvaError `message.not_found` */
async function messageOf(t: Tables, id: string): Promise<Message> {
  const message = await t.messages.get(id);
  if (!message) throw new AdiuvaError('message.not_found');
  return message;
}

/** The question and its answer, from the id of either. */
async function exchangeOf(t: Tables, messageId: string): Promise<{ question: Message; old: Message | null }> {
  const message = await messageOf(t, messageId);
  if (message.role === 'assistant') return { question: await messageOf(t, message.parentId ?? ''), old: message };
  const later = await t.messages.list(message.sessionId, { limit: 1_000, after: message.id });
  return { question: message, old: later.find((candidate) => candidate.parentId === message.id) ?? null };
}

const blank = (id: string, sessionId: string, createdAt: string): Omit<Message, 'role' | 'state'> => ({
  id,
  sessionId,
  createdAt,
  text: '',
  route: null,
  agents: [],
  model: null,
  requestId: null,
  parentId: null,
  planId: null,
  problem: null,
  activity: [],
});

function refuseUnfit(text: string): void {
  if (text.trim() === '') throw new AdiuvaError('chat.message_empty');
  if (text.length > chatLimits.message) throw new AdiuvaError('chat.message_too_long', { detail: `it has ${text.length} characters` });
}
