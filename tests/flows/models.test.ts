import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LLMock, type ChatCompletionRequest } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { modelSuite, suiteTalk, suiteTask, suiteTools } from '@adiuva/shared/models/model.suite.ts';
import type { ModelRequest } from '@adiuva/shared/models/model.ts';
import { openModels } from '@adiuva/shared/models/models.ts';
import { openaiModel } from '@adiuva/shared/models/openai.ts';

const openAt = (url: string, name = 'gpt-5-mini') => openaiModel({ name, apiKey: 'sk-test', baseUrl: `${url}/v1`, fetch });
const say = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content }], ...more });

/** The independent peer: it speaks OpenAI's protocol and was written by others. */
async function startPeer(): Promise<LLMock> {
  const peer = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 5 });
  const usage = { prompt_tokens: 21, completion_tokens: 4 };
  peer.on({ userMessage: suiteTask, hasToolResult: true }, { content: 'I prepared the task.', usage });
  // The two protocols of OpenAI name the format in two places; what they share is that nothing else asks without tools.
  peer.on({ userMessage: suiteTask, predicate: ({ tools }) => !tools?.length }, { content: '{"agents":["task"],"confidence":0.97}', usage });
  peer.on({ userMessage: suiteTask }, { toolCalls: [{ name: 'create_task', arguments: '{"title":"Send the invoice to Marta"}' }], usage });
  peer.on({ userMessage: suiteTalk }, { content: 'You are welcome — gern geschehen 👋🏽', usage });
  peer.on(
    { userMessage: 'two at once' },
    {
      toolCalls: [
        { name: 'create_task', arguments: '{"title":"one"}' },
        { name: 'create_task', arguments: '{"title":"two"}' },
      ],
    },
  );
  peer.on({ userMessage: 'broken arguments' }, { toolCalls: [{ name: 'create_task', arguments: '{"title": "half' }] });
  peer.on({ userMessage: 'a shape' }, { content: '{"title":"x"}' });
  peer.on({ userMessage: 'no shape' }, { content: 'I would rather chat.' });
  await peer.start();
  return peer;
}

modelSuite('openai through LangChain against aimock', async () => {
  const peer = await startPeer();
  return { model: openAt(peer.url), close: () => peer.stop() };
});

modelSuite('openai through LangChain over the Responses protocol, which newer models prefer', async () => {
  const peer = await startPeer();
  return { model: openAt(peer.url, 'gpt-5.2-pro'), close: () => peer.stop() };
});

describe('openai through LangChain', () => {
  let peer: LLMock;
  beforeAll(async () => {
    peer = await startPeer();
  });
  afterAll(() => peer.stop());

  const lastBody = () => peer.getLastRequest()!.body as ChatCompletionRequest;

  it('counts what the provider says', async () => {
    expect((await openAt(peer.url).complete(say(suiteTalk))).usage).toEqual({ model: 'openai:gpt-5-mini', inputTokens: 21, outputTokens: 4 });
  });

  it('sends tools as JSON Schema and the rounds of the conversation as they were', async () => {
    const request = say(suiteTask, { tools: suiteTools });
    const first = await openAt(peer.url).complete(request);
    const results = first.toolCalls.map((call) => ({ role: 'tool' as const, callId: call.id, name: call.name, content: '{"error":"no"}' }));
    await openAt(peer.url).complete({
      ...request,
      messages: [...request.messages, { role: 'assistant', content: '', toolCalls: first.toolCalls }, ...results],
    });
    expect(lastBody().tools).toMatchObject([
      {
        type: 'function',
        function: {
          name: 'create_task',
          parameters: { type: 'object', properties: { priority: { enum: ['low', 'medium', 'high', 'urgent'] } }, required: ['title'] },
        },
      },
    ]);
    expect(lastBody().messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        tool_calls: [{ id: first.toolCalls[0]!.id, function: { name: 'create_task', arguments: '{"title":"Send the invoice to Marta"}' } }],
      },
      { role: 'tool', tool_call_id: first.toolCalls[0]!.id, content: '{"error":"no"}' },
    ]);
  });

  it.each(['gpt-5-mini', 'gpt-5.2-pro'])('asks for a shape by its JSON Schema: %s', async (name) => {
    const schema = { name: 'create_task', shape: suiteTools[0]!.parameters };
    let sent = '';
    // The peer's journal keeps only what both protocols share.
    const listening: typeof fetch = (url, init) => ((sent = String(init?.body)), fetch(url, init));
    await openaiModel({ name, apiKey: 'sk-test', baseUrl: `${peer.url}/v1`, fetch: listening }).complete(say('a shape', { schema }));
    expect(sent).toMatch(/"json_schema".*"enum":\["low","medium","high","urgent"\]/);
  });

  it('takes several calls of one reply apart', async () => {
    const { toolCalls } = await openAt(peer.url).complete(say('two at once', { tools: suiteTools }));
    expect(toolCalls.map((call) => call.arguments)).toEqual([{ title: 'one' }, { title: 'two' }]);
    expect(new Set(toolCalls.map((call) => call.id)).size).toBe(2);
  });

  it('hands on arguments that are no JSON as the text they are', async () => {
    const { toolCalls } = await openAt(peer.url).complete(say('broken arguments', { tools: suiteTools }));
    expect(toolCalls[0]!.arguments).toBe('{"title": "half');
  });

  it('refuses an answer that has not the shape asked for', async () => {
    const schema = { name: 'create_task', shape: suiteTools[0]!.parameters };
    await expect(openAt(peer.url).complete(say('no shape', { schema }))).rejects.toMatchObject({ code: 'model.bad_reply' });
  });

  it('falls back to builtin when the provider is out, and tells who answered', async () => {
    const keys = { openai: { apiKey: 'sk-test', baseUrl: `${peer.url}/v1` } };
    const deps = { clock: systemClock, random: systemRandom, log: silentLog, fetch, limits: { backoff: { base: 1, max: 2 } } };
    const chain = openModels(
      [
        { provider: 'openai', name: 'gpt-5-mini' },
        { provider: 'builtin', name: '' },
      ],
      keys,
      deps,
    );
    peer.setChaos({ dropRate: 1 });
    const down = await chain.complete(say(suiteTask)).finally(() => peer.clearChaos());
    expect([down.usage.model, (await chain.complete(say(suiteTalk))).usage.model]).toEqual(['builtin', 'openai:gpt-5-mini']);
  });
});

/** A provider that answers wrongly in one way. */
async function withServer<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end('{"error":{"message":"secret words of the prompt"}}');

const delta = (content: string) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { role: 'assistant', content } }] })}\n\n`;
const streamed =
  (end: (response: Parameters<RequestListener>[1]) => void, body = delta('half')): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(body);
    setTimeout(() => end(response), 20);
  };

describe('what a provider can do wrong', () => {
  it.each<[string, RequestListener, object]>([
    ['limits the rate', status(429, { 'retry-after': '7' }), { code: 'model.unavailable', retryAfter: 7 }],
    ['is overloaded', status(503), { code: 'model.unavailable' }],
    ['fails', status(500), { code: 'model.unavailable' }],
    ['does not know the key', status(401), { code: 'model.refused' }],
    ['does not know the model', status(404), { code: 'model.refused' }],
    ['finds fault with the request', status(400), { code: 'model.refused' }],
    ['resets the connection', (request) => request.socket.destroy(), { code: 'model.unavailable' }],
    ['resets it in the middle', streamed((response) => response.destroy()), { code: 'model.unavailable' }],
    ['ends the stream before its end', streamed((response) => response.end()), { code: 'model.unavailable' }],
    ['streams what is no JSON', streamed((response) => response.end(), 'data: {"half\n\n'), { code: 'model.bad_reply' }],
    [
      'answers a web page',
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
      { code: 'model.unavailable' },
    ],
  ])('%s', async (_name, listener, fault) => {
    const thrown = await withServer(listener, (url) =>
      openAt(url)
        .complete(say('hello'))
        .catch((error: unknown) => error),
    );
    expect(thrown).toMatchObject({ name: 'AdiuvaError', ...fault });
    expect((thrown as { detail?: string }).detail).not.toContain('secret');
  });

  it('is not there at all', async () => {
    const url = await withServer(status(200), (at) => Promise.resolve(at));
    await expect(openAt(url).complete(say('hello'))).rejects.toMatchObject({ code: 'model.unavailable' });
  });

  it('hangs: the request ends when its reader goes', async () => {
    let closed!: () => void;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const reason = new Error('the reader went');
    await withServer(
      (_request, response) => void response.on('close', closed),
      async (url) => {
        const stop = new AbortController();
        const answer = openAt(url).complete(say('hello', { signal: stop.signal }));
        setTimeout(() => stop.abort(reason), 50);
        await expect(answer).rejects.toBe(reason);
        await gone;
      },
    );
  });
});
