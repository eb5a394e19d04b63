import { newId, type Random } from '@adiuva/shared/kit/ids.ts';
import type { CoreApi } from '../../bridge/procedures.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Queue } from '../queue/queue.ts';
import { askingAgain } from './again.ts';
import { Exchange, type ExchangeDeps } from './exchange.ts';
import { createSessions, draftKey, sessionOf, type Sessions } from './sessions.ts';
import { messageOf, talking, type Ground } from './talk.ts';

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
  /** A new answer in the place of this one, by this device alone where it is `offline`; the id of the question does as well. */
  regenerate: CoreApi['chat.regenerate'];
  /**
   * The same request again, for an answer that failed, waits or was stopped: the same words and, as long as they are of now, the same context. What was said
   * stays as far as it is said again. One that is ready or under way is left alone.
   */
  retry: CoreApi['chat.retry'];
  /** Has an answer that broke off go on: told again where that gives the same text, else by asking for the rest. */
  goOn: CoreApi['chat.goOn'];
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
  const freshId = () => newId(deps.clock.now(), deps.random);
  const ground: Ground = { ...deps, exchange, freshId };
  return {
    ...createSessions(deps.store, { clock: deps.clock, freshId }),
    ...talking(ground),
    ...askingAgain(ground),
    ...keeping(deps, exchange),
    recover: () => exchange.recover(),
    close() {
      unbind();
      return exchange.close();
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
