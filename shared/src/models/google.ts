import { AdiuvaError } from '../contracts/errors.ts';
import { noKey, type Asked, type Chat, type Vendor } from './vendor.ts';

/** Gemini, over the Generative Language protocol. */
export const google: Vendor = {
  provider: 'google',
  vendorUrl: 'https://generativelanguage.googleapis.com',
  probe: '/v1beta/models?pageSize=1',
  headers: (apiKey) => ({ 'x-goog-api-key': apiKey }),
  usage: 'parts',
  // The adapter takes what is no JSON for the end of the answer.
  json: 'sse',
  inspect: refuseBlocked,
  async load(): Promise<Chat> {
    const { ChatGoogle } = await import('@langchain/google');
    return ({ name, baseUrl, send, messages, tools, shape, signal }) => {
      const apiClient = { hasApiKey: () => true, getProjectId: () => Promise.resolve(''), fetch: (request: Request) => send(request) };
      const client = new ChatGoogle({ model: name, apiKey: noKey, endpoint: baseUrl, platformType: 'gai', maxRetries: 0, apiClient });
      const options = { ...(signal && { signal }), ...(tools && { tools }), ...(shape && { responseSchema: shape.schema }) };
      return client._streamResponseChunks(asGemini(messages, name), options as unknown as typeof client.ParsedCallOptions);
    };
  },
  finish: ({ message }) => message.additional_kwargs['finishReason'] as string | undefined,
  embedder: { name: 'gemini-embedding-001', load: () => Promise.resolve(embedAtGoogle) },
};

/** A prompt that Google will not answer, and an error after the 200, come as values that the adapter skips. */
function refuseBlocked(data: unknown): undefined {
  const { promptFeedback, error } = (data ?? {}) as { promptFeedback?: { blockReason?: string }; error?: object };
  if (promptFeedback?.blockReason) throw new AdiuvaError('model.refused', { detail: 'the provider withholds the answer' });
  if (error) throw new AdiuvaError('model.unavailable', { detail: 'the provider broke the answer off' });
}

/** As much of LangChain's messages as is written over. */
interface Rewritten {
  content: unknown;
  response_metadata: Record<string, unknown>;
  tool_calls?: { id?: string; thoughtSignature?: string }[];
  tool_call_id?: string;
}

/**
 * The adapter forgets the calls of a message that does not name version 1, and sends the ids of results but not those of calls, unless they look like its
 * own. Since Gemini 3 each call must come back with its signature; calls of another model, which have none, with this word of the documentation.
 */
function asGemini(messages: Asked['messages'], name: string): Asked['messages'] {
  const signed = /^gemini-(?:[3-9]|\d\d)/.test(name);
  for (const message of messages as unknown as Rewritten[]) {
    if (message.tool_call_id) message.tool_call_id = ownId(message.tool_call_id);
    if (!message.tool_calls?.length) continue;
    for (const call of message.tool_calls) {
      call.id = ownId(call.id ?? '');
      if (signed) call.thoughtSignature ??= 'skip_thought_signature_validator';
    }
    message.response_metadata = { output_version: 'v1' };
    message.content = message.content ? [{ type: 'text', text: message.content }] : [];
  }
  return messages;
}

const ownId = (id: string) => (id.startsWith('lc-tool-call-') ? id : `lc-tool-call-${id}`);

/** LangChain's package has no embeddings for this protocol, so this is the one request that is written here. */
async function embedAtGoogle({ name, baseUrl, send }: Omit<Asked, 'messages'>, texts: readonly string[]): Promise<number[][]> {
  const requests = texts.map((text) => ({ model: `models/${name}`, content: { parts: [{ text }] } }));
  const response = await send(`${baseUrl}/v1beta/models/${encodeURIComponent(name)}:batchEmbedContents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ requests }),
  });
  const { embeddings } = (await response.json()) as { embeddings: { values: number[] }[] };
  return embeddings.map(({ values }) => values);
}
