import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog, silentLog } from '@adiuva/shared/kit/log.ts';
import { fallbackChain } from '@adiuva/shared/models/chain.ts';
import type { Model, ModelEvent, ModelRequest } from '@adiuva/shared/models/model.ts';
import { probeModels } from '@adiuva/shared/models/models.ts';
import { scriptedModel } from '@adiuva/shared/models/scripted.ts';
import { begun, endless, idOf, modelAt, privacyAt, secret, serve, status, vendors, wordings, type VendorName } from './models.peers.ts';

/** What providers do wrong, each in the wire format of each vendor, on sockets of this machine. */

const say = (content = 'hello secret words of the prompt', more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: 'user', content }],
  ...more,
});

const printed = (['log', 'warn', 'error', 'info', 'debug'] as const).map((method) => vi.spyOn(console, method));
afterEach(() => printed.forEach((spy) => spy.mockClear()));
const said = () => printed.flatMap((spy) => spy.mock.calls);

/** The error of one request, and how often the server was asked for it. */
async function failing(vendor: VendorName, listener: RequestListener, ask: (model: Model) => Promise<unknown> = (model) => model.complete(say())) {
  const server = await serve(listener);
  try {
    const thrown: unknown = await ask(modelAt(vendor, server.url)).then(
      (answer) => ({ answered: answer }),
      (error: unknown) => error,
    );
    return { thrown, requests: server.requests() };
  } finally {
    await server.close();
  }
}

/** Neither key nor prompt nor the vendor's words cross the border of the port or reach the console. */
function expectDiscreet(thrown: unknown) {
  const { message, detail, stack } = thrown as Error & { detail?: string };
  expect(`${message} ${detail} ${stack}`).not.toMatch(/secret words/);
  expect(inspect(thrown, { depth: 12, showHidden: true })).not.toContain(secret);
  expect(said()).toEqual([]);
}

const at = new Date('2026-11-20T09:00:00Z');
const later = new Date(at.getTime() + 90_000);
const unavailable = { code: 'model.unavailable' };
const refused = { code: 'model.refused' };
const badReply = { code: 'model.bad_reply' };
const noBody: RequestListener = (request) => request.socket.destroy();
const wordy = (words: string) => JSON.stringify({ error: { message: `${words}: secret words of the prompt` } });

const faults: [string, (vendor: VendorName) => RequestListener, object][] = [
  ['limits the rate', () => status(429, { 'retry-after': '7' }), { ...unavailable, retryAfter: 7 }],
  ['limits it until a date', () => status(429, { 'retry-after': later.toUTCString(), date: at.toUTCString() }), { ...unavailable, retryAfter: 90 }],
  ['limits it for ever', () => status(429, { 'retry-after': '999999999' }), { ...unavailable, retryAfter: 3_600 }],
  ['limits it with nonsense', () => status(429, { 'retry-after': 'soon' }), { ...unavailable, retryAfter: undefined }],
  ['limits it in words', () => status(429, {}, '{"error":{"details":[{"retryDelay":"17.5s"}]}}'), { ...unavailable, retryAfter: 18 }],
  ['wants money', () => status(429, {}, wordy('insufficient_quota')), { ...refused, detail: 'the account at the provider has no credit left' }],
  ['is overloaded', () => status(503), unavailable],
  ['is overloaded in its own way', () => status(529), unavailable],
  ['fails', () => status(500), unavailable],
  ['does not know the key', () => status(401), { ...refused, detail: 'the provider answered 401' }],
  ['does not know the model', () => status(404), refused],
  ['finds fault with the request', () => status(400), refused],
  [
    'finds the request too long',
    () => status(400, {}, wordy('context_length_exceeded')),
    { ...refused, detail: 'the conversation is too long for this model' },
  ],
  ['finds it too large', () => status(413), { ...refused, detail: 'the conversation is too long for this model' }],
  ['answers an error that is no JSON', () => status(502, { 'content-type': 'text/html' }, '<h1>secret words</h1>'), unavailable],
  ['answers an error without end', () => endless('application/json', 'secret words ', 500).listener, unavailable],
  ['resets the connection', () => noBody, unavailable],
  ['resets it in the middle', (vendor) => begun(vendor, (response) => response.destroy()), unavailable],
  ['ends the stream before its end', (vendor) => begun(vendor, (response) => response.end()), unavailable],
  ['streams nothing', (vendor) => (_request, response) => void response.writeHead(200, { 'content-type': wordings[vendor].type }).end(), unavailable],
  ['streams half JSON', (vendor) => begun(vendor, (response) => response.end(), wordings[vendor].text('secret words').slice(0, -12).concat('\n\n')), badReply],
  [
    'streams what is no UTF-8',
    (vendor) => begun(vendor, (response) => response.end(Buffer.from(wordings[vendor].text('secret \u00ff words'), 'latin1'))),
    { ...badReply, detail: 'the answer is not UTF-8' },
  ],
  ['breaks off within a letter', (vendor) => begun(vendor, (response) => response.end(Buffer.from([0xf0, 0x9f])), ''), badReply],
  ['streams JSON of another kind', (vendor) => begun(vendor, (r) => r.end(), vendor === 'ollama' ? '{"a":1}\n' : 'data: {"a":1}\n\n'), { name: 'AdiuvaError' }],
  ['streams null', (vendor) => begun(vendor, (r) => r.end(), vendor === 'ollama' ? 'null\n' : 'data: null\n\n'), { name: 'AdiuvaError' }],
  [
    'reports a failure in the stream',
    (vendor) =>
      begun(vendor, (r) => r.end(), (vendor === 'ollama' ? '' : vendor === 'anthropic' ? 'event: error\ndata: ' : 'data: ') + `${wordy('overloaded')}\n\n`),
    { name: 'AdiuvaError' },
  ],
  [
    'answers a web page',
    () => status(200, { 'content-type': 'text/html' }, '<h1>secret words: sign in</h1>'),
    { ...unavailable, detail: 'what answered is no model' },
  ],
  ['answers without a type', () => (_request, response) => void response.writeHead(200).end('hello'), unavailable],
  ['answers JSON instead of a stream', () => status(200, {}, '{"hello":"secret words"}'), { name: 'AdiuvaError' }],
  ['redirects within itself', () => status(307, { location: '/elsewhere' }), { ...refused, detail: 'the provider redirects elsewhere' }],
];

describe.each(vendors)('a provider that speaks like %s', (vendor) => {
  it.each(faults)('%s', async (_name, listener, fault) => {
    const { thrown, requests } = await failing(vendor, listener(vendor));
    expect(thrown).toMatchObject({ name: 'AdiuvaError', code: expect.stringMatching(/^model\./), ...fault });
    expect(requests, 'asked once: only the chain tries again').toBe(1);
    expectDiscreet(thrown);
  });

  it('is not there at all', async () => {
    const server = await serve(status(200));
    await server.close();
    const thrown = await modelAt(vendor, server.url)
      .complete(say())
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject(unavailable);
    expectDiscreet(thrown);
  });

  it('redirects to another host, which sees neither key nor prompt', async () => {
    const other = await serve(status(200));
    const { thrown } = await failing(vendor, status(308, { location: `${other.url}/v1/chat/completions` }));
    expect([thrown, other.requests()]).toMatchObject([refused, 0]);
    await other.close();
  });

  it.each([
    ['text', (): [string, string] => [wordings[vendor].type, wordings[vendor].text('word '.repeat(200))]],
    ['text in one line', (): [string, string] => [wordings[vendor].type, vendor === 'ollama' ? '{"a' : 'data: x']],
    ['signs of life', (): [string, string] => [wordings[vendor].type, vendor === 'ollama' ? '\n' : ': ping\n\n']],
  ])('streams a gigabyte of %s: cut early, in bounded memory', async (_name, parts) => {
    const [type, piece] = parts();
    const { listener, written } = endless(type, piece);
    const before = process.memoryUsage().rss;
    const { thrown } = await failing(vendor, listener);
    expect(thrown).toMatchObject(badReply);
    expect(written()).toBeLessThan(100 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
    expectDiscreet(thrown);
  });

  it('hangs before the first word: the request ends when its reader goes', async () => {
    const gone = Promise.withResolvers<void>();
    const reason = new Error('the reader went');
    const stop = new AbortController();
    const hanging: RequestListener = (_request, response) => {
      response.on('close', gone.resolve);
      stop.abort(reason);
    };
    const { thrown } = await failing(vendor, hanging, (model) => model.complete(say('hello', { signal: stop.signal })).finally(() => gone.promise));
    expect(thrown).toBe(reason);
  });

  it('stalls: the chain cuts it, before the first word and after', async () => {
    const chain = (model: Model, limits: object) =>
      fallbackChain([{ ...model, limits: {} }], { clock: systemClock, random: systemRandom, log: silentLog, limits: { tries: 1, ...limits } });
    const [silent, stalled] = await Promise.all([
      failing(
        vendor,
        () => {},
        (model) => chain(model, { firstEventMs: 60 }).complete(say()),
      ),
      failing(
        vendor,
        begun(vendor, () => {}),
        (model) => chain(model, { idleMs: 60 }).complete(say()),
      ),
    ]);
    expect(silent.thrown).toMatchObject({ code: 'model.timeout', detail: 'nothing came in time' });
    expect(stalled.thrown).toMatchObject({ code: 'model.timeout', detail: 'the answer stalled' });
  });

  it('breaks off in the middle: asked once, another begins anew, and the log tells neither key nor words', async () => {
    const lines: string[] = [];
    const log = jsonLog((line) => lines.push(line), systemClock.now, 'debug');
    const other = scriptedModel(() => ({ text: 'another answer' }), 'other');
    const seen: ModelEvent[] = [];
    const { requests } = await failing(
      vendor,
      begun(vendor, (response) => response.destroy()),
      async (model) => {
        for await (const event of fallbackChain([model, other], { clock: systemClock, random: systemRandom, log }).stream(say())) seen.push(event);
      },
    );
    expect([requests, seen]).toMatchObject([1, [{ text: 'half' }, { type: 'anew' }, { text: 'another answer' }, { type: 'done' }]]);
    expect(lines.map((line) => JSON.parse(line) as object)[0]).toMatchObject({ event: 'model.failed', model: idOf(vendor), code: 'model.unavailable' });
    expect(lines.join()).not.toMatch(new RegExp(`${secret}|secret words|half`));
  });

  it('fails before the first word: asked three times, waiting as long as it says, then another answers', async () => {
    const other = scriptedModel(() => ({ text: 'another answer' }), 'other');
    const limits = { backoff: { base: 1, max: 1 }, longestWaitMs: 1_500 };
    const waits: number[] = [];
    // The clock says what it was asked to wait, and does not.
    const clock = { ...systemClock, sleep: (ms: number) => (waits.push(ms), Promise.resolve()) };
    const { thrown, requests } = await failing(vendor, status(429, { 'retry-after': '1' }), (model) =>
      fallbackChain([model, other], { clock, random: systemRandom, log: silentLog, limits }).complete(say()),
    );
    expect([thrown, requests, waits]).toMatchObject([{ answered: { text: 'another answer', usage: { model: 'other' } } }, 3, [1_000, 1_000]]);
  });

  it('ends its request when the reader leaves early', async () => {
    const gone = Promise.withResolvers<void>();
    const server = await serve((_request, response) => {
      response.on('close', gone.resolve);
      begun(vendor, () => {})(_request, response);
    });
    for await (const event of modelAt(vendor, server.url).stream(say())) {
      expect(event).toEqual({ type: 'text', text: 'half' });
      break;
    }
    await gone.promise;
    await server.close();
  });

  it('is healthy when it answers for the key, and only then', async () => {
    for (const [code, fault] of [
      [200, undefined],
      [401, refused],
      [503, unavailable],
    ] as const) {
      const server = await serve(status(code));
      const asked = probeModels([{ provider: vendor, name: 'm' }], { [vendor]: { apiKey: secret, baseUrl: server.url } }, fetch);
      if (fault) await expect(asked).rejects.toMatchObject(fault);
      else await asked;
      await server.close();
    }
  });
});

describe('a gigabyte of empty pieces', () => {
  it('is cut as well', async () => {
    const { thrown } = await failing('openai', endless('text/event-stream', wordings.openai.text('')).listener);
    expect(thrown).toMatchObject(badReply);
  });
});

describe('embeddings', () => {
  it.each(['openai', 'google', 'mistral', 'ollama'] as const)('fail like answers do: %s', async (vendor) => {
    const embed = (model: Model) => model.embed!(['secret words of the prompt']);
    for (const [listener, fault] of [
      [status(429, { 'retry-after': '7' }), { ...unavailable, retryAfter: 7 }],
      [status(401), refused],
      [status(200, { 'content-type': 'text/html' }, '<h1>'), unavailable],
      [status(200, {}, '{"half'), badReply],
      [status(200, {}, '{}'), badReply],
      [noBody, unavailable],
      [endless('application/json', '["x", ').listener, badReply],
    ] as const) {
      const { thrown, requests } = await failing(vendor, listener, embed);
      expect([thrown, requests]).toMatchObject([{ name: 'AdiuvaError', ...fault }, 1]);
      expectDiscreet(thrown);
    }
  });
});

describe('what stays on this machine', () => {
  it.each([
    ['builtin', '', undefined, 'local'],
    ['ollama', 'llama3.2', undefined, 'local'],
    ['ollama', 'llama3.2', 'http://localhost:11434', 'local'],
    ['ollama', 'llama3.2', 'http://[::1]:11434', 'local'],
    ['ollama', 'llama3.2', 'http://127.8.0.1', 'local'],
    ['ollama', 'llama3.2', 'https://ollama.com', 'vendor'],
    ['ollama', 'llama3.2', 'http://192.168.1.4:11434', 'vendor'],
    ['ollama', 'llama3.2', 'http://localhost.example.org', 'vendor'],
    ['ollama', 'llama3.2', 'http://127.0.0.1.example.org', 'vendor'],
    ['ollama', 'gpt-oss:120b-cloud', undefined, 'vendor'],
    ['openai', 'gpt-5-mini', 'http://127.0.0.1:4000/v1', 'vendor'],
  ] as const)('%s:%s at %s is %s', (provider, name, url, privacy) => {
    expect(privacyAt(provider, name, url)).toBe(privacy);
  });
});
