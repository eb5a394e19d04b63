import type { AgentName } from '@adiuva/shared/contracts/chat.ts';
import type { Message } from '../../../bridge/shapes.ts';

export type AgentState = 'waiting' | 'working' | 'done' | 'stopped';

export interface AgentWork {
  readonly agent: AgentName;
  readonly state: AgentState;
  readonly lines: Message['activity'];
}

/** The agents of an answer in their order, with what each did and how far it is. */
export function pipelineOf({ agents, activity, state, text }: Pick<Message, 'agents' | 'activity' | 'state' | 'text'>): AgentWork[] {
  const others = activity.map(({ agent }) => agent).filter((agent) => !agents.includes(agent));
  return [...new Set([...agents, ...others])].map((agent) => {
    const lines = activity.filter((line) => line.agent === agent);
    const far = stateIn(activity, agent);
    if (state === 'done') return { agent, lines, state: 'done' };
    if (state !== 'streaming') return { agent, lines, state: far === 'working' ? 'stopped' : far };
    // Where several work, nobody speaks before all of them are done; what comes then is the answer out of their reports.
    return { agent, lines, state: agents.length > 1 && text !== '' ? 'done' : agents.length === 1 && far === 'waiting' ? 'working' : far };
  });
}

/** An agent is done once another sets out after it has done something: those that work at once all set out before. */
function stateIn(activity: Message['activity'], agent: AgentName): AgentState {
  const last = activity.findLastIndex((line) => line.agent === agent);
  if (last < 0) return 'waiting';
  const followed = activity.slice(last + 1).some((line) => line.kind === 'thinking');
  return followed && activity[last]?.kind === 'action' ? 'done' : 'working';
}
