import { z } from 'zod';
import type { AIMessageChunk, BaseMessageLike, UsageMetadata } from '@langchain/core/messages';
import type { ChatOpenAICallOptions } from '@langchain/openai';
import { AdiuvaError } from '../contracts/errors.ts';
import { lastReply, type Model, type ModelEvent, type ModelMessage, type ModelReply, type ModelRequest, type ToolCall, type ToolSpec } from './model.ts';

export interface OpenAiOptions {
  /** The vendor's name of the model: `gpt-5-mini`. */
  readonly name: string;
  readonly apiKey: string;
  readonly baseUrl?: string;
  readonly fetch: typeof fetch;
}

/** Where requests go without `OPENAI_BASE_URL`. Always given: without it the library would look into the environment by itself. */
export const vendorUrl = 'https://api.openai.com/v1';

/** The whole of one call may take this long; the chain around it is stricter. */
const hardLimitMs = 10 * 60_000;

/** OpenAI, or what speaks its protocol, through LangChain; the library is loaded with the first request. */
export function openaiModel(options: OpenAiOptions): Model {
  const id = `openai:${options.name}`;
  let chat: Promise<Chat> | undefined;
  const stream = (request: ModelRequest) => answer(id, (chat ??= openChat(options)), request);
  return { id, stream, complete: (request) => lastReply(stream(request)) };
}

type Chat = Awaited<ReturnType<typeof openChat>>;

async function openChat({ name, apiKey, baseUrl, fetch }: OpenAiOptions) {
  const [{ ChatOpenAI }, { coerceMessageLikeToMessage }] = await Promise.all([import('@langchain/openai'), import('@langchain/core/messages')]);
  const client = new ChatOpenAI({
    model: name,
    apiKey,
    // The chain retries and falls back; a second layer of tries below it would multiply the wait.
    maxRetries: 0,
    timeout: hardLimitMs,
    streamUsage: true,
    configuration: { baseURL: baseUrl ?? vendorUrl, fetch, organization: null, project: null, maxRetries: 0, logLevel: 'off' },
  });
  /**
   * The stream below `.stream`, which would wrap every request into a traced run: what a user wrote would follow the LANGSMITH variables of
   * the environment out of the house, and every chunk would be joined to a whole message that nobody reads.
   */
  return {
    stream: (messages: readonly BaseMessageLike[], options: CallOptions) =>
      client._streamResponseChunks(messages.map(coerceMessageLikeToMessage), options as typeof client.ParsedCallOptions),
  };
}

type CallOptions = Partial<ChatOpenAICallOptions>;

async function* answer(id: string, opening: Promise<Chat>, request: ModelRequest): AsyncGenerator<ModelEvent> {
  request.signal?.throwIfAborted();
  const whole = new Whole(id);
  try {
    const chat = await opening;
    for await (const { message, generationInfo } of chat.stream(request.messages.map(wireMessage), callOptions(request))) {
      const text = whole.add(message as AIMessageChunk, generationInfo);
      if (text) yield { type: 'text', text };
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    throw openaiFault(error);
  }
  request.signal?.throwIfAborted();
  yield { type: 'done', reply: fitting(whole.reply(), request) };
}

function callOptions({ tools, schema, signal }: ModelRequest): CallOptions {
  return {
    ...(signal && { signal }),
    ...(tools?.length && { tools: tools.map(wireTool) }),
    ...(schema && { response_format: { type: 'json_schema' as const, json_schema: { name: schema.name, schema: jsonSchema(schema.shape) } } }),
  };
}

/** JSON Schema as vendors read it; what it cannot say (a refinement) is checked when the value comes back. */
const jsonSchema = (shape: z.ZodType) => z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any', target: 'draft-7' });

type WireTool = { type: 'function'; function: { name: string; description: string; parameters: object } };

/** Tools are made once and asked with for ever; their schemas cost more to write down than all the rest of a request. */
const wireTools = new WeakMap<ToolSpec, WireTool>();

function wireTool(tool: ToolSpec): WireTool {
  const { name, description, parameters } = tool;
  const wire = wireTools.get(tool) ?? { type: 'function' as const, function: { name, description, parameters: jsonSchema(parameters) } };
  wireTools.set(tool, wire);
  return wire;
}

function wireMessage(message: ModelMessage): BaseMessageLike {
  if (message.role === 'tool') return { role: 'tool', content: message.content, tool_call_id: message.callId, name: message.name };
  if (message.role !== 'assistant' || !message.toolCalls?.length) return { role: message.role, content: message.content };
  const calls = message.toolCalls.map((call) => ({
    id: call.id,
    type: 'function' as const,
    function: { name: call.name, arguments: JSON.stringify(call.arguments ?? {}) },
  }));
  return { role: 'assistant', content: message.content, tool_calls: calls };
}

/** What has arrived of one reply. Strings are joined here, because joining message objects costs their whole length with every chunk. */
class Whole {
  readonly #id: string;
  #text = '';
  #usage = { inputTokens: 0, outputTokens: 0 };
  #calls = new Map<number, { id: string; name: string; json: string }>();
  #finished = false;

  constructor(id: string) {
    this.#id = id;
  }

  /** Takes a chunk in and returns its text. */
  add(chunk: AIMessageChunk, info: Record<string, unknown> = {}): string {
    const text = textOf(chunk.content);
    this.#text += text;
    for (const part of chunk.tool_call_chunks ?? []) this.#addCall(part);
    const usage = chunk.usage_metadata as UsageMetadata | undefined;
    const facts = chunk.response_metadata as Record<string, unknown> | undefined;
    if (usage) this.#usage = { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
    if (info['finish_reason'] || facts?.['status'] === 'completed') this.#finished = true;
    return text;
  }

  #addCall({ index = 0, id, name, args }: { index?: number; id?: string; name?: string; args?: string }) {
    const call = this.#calls.get(index) ?? { id: '', name: '', json: '' };
    this.#calls.set(index, { id: call.id || (id ?? ''), name: call.name || (name ?? ''), json: call.json + (args ?? '') });
  }

  reply(): ModelReply {
    if (!this.#finished) throw new AdiuvaError('model.unavailable', { detail: 'the stream broke off' });
    const toolCalls = [...this.#calls.values()].map((call, index): ToolCall => ({
      id: call.id || `call_${index + 1}`,
      name: call.name,
      arguments: parsed(call.json),
    }));
    return { text: this.#text, toolCalls, usage: { model: this.#id, ...this.#usage } };
  }
}

function textOf(content: AIMessageChunk['content']): string {
  if (typeof content === 'string') return content;
  return content.map((block) => (block.type === 'text' ? String(block['text']) : '')).join('');
}

/** Arguments that are no JSON stay the text they are: the loop then tells the model what is wrong with them. */
function parsed(json: string): unknown {
  if (!json) return {};
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function fitting(reply: ModelReply, { schema }: ModelRequest): ModelReply {
  if (!schema) return reply;
  if (!schema.shape.safeParse(parsed(reply.text || '""')).success) throw new AdiuvaError('model.bad_reply', { detail: `not a "${schema.name}"` });
  return reply;
}

/** Statuses that pass by themselves, besides all from 500: timeout, conflict, too early. */
const passing = new Set([408, 409, 425]);

/** An error of the library or of its transport as one of ours. The vendor's words stay behind: they may quote the prompt. */
export function openaiFault(thrown: unknown): AdiuvaError {
  if (thrown instanceof AdiuvaError) return thrown;
  const { status, name, headers } = thrown as { status?: number; name?: string; headers?: unknown };
  if (status === 429) return new AdiuvaError('model.unavailable', { cause: thrown, detail: 'the provider limits the rate', ...retryAfter(headers) });
  if (status !== undefined && (status >= 500 || passing.has(status)))
    return new AdiuvaError('model.unavailable', { cause: thrown, detail: `the provider answered ${status}`, ...retryAfter(headers) });
  if (status !== undefined) return new AdiuvaError('model.refused', { cause: thrown, detail: `the provider answered ${status}` });
  if (name === 'ContextOverflowError') return new AdiuvaError('model.refused', { cause: thrown, detail: 'the conversation is too long for this model' });
  if (name === 'TimeoutError') return new AdiuvaError('model.timeout', { cause: thrown });
  if (thrown instanceof SyntaxError) return new AdiuvaError('model.bad_reply', { cause: thrown, detail: 'the answer is no JSON' });
  return new AdiuvaError('model.unavailable', { cause: thrown, detail: 'the connection to the provider failed' });
}

/** Seconds of a `Retry-After` header (RFC 9110 §10.2.3); a date, or anything else, is left out. */
function retryAfter(headers: unknown): { retryAfter?: number } {
  const value = headers instanceof Headers ? headers.get('retry-after') : (headers as Record<string, string> | undefined)?.['retry-after'];
  const seconds = Number(value);
  return value && Number.isFinite(seconds) && seconds >= 0 ? { retryAfter: Math.ceil(seconds) } : {};
}
