import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LLMock, type Fixture } from '@copilotkit/aimock';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import type { Model, Privacy } from '@adiuva/shared/models/model.ts';
import { suiteTalk, suiteTask } from '@adiuva/shared/models/model.suite.ts';
import { openModel, type ProviderName } from '@adiuva/shared/models/models.ts';

/** Vendors by name, in their wire formats: the independent mock, and servers of our own for what it cannot do. */
export type VendorName = Exclude<ProviderName, 'builtin'>;
export const vendors = ['openai', 'anthropic', 'google', 'mistral', 'groq', 'ollama', 'openrouter'] as const satisfies readonly VendorName[];

export const secret = 'sk-never-to-be-seen';

/** Where a vendor's base URL ends, and a model of its own. */
const facts: Record<VendorName, { path: string; model: string }> = {
  openai: { path: '/v1', model: 'gpt-5-mini' },
  anthropic: { path: '', model: 'claude-haiku-4-5' },
  google: { path: '', model: 'gemini-2.5-flash' },
  mistral: { path: '', model: 'mistral-small-latest' },
  groq: { path: '', model: 'llama-3.3-70b-versatile' },
  ollama: { path: '', model: 'llama3.2' },
  openrouter: { path: '/api/v1', model: 'anthropic/claude-haiku-4.5' },
};

export interface At {
  readonly name?: string;
  readonly fetch?: typeof fetch;
}

export const idOf = (provider: VendorName) => `${provider}:${facts[provider].model}`;

export function modelAt(provider: VendorName, url: string, { name = facts[provider].model, fetch: send = fetch }: At = {}): Model {
  return openModel({ provider, name }, { [provider]: { apiKey: secret, baseUrl: url + facts[provider].path } }, { clock: systemClock, fetch: send });
}

export const privacyAt = (provider: ProviderName, name: string, baseUrl?: string): Privacy | undefined =>
  openModel({ provider, name }, { [provider]: { apiKey: secret, ...(baseUrl && { baseUrl }) } }, { clock: systemClock, fetch }).privacy;

/** The same tokens in each vendor's own words; the mock writes down what it is given. */
const usage = {
  prompt_tokens: 21,
  completion_tokens: 4,
  input_tokens: 21,
  output_tokens: 4,
  promptTokenCount: 21,
  candidatesTokenCount: 4,
  totalTokenCount: 25,
};

const classified = '{"agents":["task"],"confidence":0.97}';
const fixtures: [Fixture['match'], Fixture['response']][] = [
  [
    { userMessage: suiteTask, hasToolResult: true },
    { content: 'I prepared the task.', usage },
  ],
  [
    { userMessage: suiteTask, predicate: ({ tools }) => tools?.[0]?.function.name === 'classification' },
    { toolCalls: [{ name: 'classification', arguments: classified }], usage },
  ],
  // Formats of the answer stand in another place with each vendor; what they share is that nothing else asks without tools.
  [
    { userMessage: suiteTask, predicate: ({ tools }) => !tools?.length },
    { content: classified, usage },
  ],
  [{ userMessage: suiteTask }, { toolCalls: [{ name: 'create_task', arguments: '{"title":"Send the invoice to Marta"}' }], usage }],
  [{ userMessage: suiteTalk }, { content: 'You are welcome — gern geschehen 👋🏽', usage }],
  [
    { userMessage: 'two at once' },
    {
      toolCalls: [
        { name: 'create_task', arguments: '{"title":"one"}' },
        { name: 'create_task', arguments: '{"title":"two"}' },
      ],
    },
  ],
  [{ userMessage: 'broken arguments' }, { toolCalls: [{ name: 'create_task', arguments: '{"title": "half' }] }],
  [{ userMessage: 'a shape', predicate: ({ tools }) => !tools?.length }, { content: '{"title":"x"}' }],
  [{ userMessage: 'a shape' }, { toolCalls: [{ name: 'create_task', arguments: '{"title":"x"}' }] }],
  [{ userMessage: 'no shape' }, { content: 'I would rather chat.' }],
];

/** The independent peer: it speaks the vendors' protocols and was written by others. */
export async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 5 });
  for (const [match, response] of fixtures) mock.on(match, response);
  await mock.start();
  return mock;
}

/** The wire format of a vendor's stream, by its documentation. */
interface Wording {
  readonly type: string;
  begin(): string;
  text(words: string): string;
  end(): string;
}

const sse = (data: unknown, event?: string) => `${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
const completion = (delta: object, reason: string | null = null, more: object = {}) =>
  sse({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: reason }], ...more });
const counts = { usage: { prompt_tokens: 21, completion_tokens: 4, total_tokens: 25 } };
const completions: Wording = {
  type: 'text/event-stream',
  begin: () => completion({ role: 'assistant', content: '' }),
  text: (content) => completion({ role: 'assistant', content }),
  end: () => `${completion({ content: '' }, 'stop', counts)}data: [DONE]\n\n`,
};
const candidate = (text: string, reason?: string) =>
  sse({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...(reason && { finishReason: reason }) }] });

export const wordings: Record<VendorName, Wording> = {
  openai: completions,
  groq: { ...completions, end: () => `${completion({}, 'stop', { x_groq: { id: 'r', ...counts } })}data: [DONE]\n\n` },
  mistral: completions,
  openrouter: completions,
  anthropic: {
    type: 'text/event-stream',
    begin: () =>
      sse(
        {
          type: 'message_start',
          message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage: { input_tokens: 21, output_tokens: 1 } },
        },
        'message_start',
      ) + sse({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }, 'content_block_start'),
    text: (text) => sse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }, 'content_block_delta'),
    end: () =>
      sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop') +
      sse({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } }, 'message_delta') +
      sse({ type: 'message_stop' }, 'message_stop'),
  },
  google: {
    type: 'text/event-stream',
    begin: () => '',
    text: (text) => candidate(text),
    end: () =>
      candidate('', 'STOP').replace('{"candidates"', '{"usageMetadata":{"promptTokenCount":21,"candidatesTokenCount":4,"totalTokenCount":25},"candidates"'),
  },
  ollama: {
    type: 'application/x-ndjson',
    begin: () => '',
    text: (content) => `${JSON.stringify({ model: 'm', created_at: 't', message: { role: 'assistant', content }, done: false })}\n`,
    end: () =>
      `${JSON.stringify({ model: 'm', message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 21, eval_count: 4 })}\n`,
  },
};

export interface Server {
  readonly url: string;
  /** Requests so far. */
  requests(): number;
  close(): Promise<void>;
}

export async function serve(listener: RequestListener): Promise<Server> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    response.on('error', () => {});
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
}

interface MistralBody {
  readonly messages: { role: string; content?: string; tool_calls?: { id: string }[]; tool_call_id?: string }[];
  readonly tools?: object[];
  readonly response_format?: { type: string; json_schema?: { name: string; schema: object } };
}

/** Mistral's streaming chat by its published format, strict about what it documents: calls come whole, their ids have nine letters or digits. */
export const mistralPeer: RequestListener = async (request, response) => {
  const { messages, tools, response_format: format } = (await bodyOf(request)) as unknown as MistralBody;
  const say = (...frames: string[]) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(frames.join(''));
  const ids = messages.flatMap(({ tool_calls: calls = [], tool_call_id: id }) => [...calls.map((call) => call.id), ...(id ? [id] : [])]);
  if (ids.some((id) => !/^[a-zA-Z0-9]{9}$/.test(id))) return void response.writeHead(400).end('{"message":"Tool call id has to be defined"}');
  const last = messages.at(-1)!;
  const { begin, text, end } = completions;
  if (format?.type === 'json_schema' && format.json_schema?.schema) return void say(begin(), text(classified.slice(0, 9)), text(classified.slice(9)), end());
  if (last.role === 'tool') return void say(begin(), text('I prepared '), text('the task.'), end());
  if (last.content === suiteTalk || !tools) return void say(begin(), text('You are '), text('welcome 👋🏽'), end());
  const titles = last.content === 'two at once' ? ['one', 'two'] : ['Send the invoice to Marta'];
  const calls = titles.map((title, index) => ({ id: `D681PevK${index}`, function: { name: 'create_task', arguments: JSON.stringify({ title }) }, index }));
  say(begin(), completion({ content: '', tool_calls: calls }, 'tool_calls', counts), 'data: [DONE]\n\n');
};

/** Answers with a status and words that quote the prompt. */
export const status =
  (code: number, headers: Record<string, string> = {}, words = '{"error":{"message":"secret words of the prompt"}}'): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(words);

/** Begins an answer in the vendor's words and leaves the rest to `then`. */
export const begun =
  (vendor: VendorName, then: (response: ServerResponse) => void, begin = wordings[vendor].begin() + wordings[vendor].text('half')): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': wordings[vendor].type }).write(begin);
    setTimeout(() => then(response), 20);
  };

/** Writes one gigabyte of `piece` as fast as it is taken; tells how much went out. */
export function endless(type: string, piece: string | Buffer, code = 200): { listener: RequestListener; written(): number } {
  const block = Buffer.concat(Array.from({ length: Math.ceil(65_536 / piece.length) }, () => Buffer.from(piece)));
  let written = 0;
  const listener: RequestListener = (_request, response) => {
    response.writeHead(code, { 'content-type': type });
    const go = () => {
      while (written < 2 ** 30) {
        if (response.destroyed) return;
        written += block.length;
        if (!response.write(block)) return void response.once('drain', go);
      }
      response.end();
    };
    go();
  };
  return { listener, written: () => written };
}
