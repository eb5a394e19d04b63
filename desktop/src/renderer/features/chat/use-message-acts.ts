import type { Message } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import type { LiveTranscript } from '../../data/live-transcript.ts';
import { useAct } from '../../data/hooks.ts';
import { useCopy, useDone } from '../shell/acts.ts';

export interface MessageActs {
  copy(message: Message): void;
  edit(message: Message): void;
  regenerate(message: Message): void;
  goOn(): void;
  remove(message: Message): void;
  /** Takes a question and its answer away because an edited one takes their place. */
  replace(question: Message): Promise<void>;
}

interface Around {
  readonly messages: readonly Message[];
  readonly live: LiveTranscript;
  onEdit(message: Message): void;
  onSay(text: string): void;
}

export function useMessageActs({ messages, live, onEdit, onSay }: Around): MessageActs {
  const { bridge } = useApp();
  const act = useAct();
  const done = useDone();
  const copy = useCopy();
  const takeAway = (message: Message) => act(() => bridge.call('chat.deleteMessage', { messageId: message.id }));
  const putBack = (message: Message) => void act(async () => live.put(await bridge.call('chat.restoreMessage', { messageId: message.id })));
  return {
    copy: (message) => copy(message.text),
    edit: onEdit,
    goOn: () => onSay('Continue'),
    regenerate: (message) =>
      void act(async () => {
        const { answer } = await bridge.call('chat.regenerate', { messageId: message.id });
        live.put(answer);
      }),
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
