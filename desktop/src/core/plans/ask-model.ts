import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ExecutionPlan, PlanStep } from '@adiuva/shared/contracts/plan.ts';
import { llmFault } from './preview.ts';
import { paramsOf } from './steps.ts';

/** Asks a prompt step of the cloud. */
export type AskModel = (templateId: string, variables: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>;

/**
 * What the model says to each `llm` step, by its index. It is asked before the transaction: a plan never holds the store while it waits for the network.
 * @throws AdiuvaError the cloud's own, its detail naming the step; `plan.step_failed` for a question that cannot be put
 */
export async function askModel(plan: ExecutionPlan, ask: AskModel | undefined, signal: AbortSignal): Promise<Map<number, unknown>> {
  const replies = new Map<number, unknown>();
  for (const [index, step] of plan.steps.entries()) {
    if (step.action !== 'llm') continue;
    try {
      const { templateId, variables } = questionOf(plan, step, replies);
      if (!ask) throw new AdiuvaError('cloud.offline');
      replies.set(index, await ask(templateId, variables, signal));
    } catch (error) {
      throw unanswered(error, index);
    }
  }
  return replies;
}

function questionOf(plan: ExecutionPlan, step: PlanStep, replies: ReadonlyMap<number, unknown>) {
  const fault = llmFault(plan, step);
  if (fault) throw fault;
  const outputs = plan.steps.map((_, index) => replies.get(index));
  return paramsOf(step, outputs) as { templateId: string; variables: Record<string, unknown> };
}

function unanswered(error: unknown, index: number): unknown {
  if (!(error instanceof AdiuvaError) || error.code === 'vault.locked') return error;
  const code = error.code === 'plan.invalid' ? 'plan.step_failed' : error.code;
  const detail = `step ${index + 1} asks the assistant in the cloud: ${error.detail ?? error.row.title}; nothing was done and the plan still waits`;
  return new AdiuvaError(code, { detail, cause: error, ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }) });
}
