import { agentName, type AgentName } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { analytics } from './analytics.ts';
import { calendar } from './calendar.ts';
import { email } from './email.ts';
import { general } from './general.ts';
import { task } from './task.ts';
import type { AgentTool, Effect } from './tool.ts';

/** One specialist: what it is for, what it may use, and the id of its instructions, whose text stays with the chat room. */
export interface Agent {
  readonly name: AgentName;
  readonly description: string;
  readonly skills: readonly string[];
  /** The quiet line shown while it works. */
  readonly thinking: string;
  readonly instructions: `agent.${AgentName}`;
  readonly tools: readonly AgentTool[];
}

/** Every agent; a name of the contract without a row is a type error. */
export const agents: { readonly [N in AgentName]: Agent } = { task, calendar, email, analytics, general };

/** A tool with the agent that brought it. */
export interface OfferedTool {
  readonly agent: AgentName;
  readonly tool: AgentTool;
}

/** The tools of some agents, each once, in their order. */
export function toolsOf(names: readonly AgentName[]): ReadonlyMap<string, OfferedTool> {
  const offered = new Map<string, OfferedTool>();
  for (const name of names) for (const tool of agents[name].tools) if (!offered.has(tool.name)) offered.set(tool.name, { agent: name, tool });
  return offered;
}

/** A row by a name from outside. @throws AdiuvaError `agent.not_found` */
export function agentNamed(name: string): Agent {
  const known = agentName.safeParse(name);
  if (known.success) return agents[known.data];
  throw new AdiuvaError('agent.not_found', { detail: `there are ${Object.keys(agents).join(', ')}` });
}

/** Agents with a tool that answers the message by itself, without a model. */
export const agentsAnswering = (message: string): AgentName[] =>
  Object.values(agents).flatMap(({ name, tools }) => (tools.some((tool) => tool.answers?.(message) !== undefined) ? [name] : []));

/** What the tools that answer the message by themselves would propose. */
export const effectsAnswering = (message: string): Effect[] =>
  Object.values(agents).flatMap(({ tools }) => tools.flatMap((tool) => (tool.effect && tool.answers?.(message) ? [tool.effect] : [])));

export { withRepeats } from './occurrences.ts';
export { holdsStrangers, withScreenedRecords } from './strangers.ts';
export { effects } from './tool.ts';
export type { AgentTool, Effect, ToolOutcome, ToolTurn } from './tool.ts';
