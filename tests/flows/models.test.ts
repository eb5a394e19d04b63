import type { ChatCompletionRequest, LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toolsOf } from '@adiuva/cloud/agents/agents.ts';
import { agentName } from '@adiuva/shared/contracts/chat.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { modelSuite, suiteTalk, suiteTask, suiteTools } from '@adiuva/shared/models/model.suite.ts';
import type { ModelMessage, ModelRequest } from '@adiuva/shared/models/model.ts';
import { openModels } from '@adiuva/shared/models/models.ts';
import { bodyOf, idOf, mistralPeer, modelAt, secret, serve, startMock, vendors, wordings, type VendorName } from './models.peers.ts';

/** The vendors' adapters against an independent mock of their protocols, and what each of them sends. */

const counted = { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 };
const row = (embedding: number[], index: number) => ({ object: 'embedding', index, embedding });
const say = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content }], ...more });

/** Mistral's SDK refuses the calls the mock streams (a call whose name comes in another piece), so these run against a server of our own. */
const mocked = vendors.filter((vendor) => vendor !== 'mistral');
process.stdout.write(`aimock stands for ${mocked.join(', ')} and for mistral's texts; a server of our own, after the published format, for mistral's calls\n`);

for (const vendor of mocked) {
  modelSuite(`${vendor} through LangChain against aimock`, async () => {
    const mock = await startMock();
    return { model: modelAt(vendor, mock.url), close: () => mock.stop() };
  });
}

modelSuite('openai through LangChain over the Responses protocol, which newer models prefer', async () => {
  const mock = await startMock();
  return { model: modelAt('openai', mock.url, { name: 'gpt-5.2-pro' }), close: () => mock.stop() };
});

modelSuite('mistral through LangChain against its published format', async () => {
  const server = await serve(mistralPeer);
  return { model: modelAt('mistral', server.url), close: () => server.close() };
});

describe('every vendor', () => {
  let mock: LLMock;
  beforeAll(async () => {
    mock = await startMock();
  });
  afterAll(() => mock.stop());

  it.each(vendors)('says the same as the mock was told: %s', async (vendor) => {
    expect((await modelAt(vendor, mock.url).complete(say(suiteTalk))).text).toBe('You are welcome — gern geschehen 👋🏽');
  });

  // The mock counts for these; the others are told where their documentation says.
  it.each(['openai', 'anthropic', 'google', 'openrouter'] as const)('counts what the mock counts: %s', async (vendor) => {
    expect((await modelAt(vendor, mock.url).complete(say(suiteTalk))).usage).toEqual({ model: idOf(vendor), inputTokens: 21, outputTokens: 4 });
  });

  it.each(vendors)('counts what the provider says in its own format: %s', async (vendor) => {
    const { type, begin, text, end } = wordings[vendor];
    const server = await serve(
      (_request, response) => void response.writeHead(200, { 'content-type': type }).end(begin() + text('one ') + text('two') + end()),
    );
    const reply = await modelAt(vendor, server.url).complete(say('count'));
    await server.close();
    expect(reply).toEqual({ text: 'one two', toolCalls: [], usage: { model: idOf(vendor), inputTokens: 21, outputTokens: 4 } });
  });

  it.each(mocked)('takes several calls of one reply apart: %s', async (vendor) => {
    const { toolCalls } = await modelAt(vendor, mock.url).complete(say('two at once', { tools: suiteTools }));
    expect(toolCalls.map((call) => call.arguments)).toEqual([{ title: 'one' }, { title: 'two' }]);
    expect(new Set(toolCalls.map((call) => call.id)).size).toBe(2);
  });

  it.each(['openai', 'openrouter', 'groq', 'anthropic'] as const)('hands on arguments that are no JSON as the text they are: %s', async (vendor) => {
    const { toolCalls } = await modelAt(vendor, mock.url).complete(say('broken arguments', { tools: suiteTools }));
    expect(toolCalls.map((call) => call.arguments)).toEqual(vendor === 'anthropic' ? [expect.anything()] : ['{"title": "half']);
  });

  it.each(vendors)('refuses an answer that has not the shape asked for: %s', async (vendor) => {
    const schema = { name: 'create_task', shape: suiteTools[0]!.parameters };
    await expect(modelAt(vendor, mock.url).complete(say('no shape', { schema }))).rejects.toMatchObject({ code: 'model.bad_reply' });
  });

  it.each(vendors)('keeps what is `local` at home, before anything is sent: %s', async (vendor) => {
    const before = mock.getRequests().length;
    const asked = modelAt(vendor, mock.url, { fetch: vendor === 'ollama' ? fetch : () => Promise.reject(new Error('sent')) }).complete(
      say(suiteTalk, { privacy: 'local' }),
    );
    if (vendor === 'ollama') await asked;
    else await expect(asked).rejects.toMatchObject({ code: 'model.not_private' });
    expect(mock.getRequests().length - before).toBe(vendor === 'ollama' ? 1 : 0);
  });

  it.each(vendors)('sends the key where it belongs, and nothing about this machine or of its environment: %s', async (vendor) => {
    const environment = {
      OPENAI_ORG_ID: 'org-of-another',
      OPENAI_CUSTOM_HEADERS: 'x-leak: 1',
      ANTHROPIC_AUTH_TOKEN: 'token-of-another',
      ANTHROPIC_CUSTOM_HEADERS: 'x-leak: 1',
      GROQ_CUSTOM_HEADERS: 'x-leak: 1',
      LANGSMITH_GATEWAY: 'true',
      LANGSMITH_TRACING: 'true',
      LANGSMITH_API_KEY: 'key-of-another',
      LANGSMITH_ENDPOINT: mock.url,
    };
    const saved = { ...process.env };
    const network = vi.spyOn(globalThis, 'fetch');
    Object.assign(process.env, environment);
    const sent: { url: string; headers: Record<string, string> }[] = [];
    const listening: typeof fetch = (url, init) => {
      sent.push({ url: String(url), headers: Object.fromEntries(new Headers(init?.headers)) });
      return fetch(url, init);
    };
    await modelAt(vendor, mock.url, { fetch: listening })
      .complete(say(suiteTalk))
      .finally(() => (process.env = saved));
    expect([sent.length, network.mock.calls.length], 'nothing goes around our fetch').toEqual([1, 1]);
    network.mockRestore();
    expect(new URL(sent[0]!.url).origin).toBe(mock.url);
    expect(sent[0]!.url).not.toContain(secret);
    const key: Record<VendorName, object> = {
      openai: { authorization: `Bearer ${secret}` },
      openrouter: { authorization: `Bearer ${secret}` },
      groq: { authorization: `Bearer ${secret}` },
      mistral: { authorization: `Bearer ${secret}` },
      anthropic: { 'x-api-key': secret, 'anthropic-version': '2023-06-01' },
      google: { 'x-goog-api-key': secret },
      ollama: {},
    };
    const { accept: _, ...headers } = sent[0]!.headers;
    expect(headers).toEqual({ 'content-type': 'application/json', ...key[vendor] });
  });
});

describe('rounds of a conversation', () => {
  const earlier: ModelMessage[] = [
    { role: 'system', content: 'You are an assistant.' },
    { role: 'user', content: suiteTask },
    { role: 'assistant', content: '', toolCalls: [{ id: 'call_of-another.vendor', name: 'create_task', arguments: { title: 'x' } }] },
    { role: 'tool', callId: 'call_of-another.vendor', name: 'create_task', content: '{"error":"no"}' },
    { role: 'assistant', content: 'And again.', toolCalls: [{ id: 'c2', name: 'create_task', arguments: '{"half' }] },
    { role: 'tool', callId: 'c2', name: 'create_task', content: '{"error":"no JSON"}' },
  ];

  /** What a vendor is sent, for an answer that never comes. */
  async function sentBy(vendor: VendorName, request: ModelRequest, name?: string) {
    let body: Record<string, unknown> = {};
    const server = await serve(async (received, response) => {
      body = await bodyOf(received);
      response.writeHead(500).end();
    });
    await modelAt(vendor, server.url, name ? { name } : {})
      .complete(request)
      .catch(() => {});
    await server.close();
    return JSON.stringify(body);
  }

  it.each(vendors)('go out whole, also when another vendor made the calls: %s', async (vendor) => {
    const sent = await sentBy(vendor, { messages: earlier, tools: suiteTools });
    for (const word of [suiteTask, 'create_task', 'And again.', 'no JSON', 'unreadable', '"enum":["low","medium","high","urgent"]'])
      // Mistral's adapter leaves the words beside a call out.
      if (vendor !== 'mistral' || word !== 'And again.') expect(sent).toContain(word);
    expect(sent).not.toContain('$schema');
  });

  it.each([
    ['openai', /"response_format":\{"type":"json_schema","json_schema":\{"name":"create_task".*"enum":\["low"/],
    ['openrouter', /"response_format":\{"type":"json_schema"/],
    ['mistral', /"response_format":\{"type":"json_schema","json_schema":\{"name":"create_task".*"schema":\{/],
    ['google', /"responseMimeType":"application\/json","responseJsonSchema":\{.*"enum":\["low"/],
    ['ollama', /"format":\{"type":"object".*"enum":\["low"/],
    ['anthropic', /"tool_choice":\{"type":"tool","name":"create_task"\}/],
    ['groq', /"tool_choice":\{"type":"function","function":\{"name":"create_task"\}\}/],
  ] as const)('ask for a shape in the words of %s', async (vendor, words) => {
    expect(await sentBy(vendor, say('a shape', { schema: { name: 'create_task', shape: suiteTools[0]!.parameters } }))).toMatch(words);
  });

  it.each(vendors)('carry every tool of every agent: %s', async (vendor) => {
    const tools = [...toolsOf(agentName.options).values()].map(({ tool }) => tool);
    const sent = await sentBy(vendor, say(suiteTask, { tools }));
    expect(tools.length).toBeGreaterThan(10);
    expect(tools.filter(({ name }) => !sent.includes(`"name":"${name}"`))).toEqual([]);
  });

  it('get as much context from Ollama as they need', async () => {
    expect(await sentBy('ollama', say('short'))).not.toContain('num_ctx');
    expect(await sentBy('ollama', say('long '.repeat(6_000)))).toContain('"num_ctx":16384');
    expect(await sentBy('ollama', say('long '.repeat(600_000)))).toContain('"num_ctx":131072');
  });

  it('over the Responses protocol too', async () => {
    const schema = { name: 'create_task', shape: suiteTools[0]!.parameters };
    expect(await sentBy('openai', say('a shape', { schema }), 'gpt-5.2-pro')).toMatch(/"json_schema".*"enum":\["low","medium","high","urgent"\]/);
  });

  it('hands back the signature that Gemini wants with its calls, and a word of the documentation for those of others', async () => {
    const parts = [{ functionCall: { name: 'create_task', args: { title: 'x' } }, thoughtSignature: 'c2lnbmVk' }];
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] })}\n\n`);
    });
    const model = modelAt('google', server.url, { name: 'gemini-3-pro' });
    const { toolCalls } = await model.complete(say(suiteTask, { tools: suiteTools }));
    await server.close();
    const again = (calls: typeof toolCalls) =>
      sentBy(
        'google',
        {
          messages: [
            ...say(suiteTask).messages,
            { role: 'assistant', content: '', toolCalls: calls },
            { role: 'tool', callId: calls[0]!.id, name: 'create_task', content: '{}' },
          ],
        },
        'gemini-3-pro',
      );
    expect(await again(toolCalls)).toContain('"thoughtSignature":"c2lnbmVk"');
    expect(await again([{ id: 'c', name: 'create_task', arguments: {} }])).toContain('"thoughtSignature":"skip_thought_signature_validator"');
  });

  it('keep thoughts to themselves', async () => {
    const parts = [{ text: 'secret thought', thought: true }, { text: 'Said aloud' }];
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] })}\n\n`);
    });
    expect((await modelAt('google', server.url).complete(say('think'))).text).toBe('Said aloud');
    await server.close();
  });

  it('tell when the provider withholds the answer', async () => {
    const blocked = { google: { promptFeedback: { blockReason: 'SAFETY' } }, openai: { choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] } };
    for (const vendor of ['google', 'openai'] as const) {
      const server = await serve((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(blocked[vendor])}\n\n`);
      });
      await expect(modelAt(vendor, server.url).complete(say('no'))).rejects.toMatchObject({
        code: 'model.refused',
        detail: 'the provider withholds the answer',
      });
      await server.close();
    }
  });

  it('send tools as JSON Schema and the calls as they were', async () => {
    const mock = await startMock();
    const request = say(suiteTask, { tools: suiteTools });
    const first = await modelAt('openai', mock.url).complete(request);
    const results = first.toolCalls.map((call) => ({ role: 'tool' as const, callId: call.id, name: call.name, content: '{"error":"no"}' }));
    await modelAt('openai', mock.url).complete({
      ...request,
      messages: [...request.messages, { role: 'assistant', content: '', toolCalls: first.toolCalls }, ...results],
    });
    const { tools, messages } = mock.getLastRequest()!.body as ChatCompletionRequest;
    await mock.stop();
    expect(tools).toMatchObject([
      {
        type: 'function',
        function: {
          name: 'create_task',
          parameters: { type: 'object', properties: { priority: { enum: ['low', 'medium', 'high', 'urgent'] } }, required: ['title'] },
        },
      },
    ]);
    expect(messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        tool_calls: [{ id: first.toolCalls[0]!.id, function: { name: 'create_task', arguments: '{"title":"Send the invoice to Marta"}' } }],
      },
      { role: 'tool', tool_call_id: first.toolCalls[0]!.id, content: '{"error":"no"}' },
    ]);
  });
});

describe('embeddings', () => {
  it('are one unit vector a text', async () => {
    const mock = await startMock();
    const model = modelAt('openai', mock.url);
    const vectors = await model.embed!(['one', 'two\nlines', 'three']);
    await mock.stop();
    expect([vectors.length, model.embedder]).toEqual([3, 'openai:text-embedding-3-small']);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  });

  // The mock leaves out the id that Mistral's SDK insists on, and gives Ollama one vector for all texts.
  it.each([
    ['mistral', 'mistral:mistral-embed', (vectors: number[][]) => ({ id: 'e', object: 'list', model: 'm', usage: counted, data: vectors.map(row) })],
    ['ollama', 'ollama:nomic-embed-text', (embeddings: number[][]) => ({ model: 'm', embeddings })],
  ] as const)('are one unit vector a text: %s', async (vendor, embedder, answer) => {
    const server = await serve(async (request, response) => {
      const { input } = (await bodyOf(request)) as { input: string[] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(input.map((text) => [3, text.length]))));
    });
    const model = modelAt(vendor, server.url);
    expect([await model.embed!(['a\nbc', '']), model.embedder, server.requests()]).toEqual([
      [
        [0.6, 0.8],
        [1, 0],
      ],
      embedder,
      1,
    ]);
    await server.close();
  });

  it('are asked of Google in one request', async () => {
    const server = await serve(async (request, response) => {
      const { requests } = (await bodyOf(request)) as { requests: { model: string; content: { parts: { text: string }[] } }[] };
      const embeddings = requests.map(({ content }) => ({ values: [3, content.parts[0]!.text.length] }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ embeddings }));
    });
    const model = modelAt('google', server.url);
    const vectors = await model.embed!(['four', '']);
    await server.close();
    expect([vectors, model.embedder, server.requests()]).toEqual([
      [
        [0.6, 0.8],
        [1, 0],
      ],
      'google:gemini-embedding-001',
      1,
    ]);
  });

  it('ask the model itself when it is one for embedding', () => {
    expect(modelAt('ollama', 'http://127.0.0.1:1', { name: 'mxbai-embed-large' }).embedder).toBe('ollama:mxbai-embed-large');
  });

  it.each([
    ['too few', { data: [] }],
    [
      'of two dimensions',
      {
        data: [
          { index: 0, embedding: [1, 0] },
          { index: 1, embedding: [1] },
        ],
      },
    ],
    [
      'that are zero',
      {
        data: [
          { index: 0, embedding: [0, 0] },
          { index: 1, embedding: [1, 0] },
        ],
      },
    ],
    [
      'that are none',
      {
        data: [
          { index: 0, embedding: null },
          { index: 1, embedding: 'x' },
        ],
      },
    ],
    ['that are something else', { choices: [] }],
  ])('%s are no vectors', async (_name, body) => {
    const server = await serve((_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)));
    await expect(modelAt('openai', server.url).embed!(['a', 'b'])).rejects.toMatchObject({ code: 'model.bad_reply' });
    await server.close();
  });

  it('are not offered by vendors that have none', () => {
    for (const vendor of ['anthropic', 'groq', 'openrouter'] as const) expect(modelAt(vendor, 'http://127.0.0.1:1').embed).toBeUndefined();
  });
});

describe('errors as the mock words them', () => {
  const failed = (error: string, status: number, retryAfter?: number) => ({
    error: { message: error },
    status,
    ...(retryAfter !== undefined && { retryAfter }),
  });
  const errors: [string, ReturnType<typeof failed>, object][] = [
    ['limits the rate', failed('Rate limit reached', 429, 7), { code: 'model.unavailable', retryAfter: 7 }],
    ['is overloaded', failed('Overloaded', 529), { code: 'model.unavailable' }],
    ['does not know the key', failed('invalid x-api-key', 401), { code: 'model.refused', detail: 'the provider answered 401' }],
    ['finds the prompt too long', failed('prompt is too long: 210000 tokens > 200000 maximum', 400), { detail: 'the conversation is too long for this model' }],
  ];
  const chaos = ['dropRate', 'malformedRate', 'disconnectRate'] as const;

  it.each(vendors)('%s', async (vendor) => {
    const mock = await startMock();
    for (const [message, response] of errors) mock.on({ userMessage: message }, response);
    for (const [message, , fault] of errors) await expect(modelAt(vendor, mock.url).complete(say(message)), message).rejects.toMatchObject(fault);
    for (const rate of chaos) {
      mock.setChaos({ [rate]: 1 });
      const asked = modelAt(vendor, mock.url).complete(say(suiteTalk));
      await expect(asked, rate).rejects.toMatchObject({ name: 'AdiuvaError', code: expect.stringMatching(/^model\.(unavailable|bad_reply)$/) });
    }
    await mock.stop();
  });
});

describe('a chain of vendors', () => {
  it('falls back to builtin when the provider is out, and tells who answered', async () => {
    const mock = await startMock();
    const keys = { openai: { apiKey: 'sk-test', baseUrl: `${mock.url}/v1` } };
    const deps = { clock: systemClock, random: systemRandom, log: silentLog, fetch, limits: { backoff: { base: 1, max: 2 } } };
    const chain = openModels(
      [
        { provider: 'openai', name: 'gpt-5-mini' },
        { provider: 'builtin', name: '' },
      ],
      keys,
      deps,
    );
    mock.setChaos({ dropRate: 1 });
    const down = await chain.complete(say(suiteTask)).finally(() => mock.clearChaos());
    expect([down.usage.model, (await chain.complete(say(suiteTalk))).usage.model]).toEqual(['builtin', 'openai:gpt-5-mini']);
    await mock.stop();
  });
});
