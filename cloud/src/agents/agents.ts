import type { AgentName } from '@adiuva/shared/contracts/chat.ts';
import { analytics } from './analytics.ts';
import { calendar } from './calendar.ts';
import { email } from './email.ts';
import { general } from './general.ts';
import { task } from './task.ts';
import type { AgentTool } from './tool.ts';

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

export type { AgentTool, ToolOutcome, ToolTurn } from './tool.ts';
