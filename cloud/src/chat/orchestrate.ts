import type { AgentName, ChatContext, ChatResponse } from '@adiuva/shared/contracts/chat.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import { agents, withRepeats, withScreenedRecords } from '../agents/agents.ts';
import { planBuilder, type PlanBuilder } from '../plans/builder.ts';
import { allowanceFor, everything } from './asked.ts';
import { classify, type Classification } from './classify.ts';
import { declared, type FrameBody } from './frames.ts';
import type { Watch } from './leak-guard.ts';
import { pipeline, type PipelineEvent, type PipelineJob } from './pipeline.ts';
import type { Prompts } from './prompts.ts';
import { strangersIn, withReadStrangers } from './reader.ts';
import type { IdentifiedRequest } from './request.ts';
import { openScreen, screenedFault, type Screen, type Withheld } from './screening.ts';
import { openSpending, type LoopBudget, type Spending } from './spending.ts';
import { toolLoop } from './tool-loop.ts';

export interface OrchestrateDeps {
  readonly model: Model;
  readonly prompts: Prompts;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget?: Partial<LoopBudget>;
  /** Told where something was withheld, and how often; never what. */
  readonly withheld?: (where: Withheld, count: number) => void;
}

/**
 * One chat request as its frames, from `start` to `final`. The token frames joined are the response; steps leave as a validated plan, or as
 * validated `actions` in direct mode.
 * @throws AdiuvaError what the model port throws; `model.bad_reply` when a plan repeats our instructions; the signal's reason when aborted
 */
export async function* orchestrate(request: IdentifiedRequest, deps: OrchestrateDeps, signal: AbortSignal): AsyncGenerator<FrameBody> {
  const spending = openSpending(deps.budget, deps.clock, signal);
  try {
    for await (const body of conduct(request, deps, spending)) yield declared(body);
  } catch (error) {
    throw screenedFault(error, deps.watch, deps.withheld ?? nobody);
  } finally {
    spending.close();
  }
}

const nobody = () => {};

async function* conduct(request: IdentifiedRequest, deps: OrchestrateDeps, spending: Spending): AsyncGenerator<FrameBody> {
  const { message, executionMode } = request;
  const route = await classify(message, request.context, { ...deps, spending }, spending.signal);
  yield { type: 'start', agents: [...route.agents], model: deps.model.id };
  const job = yield* prepared(request, route, deps, spending);
  const screen = openScreen(deps.watch, job.allowed.links, deps.withheld ?? nobody);
  const { response, result: plan } = yield* speak(turnOf(job, route, deps), screen);

  const built = plan.steps.length === 0 ? null : screen.plan(plan.build());
  if (built && executionMode === 'plan') yield { type: 'plan', plan: built };
  const steps = executionMode === 'plan' ? { plan: built, actions: [] } : { plan: null, actions: built?.steps ?? [] };
  yield { type: 'final', response: answer(request, route.agents, response, steps, spending) };
}

type Job = Omit<PipelineJob, 'plan'>;

/** Everything a turn needs. A model with tools sees the words of strangers screened, and may propose no more than the user asked for. */
async function* prepared(request: IdentifiedRequest, route: Classification, deps: OrchestrateDeps, spending: Spending): AsyncGenerator<FrameBody, Job> {
  const { message, context } = request;
  const now = deviceTime(request, deps.clock);
  const own = deps.model.id === 'builtin';
  const read = own ? context : yield* readStrangers(request, route.agents[0] ?? 'general', deps, spending);
  const allowed = own ? everything : await allowanceFor(message, context, route.parts);
  const heard = (await onlyLooks(message, context)) ? await withRepeats(context, now) : context;
  return { ...route, message, context: own ? read : withScreenedRecords(read), heard, now, allowed, spending };
}

/** Whether a message asks about what is there, and changes nothing of it, in a context where that makes a difference. */
async function onlyLooks(message: string, { userProfile, upcomingEvents }: ChatContext): Promise<boolean> {
  if (!upcomingEvents.some(({ fields }) => fields['recurrence'])) return false;
  const { understand } = await import('@adiuva/shared/language/understand.ts');
  const { intent } = understand(message, { reference: userProfile.now, timeZone: userProfile.timeZone });
  return looking.has(intent);
}

const looking: ReadonlySet<string> = new Set([
  'query_events',
  'query_tasks',
  'check_free',
  'daily_brief',
  'analytics_summary',
  'analytics_count',
  'analytics_time',
  'analytics_trend',
]);

/** The builtin assistant understands a message as a whole and answers it at once, for all agents; models work one agent at a time. */
async function* turnOf(job: Job, route: Classification, deps: OrchestrateDeps): AsyncGenerator<PipelineEvent, PlanBuilder> {
  if (route.agents.length > 1 && deps.model.id !== 'builtin') {
    const plan = planBuilder({ now: job.now, random: deps.random });
    if ((yield* pipeline({ ...job, plan }, deps)) !== 'takenOver') return plan;
  }
  const plan = planBuilder({ now: job.now, random: deps.random });
  for (const agent of route.agents) yield { type: 'thinking', agent, text: agents[agent].thinking };
  const messages = deps.prompts.conversation(route.agents, job.message, job.context);
  const brief = (agent: AgentName, asked: string) => deps.prompts.question(agent, asked, job.context);
  yield* toolLoop({ ...job, agents: route.agents, messages, plan, ...(deps.model.id !== 'builtin' && { brief }) }, deps);
  return plan;
}

function answer(
  { requestId, sessionId }: IdentifiedRequest,
  chosen: readonly AgentName[],
  response: string,
  work: Pick<ChatResponse, 'plan' | 'actions'>,
  { usage }: Spending,
): ChatResponse {
  return { requestId, sessionId, agents: [...chosen], response, ...work, usage };
}

/** The context with what others wrote read by a model without tools. The builtin assistant takes texts for data whatever they say, and needs no reader. */
async function* readStrangers(
  { message, context }: IdentifiedRequest,
  agent: AgentName,
  deps: OrchestrateDeps,
  spending: Spending,
): AsyncGenerator<FrameBody, ChatContext> {
  if (strangersIn(context).length === 0) return context;
  yield { type: 'thinking', agent, text: 'Reading what others wrote' };
  return withReadStrangers(message, context, { ...deps, spending }, spending.signal);
}

/** Events of a turn as frames, screened. */
async function* speak<R>(events: AsyncGenerator<PipelineEvent, R>, screen: Screen): AsyncGenerator<FrameBody, { response: string; result: R }> {
  let response = '';
  try {
    for (;;) {
      const next = await events.next();
      const event = next.done ? undefined : next.value;
      // Every word comes by here: a generator more would be paid with each of them.
      const text = event === undefined ? screen.end() : event.type === 'text' ? screen.say(event.text) : '';
      response += text;
      if (text) yield { type: 'token', text };
      if (next.done) return { response, result: next.value };
      if (event && event.type !== 'text') yield event.type === 'action' ? { ...event, summary: screen.line(event.summary) } : event;
    }
  } finally {
    // A reader that leaves early ends the turn, and with it the request to the model.
    await events.return?.(undefined as never);
  }
}

/** The years in which a plan can be written down with room to expire. */
const [earliest, latest] = [Date.UTC(1970, 0, 1), Date.UTC(9998, 0, 1)];

/** The device's own time, because the device judges whether a plan has expired; ours where its clock shows something beyond the calendar. */
function deviceTime({ context }: IdentifiedRequest, clock: Clock): number {
  const told = Date.parse(context.userProfile.now);
  return told >= earliest && told < latest ? told : clock.now();
}
