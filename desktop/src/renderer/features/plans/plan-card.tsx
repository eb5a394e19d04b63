import { useEffect, useState } from 'react';
import type { PlanView } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useQuery, useSettings } from '../../data/hooks.ts';
import { keysOf, pressName } from '../../keys/keys.ts';
import { Answer } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { absoluteText } from '../../words/dates.ts';
import { PlanDecision } from './plan-decision.tsx';
import { PlanResult } from './plan-result.tsx';
import { StepRow } from './step-row.tsx';
import { proposerText, stateNames } from './steps.ts';
import { type PlanActs, usePlanActs } from './use-plan-acts.ts';
import './plans.css';

/** A plan by its id. An edit puts a new plan in the place of the old one; the card follows it. */
export function PlanCard({ planId }: { planId: string }) {
  const { cache } = useApp();
  const [successor, follow] = useState<string | null>(null);
  useEffect(() => follow(null), [planId]);
  const id = successor ?? planId;
  const entry = useQuery('plans.get', { planId: id });
  return (
    <Answer entry={entry} lines={3} onRetry={() => cache.invalidate(['plans.get'])}>
      {(view) => <PlanBody view={view} onReplaced={follow} />}
    </Answer>
  );
}

/** Approves or rejects the card that holds the focus, by its keys alone: never by plain Enter. */
function useDecisionKeys(view: PlanView, acts: PlanActs) {
  const { mac } = useApp();
  const { keys } = useSettings();
  return (event: React.KeyboardEvent) => {
    const pressed = pressName(event.nativeEvent, mac);
    if (pressed === null || view.state !== 'proposed' || event.nativeEvent.isComposing) return;
    const run = keysOf('approve', keys).includes(pressed) ? acts.approve : keysOf('reject', keys).includes(pressed) ? acts.reject : null;
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  };
}

function PlanBody({ view, onReplaced }: { view: PlanView; onReplaced: (planId: string) => void }) {
  const acts = usePlanActs(view, onReplaced);
  const onKeyDown = useDecisionKeys(view, acts);
  const { label, tone } = stateNames[view.state];
  const open = view.state === 'proposed';
  return (
    // The card takes the focus so that its keys have one clear subject.
    <section
      className="plan"
      data-state={view.state}
      data-plan={view.plan.id}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      aria-label={`Plan: ${view.plan.title}`}
      onKeyDown={onKeyDown}
    >
      <header className="plan-head">
        <div className="grow">
          <h2>
            <Visible text={view.plan.title} />
          </h2>
          <Origin view={view} />
        </div>
        <span className={`badge ${tone}`}>{label}</span>
      </header>
      <ol className="plan-steps">
        {view.steps.map((step, index) => (
          <StepRow key={index} step={step} index={index} count={view.steps.length} open={open && !acts.busy} acts={acts} />
        ))}
      </ol>
      {open ? <PlanDecision view={view} acts={acts} /> : <PlanResult view={view} />}
    </section>
  );
}

function Origin({ view }: { view: PlanView }) {
  const here = useHere();
  return (
    <p className="small soft">
      {proposerText(view)} · {absoluteText(view.createdAt, here)}
    </p>
  );
}
