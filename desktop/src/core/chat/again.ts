import { chatLimits } from '@adiuva/shared/contracts/chat.ts';
import type { Message } from '../../bridge/shapes.ts';
import type { Tables } from '../store/store.ts';
import type { Chat } from './chat.ts';
import { sentWith, type Asked } from './exchange.ts';
import { answerTo, begin, messageOf, queueWhereItWaits, startOf, talking, type Ground } from './talk.ts';

/** What the user says, and sees as said, to have the rest of an answer. */
const goOnWords = 'Continue';

/** Asking once more: for another answer, with the same request, or for the rest. */
export function askingAgain(ground: Ground): Pick<Chat, 'regenerate' | 'retry' | 'goOn'> {
  const { store, exchange, announce } = ground;

  async function regenerate({ messageId, offline }: { messageId: string; offline: boolean }) {
    const { question, old } = await exchangeOf(store().t, messageId);
    if (old) await exchange.halt(old);
    const mode = await modeOf(store().t, question);
    const answer = answerTo(ground, question, await exchange.route(question, offline));
    await store().tx(async (t) => {
      if (old) await t.messages.remove(old.id);
      await t.messages.insert(answer);
      await queueWhereItWaits(ground, t, { question, answer, mode });
    });
    if (old) {
      await withdrawPlan(ground, old);
      announce('chat.deleted', { sessionId: old.sessionId, messageId: old.id });
    }
    begin(ground, answer, { mode, questionId: question.id });
    return { sessionId: answer.sessionId, answer, route: answer.route! };
  }

  async function retry({ messageId }: { messageId: string }) {
    const { question, old } = await exchangeOf(store().t, messageId);
    if (!old) return regenerate({ messageId, offline: false });
    const answer = old.state === 'done' || old.state === 'streaming' ? old : ((await fromOutbox(ground, old)) ?? (await askSame(ground, question, old)));
    return { sessionId: answer.sessionId, answer, route: answer.route ?? 'cloud' };
  }

  return {
    regenerate,
    retry,
    async goOn({ messageId }) {
      const { question, old } = await exchangeOf(store().t, messageId);
      if (!old || old.text === '' || repeatsItself(old)) return { ...(await retry({ messageId })), question: null };
      return talking(ground).send({ sessionId: old.sessionId, text: goOnWords, mode: await modeOf(store().t, question), offline: false });
    },
  };
}

/** Told again from its start, this answer has the same text: it is not finished, or no model made it. */
const repeatsItself = ({ state, model, route }: Message): boolean => state === 'failed' || state === 'queued' || model === 'builtin' || route === 'local';

/** An answer that waits in the outbox is tried at once, whatever it waits for. */
async function fromOutbox({ queue, cloud, store }: Ground, answer: Message): Promise<Message | null> {
  const job = (await queue.list()).find((candidate) => candidate.messageId === answer.id);
  if (!job) return null;
  cloud.nudge();
  await queue.retry(job.id);
  return messageOf(store().t, answer.id);
}

/** The same answer once more, under a new id: the cloud keeps how a run ended, and would tell that end again. */
async function askSame(ground: Ground, question: Message, old: Message): Promise<Message> {
  const { store, exchange, freshId } = ground;
  const mode = await modeOf(store().t, question);
  const route = await exchange.route(question, false);
  const answer: Message = { ...old, ...startOf(route), requestId: freshId(), planId: null, problem: null };
  await store().tx(async (t) => {
    await sendSame(ground, t, question, answer);
    await t.messages.update(answer);
    await queueWhereItWaits(ground, t, { question, answer, mode });
  });
  await withdrawPlan(ground, old);
  begin(ground, answer, { mode, questionId: question.id });
  return answer;
}

/** Puts the request that went out last under the answer's new id; one from long ago says a wrong time of day, so it is made anew. */
async function sendSame({ clock }: Ground, t: Tables, question: Message, { requestId }: Message): Promise<void> {
  const sent = await t.sent.get(question.id);
  const request = await sentWith(t, question.id);
  if (!sent?.host || !request || Date.parse(request.context.userProfile.now) < clock.now() - chatLimits.runKeptMs) return;
  await t.sent.put(question.id, sent.host, { ...request, requestId: requestId! });
}

/** A plan nobody decided goes with the answer that proposed it. */
async function withdrawPlan({ plans }: Ground, { planId }: Message): Promise<void> {
  const view = planId === null ? null : await plans.view(planId).catch(() => null);
  if (view?.state === 'proposed') await plans.reject(view.plan.id).catch(() => undefined);
}

const modeOf = async (t: Tables, question: Message): Promise<Asked['mode']> => (await sentWith(t, question.id))?.executionMode ?? 'plan';

/** The question and its answer, from the id of either. */
async function exchangeOf(t: Tables, messageId: string): Promise<{ question: Message; old: Message | null }> {
  const message = await messageOf(t, messageId);
  if (message.role === 'assistant') return { question: await messageOf(t, message.parentId ?? ''), old: message };
  const later = await t.messages.list(message.sessionId, { limit: 1_000, after: message.id });
  return { question: message, old: later.find((candidate) => candidate.parentId === message.id) ?? null };
}
