import { chatContext, type ChatContext, type Usage } from '../contracts/chat.ts';
import { AdiuvaError } from '../contracts/errors.ts';
import type { PlanStep } from '../contracts/plan.ts';
import type { Clock } from '../kit/clock.ts';
import type { Assistance, Part } from '../language/assist.ts';
import { lastReply, type Model, type ModelEvent, type ModelMessage, type ModelReply, type ModelRequest, type ToolCall, type ToolSpec } from './model.ts';

/**
 * The assistant that needs no vendor and no network, behind the same port as the others: what the language room understood comes as tool
 * calls, its words as text once the results are in. Deterministic. The clock serves requests that carry no turn, and so no time of their own.
 */
export function builtinModel(clock: Pick<Clock, 'now'>): Model {
  const stream = (request: ModelRequest) => answer(request, clock);
  return { id: 'builtin', privacy: 'local', stream, complete: (request) => lastReply(stream(request)) };
}

async function* answer(request: ModelRequest, clock: Pick<Clock, 'now'>): AsyncGenerator<ModelEvent> {
  request.signal?.throwIfAborted();
  const { message, context } = request.turn ?? turnOf(request.messages, clock);
  const { assistParts, joined } = await import('../language/assist.ts');
  const answering = (part: string) => (request.tools ?? []).filter((tool) => tool.answers?.(part));
  const parts = assistParts(message, context, 'cloud', (part) => answering(part).length > 0);
  const { text, toolCalls } = request.schema ? inSchema(request.schema, joined(parts.flatMap(({ assistance }) => assistance ?? []))) : said(request, parts);
  for (const word of words(text)) {
    request.signal?.throwIfAborted();
    yield { type: 'text', text: word };
  }
  yield { type: 'done', reply: { text, toolCalls, usage: counted(message, text) } };
}

/** Words with the white space after them; joined they are the text again. */
const words = (text: string) => text.match(/\S+\s*|\s+/g) ?? [];

/** Words stand for tokens here: nothing is paid for, but budgets and figures need a measure. */
const counted = (message: string, text: string): Usage => ({ model: 'builtin', inputTokens: words(message).length, outputTokens: words(text).length });

/** The last thing the user said, told at the clock's time in a context that holds nothing else. */
function turnOf(messages: readonly ModelMessage[], clock: Pick<Clock, 'now'>): { message: string; context: ChatContext } {
  const message = messages.findLast((m) => m.role === 'user')?.content ?? '';
  const context = chatContext.parse({ userProfile: { timeZone: 'UTC', locale: 'en', now: new Date(clock.now()).toISOString() } });
  return { message, context };
}

type Said = Pick<ModelReply, 'text' | 'toolCalls'>;

function said({ messages, tools = [] }: ModelRequest, parts: readonly Part[]): Said {
  const calls = parts.map((part) => callsFor(part, tools));
  const results = resultsSinceUser(messages);
  if (results.length > 0) return { text: withFaults(composed(parts, calls, results), results), toolCalls: [] };
  const toolCalls = calls.flat().map((call, index) => ({ ...call, id: `builtin_${index + 1}` }));
  return { text: toolCalls.length > 0 ? '' : responsesOf(parts), toolCalls };
}

const responsesOf = (parts: readonly Part[]): string => parts.flatMap(({ assistance }) => assistance?.response ?? []).join('\n\n');

type Call = Omit<ToolCall, 'id'>;

/** What a part asks of the tools: those that answer it, or those that propose what the language room made of it. */
function callsFor({ text, assistance }: Part, tools: readonly ToolSpec[]): Call[] {
  if (assistance) return tools.length > 0 ? assistance.steps.flatMap(callOf) : [];
  return tools.flatMap((tool) => {
    const args = tool.answers?.(text);
    return args ? [{ name: tool.name, arguments: args }] : [];
  });
}

/** The answers of all parts in their order; results stand in the order of the calls. */
function composed(parts: readonly Part[], calls: readonly (readonly Call[])[], results: readonly string[]): string {
  if (calls.flat().length !== results.length) return wordsOf(results) || responsesOf(parts);
  let at = 0;
  const texts = parts.map(({ assistance }, index) => {
    const own = results.slice(at, (at += calls[index]!.length));
    return assistance?.response ?? wordsOf(own);
  });
  return texts.filter(Boolean).join('\n\n');
}

/** The one question with a fixed shape that the language room can answer; any other is for a model that reads prose. */
function inSchema({ name, shape }: NonNullable<ModelRequest['schema']>, { agents, confidence }: Assistance): Said {
  const classification = { agents, confidence };
  if (name !== 'classification' || !shape.safeParse(classification).success)
    throw new AdiuvaError('model.refused', { detail: `builtin cannot answer as "${name}"` });
  return { text: JSON.stringify(classification), toolCalls: [] };
}

const verbs = { create_record: 'create', update_record: 'update', delete_record: 'delete' } as const;

/** A step as the call that proposes it: `create_task`, `update_event`, … with the fields flat beside `id` and `explain`. */
function callOf(step: PlanStep): Call[] {
  const { explain, params } = step;
  if (step.action === 'send_notification' || step.action === 'index_document') return [{ name: step.action, arguments: { ...params, explain } }];
  if (step.action === 'llm') return [];
  const { type, fields, id: recordId } = params as { type: string; fields?: object; id?: string };
  return [{ name: `${verbs[step.action]}_${type}`, arguments: { ...fields, ...(recordId !== undefined && { id: recordId }), explain } }];
}

/** Tool results after the last words of the user. */
function resultsSinceUser(messages: readonly ModelMessage[]): string[] {
  const from = messages.findLastIndex((m) => m.role === 'user');
  return messages.slice(from + 1).flatMap((m) => (m.role === 'tool' ? [m.content] : []));
}

/** The answer, and the truth about every step that could not be prepared. */
function withFaults(response: string, results: readonly string[]): string {
  const faults = results.map(faultOf).filter((fault) => fault !== undefined);
  return [response, ...faults.map((fault) => `One step could not be prepared: ${fault}.`)].join('\n\n');
}

/** What tools that answer by themselves have said. */
function wordsOf(results: readonly string[]): string {
  const said = results.map((result): unknown => JSON.parse(result));
  return said.flatMap((data) => (data !== null && typeof data === 'object' && 'words' in data ? [String(data.words)] : [])).join('\n\n');
}

function faultOf(result: string): string | undefined {
  const data: unknown = JSON.parse(result);
  return data !== null && typeof data === 'object' && 'error' in data ? String(data.error) : undefined;
}
