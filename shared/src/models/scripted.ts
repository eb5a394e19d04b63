import { AdiuvaError } from '../contracts/errors.ts';
import type { Usage } from '../contracts/chat.ts';
import { lastReply, type Model, type ModelEvent, type ModelRequest, type ToolCall } from './model.ts';

/** One answer of a script. `text` as a list is streamed piece by piece; `error` comes after the pieces; `stall` never ends by itself. */
export interface ScriptedReply {
  readonly text?: string | readonly string[];
  readonly toolCalls?: readonly (Omit<ToolCall, 'id'> & { id?: string })[];
  readonly usage?: Omit<Usage, 'model'>;
  readonly error?: unknown;
  readonly stall?: boolean;
  /** Awaited before each piece: where a test holds the stream. */
  readonly gate?: (piece: number) => Promise<void> | void;
}

/** Answers in order, or a function that gives the answer to any request. */
export type Script = readonly ScriptedReply[] | ((request: ModelRequest, index: number) => ScriptedReply);

/** A model that says what a test wrote down; `requests` are all it was asked. A list that is used up answers `model.refused`. */
export interface ScriptedModel extends Model {
  readonly requests: readonly ModelRequest[];
}

export function scriptedModel(script: Script, id = 'scripted'): ScriptedModel {
  const requests: ModelRequest[] = [];
  const next = (request: ModelRequest): ScriptedReply => {
    const index = requests.push(request) - 1;
    const reply = typeof script === 'function' ? script(request, index) : script[index];
    return reply ?? { error: new AdiuvaError('model.refused', { detail: `the script ends after ${index} replies` }) };
  };
  const stream = (request: ModelRequest) => play(id, next(request), requests.length, request.signal);
  return { id, requests, stream, complete: (request) => lastReply(stream(request)) };
}

async function* play(id: string, reply: ScriptedReply, turn: number, signal?: AbortSignal): AsyncGenerator<ModelEvent> {
  signal?.throwIfAborted();
  const pieces = typeof reply.text === 'string' ? [reply.text] : (reply.text ?? []);
  for (const [index, text] of pieces.entries()) {
    await reply.gate?.(index);
    signal?.throwIfAborted();
    if (text) yield { type: 'text', text };
  }
  if (reply.stall) await aborted(signal);
  if (reply.error) throw reply.error;
  const toolCalls = (reply.toolCalls ?? []).map((call, index) => ({ ...call, id: call.id ?? `call_${turn}_${index + 1}` }));
  yield { type: 'done', reply: { text: pieces.join(''), toolCalls, usage: { model: id, inputTokens: 0, outputTokens: 0, ...reply.usage } } };
}

function aborted(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
