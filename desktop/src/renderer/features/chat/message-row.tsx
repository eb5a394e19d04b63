import { Cloud, Copy, CornerDownRight, Eye, HardDrive, Hourglass, type LucideIcon, Pencil, RotateCcw, Trash2 } from 'lucide-react';
import { memo } from 'react';
import type { Message } from '../../../bridge/shapes.ts';
import { useHere } from '../../data/hooks.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Visible } from '../../ui/visible.tsx';
import { briefText } from '../../words/dates.ts';
import { PlanCard } from '../plans/plan-card.tsx';
import { usePanels } from '../shell/panels.ts';
import { ActivityLine } from './activity-line.tsx';
import { AnswerTrouble } from './answer-trouble.tsx';
import { seemsCut } from './blocks.ts';
import { Formatted } from './markdown.tsx';
import type { MessageActs } from './use-message-acts.ts';

interface RowProps {
  readonly message: Message;
  readonly acts: MessageActs;
  readonly last: boolean;
}

/** One line of the transcript; drawn again only when it changed itself. */
export const MessageRow = memo(function MessageRow(props: RowProps) {
  return props.message.role === 'user' ? <Question {...props} /> : <AnswerRow {...props} />;
});

function Question({ message, acts }: RowProps) {
  return (
    <article className="question" aria-label="You">
      <div className="question-text">
        <Visible text={message.text} />
      </div>
      <div className="message-acts">
        <IconButton tiny icon={Copy} label="Copy" onClick={() => acts.copy(message)} />
        <IconButton tiny icon={Pencil} label="Edit and resend" onClick={() => acts.edit(message)} />
        <IconButton tiny icon={Trash2} label="Delete" onClick={() => acts.remove(message)} />
      </div>
    </article>
  );
}

function AnswerRow({ message, acts, last }: RowProps) {
  const streaming = message.state === 'streaming';
  return (
    <article className="answer" aria-label="Adiuva" aria-busy={streaming}>
      <ActivityLine message={message} />
      {message.text !== '' && <Formatted text={message.text} growing={streaming} />}
      {message.state === 'stopped' && <Stopped message={message} acts={acts} last={last} />}
      <AnswerTrouble message={message} acts={acts} />
      {message.planId !== null && <PlanCard planId={message.planId} />}
      {!streaming && <AnswerFoot message={message} acts={acts} last={last} />}
    </article>
  );
}

/** Where the user stopped it; the last answer can go on. */
function Stopped({ message, acts, last }: RowProps) {
  return (
    <p className="stopped small soft">
      <span>{message.text === '' ? 'Stopped before a word was said.' : 'Stopped. What arrived is kept.'}</span>
      {last && <GoOn message={message} acts={acts} />}
    </p>
  );
}

function GoOn({ message, acts }: Pick<RowProps, 'message' | 'acts'>) {
  return (
    <Button small look="quiet" icon={CornerDownRight} onClick={() => acts.goOn(message)}>
      Continue
    </Button>
  );
}

interface Mark {
  readonly icon: LucideIcon;
  readonly label: string;
}

/** Where an answer was made. */
const marks: Readonly<Record<NonNullable<Message['route']>, Mark>> = {
  cloud: { icon: Cloud, label: 'In the cloud' },
  local: { icon: HardDrive, label: 'On this device' },
  queued: { icon: Hourglass, label: 'Waits in the outbox' },
};

function AnswerFoot({ message, acts, last }: RowProps) {
  const { inspect } = usePanels();
  const here = useHere();
  const mark = message.route && marks[message.route];
  return (
    <footer className="message-foot small">
      {mark && (
        <span className="route-mark" data-route={message.route}>
          <mark.icon size={13} aria-hidden />
          {mark.label}
        </span>
      )}
      <time className="faint" dateTime={message.createdAt}>
        {briefText(message.createdAt, here)}
      </time>
      <span className="message-acts">
        {message.text !== '' && <IconButton tiny icon={Copy} label="Copy" onClick={() => acts.copy(message)} />}
        {last && message.state === 'done' && seemsCut(message.text) && (
          <IconButton tiny icon={CornerDownRight} label="Continue" onClick={() => acts.goOn(message)} />
        )}
        {last && message.state !== 'queued' && <IconButton tiny icon={RotateCcw} label="Regenerate" onClick={() => acts.regenerate(message)} />}
        <IconButton tiny icon={Eye} label="What was sent" onClick={() => inspect({ kind: 'sent', messageId: message.parentId ?? message.id })} />
        <IconButton tiny icon={Trash2} label="Delete" onClick={() => acts.remove(message)} />
      </span>
    </footer>
  );
}
