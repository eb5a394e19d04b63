import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { shadow, type Desk } from './desk.ts';
import { paramsOf, runStep, stepFailed, type Run } from './steps.ts';

/** Asks a prompt step of the cloud. */
export type AskModel = (templateId: string, variables: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>;

/**
 * The run with what the model says to each of its `llm` steps. It is asked before the transaction, because a plan must not hold the store while it waits
 * for the network: the steps between are done on a shadow of the desk, where they give what they will give.
 * @throws AdiuvaError the cloud's own, its detail naming the step; `plan.step_failed` where a step before cannot be done
 */
export async function answered(desk: Desk, run: Run, ask: AskModel | undefined, signal: AbortSignal): Promise<Run> {
  const replies = new Map<number, unknown>();
  const last = run.plan.steps.findLastIndex(({ action }) => action === 'llm');
  const tried = shadow(desk);
  const outputs: unknown[] = [];
  for (let index = 0; index <= last; index++) {
    if (run.plan.steps[index]!.action === 'llm') replies.set(index, await reply(run, index, outputs, ask, signal));
    const effect = await runStep(tried, { ...run, replies }, index, outputs).catch((error: unknown) => {
      throw stepFailed(error, index);
    });
    outputs.push(effect.output);
  }
  return { ...run, replies };
}

async function reply(run: Run, index: number, outputs: readonly unknown[], ask: AskModel | undefined, signal: AbortSignal): Promise<unknown> {
  try {
    const { templateId, variables } = paramsOf(run.plan.steps[index]!, outputs) as { templateId: string; variables: Record<string, unknown> };
    if (!ask) throw new AdiuvaError('cloud.offline');
    return await ask(templateId, variables, signal);
  } catch (error) {
    throw unanswered(error, index);
  }
}

function unanswered(error: unknown, index: number): unknown {
  if (!(error instanceof AdiuvaError) || error.code === 'vault.locked') return error;
  if (error.code === 'plan.invalid') return stepFailed(error, index);
  const detail = `step ${index + 1} asks the assistant in the cloud: ${error.detail ?? error.row.title}; nothing was done and the plan still waits`;
  return new AdiuvaError(error.code, { detail, cause: error, ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }) });
}
