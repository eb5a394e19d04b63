import type { AgentName, ChatContext, ChatResponse, ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import { agents } from '../agents/agents.ts';
import { planBuilder, type PlanBuilder } from '../plans/builder.ts';
import { classify } from './classify.ts';
import type { LeakGuard, Watch } from './leak-guard.ts';
import type { Prompts } from './prompts.ts';
import { strangersIn, withReadStrangers } from './reader.ts';
import type { IdentifiedRequest } from './request.ts';
import { toolLoop, type LoopBudget, type LoopEvent, type LoopResult } from './tool-loop.ts';

type Numbered = Exclude<ServerFrame, { type: 'ping' }>;
/** A frame before a run gives it its number. */
export type FrameBody = Numbered extends infer F ? (F extends Numbered ? Omit<F, 'seq' | 'requestId'> : never) : never;

export interface OrchestrateDeps {
  readonly model: Model;
  readonly prompts: Prompts;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget?: Partial<LoopBudget>;
}

/**
 * One chat request as its frames, from `start` to `final`. The token frames joined are the response; steps leave as a validated plan, or as
 * validated `actions` in direct mode.
 * @throws AdiuvaError what the model port throws; `model.bad_reply` when a plan repeats our instructions; the signal's reason when aborted
 */
export async function* orchestrate(request: IdentifiedRequest, deps: OrchestrateDeps, signal: AbortSignal): AsyncGenerator<FrameBody> {
  const { message, executionMode } = request;
  const chosen = (await classify(message, request.context, deps, signal)).agents;
  yield { type: 'start', agents: [...chosen], model: deps.model.id };
  for (const name of chosen) yield { type: 'thinking', agent: name, text: agents[name].thinking };
  const context = yield* readStrangers(request, chosen[0] ?? 'general', deps, signal);

  const now = deviceTime(request, deps.clock);
  const plan = planBuilder({ now, random: deps.random });
  const guard = deps.watch.guard();
  const messages = deps.prompts.conversation(chosen, message, context);
  const { response, loop } = yield* speak(toolLoop({ agents: chosen, message, context, messages, plan, now, signal }, deps), guard, deps.watch);

  const built = builtPlan(plan, deps.watch);
  if (built && executionMode === 'plan') yield { type: 'plan', plan: built };
  yield {
    type: 'final',
    response: answer(request, chosen, response, executionMode === 'plan' ? { plan: built, actions: [] } : { plan: null, actions: built?.steps ?? [] }, loop),
  };
}

function answer(
  { requestId, sessionId }: IdentifiedRequest,
  chosen: readonly AgentName[],
  response: string,
  work: Pick<ChatResponse, 'plan' | 'actions'>,
  { usage }: LoopResult,
): ChatResponse {
  return { requestId, sessionId, agents: [...chosen], response, ...work, usage };
}

/** The context as a model with tools may see it. The builtin assistant takes texts for data whatever they say, and needs no reader. */
async function* readStrangers(
  { message, context }: IdentifiedRequest,
  agent: AgentName,
  deps: OrchestrateDeps,
  signal: AbortSignal,
): AsyncGenerator<FrameBody, ChatContext> {
  if (deps.model.id === 'builtin' || strangersIn(context).length === 0) return context;
  yield { type: 'thinking', agent, text: 'Reading what others wrote' };
  return withReadStrangers(message, context, deps, signal);
}

/** Events of the loop as frames, with everything the guard withholds taken out. */
async function* speak(
  events: AsyncGenerator<LoopEvent, LoopResult>,
  guard: LeakGuard,
  watch: Watch,
): AsyncGenerator<FrameBody, { response: string; loop: LoopResult }> {
  let response = '';
  const say = function* (text: string): Generator<FrameBody> {
    response += text;
    if (text) yield { type: 'token', text };
  };
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) {
        yield* say(guard.end());
        return { response, loop: next.value };
      }
      const event = next.value;
      if (event.type === 'text') yield* say(guard.push(event.text));
      else yield { ...event, summary: watch.clean(event.summary) };
    }
  } finally {
    // A reader that leaves early ends the turn, and with it the request to the model.
    await events.return?.(undefined as never);
  }
}

/** Null where nothing was proposed. */
function builtPlan(plan: PlanBuilder, watch: Watch): ExecutionPlan | null {
  if (plan.steps.length === 0) return null;
  const built = plan.build();
  if (watch.holds(JSON.stringify(built.steps))) throw new AdiuvaError('model.bad_reply', { detail: 'a step repeats internal words' });
  return built;
}

/** The years in which a plan can be written down with room to expire. */
const [earliest, latest] = [Date.UTC(1970, 0, 1), Date.UTC(9998, 0, 1)];

/** The device's own time, because the device judges whether a plan has expired; ours where its clock shows something beyond the calendar. */
function deviceTime({ context }: IdentifiedRequest, clock: Clock): number {
  const told = Date.parse(context.userProfile.now);
  return told >= earliest && told < latest ? told : clock.now();
}
