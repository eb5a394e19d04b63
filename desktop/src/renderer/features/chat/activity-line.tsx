import { Check, ChevronRight, Minus, Wrench } from 'lucide-react';
import { Fragment, useId, useState } from 'react';
import type { AgentName } from '@adiuva/shared/contracts/chat.ts';
import type { Message } from '../../../bridge/shapes.ts';
import { Visible } from '../../ui/visible.tsx';
import { counted } from '../../words/numbers.ts';
import { type AgentState, type AgentWork, pipelineOf } from './pipeline.ts';

const agentNames: Readonly<Record<AgentName, string>> = { task: 'Tasks', calendar: 'Calendar', email: 'Mail', analytics: 'Analysis', general: 'General' };
const stateNames: Readonly<Record<AgentState, string>> = { waiting: 'waits', working: 'works', done: 'done', stopped: 'stopped' };

/** The quiet line above an answer: who works, on what. It unfolds to everything that was done. */
export function ActivityLine({ message }: { message: Message }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const work = pipelineOf(message);
  const live = message.state === 'streaming';
  if (work.length === 0 && !live) return null;
  const steps = message.activity.length;
  return (
    <div className="activity" data-live={live}>
      <button type="button" className="activity-line small" aria-expanded={open} aria-controls={id} disabled={steps === 0} onClick={() => setOpen(!open)}>
        {work.length > 1 ? <Agents work={work} /> : <StateMark state={live ? 'working' : (work[0]?.state ?? 'done')} />}
        <span className="activity-now cut">
          <Visible text={nowText(message, work)} />
        </span>
        {steps > 0 && <ChevronRight className="activity-fold" size={13} aria-hidden />}
      </button>
      <div id={id} hidden={!open}>
        {open && <Everything work={work} model={message.model} />}
      </div>
    </div>
  );
}

function nowText({ state, text, activity }: Message, work: readonly AgentWork[]): string {
  const one = work.length === 1 && work[0] ? agentNames[work[0].agent] : null;
  if (state !== 'streaming') return [one, activity.length > 0 ? counted(activity.length, 'step') : ''].filter(Boolean).join(' · ');
  if (work.length > 1 && text !== '') return 'Writing the answer';
  return activity.at(-1)?.text ?? (one === null ? 'Working' : `${one} works`);
}

/** Several agents at a glance: who is done, who works, who waits. */
function Agents({ work }: { work: readonly AgentWork[] }) {
  return (
    <span className="activity-agents">
      {work.map(({ agent, state }, index) => (
        <Fragment key={agent}>
          {index > 0 && <span className="unseen">, </span>}
          <span className="activity-agent" data-state={state}>
            <StateMark state={state} />
            {agentNames[agent]}
            <span className="unseen"> {stateNames[state]}</span>
          </span>
        </Fragment>
      ))}
    </span>
  );
}

function StateMark({ state }: { state: AgentState }) {
  if (state === 'done') return <Check className="activity-mark" size={13} aria-hidden />;
  if (state === 'stopped') return <Minus className="activity-mark" size={13} aria-hidden />;
  return <span className={`activity-dot ${state}`} aria-hidden />;
}

function Everything({ work, model }: { work: readonly AgentWork[]; model: string | null }) {
  return (
    <ul className="activity-all small soft">
      {work.map(({ agent, state, lines }) => (
        <li key={agent}>
          <span className="activity-agent strong" data-state={state}>
            <StateMark state={state} />
            {agentNames[agent]} <span className="faint">{stateNames[state]}</span>
          </span>
          <ol>
            {lines.map((line, index) => (
              <li key={index} data-kind={line.kind ?? 'thinking'}>
                {line.kind === 'action' && <Wrench size={12} aria-label="Did" />}
                <Visible text={line.text} />
              </li>
            ))}
          </ol>
        </li>
      ))}
      {model !== null && <li className="faint">Model: {model === 'builtin' ? 'none, answered by rule' : model}</li>}
    </ul>
  );
}
