import { readFileSync } from 'node:fs';
import { chatContext, type AgentName, type ChatContext } from '@adiuva/shared/contracts/chat.ts';
import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';

/** A conversation as data: what is said in which context, who should answer, what should be proposed. */
export interface Conversation {
  readonly message: string;
  readonly context: ChatContext;
  readonly agents: readonly AgentName[];
  readonly steps: readonly Omit<PlanStep, 'explain'>[];
  /** Parts of the answer of the builtin assistant. */
  readonly says: readonly string[];
  /** The tools a language model is made to call; without them those that give the steps. */
  readonly calls: readonly { readonly name: string; readonly arguments: object }[];
}

/** `context` and `profile` say what differs from the common ones. */
type Row = Pick<Conversation, 'message' | 'agents' | 'steps'> & Partial<Pick<Conversation, 'says' | 'calls'>> & { context?: object; profile?: object };

export function readConversations(): Conversation[] {
  const file = JSON.parse(readFileSync(new URL('conversations.json', import.meta.url), 'utf8')) as {
    context: { userProfile: object };
    conversations: Row[];
  };
  return file.conversations.map(({ profile, ...row }) => ({
    ...row,
    context: chatContext.parse({ ...file.context, ...row.context, userProfile: { ...file.context.userProfile, ...profile } }),
    says: row.says ?? [],
    calls: row.calls ?? row.steps.map(callFor),
  }));
}

const verbs: Readonly<Record<string, string>> = { create_record: 'create', update_record: 'update', delete_record: 'delete' };

function callFor({ action, params }: Omit<PlanStep, 'explain'>) {
  const { type, fields, id } = params as { type: string; fields?: object; id?: string };
  return { name: `${verbs[action]}_${type}`, arguments: { ...fields, ...(id !== undefined && { id }) } };
}

/** What of a request to a model decides its answer, whichever wire it came by. */
export interface Asked {
  /** The name of the shape that is asked for. */
  readonly schema?: string;
  readonly tools: readonly string[];
  /** Whether results of tools are the last thing said. */
  readonly afterResults: boolean;
}

/** The answer of a model that handles the conversation as it should: for a scripted model, or a mock of a vendor. */
export function replyOf(
  { agents, calls }: Conversation,
  { schema, tools, afterResults }: Asked,
): { text: string; toolCalls: { name: string; arguments: object }[] } {
  if (schema === 'classification') return { text: JSON.stringify({ agents, confidence: 0.9, inTurn: false }), toolCalls: [] };
  if (schema === 'reading') return { text: '{"documents":[]}', toolCalls: [] };
  const toolCalls = afterResults ? [] : calls.filter(({ name }) => tools.includes(name)).map(({ name, arguments: args }) => ({ name, arguments: args }));
  return toolCalls.length > 0 ? { text: '', toolCalls } : { text: 'This is what I found and prepared for you.', toolCalls: [] };
}
