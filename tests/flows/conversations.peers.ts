import { LLMock, type ChatCompletionRequest } from '@copilotkit/aimock';
import { replyOf, type Asked, type Conversation } from '@adiuva/cloud/agents/conversations.suite.ts';

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
