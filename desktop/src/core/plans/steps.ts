import { AdiuvaError, describeIssues } from '@adiuva/shared/contracts/errors.ts';
import { actions, fillPlaceholders, type ExecutionPlan, type PlanStep } from '@adiuva/shared/contracts/plan.ts';
import { actionRows, type Effect, type StepSetting } from './actions.ts';
import type { Desk } from './desk.ts';
import { stepIds } from './hash.ts';

/** What all steps of one run share. */
export interface Run {
  readonly plan: ExecutionPlan;
  /** Id of what each step makes. */
  readonly ids: readonly string[];
  readonly now: string;
  readonly born: ReadonlyMap<string, string>;
  /** What the model said, by index of its step. */
  readonly replies: ReadonlyMap<number, unknown>;
}

/** A run of `plan` at `now` (ISO 8601). */
export async function prepareRun(plan: ExecutionPlan, now: string, born: Run['born'] = new Map()): Promise<Run> {
  return { plan, ids: await stepIds(plan), now, born, replies: new Map() };
}

/** The parameters of a step with earlier output in place, checked against the action's shape. @throws AdiuvaError `plan.invalid` */
export function paramsOf(step: PlanStep, outputs: readonly unknown[]) {
  const filled = step.dataFromStep === undefined ? step.params : fillPlaceholders(step.params, outputs[step.dataFromStep]);
  const parsed = actions[step.action].params.safeParse(filled);
  if (!parsed.success) throw new AdiuvaError('plan.invalid', { detail: describeIssues(parsed.error) });
  return parsed.data;
}

/** Does one step on the desk. @throws AdiuvaError with the reason it cannot be done */
export async function runStep(desk: Desk, run: Run, index: number, outputs: readonly unknown[]): Promise<Effect> {
  const step = run.plan.steps[index]!;
  const setting: StepSetting = { now: run.now, id: run.ids[index]!, born: run.born, reply: run.replies.get(index) };
  return actionRows[step.action].run(desk, paramsOf(step, outputs) as never, setting);
}

/** Names the step in what the user reads. Faults of the store or of ours pass through as they are: they say nothing about the plan. */
export function stepFailed(error: unknown, index: number): unknown {
  if (!(error instanceof AdiuvaError) || error.code.startsWith('vault.') || error.code === 'internal') return error;
  return new AdiuvaError('plan.step_failed', { detail: `step ${index + 1}: ${error.detail ?? error.row.title}`, cause: error });
}

/**
 * Does every step in order; the transaction around it makes it all or nothing.
 * @throws AdiuvaError `plan.step_failed`, its cause the reason
 */
export async function runSteps(desk: Desk, run: Run): Promise<Effect[]> {
  const effects: Effect[] = [];
  const outputs: unknown[] = [];
  for (const index of run.plan.steps.keys()) {
    const effect = await runStep(desk, run, index, outputs).catch((error: unknown) => {
      throw stepFailed(error, index);
    });
    effects.push(effect);
    outputs.push(effect.output);
  }
  return effects;
}
