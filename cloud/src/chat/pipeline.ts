import type { AgentName, ChatContext } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { agents as rows } from '../agents/agents.ts';
import { planBuilder, type PlanBuilder } from '../plans/builder.ts';
import type { Allowance } from './asked.ts';
import { merged } from './merged.ts';
import type { Prompts } from './prompts.ts';
import type { Spending } from './spending.ts';
import { toolLoop, type Finding, type LoopDeps, type LoopEvent, type LoopResult } from './tool-loop.ts';

/** What one agent brings to the others: its words, what it proposes, and what its tools gave. */
export interface AgentReport {
  readonly agent: AgentName;
  readonly state: 'done' | 'failed';
  /** Why it failed. */
  readonly code?: ErrorCode;
  readonly answer: string;
  readonly proposed: readonly string[];
  readonly findings: readonly Finding[];
}

export interface PipelineJob {
  readonly agents: readonly AgentName[];
  /** Each gets the reports of those before it; otherwise all work at once. */
  readonly inTurn: boolean;
  readonly message: string;
  readonly context: ChatContext;
  /** As in `LoopInput`. */
  readonly heard: ChatContext;
  readonly plan: PlanBuilder;
  readonly now: number;
  readonly allowed: Allowance;
  readonly spending: Spending;
}

export interface PipelineDeps extends LoopDeps {
  readonly prompts: Prompts;
  readonly random: Random;
}

/** `thinking` tells which agent begins. */
export type PipelineEvent = LoopEvent | { type: 'thinking'; agent: AgentName; text: string };

/** What became of a pipeline; `takenOver`: a model answered that reads the message and no instructions, and it is better asked once for all. */
export type PipelineResult = { readonly loop: LoopResult; readonly reports: readonly AgentReport[] } | 'takenOver';

/**
 * Several agents on one message: in turn, or at once, then one answer out of their reports, of which only the text is streamed. An agent that fails
 * leaves the others standing, and the answer says so; its steps are left out.
 * @throws AdiuvaError what every agent failed with; the signal's reason when aborted
 */
export async function* pipeline(job: PipelineJob, deps: PipelineDeps): AsyncGenerator<PipelineEvent, PipelineResult> {
  const reports: AgentReport[] = [];
  const errors: unknown[] = [];
  const stages = job.inTurn ? job.agents.map((name) => [name]) : [job.agents];
  for (const stage of stages) {
    for (const agent of stage) yield { type: 'thinking', agent, text: rows[agent].thinking };
    const works = yield* merged(stage.map((agent) => work(agent, reports, job, deps)));
    if (works.some(({ model }) => model === 'builtin')) return 'takenOver';
    for (const { report, plan } of works) reports.push(withDropped(report, job.plan.append(plan)));
    errors.push(...works.flatMap(({ error }) => (error === undefined ? [] : [error])));
    job.spending.signal.throwIfAborted();
  }
  if (errors.length === reports.length) throw errors[0];
  yield { type: 'thinking', agent: job.agents[0]!, text: 'Putting it together' };
  return { loop: yield* synthesis(reports, job, deps), reports };
}

interface Work {
  readonly report: AgentReport;
  readonly plan: PlanBuilder;
  /** Which model answered. */
  readonly model: string;
  readonly error?: unknown;
}

/** One agent's turn. Its words are for the report; what its tools do is seen at once. */
async function* work(agent: AgentName, reports: readonly AgentReport[], job: PipelineJob, deps: PipelineDeps): AsyncGenerator<PipelineEvent, Work> {
  const { message, context, now } = job;
  const plan = planBuilder({ now, random: deps.random });
  const messages = deps.prompts.conversation([agent], message, context, reports);
  const brief = (name: AgentName, asked: string) => deps.prompts.question(name, asked, context);
  const loop = toolLoop({ ...job, agents: [agent], messages, plan, brief }, deps);
  let answer = '';
  try {
    for (let next = await loop.next(); ; next = await loop.next()) {
      if (next.done) return { report: reportOf(agent, answer, plan, next.value), plan, model: next.value.usage.model };
      if (next.value.type === 'text') answer = next.value.anew ? '' : answer + next.value.text;
      else yield next.value;
    }
  } catch (error) {
    job.spending.signal.throwIfAborted();
    if (!(error instanceof AdiuvaError)) throw error;
    const report = { agent, state: 'failed', code: error.code, answer: '', proposed: [], findings: [] } as const;
    return { report, plan: planBuilder({ now, random: deps.random }), model: '', error };
  } finally {
    await loop.return(undefined as never);
  }
}

const reportOf = (agent: AgentName, answer: string, plan: PlanBuilder, { findings }: LoopResult): AgentReport => ({
  agent,
  state: 'done',
  answer,
  proposed: [...plan.described],
  findings,
});

const withDropped = (report: AgentReport, dropped: number): AgentReport =>
  dropped === 0 ? report : { ...report, answer: `${report.answer}\n\n${dropped} of its steps found no room in the plan.` };

/** One answer out of the reports; where the model fails at that, their own words in order. */
async function* synthesis(reports: readonly AgentReport[], job: PipelineJob, deps: PipelineDeps): AsyncGenerator<PipelineEvent, LoopResult> {
  const messages = deps.prompts.synthesis(job.message, job.context, reports);
  // One round, and an answer also where the agents have used up everything: what they found would be lost without it.
  const last: Spending = { ...job.spending, budget: { ...job.spending.budget, rounds: 1 }, spent: () => undefined };
  const loop = toolLoop({ ...job, agents: [], messages, spending: last }, deps);
  let said = false;
  try {
    for (let next = await loop.next(); ; next = await loop.next()) {
      if (next.done) return next.value;
      said ||= next.value.type === 'text';
      yield next.value;
    }
  } catch (error) {
    job.spending.signal.throwIfAborted();
    if (said || !(error instanceof AdiuvaError)) throw error;
    yield { type: 'text', text: ownWords(reports) };
    return { usage: job.spending.usage, rounds: 1, stoppedBy: null, findings: [] };
  } finally {
    await loop.return(undefined as never);
  }
}

const ownWords = (reports: readonly AgentReport[]): string =>
  reports.map(({ agent, state, answer }) => (state === 'done' ? answer : `The part for ${agent} could not be answered.`)).join('\n\n');
