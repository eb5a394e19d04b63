import { ArrowDown } from 'lucide-react';
import { useState } from 'react';
import type { Message } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useStable } from '../../data/hooks.ts';
import { useCommands } from '../../keys/use-commands.ts';
import { ErrorNote, Skeleton } from '../../ui/states.tsx';
import { useCopy } from '../shell/acts.ts';
import { Composer } from './composer.tsx';
import { MessageRow } from './message-row.tsx';
import { useAnswerStatus } from './use-answer-status.ts';
import { useMessageActs } from './use-message-acts.ts';
import { useSend } from './use-send.ts';
import { useStickToEnd } from './use-stick-to-end.ts';
import { useTranscript } from './use-transcript.ts';

/** One conversation: its lines, the answer that grows, the composer. */
export function Conversation({ sessionId }: { sessionId: string }) {
  const { bridge } = useApp();
  const act = useAct();
  const transcript = useTranscript(sessionId);
  const { messages, live } = transcript;
  const [editing, setEditing] = useState<Message | null>(null);
  const end = useStickToEnd(messages);
  const answer = messages.findLast((message) => message.role === 'assistant');
  const streaming = messages.find((message) => message.state === 'streaming');
  useAnswerStatus(answer);
  useConversationCommands(answer);

  const send = useSend(sessionId, ({ question, answer: started }) => {
    live.put(question);
    live.put(started);
    end.toEnd();
  });
  const acts = useMessageActs({ messages, live, onEdit: setEditing });
  const rowActs = useStable(acts);
  const sendOrEdit: typeof send = async (outgoing) => {
    if (editing) await acts.replace(editing);
    setEditing(null);
    return send(outgoing);
  };
  const stop = () => streaming && void act(async () => live.put(await bridge.call('chat.stop', { messageId: streaming.id })));
  return (
    <div className="conversation">
      {/* The log scrolls, so the keyboard must reach it; it is silent because one status region speaks for it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={end.box} className="transcript" role="log" aria-live="off" aria-label="Conversation" tabIndex={0} onScroll={end.onScroll}>
        <div className="transcript-lines">
          {transcript.error !== null && <ErrorNote error={transcript.error} onRetry={transcript.reload} />}
          {!transcript.loaded && transcript.error === null && <Skeleton lines={6} />}
          {messages.map((message) => (
            <MessageRow key={message.id} message={message} acts={rowActs} last={message.id === answer?.id} />
          ))}
        </div>
      </div>
      {end.away && (
        <button type="button" className="newest" onClick={end.toEnd}>
          <ArrowDown size={14} aria-hidden />
          Newest
        </button>
      )}
      <Composer
        sessionId={sessionId}
        streaming={streaming !== undefined}
        start={editing?.text ?? null}
        editing={editing}
        onCancelEdit={() => setEditing(null)}
        onSend={sendOrEdit}
        onStop={stop}
      />
    </div>
  );
}

function useConversationCommands(answer: Message | undefined): void {
  const copy = useCopy();
  useCommands({
    copyAnswer: () => answer && copy(answer.text, 'The last answer was copied.'),
    focusPlan: () => document.querySelector<HTMLElement>('.plan[data-state="proposed"]')?.focus(),
  });
}
