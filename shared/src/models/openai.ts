import type { ChatOpenAICompletions } from '@langchain/openai';
import { completionEvents } from './completions.ts';
import type { Asked, Chat, Vendor } from './vendor.ts';
import { noKey } from './vendor.ts';
import type { Piece } from './whole.ts';

const bearer = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` });
const openaiUrl = 'https://api.openai.com/v1';

/** OpenAI, or anything that speaks its protocol when a base URL names it. Some of its models are asked over the Responses protocol. */
export const openai: Vendor = {
  provider: 'openai',
  vendorUrl: openaiUrl,
  probe: '/models',
  headers: bearer,
  async load(): Promise<Chat> {
    const { ChatOpenAI, ChatOpenAICompletions } = await import('@langchain/openai');
    return (asked) => streamOf(new ChatOpenAI({ ...clientOptions(asked), completions: direct(new ChatOpenAICompletions(clientOptions(asked)), asked) }), asked);
  },
  finish: openaiFinish,
  embedder: {
    name: 'text-embedding-3-small',
    async load() {
      const { OpenAIEmbeddings } = await import('@langchain/openai');
      return ({ name, baseUrl, send }, texts) =>
        new OpenAIEmbeddings({ model: name, apiKey: noKey, maxRetries: 0, stripNewLines: false, configuration: configuration(baseUrl, send) }).embedDocuments([
          ...texts,
        ]);
    },
  },
};

/** Many vendors' models behind one key, in OpenAI's older protocol. */
export const openrouter: Vendor = {
  provider: 'openrouter',
  vendorUrl: 'https://openrouter.ai/api/v1',
  probe: '/key',
  headers: bearer,
  async load(): Promise<Chat> {
    const { ChatOpenAICompletions } = await import('@langchain/openai');
    return (asked) => streamOf(direct(new ChatOpenAICompletions(clientOptions(asked)), asked), asked);
  },
  finish: openaiFinish,
};

/** `organization` and `project` would come from the environment if they were not denied. */
const configuration = (baseURL: string, send: Asked['send']) =>
  ({ baseURL, fetch: send, organization: null, project: null, maxRetries: 0, logLevel: 'off' }) as const;

const clientOptions = ({ name, baseUrl, send }: Asked) => ({
  model: name,
  apiKey: noKey,
  // The chain retries and falls back; a second layer of tries below it would multiply the wait.
  maxRetries: 0,
  streamUsage: true,
  configuration: configuration(baseUrl, send),
});

/** LangChain's adapter with our own way of asking under it. */
function direct(client: ChatOpenAICompletions, asked: Asked): ChatOpenAICompletions {
  return Object.assign(client, { completionWithRetry: (request: object) => completionEvents(asked, request) });
}

/**
 * The stream below `.stream`, here and for the other vendors: `.stream` would wrap every request into a traced run, what a user wrote would follow the
 * LANGSMITH variables of the environment out of the house, and every chunk would be joined to a whole message that nobody reads.
 */
function streamOf(client: { _streamResponseChunks(messages: Asked['messages'], options: never): AsyncIterable<Piece> }, asked: Asked): AsyncIterable<Piece> {
  const { messages, signal, tools, shape } = asked;
  const options = {
    ...(signal && { signal }),
    ...(tools && { tools }),
    ...(shape && { response_format: { type: 'json_schema', json_schema: { name: shape.name, schema: shape.schema } } }),
  };
  return client._streamResponseChunks(messages, options as never);
}

/** Why a completion ended; over the Responses protocol, that it has. */
function openaiFinish({ generationInfo, message }: Piece): string | undefined {
  const reason = generationInfo?.['finish_reason'];
  const { status } = message.response_metadata as { status?: string };
  if (reason) return String(reason);
  return status === 'completed' || status === 'incomplete' ? status : undefined;
}
