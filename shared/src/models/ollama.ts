import { AdiuvaError } from '../contracts/errors.ts';
import type { Privacy } from './model.ts';
import type { Chat, Vendor } from './vendor.ts';

const ollamaUrl = 'http://127.0.0.1:11434';

/** Models on one's own machine, or on another's that runs Ollama. Needs no key. */
export const ollama: Vendor = {
  provider: 'ollama',
  vendorUrl: ollamaUrl,
  probe: '/api/tags',
  headers: () => ({}),
  // The library drops what is no JSON and prints it to the console.
  json: 'lines',
  inspect: refuseErrors,
  // A model that is not in memory yet is read from the disk first, and a small machine speaks slowly.
  limits: { firstEventMs: 120_000, wholeMs: 300_000 },
  async load(): Promise<Chat> {
    const { ChatOllama } = await import('@langchain/ollama');
    return ({ name, baseUrl, send, messages, tools, shape, signal }) => {
      const numCtx = contextFor(JSON.stringify([messages.map(({ content }) => content), tools]).length);
      const client = new ChatOllama({ model: name, baseUrl, fetch: send, maxRetries: 0, ...(numCtx && { numCtx }) });
      const options = { ...(signal && { signal }), ...(tools && { tools }), ...(shape && { format: shape.schema }) };
      return client._streamResponseChunks(messages, options as typeof client.ParsedCallOptions);
    };
  },
  finish: ({ message: { response_metadata: facts } }) => (facts['done'] ? String(facts['done_reason'] ?? 'stop') : undefined),
  embedder: {
    name: 'nomic-embed-text',
    async load() {
      const { OllamaEmbeddings } = await import('@langchain/ollama');
      return ({ name, baseUrl, send }, texts) =>
        new OllamaEmbeddings({ model: name, baseUrl, fetch: send, maxRetries: 0, truncate: true }).embedDocuments([...texts]);
    },
  },
};

/** Tokens that Ollama keeps unless told otherwise; what is longer loses its beginning, which is where the instructions stand, without a word. */
const usualContext = 4_096;
const largestContext = 131_072;

/** The context to ask for, in tokens, doubled as often as needed so that few sizes are loaded; undefined where the usual one does. */
function contextFor(characters: number): number | undefined {
  // Three letters a token, and room for the answer.
  const needed = characters / 3 + 1_024;
  if (needed <= usualContext) return undefined;
  return Math.min(2 ** Math.ceil(Math.log2(needed)), largestContext);
}

function refuseErrors(data: unknown): undefined {
  if (data !== null && typeof data === 'object' && 'error' in data) throw new AdiuvaError('model.unavailable', { detail: 'the provider broke the answer off' });
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Local is what is asked on this machine and answered there: Ollama passes models whose names end in `cloud` on to its makers. */
export function ollamaPrivacy(name: string, baseUrl = ollamaUrl): Privacy {
  return loopback.test(new URL(baseUrl).hostname) && !/[-:]cloud$/i.test(name) ? 'local' : 'vendor';
}
