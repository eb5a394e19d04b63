import type { BaseMessageChunk, UsageMetadata } from '@langchain/core/messages';
import { AdiuvaError } from '../contracts/errors.ts';
import type { ModelReply, ToolCall } from './model.ts';

/** A piece of an answer as LangChain's adapters give it: a `ChatGenerationChunk`, as much of it as is used here. */
export interface Piece {
  readonly message: BaseMessageChunk;
  readonly generationInfo?: Record<string, unknown>;
}

/** Text and arguments of one answer together, in characters: several times what any model can say. */
const longestReply = 1_000_000;

/** Pieces in a row that bring nothing but thoughts. */
const longestSilence = 100_000;

/** Tokens, under the names LangChain gives them. */
export type Counts = Partial<Pick<UsageMetadata, 'input_tokens' | 'output_tokens'>>;

interface CallPart {
  readonly index?: number;
  readonly id?: string;
  readonly name?: string;
  readonly args?: string | object;
  readonly thoughtSignature?: string;
}

interface OpenCall {
  readonly key: number | string;
  readonly id: string;
  name: string;
  json: string;
  readonly token?: string;
}

/** Reasons to end that mean: the provider will not say it. */
const withheld = /content_?filter|safety|refus|prohibited|block|recitation|spii/i;

/** What has arrived of one reply. Strings are joined here, because joining message objects costs their whole length with every chunk. */
export class Whole {
  readonly #id: string;
  readonly #counts: 'parts' | 'largest';
  readonly #shapeByTool: boolean;
  #text = '';
  #size = 0;
  #silent = 0;
  #usage = { inputTokens: 0, outputTokens: 0 };
  readonly #calls: OpenCall[] = [];
  #finish: string | undefined;

  /** `shapeByTool`: the arguments of the one call are the answer. */
  constructor(id: string, counts: 'parts' | 'largest', shapeByTool: boolean) {
    this.#id = id;
    this.#counts = counts;
    this.#shapeByTool = shapeByTool;
  }

  /** Takes a piece in and returns what of it is the answer's text. @throws AdiuvaError `model.bad_reply` when there is no end of it */
  add({ message }: Piece, finish: string | undefined, counts?: Counts): string {
    const chunk = message as BaseMessageChunk & { tool_call_chunks?: CallPart[]; tool_calls?: CallPart[]; usage_metadata?: UsageMetadata };
    // A library that gives calls whole has no pieces of them.
    const parts = chunk.tool_call_chunks?.length ? chunk.tool_call_chunks : (chunk.tool_calls ?? []);
    for (const part of parts) this.#addCall(part);
    const counted = counts ?? chunk.usage_metadata;
    if (counted) this.#count(counted);
    this.#finish ??= finish;
    const said = this.#shapeByTool && this.#calls.length > 0 ? parts.map(argsOf).join('') : textOf(chunk.content);
    this.#text += said;
    this.#size += said.length;
    this.#silent = said || parts.length > 0 ? 0 : this.#silent + 1;
    if (this.#size > longestReply || this.#silent > longestSilence) throw new AdiuvaError('model.bad_reply', { detail: 'the answer has no end' });
    return said;
  }

  #addCall(part: CallPart): void {
    const { index, id, name, thoughtSignature: token } = part;
    const json = argsOf(part);
    this.#size += json.length;
    const key = index ?? id ?? 0;
    const open = this.#calls.findLast((call) => call.key === key);
    // Some servers give every call of a reply the same index; a name and another id is another call.
    const another = open && name && id && open.id && open.id !== id;
    if (!open || another) this.#calls.push({ key, id: id ?? '', name: name ?? '', json, ...(token && { token }) });
    else {
      open.json += json;
      open.name ||= name ?? '';
    }
  }

  #count({ input_tokens: input = 0, output_tokens: output = 0 }: Counts): void {
    const { inputTokens, outputTokens } = this.#usage;
    const join = this.#counts === 'parts' ? (a: number, b: number) => Math.max(0, a + b) : Math.max;
    this.#usage = { inputTokens: join(inputTokens, input), outputTokens: join(outputTokens, output) };
  }

  /**
   * `finish`: why it ended, where that was seen elsewhere.
   * @throws AdiuvaError `model.unavailable` when the answer has not ended, `model.refused` when the provider withheld it, `model.bad_reply` when
   * the provider itself could not read it
   */
  reply(finish: string | undefined): ModelReply {
    const reason = this.#finish ?? finish;
    if (reason === undefined) throw new AdiuvaError('model.unavailable', { detail: 'the stream broke off' });
    if (!this.#text && this.#calls.length === 0 && withheld.test(reason))
      throw new AdiuvaError('model.refused', { detail: 'the provider withholds the answer' });
    if (!this.#text && this.#calls.length === 0 && /malformed/i.test(reason))
      throw new AdiuvaError('model.bad_reply', { detail: 'the call of a tool does not hold' });
    const usage = { model: this.#id, ...this.#usage };
    if (this.#shapeByTool) return { text: this.#text, toolCalls: [], usage };
    const toolCalls = this.#calls.map(({ id, name, json, token }, index): ToolCall => ({
      id: id || `call_${index + 1}`,
      name,
      arguments: json ? parsed(json) : {},
      ...(token && { token }),
    }));
    return { text: this.#text, toolCalls, usage };
  }
}

const argsOf = ({ args = '' }: CallPart): string => (typeof args === 'string' ? args : JSON.stringify(args));

/** Thoughts come as texts too, and are not shown. */
function textOf(content: BaseMessageChunk['content']): string {
  if (typeof content === 'string') return content;
  return content.map((block) => (block.type === 'text' && !block['thought'] ? String(block['text'] ?? '') : '')).join('');
}

/** Arguments that are no JSON stay the text they are: the loop then tells the model what is wrong with them. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
