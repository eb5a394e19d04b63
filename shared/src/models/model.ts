import type { z } from 'zod';
import type { AgentName, ChatContext, Usage } from '../contracts/chat.ts';
import { AdiuvaError } from '../contracts/errors.ts';

/** A tool a model may call. `parameters` validates what comes back and is sent as JSON Schema. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodType;
  /**
   * For a model that does not read prose: the arguments with which this tool answers the message by itself, or undefined. Its result then has
   * `words`, Markdown for the user.
   */
  readonly answers?: (message: string) => object | undefined;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model gave it, already parsed from JSON; not yet validated. */
  readonly arguments: unknown;
  /** What the vendor wants back with the call in the next round (Gemini's thought signature). Opaque; goes to nobody else. */
  readonly token?: string;
}

export type ModelMessage =
  | { role: 'system' | 'user'; content: string }
  | { role: 'assistant'; content: string; toolCalls?: readonly ToolCall[] }
  | { role: 'tool'; callId: string; name: string; content: string };

export interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ToolSpec[];
  /** Ask for one JSON value of this shape instead of prose; the reply's `text` is that JSON. */
  readonly schema?: { name: string; shape: z.ZodType };
  readonly signal?: AbortSignal;
  /** `local`: nothing of the request may leave this machine. Absent: any model may answer. */
  readonly privacy?: 'local';
  /** The model that answered the round before, which is asked first: one turn should not change hands at each round. */
  readonly prefer?: string;
  /** Called with whatever arrives of the answer, also what is no text, such as the arguments of a tool: a sign that the model works. */
  readonly alive?: () => void;
  /** The turn as data, for a model that does not read prose (`builtin`); adapters of vendors ignore it. */
  readonly turn?: { agent: AgentName; message: string; context: ChatContext };
}

export interface ModelReply {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: Usage;
}

/**
 * Pieces of a streamed reply; `done` is the last and carries the whole. `anew`: the reply broke off, what was said of it is void, and another model begins it
 * from its start.
 */
export type ModelEvent = { type: 'text'; text: string } | { type: 'anew' } | { type: 'done'; reply: ModelReply };

/** How far a request travels: `local` stays on this machine, `vendor` goes to somebody else's. */
export type Privacy = 'local' | 'vendor';

/** Patience with one answer, in milliseconds: until something comes, between two signs of life, for the whole. */
export interface TimeLimits {
  readonly firstEventMs: number;
  readonly idleMs: number;
  readonly wholeMs: number;
}

export type EmbedOptions = Pick<ModelRequest, 'signal' | 'privacy'>;

/**
 * The model port. Failures are `AdiuvaError`s: `model.unavailable` (transient, maybe with `retryAfter`), `model.timeout`, `model.bad_reply`,
 * `model.refused` (the same request will fail again: a wrong key, an unknown model, a prompt too long), `model.not_private` (the request is
 * `local` and the model is not); an abort rejects with the signal's reason. `complete` and `stream` of one request give the same text and tool calls.
 */
export interface Model {
  /** As in `ADIUVA_MODELS`: `builtin`, `openai:gpt-5-mini`; of a chain, its members with commas between. */
  readonly id: string;
  /** Absent counts as `vendor`. */
  readonly privacy?: Privacy;
  /** Where this model needs another patience than the chain has by itself. */
  readonly limits?: Partial<TimeLimits>;
  complete(request: ModelRequest): Promise<ModelReply>;
  stream(request: ModelRequest): AsyncIterable<ModelEvent>;
  /** Unit vectors, one a text; absent where the provider has none. */
  embed?(texts: readonly string[], options?: EmbedOptions): Promise<number[][]>;
  /** Whose vectors `embed` gives, as `provider:model`: vectors of two embedders cannot be compared. */
  readonly embedder?: string;
}

/** The whole reply at the end of a stream. @throws AdiuvaError `model.bad_reply` when the stream ends without one */
export async function lastReply(events: AsyncIterable<ModelEvent>): Promise<ModelReply> {
  for await (const event of events) if (event.type === 'done') return event.reply;
  throw new AdiuvaError('model.bad_reply', { detail: 'the stream ended without its end' });
}
