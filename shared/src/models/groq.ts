import { noKey, type Chat, type Vendor } from './vendor.ts';

/** Open models on Groq's machines. It has no embeddings. */
export const groq: Vendor = {
  provider: 'groq',
  vendorUrl: 'https://api.groq.com',
  probe: '/openai/v1/models',
  headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  // A format of the answer can be asked of few of its models, and never in a stream.
  shapeAs: 'tool',
  // The SDK prints what is no JSON to the console.
  json: 'sse',
  async load(): Promise<Chat> {
    const { ChatGroq } = await import('@langchain/groq');
    return ({ name, baseUrl, send, messages, tools, mustCall, signal }) => {
      const client = new ChatGroq({ model: name, apiKey: noKey, baseUrl, fetch: send as never, maxRetries: 0, streamUsage: true });
      const options = { ...(signal && { signal }), ...(tools && { tools }), ...(mustCall && { tool_choice: mustCall }) };
      return client._streamResponseChunks(messages, options as typeof client.ParsedCallOptions);
    };
  },
  counts({ message }) {
    const { usage } = message.response_metadata as {
      usage?: { input_tokens?: number; output_tokens?: number; prompt_tokens?: number; completion_tokens?: number };
    };
    return usage && { input_tokens: usage.input_tokens ?? usage.prompt_tokens ?? 0, output_tokens: usage.output_tokens ?? usage.completion_tokens ?? 0 };
  },
  finish: ({ generationInfo }) => (generationInfo?.['finish_reason'] as string | undefined) ?? undefined,
};
