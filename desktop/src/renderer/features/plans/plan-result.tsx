import { CircleCheck, CircleX, Redo2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { PlanView, RunView } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Answer } from '../../ui/states.tsx';
import { counted } from '../../words/numbers.ts';
import { wordsOfProblem } from '../../words/problems.ts';
import { usePanels } from '../shell/panels.ts';
import { UndoDialog } from './undo-dialog.tsx';

const endings: Partial<Record<PlanView['state'], string>> = {
  rejected: 'Rejected. Nothing was written.',
  failed: 'It could not be done. Nothing of it was kept.',
  replaced: 'A newer version of this plan stands further on.',
};

/** What became of a plan: each step's result, and the way back. */
export function PlanResult({ view }: { view: PlanView }) {
  const { cache } = useApp();
  const entry = useQuery('plans.run', view.runId === null ? null : { runId: view.runId });
  const ending = endings[view.state];
  if (ending !== undefined) return <footer className="plan-foot small soft">{ending}</footer>;
  if (view.runId === null) return null;
  return (
    <Answer entry={entry} lines={1} onRetry={() => cache.invalidate(['plans.run'])}>
      {(run) => <RunResult run={run} view={view} />}
    </Answer>
  );
}

function RunResult({ run, view }: { run: RunView; view: PlanView }) {
  const [asking, setAsking] = useState(false);
  const undone = run.state === 'undone';
  // Taking back the undo does it again, as a run of its own that can be undone in its turn.
  const back = undone ? run.undoRunId : run.runId;
  const done = run.steps.filter((step) => step.status === 'done' || step.status === 'undone').length;
  return (
    <>
      <ul className="plan-results small">
        {run.steps.map((step) => (
          <StepResult key={step.index} step={step} name={view.steps[step.index]?.object ?? ''} undone={undone} />
        ))}
      </ul>
      <footer className="plan-foot">
        <p className="grow small soft">{undone ? 'Undone. Your records are as they were before.' : `${counted(done, 'step')} done on this device.`}</p>
        {back !== null && (
          <Button icon={undone ? Redo2 : Undo2} onClick={() => setAsking(true)}>
            {undone ? 'Do it again' : 'Undo'}
          </Button>
        )}
      </footer>
      {asking && back !== null && <UndoDialog runId={back} redo={undone} onClose={() => setAsking(false)} />}
    </>
  );
}

const resultWords: Readonly<Record<RunView['steps'][number]['status'], string>> = { done: 'Done', failed: 'Failed', skipped: 'Skipped', undone: 'Undone' };

function StepResult({ step, name, undone }: { step: RunView['steps'][number]; name: string; undone: boolean }) {
  const { inspect } = usePanels();
  const failed = step.status === 'failed';
  const Icon = failed ? CircleX : CircleCheck;
  const { recordId } = step;
  return (
    <li className="row">
      <Icon size={14} aria-hidden className={failed ? 'bad' : 'good'} />
      <span className="grow cut">
        Step {step.index + 1}: {undone ? 'Undone' : resultWords[step.status]}
        {step.problem ? `: ${wordsOfProblem(step.problem).title}` : ''}
      </span>
      {recordId !== null && !undone && step.status === 'done' && (
        <button type="button" className="link-button" onClick={() => inspect({ kind: 'record', id: recordId })} aria-label={`Open ${name}`}>
          Open
        </button>
      )}
    </li>
  );
}
