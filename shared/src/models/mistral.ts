import { noKey, type Asked, type Chat, type Vendor } from './vendor.ts';

/** Mistral's own platform. */
export const mistral: Vendor = {
  provider: 'mistral',
  vendorUrl: 'https://api.mistral.ai',
  probe: '/v1/models',
  headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  async load(): Promise<Chat> {
    const { ChatMistralAI } = await import('@langchain/mistralai');
    return (asked) => {
      const { name, baseUrl, messages, tools, shape, signal } = asked;
      const client = new ChatMistralAI({ model: name, apiKey: noKey, serverURL: baseUrl, maxRetries: 0, httpClient: httpClient(asked.send) as never });
      const format = shape && { type: 'json_schema', jsonSchema: { name: shape.name, schemaDefinition: shape.schema } };
      const options = { ...(signal && { signal }), ...(tools && { tools }), ...(format && { response_format: format }) };
      return client._streamResponseChunks(messages, options as typeof client.ParsedCallOptions);
    };
  },
  finish: ({ generationInfo }) => generationInfo?.['finishReason'] as string | undefined,
  // The adapter drops a last piece that holds nothing but the reason to end.
  json: 'sse',
  inspect: (data) => (data as { choices?: { finish_reason?: string | null }[] } | null)?.choices?.[0]?.finish_reason ?? undefined,
  embedder: {
    name: 'mistral-embed',
    async load() {
      const { MistralAIEmbeddings } = await import('@langchain/mistralai');
      return ({ name, baseUrl, send }, texts) =>
        new MistralAIEmbeddings({
          model: name,
          apiKey: noKey,
          serverURL: baseUrl,
          maxRetries: 0,
          stripNewLines: false,
          httpClient: httpClient(send) as never,
        }).embedDocuments([...texts]);
    },
  },
};

/** The one method of the SDK's `HTTPClient` that is called; its class cannot be imported without depending on the SDK. */
const httpClient = (send: Asked['send']) => ({ request: (request: Request) => send(request) });
