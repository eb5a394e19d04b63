import { chatLimits } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Message } from '../../bridge/shapes.ts';
import type { Tables } from '../store/store.ts';
import type { Chat } from './chat.ts';
import type { Asked, Exchange, ExchangeDeps, Route } from './exchange.ts';
import { jobOf } from './outbox.ts';
import { draftKey, newSession, sessionOf, titleFrom, touchSession } from './sessions.ts';

/** What questions and answers are made with. */
export interface Ground extends ExchangeDeps {
  readonly exchange: Exchange;
  freshId(): string;
}

/** Questions and answers. */
export function talking(ground: Ground): Pick<Chat, 'send' | 'stop'> {
  const { store, exchange, announce, freshId } = ground;
  return {
    async send({ sessionId, text, mode, offline, fromDraft }) {
      refuseUnfit(text);
      if (sessionId !== undefined) await sessionOf(store().t, sessionId);
      const question: Message = { ...blank(freshId(), sessionId ?? freshId(), nowAt(ground)), role: 'user', text, state: 'done' };
      const answer = answerTo(ground, question, await exchange.route(question, offline));
      await store().tx(async (t) => {
        if (sessionId === undefined) await t.sessions.insert(newSession(question.sessionId, titleFrom(text), question.createdAt));
        else await touchSession(t, sessionId, question.createdAt, text);
        await t.messages.insert(question);
        await t.messages.insert(answer);
        await queueWhereItWaits(ground, t, { question, answer, mode });
        if (fromDraft) await t.settings.remove(draftKey(sessionId ?? null));
      });
      announce('chat.message', question);
      begin(ground, answer, { mode, questionId: question.id });
      return { sessionId: question.sessionId, question, answer, route: answer.route! };
    },

    async stop({ messageId }) {
      await exchange.halt(await messageOf(store().t, messageId));
      return messageOf(store().t, messageId);
    },
  };
}

export const nowAt = ({ clock }: Pick<Ground, 'clock'>): string => new Date(clock.now()).toISOString();

/** How an answer starts that comes by this route. */
export const startOf = (route: Route): Pick<Message, 'route' | 'state'> => ({ route, state: route === 'queued' ? 'queued' : 'streaming' });

export const answerTo = (ground: Ground, question: Message, route: Route): Message => ({
  ...blank(ground.freshId(), question.sessionId, nowAt(ground)),
  ...startOf(route),
  role: 'assistant',
  requestId: ground.freshId(),
  parentId: question.id,
});

/** In the transaction that stores the answer: an answer that waits has its job, or neither is there. */
export async function queueWhereItWaits(
  { queue }: Ground,
  t: Tables,
  { question, answer, mode }: { question: Message; answer: Message; mode: Asked['mode'] },
): Promise<void> {
  if (answer.state === 'queued') await queue.add(t, jobOf(answer, question, mode));
}

/** Sets an answer going that is stored. */
export function begin({ announce, queue, exchange }: Ground, answer: Message, asked: Asked): void {
  announce('chat.message', answer);
  if (answer.state === 'queued') queue.wake();
  else exchange.start(answer, asked);
}

/** @throws AdiuvaError `message.not_found` */
export async function messageOf(t: Tables, id: string): Promise<Message> {
  const message = await t.messages.get(id);
  if (!message) throw new AdiuvaError('message.not_found');
  return message;
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
