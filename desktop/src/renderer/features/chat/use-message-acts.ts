import type { Message } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import type { LiveTranscript } from '../../data/live-transcript.ts';
import { useAct } from '../../data/hooks.ts';
import { useCopy, useDone } from '../shell/acts.ts';

export interface MessageActs {
  copy(message: Message): void;
  edit(message: Message): void;
  regenerate(message: Message): void;
  /** The same request again. */
  retry(message: Message): void;
  /** A new answer by this device, in the place of one that is not to be had. */
  answerHere(message: Message): void;
  /** The rest of an answer that broke off. */
  goOn(message: Message): void;
  remove(message: Message): void;
  /** Takes a question and its answer away because an edited one takes their place. */
  replace(question: Message): Promise<void>;
}

interface Around {
  readonly messages: readonly Message[];
  readonly live: LiveTranscript;
  onEdit(message: Message): void;
}

export function useMessageActs({ messages, live, onEdit }: Around): MessageActs {
  const { bridge } = useApp();
  const act = useAct();
  const done = useDone();
  const copy = useCopy();
  const takeAway = (message: Message) => act(() => bridge.call('chat.deleteMessage', { messageId: message.id }));
  const putBack = (message: Message) => void act(async () => live.put(await bridge.call('chat.restoreMessage', { messageId: message.id })));
  const answered = (ask: () => Promise<{ answer: Message; question?: Message | null }>) =>
    void act(async () => {
      const { question, answer } = await ask();
      if (question) live.put(question);
      live.put(answer);
    });
  return {
    copy: (message) => copy(message.text),
    edit: onEdit,
    regenerate: ({ id: messageId }) => answered(() => bridge.call('chat.regenerate', { messageId })),
    retry: ({ id: messageId }) => answered(() => bridge.call('chat.retry', { messageId })),
    answerHere: ({ id: messageId }) => answered(() => bridge.call('chat.regenerate', { messageId, offline: true })),
    goOn: ({ id: messageId }) => answered(() => bridge.call('chat.goOn', { messageId })),
    remove: (message) =>
      void takeAway(message).then((gone) => {
        if (!gone) return;
        live.remove(message.id);
        done('Message deleted.', () => putBack(message));
      }),
    replace: async (question) => {
      const after = messages[messages.findIndex((message) => message.id === question.id) + 1];
      const gone = after?.role === 'assistant' ? [question, after] : [question];
      for (const message of gone) if (await takeAway(message)) live.remove(message.id);
      done('The earlier question was replaced.', () => gone.forEach(putBack));
    },
  };
}
