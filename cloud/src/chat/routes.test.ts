import { existsSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatResponse, runState, serverFrame, type ChatRequest, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { manualClock, systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import { builtinModel } from '@adiuva/shared/models/builtin.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import { scriptedModel, type ScriptedModel } from '@adiuva/shared/models/scripted.ts';
import { memoryRunLog } from '../adapters/run-log/memory.ts';
import { createApp } from '../app.ts';
import type { Deps } from '../deps.ts';
import { socketLimits } from './socket.ts';

const context = { userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' } };
const ask = (message: string, more: object = {}) => ({
  requestId: `request-${++asked}`,
  sessionId: 'session-1',
  message,
  executionMode: 'plan',
  context,
  ...more,
});
let asked = 0;
const sentence = 'Remind me to send the contract to Bob next Friday at 17:00';

/** The whole service but for accounts: a token is the name of its user, unless it was revoked. */
async function serve({ model, clock = systemClock, limit = 1e6 }: { model?: Model; clock?: Clock; limit?: number } = {}) {
  const revoked = new Set<string>();
  const lines: string[] = [];
  let hits = 0;
  const accounts = {
    authenticate: async (token: string) => {
      if (revoked.has(token) || !/^(alice|mallory)/.test(token)) throw new AdiuvaError('auth.token_invalid');
      return { userId: token.split('.')[0]!, sessionId: 's', tier: 'free' as const, seats: 1 };
    },
  };
  const rateLimit = async () => ({ limit, remaining: 0, resetSeconds: 30, over: ++hits > limit });
  const log = jsonLog((line) => lines.push(line), clock.now);
  const config = { version: '0.1.0', trustedProxies: [] };
  const deps = {
    config,
    clock,
    random: clock === systemClock ? systemRandom : seededRandom(5),
    log,
    accounts,
    rateLimit,
    runLog: memoryRunLog({ clock }),
    models: model ?? builtinModel(clock),
  } as unknown as Deps;
  const app = createApp(deps);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, url: `${url}/api/v1`, revoked, lines, port: (app.server.address() as AddressInfo).port };
}

let open: { app: FastifyInstance }[] = [];
beforeEach(() => {
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map(({ app }) => app.close()));
});

async function world(options: Parameters<typeof serve>[0] = {}) {
  const service = await serve(options);
  open.push(service);
  const call = async (
    method: string,
    path: string,
    { user = 'alice', body, headers = {} }: { user?: string | null; body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const init: RequestInit = {
      method,
      headers: { ...(user && { authorization: `Bearer ${user}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    };
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(service.url + path, init);
  };
  const events = async (method: string, path: string, options: Parameters<typeof call>[2] = {}) => {
    const answer = await call(method, path, { ...options, headers: { accept: 'text/event-stream', ...options.headers } });
    return { answer, frames: readEvents(await answer.text()) };
  };
  return { ...service, call, events, socket: (user?: string) => connect(service.url, user) };
}

/** Server-sent events as frames; each must bear its `seq` as its id. */
function readEvents(text: string): ServerFrame[] {
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((block) => {
      const [id, data] = block.split('\n');
      const frame = serverFrame.parse(JSON.parse(data!.slice('data: '.length)));
      expect(id).toBe(`id: ${frame.seq}`);
      return frame;
    });
}

interface Client {
  send(message: unknown): void;
  /** The next frame. */
  next(): Promise<ServerFrame>;
  /** All up to the last of a run. */
  rest(): Promise<ServerFrame[]>;
  closed: Promise<number>;
  close(): void;
}

async function connect(url: string, user?: string): Promise<Client> {
  // Node's own client takes headers, which the type of browsers does not know.
  const socket = new WebSocket(`${url.replace('http', 'ws')}/chat/stream`, (user ? { headers: { authorization: `Bearer ${user}` } } : undefined) as never);
  const frames: ServerFrame[] = [];
  let wake = () => {};
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => (wake(), resolve(code))));
  socket.addEventListener('message', ({ data }) => {
    frames.push(serverFrame.parse(JSON.parse(String(data))));
    wake();
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('no connection')));
  });
  const next = async (): Promise<ServerFrame> => {
    while (frames.length === 0) {
      if (socket.readyState === WebSocket.CLOSED) throw new Error('closed');
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return frames.shift()!;
  };
  const rest = async () => {
    const all: ServerFrame[] = [];
    for (;;) {
      const frame = await next();
      all.push(frame);
      if (frame.type === 'final' || frame.type === 'error') return all;
    }
  };
  return {
    send: (message) =>
      socket.send(typeof message === 'string' || message instanceof Uint8Array ? (message as Uint8Array<ArrayBuffer>) : JSON.stringify(message)),
    next,
    rest,
    closed,
    close: () => socket.close(),
  };
}

const textOf = (frames: readonly ServerFrame[]) => frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('');
const seqs = (frames: readonly ServerFrame[]) => frames.map((frame) => frame.seq);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Speaks word by word with a turn of the event loop between, so that every word is a frame. */
const words = ['One ', 'two ', 'three ', 'four — ', 'fünf ', '👋🏽.'];
const slowly = (): ScriptedModel =>
  scriptedModel(({ tools }) => (tools ? { text: words, gate: breath } : { text: '{"agents":["task"],"confidence":1}' }), 'builtin');

describe('POST /chat', () => {
  it('answers at once, with actions or with a plan', async () => {
    const { call } = await world();
    const direct = chatResponse.parse(await (await call('POST', '/chat', { body: ask(sentence, { executionMode: 'direct' }) })).json());
    const planned = chatResponse.parse(await (await call('POST', '/chat', { body: ask(sentence) })).json());
    expect([direct.plan, direct.actions]).toEqual([null, planned.plan!.steps]);
    expect(direct.actions).toMatchObject([{ action: 'create_record', params: { type: 'task', fields: { dueAt: '2026-11-27T17:00:00+01:00' } } }]);
  });

  it('gives ids to a request without', async () => {
    const { call } = await world();
    const answer = chatResponse.parse(await (await call('POST', '/chat', { body: ask(sentence, { requestId: undefined, sessionId: undefined }) })).json());
    expect((await call('GET', `/chat/runs/${answer.requestId}`)).status).toBe(200);
    expect(answer.sessionId).toMatch(/^[\w-]{8,64}$/);
  });

  it('streams the same frames as events, numbered from 1', async () => {
    const { events } = await world();
    const { answer, frames } = await events('POST', '/chat', { body: ask(sentence), headers: { 'x-request-id': 'trace-1' } });
    expect(Object.fromEntries(['content-type', 'cache-control', 'x-request-id'].map((name) => [name, answer.headers.get(name)]))).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': 'trace-1',
    });
    expect(seqs(frames)).toEqual(upTo(frames.length));
    expect(frames.at(-1)).toMatchObject({ type: 'final', response: { response: textOf(frames) } });
  });

  it('starts no second run for the same request, whichever way it comes', async () => {
    const model = slowly();
    const { call, events, socket } = await world({ model });
    const body = ask('Mark it as done');
    const first = await (await call('POST', '/chat', { body })).json();
    const again = { ...body, context: { ...context, userProfile: { ...context.userProfile, now: '2026-11-20T09:05:00+01:00' } } };
    expect(await (await call('POST', '/chat', { body: again })).json()).toEqual(first);
    const { frames } = await events('POST', '/chat', { body });
    const client = await socket('alice');
    client.send({ type: 'request', request: body });
    expect(await client.rest()).toEqual(frames);
    expect(model.requests.filter((request) => request.tools)).toHaveLength(1);
  });

  it('refuses the id of another message', async () => {
    const { call } = await world();
    const body = ask('Hello');
    await call('POST', '/chat', { body });
    for (const change of [{ message: 'Hello again' }, { executionMode: 'direct' }, { sessionId: 'session-2' }]) {
      const answer = await call('POST', '/chat', { body: { ...body, ...change } });
      expect([answer.status, await answer.json()]).toEqual([409, expect.objectContaining({ code: 'chat.request_reused' })]);
    }
  });

  it('takes the id from the header Idempotency-Key, with and without quotes, as from the body', async () => {
    const model = slowly();
    const { call } = await world({ model });
    const { requestId, ...body } = ask('Mark it as done');
    const answers = [
      await call('POST', '/chat', { body, headers: { 'idempotency-key': requestId } }),
      await call('POST', '/chat', { body, headers: { 'idempotency-key': `"${requestId}"` } }),
      await call('POST', '/chat', { body: { ...body, requestId }, headers: { 'idempotency-key': requestId } }),
      await call('POST', '/chat', { body: { ...body, requestId } }),
    ];
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.json()));
    expect(first).toMatchObject({ requestId, response: words.join('') });
    for (const other of others) expect(other).toEqual(first);
    expect(model.requests.filter((request) => request.tools)).toHaveLength(1);
    expect((await call('POST', '/chat', { body: { ...body, message: 'Hello' }, headers: { 'idempotency-key': requestId } })).status).toBe(409);
  });

  it.each([
    ['that is no id', '../../etc'],
    ['that is empty', '""'],
    ['of several', 'request-a1, request-a2'],
    ['that differs from the body', 'request-other'],
  ])('refuses an Idempotency-Key %s', async (_name, key) => {
    const { call } = await world();
    const answer = await call('POST', '/chat', { body: ask('Hello'), headers: { 'idempotency-key': key } });
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: 'request.invalid' })]);
  });

  it('answers a failure of the model with its code, and tries anew when asked again', async () => {
    let down = true;
    const model = scriptedModel(() => (down ? { text: 'half', error: new AdiuvaError('model.unavailable', { retryAfter: 9 }) } : { text: 'whole' }), 'builtin');
    const { call } = await world({ model });
    const body = ask('Hello');
    const failed = await call('POST', '/chat', { body });
    expect([failed.status, failed.headers.get('retry-after'), failed.headers.get('content-type')]).toEqual([
      503,
      '9',
      'application/problem+json; charset=utf-8',
    ]);
    down = false;
    expect(await (await call('POST', '/chat', { body })).json()).toMatchObject({ response: 'whole' });
  });

  it.each<[string, unknown, number, string]>([
    ['an empty message', ask(''), 400, 'chat.message_empty'],
    ['white space', ask(' \n\t\u00a0 '), 400, 'chat.message_empty'],
    ['a message that is too long by one', ask('x'.repeat(32_001)), 413, 'chat.message_too_long'],
    ['a context of more than 1 MiB', ask('x', { context: { ...context, metrics: { a: 'x'.repeat(1024 * 1024) } } }), 413, 'chat.context_too_large'],
    ['a context of 5 MB', ask('x', { context: { ...context, metrics: { a: 'x'.repeat(5_000_000) } } }), 413, 'chat.context_too_large'],
    [
      'a context of 5 MB in many pieces',
      ask('x', { context: { ...context, metrics: { a: Array.from({ length: 500_000 }, () => [[1]]) } } }),
      413,
      'chat.context_too_large',
    ],
    ['10 MB', ask('x'.repeat(10_000_000)), 413, 'request.too_large'],
    [
      'a context that nests without end',
      JSON.stringify(ask('x')).replace('"locale":"en"', `"locale":"en"},"metrics":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}`),
      400,
      'request.invalid',
    ],
    ['no message', { executionMode: 'plan', context }, 400, 'request.invalid'],
    ['a message of another type', ask('x', { message: ['x'] }), 400, 'request.invalid'],
    ['an unknown field', ask('x', { admin: true }), 400, 'request.invalid'],
    ['an unknown mode', ask('x', { executionMode: 'now' }), 400, 'request.invalid'],
    ['an id that is none', ask('x', { requestId: '../../etc' }), 400, 'request.invalid'],
    ['no time', ask('x', { context: { userProfile: { ...context.userProfile, now: 'today' } } }), 400, 'request.invalid'],
    ['a time zone that does not exist', ask('x', { context: { userProfile: { ...context.userProfile, timeZone: 'Mars/Base' } } }), 400, 'request.invalid'],
    ['a list', '[]', 400, 'request.invalid'],
    ['null', 'null', 400, 'request.invalid'],
    ['half of a JSON', '{"message": "x', 400, 'request.invalid'],
    ['nothing', '', 400, 'request.invalid'],
    ['bytes', '\u0000\u0001\ufffd', 400, 'request.invalid'],
  ])('refuses %s, whether the whole answer is wanted or its frames', async (_name, body, status, code) => {
    const { call } = await world();
    for (const accept of ['application/json', 'text/event-stream']) {
      const answer = await call('POST', '/chat', { body, headers: { accept } });
      const problem = await answer.text();
      expect([answer.status, answer.headers.get('content-type'), JSON.parse(problem)]).toEqual([
        status,
        'application/problem+json; charset=utf-8',
        expect.objectContaining({ code, status }),
      ]);
      expect(problem).not.toMatch(/node_modules|\.ts:\d|stack/);
    }
  });

  it('takes a message at its longest, and control characters as they are', async () => {
    const { call } = await world();
    expect((await call('POST', '/chat', { body: ask('x'.repeat(32_000)) })).status).toBe(200);
    const odd = 'Add task \u0000\u0007\u202e\u200b\ud83d eggs';
    const answer = chatResponse.parse(await (await call('POST', '/chat', { body: ask(odd, { executionMode: 'direct' }) })).json());
    expect(JSON.stringify(answer.actions)).toContain('eggs');
  });

  it('refuses what is not JSON by its type', async () => {
    const { call } = await world();
    const answer = await call('POST', '/chat', { body: 'x', headers: { 'content-type': 'application/octet-stream' } });
    expect([answer.status, await answer.json()]).toEqual([415, expect.objectContaining({ code: 'request.unsupported_media' })]);
  });

  it('asks for a token', async () => {
    const { call } = await world();
    expect((await call('POST', '/chat', { user: null, body: ask('x') })).status).toBe(401);
  });

  const strings = new URL('../../../../shared/vectors/strings/blns.json', import.meta.url);
  it.skipIf(!existsSync(strings))('never breaks on the naughty strings (skipped without ../shared/vectors)', async () => {
    const { call, lines } = await world();
    const all = (JSON.parse(readFileSync(strings, 'utf8')) as string[]).flatMap((text) => [text, `Add task ${text}`]);
    for (const message of all) {
      const answer = await call('POST', '/chat', { body: ask(message, { executionMode: 'direct' }) });
      const body = await answer.json();
      if (message.trim() === '') expect([answer.status, body.code]).toEqual([400, 'chat.message_empty']);
      else expect([message, answer.status, chatResponse.safeParse(body).success]).toEqual([message, 200, true]);
    }
    expect(all.length).toBeGreaterThan(900);
    expect(lines.filter((line) => line.includes('"error"'))).toEqual([]);
  });
});

describe('WS /chat/stream', () => {
  it('takes the token with the upgrade or with the first message', async () => {
    const { socket } = await world();
    const [header, message] = [await socket('alice'), await socket()];
    header.send({ type: 'request', request: ask('Hello') });
    message.send({ type: 'request', request: ask('Hello'), token: 'alice' });
    for (const client of [header, message]) {
      const frames = await client.rest();
      expect([seqs(frames), frames.at(-1)!.type]).toEqual([upTo(frames.length), 'final']);
    }
  });

  it.each([
    ['no token', {}],
    ['a wrong token', { token: 'eve' }],
  ])('closes on %s, with the reason', async (_name, token) => {
    const { socket } = await world();
    const client = await socket();
    const request = ask('Hello');
    client.send({ type: 'request', request, ...token });
    expect(await client.next()).toMatchObject({ seq: 1, requestId: request.requestId, type: 'error', problem: { status: 401 } });
    expect(await client.closed).toBe(4401);
  });

  it('refuses an upgrade with a wrong token', async () => {
    const { socket } = await world();
    await expect(socket('eve')).rejects.toThrow('no connection');
  });

  it('gives the same text after a cut at every frame, and asks the model once', async () => {
    const model = slowly();
    const { app, socket, events } = await world({ model });
    const whole = (await events('POST', '/chat', { body: ask('Mark it as done') })).frames;
    expect(whole.length).toBeGreaterThan(8);
    for (let cut = 0; cut <= whole.length; cut++) {
      const request = ask('Mark it as done');
      const before: ServerFrame[] = [];
      const first = await socket('alice');
      first.send({ type: 'request', request });
      while (before.length < Math.max(1, cut)) before.push(await first.next());
      const kept = before.slice(0, cut);
      for (const client of app.websocketServer.clients) client.terminate();
      await first.closed;
      const second = await socket('alice');
      second.send({ type: 'resume', requestId: request.requestId, afterSeq: kept.length });
      const frames = cut === whole.length ? kept : [...kept, ...(await second.rest())];
      expect([cut, seqs(frames), textOf(frames)]).toEqual([cut, upTo(frames.length), words.join('')]);
      second.close();
    }
    expect(model.requests.filter(({ tools }) => tools)).toHaveLength(whole.length + 2);
  });

  it('goes on without a listener, and shows the state', async () => {
    let go = () => {};
    const model = scriptedModel(
      () => ({ text: ['One ', 'two.'], gate: (piece) => (piece === 1 ? new Promise<void>((resolve) => (go = resolve)) : undefined) }),
      'builtin',
    );
    const { app, socket, call } = await world({ model });
    const request = ask('Mark it as done');
    const client = await socket('alice');
    client.send({ type: 'request', request });
    while ((await client.next()).type !== 'token');
    for (const each of app.websocketServer.clients) each.terminate();
    const state = async () => runState.parse(await (await call('GET', `/chat/runs/${request.requestId}`)).json());
    expect(await state()).toMatchObject({ state: 'running', text: 'One ', response: null });
    go();
    for (let i = 0; i < 100 && (await state()).state === 'running'; i++) await breath();
    expect(await state()).toMatchObject({ state: 'done', text: 'One two.', response: { response: 'One two.' } });
  });

  it('stops in the middle when told, on the socket or over HTTP', async () => {
    for (const way of ['socket', 'http']) {
      const model = scriptedModel(() => ({ text: 'half', stall: true }), 'builtin');
      const { socket, call } = await world({ model });
      const request = ask('Mark it as done');
      const client = await socket('alice');
      client.send({ type: 'request', request });
      while ((await client.next()).type !== 'token');
      if (way === 'socket') client.send({ type: 'cancel', requestId: request.requestId });
      else expect(await (await call('DELETE', `/chat/runs/${request.requestId}`)).json()).toMatchObject({ state: 'cancelled', text: 'half' });
      expect(await client.rest()).toMatchObject([{ type: 'error', problem: { code: 'chat.cancelled' } }]);
      expect(model.requests[0]!.signal!.aborted).toBe(true);
    }
  });

  it('carries several answers at once', async () => {
    const { socket } = await world({ model: slowly() });
    const client = await socket('alice');
    const requests = [ask('Mark it as done'), ask('Mark it as done')];
    for (const request of requests) client.send({ type: 'request', request });
    const frames = [...(await client.rest()), ...(await client.rest())];
    for (const { requestId } of requests) expect(textOf(frames.filter((frame) => frame.requestId === requestId))).toBe(words.join(''));
  });

  it.each<[string, unknown, string]>([
    ['what is no JSON', '{"type":', 'request.invalid'],
    ['nothing', '', 'request.invalid'],
    ['bytes', new Uint8Array([0, 1, 2]), 'request.unsupported_media'],
    ['a list', [], 'request.invalid'],
    ['null', 'null', 'request.invalid'],
    ['a number', '7', 'request.invalid'],
    ['an unknown type', { type: 'sudo' }, 'request.invalid'],
    ['a frame of the other side', { type: 'final', seq: 1 }, 'request.invalid'],
    ['an unknown field', { type: 'pong', more: true }, 'request.invalid'],
    ['a request without one', { type: 'request' }, 'request.invalid'],
    ['an empty message', { type: 'request', request: ask('') }, 'chat.message_empty'],
    ['a long message', { type: 'request', request: ask('x'.repeat(32_001)) }, 'chat.message_too_long'],
    ['a large context', { type: 'request', request: ask('x', { context: { ...context, metrics: { a: 'x'.repeat(1024 * 1024) } } }) }, 'chat.context_too_large'],
    ['a context of 5 MB', { type: 'request', request: ask('x', { context: { ...context, metrics: { a: 'x'.repeat(5_000_000) } } }) }, 'chat.context_too_large'],
    ['more than a request may have', { type: 'request', request: ask('x'.repeat(6_500_000)) }, 'request.too_large'],
    ['a deep context', `{"type":"request","request":{"message":"x","context":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`, 'request.invalid'],
    ['a run that is not there', { type: 'resume', requestId: 'nothing-here', afterSeq: 0 }, 'chat.run_not_found'],
    ['a cancel of nothing', { type: 'cancel', requestId: 'nothing-here' }, 'chat.run_not_found'],
    ['a negative place', { type: 'resume', requestId: 'nothing-here', afterSeq: -1 }, 'request.invalid'],
  ])('answers %s with an error and stays open', async (_name, message, code) => {
    const { socket } = await world();
    const client = await socket('alice');
    client.send(message);
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code } });
    client.send({ type: 'request', request: ask('Hello') });
    expect((await client.rest()).at(-1)!.type).toBe('final');
  });

  it('closes on a message beyond every size', async () => {
    const { socket, call } = await world();
    const client = await socket('alice');
    client.send(new TextEncoder().encode('x'.repeat(10_000_000)));
    expect(await client.closed).toSatisfy((code) => code === 1009 || code === 1006);
    expect((await call('POST', '/chat', { body: ask('Hello') })).status).toBe(200);
  });

  it('reads no more than a request of somebody unknown', async () => {
    const { socket } = await world();
    const client = await socket();
    client.send({ type: 'request', request: ask('x', { context: { ...context, metrics: { a: 'x'.repeat(3_000_000) } } }), token: 'alice' });
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code: 'request.too_large' } });
  });

  it('tells a resume beyond the end that this run is another', async () => {
    const { socket } = await world();
    const client = await socket('alice');
    const request = ask('Hello');
    client.send({ type: 'request', request });
    await client.rest();
    client.send({ type: 'resume', requestId: request.requestId, afterSeq: 999 });
    expect(await client.next()).toMatchObject({ seq: 1_000, type: 'error', problem: { code: 'chat.run_not_found' } });
  });

  it('counts requests, not only sockets, against the limit', async () => {
    const { socket } = await world({ limit: 2 });
    const client = await socket('alice');
    client.send({ type: 'request', request: ask('Hello') });
    await client.rest();
    client.send({ type: 'request', request: ask('Hello') });
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code: 'rate.limited', retryAfter: 30 } });
  });

  it('closes on a flood', async () => {
    const { socket } = await world();
    const client = await socket('alice');
    for (let i = 0; i <= socketLimits.messages; i++) client.send({ type: 'pong' });
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code: 'rate.limited' } });
    expect(await client.closed).toBe(1008);
  });

  it('refuses another account on the same socket', async () => {
    const { socket } = await world();
    const client = await socket('alice');
    client.send({ type: 'request', request: ask('Hello'), token: 'mallory' });
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code: 'auth.token_invalid' } });
    expect(await client.closed).toBe(4401);
  });
});

describe('a socket over time', () => {
  const settled = async (clock: ReturnType<typeof manualClock>) => {
    for (let i = 0; i < 5; i++) {
      await breath();
      await clock.advance(0);
    }
  };

  it('sends pings and lives on', async () => {
    const clock = manualClock();
    const { socket } = await world({ clock });
    const client = await socket('alice');
    await settled(clock);
    for (let i = 0; i < 6; i++) {
      await clock.advance(socketLimits.tickMs);
      expect(await client.next()).toEqual({ seq: 0, requestId: '', type: 'ping' });
      client.send({ type: 'pong' });
      await settled(clock);
    }
  });

  it('ends within a minute when the token is revoked', async () => {
    const clock = manualClock();
    const { socket, revoked } = await world({ clock });
    const client = await socket('alice');
    await settled(clock);
    revoked.add('alice');
    await clock.advance(60_000);
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code: 'auth.token_invalid' } });
    expect(await client.closed).toBe(4401);
  });

  it('lives on with a newer token', async () => {
    const clock = manualClock();
    const { socket, revoked } = await world({ clock });
    const client = await socket('alice.1');
    client.send({ type: 'request', request: ask('Hello'), token: 'alice.2' });
    await client.rest();
    revoked.add('alice.1');
    await clock.advance(socketLimits.tickMs);
    expect((await client.next()).type).toBe('ping');
  });

  it('ends when nobody says who is there', async () => {
    const clock = manualClock();
    const { socket } = await world({ clock });
    const client = await socket();
    await settled(clock);
    await clock.advance(socketLimits.helloMs);
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code: 'auth.required' } });
    expect(await client.closed).toBe(4401);
  });

  it('is closed after a long time without use', async () => {
    const clock = manualClock();
    const { socket } = await world({ clock });
    const client = await socket('alice');
    await settled(clock);
    for (let t = 0; t <= socketLimits.idleMs + socketLimits.tickMs; t += socketLimits.tickMs) {
      client.send({ type: 'pong' });
      await settled(clock);
      await clock.advance(socketLimits.tickMs);
    }
    expect(await client.closed).toBe(1000);
  });
});

describe('a run over HTTP', () => {
  it('resumes after the last event that arrived', async () => {
    const { events } = await world();
    const body = ask(sentence);
    const whole = (await events('POST', '/chat', { body })).frames;
    for (let last = 0; last <= whole.length; last++) {
      const { frames } = await events('GET', `/chat/runs/${body.requestId}`, { headers: { 'last-event-id': String(last) } });
      expect(frames).toEqual(whole.slice(last));
    }
  });

  it('goes on when the reader of its events leaves', async () => {
    const model = slowly();
    const { url, call } = await world({ model });
    const body = ask('Mark it as done');
    await new Promise<void>((resolve) => {
      const request = httpRequest(
        `${url}/chat`,
        { method: 'POST', headers: { authorization: 'Bearer alice', accept: 'text/event-stream', 'content-type': 'application/json' } },
        (answer) => {
          answer.once('data', () => (request.destroy(), resolve()));
          answer.on('error', () => {});
        },
      );
      request.on('error', () => {});
      request.end(JSON.stringify(body));
    });
    expect(await (await call('POST', '/chat', { body })).json()).toMatchObject({ response: words.join('') });
    expect(model.requests.filter(({ tools }) => tools)).toHaveLength(1);
  });

  it.each([
    ['GET', {}],
    ['GET', { accept: 'text/event-stream' }],
    ['DELETE', {}],
  ])('hides itself from a stranger: %s %o', async (method, headers) => {
    const { call, socket } = await world();
    const body = ask('Hello');
    await call('POST', '/chat', { body });
    const answer = await call(method, `/chat/runs/${body.requestId}`, { user: 'mallory', headers: headers as Record<string, string> });
    expect([answer.status, await answer.json()]).toEqual([404, expect.objectContaining({ code: 'chat.run_not_found' })]);
    const client = await socket('mallory');
    client.send({ type: 'resume', requestId: body.requestId, afterSeq: 0 });
    expect(await client.next()).toMatchObject({ type: 'error', problem: { code: 'chat.run_not_found' } });
    expect((await call('POST', '/chat', { user: 'mallory', body: { ...body, message: 'Good day' } })).status).toBe(200);
  });

  it('is not found under what cannot be an id', async () => {
    const { call } = await world();
    for (const id of ['x', 'nothing-here', '%00', 'a'.repeat(150)]) expect((await call('GET', `/chat/runs/${id}`)).status).toBe(404);
  });
});

describe('what a user wrote', () => {
  it('stands in no line of the log', async () => {
    const { call, socket, lines } = await world();
    const secret = 'xylophone-diary-4711';
    await call('POST', '/chat', { body: ask(`Remind me of ${secret}`) });
    await call('POST', '/chat', { body: ask(secret, { unknown: secret }) });
    const client = await socket('alice');
    client.send(`{"type":"${secret}`);
    client.send({ type: 'request', request: ask(secret) satisfies object as ChatRequest });
    await client.next();
    await client.rest();
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.join('\n')).not.toContain(secret);
  });
});
