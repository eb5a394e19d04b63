import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { validatePlan } from '@adiuva/shared/contracts/plan.ts';
import type { StoredPlan, StoredRun, Tables } from '../store/store.ts';
import { hashOf } from './hash.ts';
import { sourceOf } from './views.ts';

/** @throws AdiuvaError `plan.not_found` */
export async function planOf(t: Tables, planId: string): Promise<StoredPlan> {
  const stored = await t.plans.get(planId);
  if (!stored) throw new AdiuvaError('plan.not_found');
  return stored;
}

/** @throws AdiuvaError `run.not_found` */
export async function runOf(t: Tables, runId: string): Promise<StoredRun> {
  const run = await t.runs.get(runId);
  if (!run) throw new AdiuvaError('run.not_found');
  return run;
}

/**
 * The plan, if it is byte for byte the one that was shown and nobody put another in its place or turned it down.
 * @throws AdiuvaError `plan.not_found`, `plan.changed`, `plan.decided`
 */
export async function shownPlan(t: Tables, planId: string, hash: string): Promise<StoredPlan> {
  const stored = await planOf(t, planId);
  if (stored.hash !== hash || (await hashOf(stored.plan)) !== hash || stored.state === 'replaced') throw new AdiuvaError('plan.changed');
  if (stored.state === 'rejected') throw new AdiuvaError('plan.decided');
  return { ...stored, plan: validatePlan(stored.plan, sourceOf(stored.origin)) };
}

/** A run that was not undone, with its plan. @throws AdiuvaError `run.not_found`, `run.undone` */
export async function undoable(t: Tables, runId: string): Promise<{ run: StoredRun; stored: StoredPlan }> {
  const run = await runOf(t, runId);
  if (run.undoneAt !== null) throw new AdiuvaError('run.undone');
  return { run, stored: await planOf(t, run.planId) };
}
