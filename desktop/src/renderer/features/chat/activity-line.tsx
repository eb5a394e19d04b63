import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { AgentName } from '@adiuva/shared/contracts/chat.ts';
import type { Message } from '../../../bridge/shapes.ts';
import { Visible } from '../../ui/visible.tsx';

const agentNames: Readonly<Record<AgentName, string>> = { task: 'Tasks', calendar: 'Calendar', email: 'Mail', analytics: 'Analysis', general: 'General' };

/** The quiet line above an answer: who works, on what. It unfolds to everything that was done. */
export function ActivityLine({ message }: { message: Message }) {
  const [open, setOpen] = useState(false);
  const streaming = message.state === 'streaming';
  const names = message.agents.map((agent) => agentNames[agent]).join(', ');
  const now = message.activity.at(-1)?.text;
  const text = streaming ? (now ?? (names === '' ? 'Working' : `${names} works`)) : names;
  if (text === '') return null;
  const steps = message.activity.length;
  return (
    <div className="activity" data-live={streaming}>
      <button type="button" className="activity-line small" aria-expanded={open} disabled={steps === 0} onClick={() => setOpen(!open)}>
        <span className="activity-dot" aria-hidden />
        <Visible text={text} />
        {steps > 0 && <ChevronRight size={13} aria-hidden />}
      </button>
      {open && (
        <ol className="activity-steps small soft">
          {message.activity.map((line, index) => (
            <li key={index}>
              <span className="strong">{agentNames[line.agent]}</span> <Visible text={line.text} />
            </li>
          ))}
          {message.model !== null && <li className="faint">Model: {message.model}</li>}
        </ol>
      )}
    </div>
  );
}
