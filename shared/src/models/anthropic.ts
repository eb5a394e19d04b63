import { noKey, type Chat, type Vendor } from './vendor.ts';

/** Claude, over the Messages protocol. It has no embeddings. */
export const anthropic: Vendor = {
  provider: 'anthropic',
  vendorUrl: 'https://api.anthropic.com',
  probe: '/v1/models',
  headers: (apiKey) => ({ 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }),
  // Every model takes a forced tool; a format of the answer only the newer ones.
  shapeAs: 'tool',
  async load(): Promise<Chat> {
    const { ChatAnthropic } = await import('@langchain/anthropic');
    return ({ name, baseUrl, send, messages, tools, mustCall, signal }) => {
      const client = new ChatAnthropic({
        model: name,
        apiKey: noKey,
        anthropicApiUrl: baseUrl,
        maxRetries: 0,
        streamUsage: true,
        clientOptions: { fetch: send, maxRetries: 0, logLevel: 'off', authToken: null },
      });
      const options = { ...(signal && { signal }), ...(tools && { tools }), ...(mustCall && { tool_choice: { type: 'tool', name: mustCall } }) };
      return client._streamResponseChunks(messages, options as typeof client.ParsedCallOptions);
    };
  },
  finish: ({ message }) => (message.additional_kwargs['stop_reason'] as string | null) ?? undefined,
};
