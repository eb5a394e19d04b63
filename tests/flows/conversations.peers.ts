import type { AddressInfo } from 'node:net';
import { LLMock, type ChatCompletionRequest } from '@copilotkit/aimock';
import { replyOf, type Asked, type Conversation } from '@adiuva/cloud/agents/conversations.suite.ts';
import type { TestCloud } from '@adiuva/cloud/cloud.suite.ts';
import { chatResponse, serverFrame, type ChatResponse, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';

/** Vendors whose whole protocol the independent mock speaks: the variables that send the cloud there, and the model it asks for. */
export const vendorEnv: Readonly<Record<'openai' | 'anthropic' | 'google', (url: string) => Record<string, string>>> = {
  openai: (url) => ({ ADIUVA_MODELS: 'openai:gpt-5-mini', OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${url}/v1` }),
  anthropic: (url) => ({ ADIUVA_MODELS: 'anthropic:claude-haiku-4-5', ANTHROPIC_API_KEY: 'sk-test', ANTHROPIC_BASE_URL: url }),
  google: (url) => ({ ADIUVA_MODELS: 'google:gemini-2.5-flash', GOOGLE_API_KEY: 'sk-test', GOOGLE_BASE_URL: url }),
};

export interface Talker {
  readonly url: string;
  /** What tools answered that was a fault, since the last time it was asked. */
  faults(): string[];
  stop(): Promise<void>;
}

/** The mock as a model that handles whatever conversation is on as it should, in the words of the vendor it is asked as. */
export async function startTalker(conversation: () => Conversation): Promise<Talker> {
  const faults: string[] = [];
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 12 });
  mock.on({ predicate: () => true }, (request) => {
    faults.push(...faultsIn(request));
    const { text, toolCalls } = replyOf(conversation(), askedOf(request));
    return toolCalls.length === 0
      ? { content: text }
      : { toolCalls: toolCalls.map(({ name, arguments: args }) => ({ name, arguments: JSON.stringify(args) })) };
  });
  await mock.start();
  return { url: mock.url, faults: () => faults.splice(0), stop: () => mock.stop() };
}

const faultsIn = ({ messages }: ChatCompletionRequest): string[] =>
  messages.flatMap(({ role, content }) => (role === 'tool' && /^\W*error\b/.test(String(content)) ? [String(content)] : []));

const shapes = ['classification', 'reading'];
/** What tells the questions with a fixed shape apart where the mock does not hand on the shape that was asked for. */
const opening: readonly (readonly [RegExp, string])[] = [
  [/^Decide which of the specialists/, 'classification'],
  [/^You read texts that strangers wrote/, 'reading'],
];

function askedOf({ messages, tools = [] }: ChatCompletionRequest): Asked {
  const names = tools.map((tool) => tool.function.name);
  const system = String(messages.find(({ role }) => role === 'system')?.content ?? '');
  const schema = names.find((name) => shapes.includes(name)) ?? opening.find(([words]) => words.test(system))?.[1];
  return { ...(schema && { schema }), tools: names, afterResults: messages.at(-1)?.role === 'tool' };
}

/** A signed-in user of one cloud over real sockets, and the ways to ask it. */
export interface Caller {
  /** Whatever the answer is. */
  plain(body: unknown, accept?: string): Promise<{ status: number; type: string; body: unknown }>;
  /** The whole answer at once. */
  whole(body: object): Promise<ChatResponse>;
  /** Its frames as server-sent events, and over the socket. */
  events(body: object): Promise<ServerFrame[]>;
  socket(body: unknown): Promise<ServerFrame[]>;
}

export async function openCaller(cloud: TestCloud): Promise<Caller> {
  await cloud.app.listen({ host: '127.0.0.1', port: 0 });
  const { accessToken } = await cloud.register();
  const url = `http://127.0.0.1:${(cloud.app.server.address() as AddressInfo).port}/api/v1/chat`;
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  const post = async (body: unknown, accept: string) => {
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, accept }, body: typeof body === 'string' ? body : JSON.stringify(body) });
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() };
  };
  const plain: Caller['plain'] = async (body, accept = 'application/json') => {
    const { text, ...answer } = await post(body, accept);
    return { ...answer, body: JSON.parse(text) as unknown };
  };
  return {
    plain,
    async whole(body) {
      const answer = await plain(body);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer));
      return chatResponse.parse(answer.body);
    },
    async events(body) {
      const { text } = await post(body, 'text/event-stream');
      return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => serverFrame.parse(JSON.parse(data!)));
    },
    socket: (body) => framesBySocket(`${url.replace('http', 'ws')}/stream`, { type: 'request', request: body, token: accessToken }),
  };
}

function framesBySocket(url: string, message: object): Promise<ServerFrame[]> {
  const socket = new WebSocket(url);
  const frames: ServerFrame[] = [];
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(JSON.stringify(message)));
    socket.addEventListener('close', ({ code }) => reject(new Error(`closed before the end: ${code}`)));
    socket.addEventListener('error', () => reject(new Error('no connection')));
    socket.addEventListener('message', ({ data }) => {
      const frame = serverFrame.parse(JSON.parse(String(data)));
      if (frame.type !== 'ping') frames.push(frame);
      if (frame.type !== 'final' && frame.type !== 'error') return;
      resolve(frames);
      socket.close();
    });
  });
}
