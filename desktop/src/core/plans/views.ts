import { validatePlan, type ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';
import type { PlanView, RunView } from '../../bridge/shapes.ts';
import type { StoredPlan, StoredRun, Tables } from '../store/store.ts';
import { previewRun, settledPreview, type StepPreview } from './preview.ts';
import { prepareRun } from './steps.ts';

/** Plans this device wrote itself may be as large as the records in them. */
export const sourceOf = ({ kind }: Pick<StoredPlan['origin'], 'kind'>) => (kind === 'chat' || kind === 'plugin' ? 'outside' : 'own');

/** The plan as its card shows it; `now` in ISO 8601. @throws AdiuvaError `plan.invalid` where the row does not hold */
export async function viewPlan(t: Tables, stored: StoredPlan, now: string): Promise<PlanView> {
  const plan = validatePlan(stored.plan, sourceOf(stored.origin));
  const steps = await stepsOf(t, { ...stored, plan }, now);
  const { hash, state, origin, runId, createdAt } = stored;
  return { plan, hash, state, origin, steps, writes: steps.filter((step) => step.writes).length, runId, createdAt };
}

async function stepsOf(t: Tables, stored: StoredPlan, now: string): Promise<StepPreview[]> {
  const run = stored.runId === null ? null : await t.runs.get(stored.runId);
  if (run) return settledPreview(t, stored.plan.steps, run.inverse);
  return tryPlan(t, stored.plan, now, stored.state === 'proposed');
}

/** What the plan would do to the records of now; without `problems` only the words count, for a plan that will not run any more. */
export async function tryPlan(t: Tables, plan: ExecutionPlan, now: string, problems = true): Promise<StepPreview[]> {
  const steps = await previewRun(t, await prepareRun(plan, now));
  return problems ? steps : steps.map((step) => ({ ...step, problem: null }));
}

/** A run as screens see it: after an undo every step that wrote reads `undone`. */
export function viewRun(run: StoredRun): RunView {
  const steps = run.steps.map((step) => (run.undoneAt === null || step.recordId === null ? step : { ...step, status: 'undone' as const }));
  const { id, planId, createdAt, undoneAt, undoRunId } = run;
  return { runId: id, planId, state: undoneAt === null ? 'done' : 'undone', steps, createdAt, undoneAt, undoRunId };
}
