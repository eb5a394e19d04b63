import type { Announce } from '../../bridge/events.ts';
import type { StoredPlan, StoredRun, Tables } from '../store/store.ts';
import { actionRows, type Effect } from './actions.ts';
import { planOf, runOf } from './lookup.ts';
import type { Notices } from './notices.ts';
import { runSteps, type Run } from './steps.ts';
import { expectationsOf, rootOf } from './undo.ts';
import { viewPlan, viewRun } from './views.ts';

/** One transaction under way. */
export interface Writing {
  readonly t: Tables;
  /** Announces once the transaction holds. */
  readonly say: Announce;
  freshId(): string;
  readonly notices: Notices;
}

/** Steps, inverse, activity, notifications, the run and the state of its plan: all of it or nothing. @throws AdiuvaError `plan.step_failed` */
export async function carryOut(writing: Writing, stored: StoredPlan, run: Run): Promise<StoredRun> {
  const { t, say, notices } = writing;
  const effects = await runSteps(t, run);
  const done = await keepRun(writing, stored, run, effects);
  await keepActivity(writing, stored, done, effects);
  const shown = effects.flatMap(({ notice }) => notice ?? []);
  await notices.keep(t, done.id, shown);
  await t.plans.setState(stored.plan.id, 'approved', done.id);
  const touched = effects.flatMap((effect) => effect.touched ?? []);
  say('records.changed', { ids: touched.map(({ id }) => id), types: [...new Set(touched.map(({ type }) => type))] });
  say('run.changed', viewRun(done));
  say('plan.changed', await viewPlan(t, await planOf(t, stored.plan.id), run.now));
  return done;
}

async function keepRun({ t, freshId }: Writing, stored: StoredPlan, run: Run, effects: readonly Effect[]): Promise<StoredRun> {
  const steps = effects.map(({ touched }, index) => ({ index, status: 'done' as const, recordId: touched?.id ?? null, problem: null }));
  const inverse = effects.flatMap((effect) => effect.inverse ?? []).toReversed();
  const expects = await expectationsOf(effects);
  const done = { id: freshId(), planId: stored.plan.id, steps, inverse, expects, createdAt: run.now, undoneAt: null, undoRunId: null };
  await t.runs.insert(done);
  return done;
}

async function keepActivity({ t, freshId }: Writing, { plan, origin }: StoredPlan, run: StoredRun, effects: readonly Effect[]): Promise<void> {
  for (const [index, { touched, notice }] of effects.entries()) {
    if (!touched && !notice) continue;
    const verb = actionRows[plan.steps[index]!.action].done;
    const recordType = touched && touched.type !== 'document' ? touched.type : null;
    const label = touched?.label ?? notice?.title ?? '';
    await t.activity.insert({ id: freshId(), at: run.createdAt, kind: origin.kind, verb, recordType, recordId: touched?.id ?? null, label, runId: run.id });
  }
}

/** After an undo: the run is undone, and the plan the user approved is undone or, after a redo, stands again with its newest run. */
export async function settleUndo({ t, say }: Writing, undone: StoredRun, by: StoredRun): Promise<void> {
  await t.runs.markUndone(undone.id, by.createdAt, by.id);
  say('run.changed', viewRun(await runOf(t, undone.id)));
  await t.plans.setState(undone.planId, 'undone', undone.id);
  const root = await rootOf(t, undone);
  if (root.stands) await t.plans.setState(root.planId, 'approved', by.id);
  else await t.plans.setState(root.planId, 'undone');
  for (const planId of new Set([undone.planId, root.planId])) say('plan.changed', await viewPlan(t, await planOf(t, planId), by.createdAt));
}
