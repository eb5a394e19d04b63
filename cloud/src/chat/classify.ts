import { z } from 'zod';
import { agentName, type AgentName, type ChatContext } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Part } from '@adiuva/shared/language/assist.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import { agents, agentsAnswering } from '../agents/agents.ts';
import type { Prompts } from './prompts.ts';
import type { Spending } from './spending.ts';

export interface Classification {
  /** At least one, the most important first. */
  readonly agents: readonly AgentName[];
  readonly confidence: number;
  /** One of them needs what another finds out, in this order; otherwise each can work by itself. */
  readonly inTurn: boolean;
  /** The requests of the message, with what the language room made of those that no tool answers. */
  readonly parts: readonly Part[];
}

export interface ClassifyDeps {
  readonly model: Model;
  readonly prompts: Prompts;
  readonly clock: Clock;
  /** Told what the question has cost. */
  readonly spending?: Pick<Spending, 'count'>;
}

/** Names nobody knows are passed over rather than making the whole answer void. */
const knownAgents = z.array(z.string()).transform((names) => [...new Set(names.flatMap((name) => agentName.safeParse(name).data ?? []))]);
const answerShape = z.object({ agents: z.array(agentName).min(1).max(3), confidence: z.number().min(0).max(1), inTurn: z.boolean().optional() });
const givenShape = answerShape.extend({ agents: knownAgents.pipe(z.array(agentName).min(1)) });

/** From here on the language room is believed without asking: it costs a millisecond, a model the wait for a whole answer. */
const sure = 0.85;
/** A model that does not decide sooner is not waited for. */
const patienceMs = 4_000;

const specialists = Object.fromEntries(Object.values(agents).map(({ name, description }) => [name, description]));

/**
 * Who should handle a message. The language room says so where it is sure; otherwise a model is asked, and the two are put together: the
 * model leads, what the room found work for stays. Never fails: without an answer of the model the room's stands.
 */
export async function classify(message: string, context: ChatContext, deps: ClassifyDeps, signal?: AbortSignal): Promise<Classification> {
  const { assistParts } = await import('@adiuva/shared/language/assist.ts');
  // What a tool answers by itself needs nobody to decide.
  const parts = assistParts(message, context, 'cloud', (part) => agentsAnswering(part).length > 0);
  const agents = [...new Set(parts.flatMap(({ text, assistance }) => assistance?.agents ?? agentsAnswering(text)))];
  const confidence = Math.min(...parts.map(({ assistance }) => assistance?.confidence ?? sure));
  const own: Classification = { agents: agents.length > 0 ? agents : ['general'], confidence, inTurn: dependence.test(message), parts };
  const understood = parts.every(({ assistance }) => assistance?.understood ?? true);
  if (deps.model.id === 'builtin' || (understood && confidence >= sure)) return own;
  const asked = await askModel(message, deps, signal);
  if (!asked) return own;
  const kept = parts.some(({ assistance }) => !assistance || assistance.steps.length > 0) ? own.agents : [];
  return { ...asked, parts, agents: [...new Set([...asked.agents, ...kept])] };
}

/** Words that let one part of a request stand on another. */
const dependence =
  /\b(?:then|after that|afterwards|based on|from (?:that|those|them|it)|for (?:each of )?(?:those|them|these)|with (?:the )?(?:results?|that|those))\b/i;

async function askModel(
  message: string,
  { model, prompts, clock, spending }: ClassifyDeps,
  signal?: AbortSignal,
): Promise<Omit<Classification, 'parts'> | undefined> {
  const late = new AbortController();
  const stop = clock.after(patienceMs, () => late.abort(new AdiuvaError('model.timeout')));
  try {
    const reply = await model.complete({
      messages: prompts.classification(message, specialists),
      schema: { name: 'classification', shape: answerShape },
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    });
    spending?.count(reply.usage);
    const { agents: named, confidence, inTurn = false } = givenShape.parse(JSON.parse(reply.text));
    return { agents: named.slice(0, 3), confidence, inTurn };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  } finally {
    stop();
  }
}
