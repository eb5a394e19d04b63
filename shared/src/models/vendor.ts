import { z } from 'zod';
import type { BaseMessage, BaseMessageLike } from '@langchain/core/messages';
import { AdiuvaError } from '../contracts/errors.ts';
import { lastReply, type EmbedOptions, type Model, type ModelEvent, type ModelMessage, type ModelReply, type ModelRequest } from './model.ts';
import type { Privacy, TimeLimits, ToolSpec } from './model.ts';
import { parsed, Whole, type Counts, type Piece } from './whole.ts';
import { openWire, type Framing, type Wire } from './wire.ts';

/** One vendor behind LangChain: what differs from the others, and nothing else. */
export interface Vendor {
  /** As in `ADIUVA_MODELS`. */
  readonly provider: string;
  /** Where requests go without a base URL of one's own. Always given to the library, which would look into the environment otherwise. */
  readonly vendorUrl: string;
  /** A GET below the base URL that needs the key and costs nothing. */
  readonly probe: string;
  /** The key as the provider wants it. */
  headers(apiKey: string): Record<string, string>;
  /** Loads the library; called with the first request. */
  load(): Promise<Chat>;
  /** Why an answer ended, in the vendor's word; undefined while it goes on. */
  finish(piece: Piece): string | undefined;
  /** Where the library does not put its counts where LangChain has a place for them. */
  counts?(piece: Piece): Counts | undefined;
  /** `parts`: counts of several pieces are added up. Else the largest stands. */
  readonly usage?: 'parts';
  /** How a shape is asked for: as the format of the answer (the default), or as the one tool it must call. */
  readonly shapeAs?: 'tool';
  /** Set for libraries that drop or print what is no JSON. */
  readonly json?: Framing;
  /** Sees each JSON value of the answer that a library keeps to itself; needs `json`. See {@link openWire}. */
  inspect?(data: unknown): string | undefined;
  readonly limits?: Partial<TimeLimits>;
  readonly embedder?: Embedder;
}

export interface Embedder {
  /** The vendor's name of the model, unless the model that was opened is itself one for embedding. */
  readonly name: string;
  load(): Promise<(asked: Omit<Asked, 'messages'>, texts: readonly string[]) => Promise<number[][]>>;
}

export type Chat = (asked: Asked) => AsyncIterable<Piece> | Promise<AsyncIterable<Piece>>;

/** A request in LangChain's words. The library's client is made anew for each: that costs microseconds and ties `send` to this request. */
export interface Asked {
  readonly name: string;
  readonly baseUrl: string;
  /** The wire's `fetch`. */
  readonly send: typeof fetch;
  readonly messages: BaseMessage[];
  readonly tools?: WireTool[];
  /** The tool that must be called. */
  readonly mustCall?: string;
  readonly shape?: { readonly name: string; readonly schema: Record<string, unknown> };
  readonly signal?: AbortSignal;
}

export interface WireTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description: string; readonly parameters: Record<string, unknown> };
}

/** What stands where libraries insist on a key; the real one is put in by the wire. */
export const noKey = 'kept-by-the-wire';

export interface VendorOptions {
  /** The vendor's name of the model: `gpt-5-mini`. */
  readonly name: string;
  readonly apiKey: string;
  readonly baseUrl?: string;
  readonly fetch: typeof fetch;
  /** `vendor` unless the provider is known to answer on this machine. */
  readonly privacy?: Privacy;
}

/** A vendor's model behind the port; the library is loaded with the first request. */
export function vendorModel(vendor: Vendor, options: VendorOptions): Model {
  const opened = { vendor, id: `${vendor.provider}:${options.name}`, privacy: options.privacy ?? 'vendor', ...options } as const;
  let chat: Promise<Chat> | undefined;
  const stream = (request: ModelRequest) => answer(opened, () => (chat ??= vendor.load()), request);
  const { id, privacy } = opened;
  return {
    id,
    privacy,
    ...(vendor.limits && { limits: vendor.limits }),
    stream,
    complete: (request) => lastReply(stream(request)),
    ...(vendor.embedder && embedding(opened, vendor.embedder)),
  };
}

type Opened = VendorOptions & { readonly vendor: Vendor; readonly id: string; readonly privacy: Privacy };

function wireOf({ vendor, apiKey, baseUrl, fetch }: Opened, signal: AbortSignal | undefined): { wire: Wire; baseUrl: string } {
  const url = (baseUrl ?? vendor.vendorUrl).replace(/\/+$/, '');
  const { json } = vendor;
  const inspect = vendor.inspect?.bind(vendor);
  const wire = openWire({
    send: fetch,
    baseUrl: url,
    headers: vendor.headers(apiKey),
    ...(signal && { signal }),
    ...(json && { json }),
    ...(inspect && { inspect }),
  });
  return { wire, baseUrl: url };
}

function mayLeave(privacy: Privacy, request: EmbedOptions): void {
  request.signal?.throwIfAborted();
  if (request.privacy === 'local' && privacy !== 'local') throw new AdiuvaError('model.not_private');
}

async function* answer(opened: Opened, load: () => Promise<Chat>, request: ModelRequest): AsyncGenerator<ModelEvent> {
  mayLeave(opened.privacy, request);
  const { vendor, id, name } = opened;
  const { wire, baseUrl } = wireOf(opened, request.signal);
  const shapeTool = request.schema && vendor.shapeAs === 'tool' ? request.schema.name : undefined;
  const whole = new Whole(id, vendor.usage ?? 'largest', shapeTool !== undefined);
  try {
    const [chat, messages] = await Promise.all([load(), langchainMessages(request.messages)]);
    for await (const piece of await chat({ name, baseUrl, send: wire.fetch, messages, ...asks(request, shapeTool) })) {
      request.signal?.throwIfAborted();
      request.alive?.();
      const text = whole.add(piece, vendor.finish(piece), vendor.counts?.(piece));
      if (text) yield { type: 'text', text };
    }
    request.signal?.throwIfAborted();
    if (wire.fault()) throw wire.fault();
    yield { type: 'done', reply: fitting(whole.reply(wire.finish()), request) };
  } catch (thrown) {
    request.signal?.throwIfAborted();
    throw wire.fault() ?? libraryFault(thrown, wire.asked());
  } finally {
    wire.close();
  }
}

function asks({ tools, schema, signal }: ModelRequest, shapeTool: string | undefined): Partial<Asked> {
  const asTool = schema && shapeTool ? [wireTool({ name: shapeTool, description: 'Gives the answer', parameters: schema.shape })] : undefined;
  const offered = asTool ?? (tools?.length ? tools.map(wireTool) : undefined);
  return {
    ...(signal && { signal }),
    ...(offered && { tools: offered }),
    ...(shapeTool && { mustCall: shapeTool }),
    ...(schema && !shapeTool && { shape: { name: schema.name, schema: jsonSchema(schema.shape) } }),
  };
}

/** JSON Schema as vendors read it; what it cannot say (a refinement) is checked when the value comes back. */
function jsonSchema(shape: z.ZodType): Record<string, unknown> {
  // Gemini refuses keys it does not know, and `$schema` tells nobody anything.
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return schema;
}

/** Tools are made once and asked with for ever; their schemas cost more to write down than all the rest of a request. */
const schemas = new WeakMap<z.ZodType, Record<string, unknown>>();

function wireTool({ name, description, parameters }: ToolSpec): WireTool {
  const schema = schemas.get(parameters) ?? jsonSchema(parameters);
  schemas.set(parameters, schema);
  return { type: 'function', function: { name, description, parameters: schema } };
}

async function langchainMessages(messages: readonly ModelMessage[]): Promise<BaseMessage[]> {
  const { coerceMessageLikeToMessage } = await import('@langchain/core/messages');
  return messages.map((message) => withTokens(coerceMessageLikeToMessage(messageLike(message)), message));
}

function messageLike(message: ModelMessage): BaseMessageLike {
  if (message.role === 'tool') return { role: 'tool', content: message.content, tool_call_id: message.callId, name: message.name };
  if (message.role !== 'assistant' || !message.toolCalls?.length) return { role: message.role, content: message.content };
  const calls = message.toolCalls.map((call) => ({
    id: call.id,
    type: 'function' as const,
    function: { name: call.name, arguments: JSON.stringify(asObject(call.arguments)) },
  }));
  return { role: 'assistant', content: message.content, tool_calls: calls };
}

/** Vendors take back only what they could have said: arguments that are no object are shown to the model as a field of one. */
const asObject = (value: unknown): object => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : { unreadable: value });

/** Puts the tokens of calls where Google's adapter looks for them; the others do not look. */
function withTokens(made: BaseMessage, message: ModelMessage): BaseMessage {
  if (message.role !== 'assistant' || !message.toolCalls?.some((call) => call.token)) return made;
  for (const call of (made as { tool_calls?: { id?: string; thoughtSignature?: string }[] }).tool_calls ?? []) {
    const token = message.toolCalls.find(({ id }) => id === call.id)?.token;
    if (token) call.thoughtSignature = token;
  }
  return made;
}

function fitting(reply: ModelReply, { schema }: ModelRequest): ModelReply {
  if (!schema) return reply;
  if (!schema.shape.safeParse(parsed(reply.text || '""')).success) throw new AdiuvaError('model.bad_reply', { detail: `not a "${schema.name}"` });
  return reply;
}

/** What libraries throw about a request, or an answer the wire let through. The vendor's words stay behind: they may quote the prompt. */
function libraryFault(thrown: unknown, asked: boolean): AdiuvaError {
  if (thrown instanceof AdiuvaError) return thrown;
  const { name = '' } = (thrown ?? {}) as { name?: string };
  if (name === 'ContextOverflowError') return new AdiuvaError('model.refused', { cause: thrown, detail: 'the conversation is too long for this model' });
  if (!asked) return new AdiuvaError('model.refused', { cause: thrown, detail: 'the request cannot be put to this provider' });
  if (thrown instanceof SyntaxError) return new AdiuvaError('model.bad_reply', { cause: thrown, detail: 'the answer is no JSON' });
  if (thrown instanceof TypeError || /validation|zod/i.test(name))
    return new AdiuvaError('model.bad_reply', { cause: thrown, detail: 'the answer has another form' });
  return new AdiuvaError('model.unavailable', { cause: thrown, detail: 'the provider broke the answer off' });
}

function embedding(opened: Opened, { name: usual, load }: Embedder): Required<Pick<Model, 'embed' | 'embedder'>> {
  const name = /embed/i.test(opened.name) ? opened.name : usual;
  const embed = async (texts: readonly string[], options: EmbedOptions = {}): Promise<number[][]> => {
    mayLeave(opened.privacy, options);
    if (texts.length === 0) return [];
    const { wire, baseUrl } = wireOf(opened, options.signal);
    try {
      const ask = await load();
      return unitVectors(await ask({ name, baseUrl, send: wire.fetch }, texts), texts.length);
    } catch (thrown) {
      options.signal?.throwIfAborted();
      throw wire.fault() ?? libraryFault(thrown, wire.asked());
    } finally {
      wire.close();
    }
  };
  return { embed, embedder: `${opened.vendor.provider}:${name}` };
}

/** Vectors of length one. @throws AdiuvaError `model.bad_reply` when they are not one a text, of one dimension, and finite */
function unitVectors(vectors: readonly (readonly number[])[], count: number): number[][] {
  const dimensions = vectors[0]?.length ?? 0;
  const whole = vectors.length === count && dimensions > 0 && vectors.every((vector) => vector.length === dimensions);
  const units = vectors.map((vector) => {
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
  if (!whole || units.some((unit) => unit.some((value) => !Number.isFinite(value))))
    throw new AdiuvaError('model.bad_reply', { detail: 'these are no vectors of the texts' });
  return units;
}
