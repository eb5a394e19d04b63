import { connect, type Socket } from 'node:net';
import { createTRPCUntypedClient, createWSClient, httpBatchLink, wsLink } from '@trpc/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { manualClock, systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { createBridge } from '../../bridge/client.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import { connectSocket, type SocketLike } from '../../bridge/link-socket.ts';
import type { CoreApi } from '../../bridge/procedures.ts';
import type { Asset, Assets } from '../page.ts';
import { contentPolicy } from '../page.ts';
import { refusal } from './gate.ts';
import { createSessions } from './sessions.ts';
import { startWebServer, type WebServer } from './server.ts';

const vault = { state: 'locked' as const, vaultId: 'v', slots: ['passphrase' as const], phraseConfirmed: true, problem: null };
const core = {
  'vault.state': async () => vault,
  'vault.lock': async () => vault,
  'search.query': async ({ query }: { query: string }) => {
    if (query === 'fault') throw new AdiuvaError('vault.locked');
    return { hits: [], tookMs: 1 };
  },
  'chat.saveDraft': async () => ({}),
} as unknown as CoreApi;

const file = (text: string, type: string, kept = false): Asset => ({ body: Buffer.from(text), type, kept, etag: '"e"' });
const page = file('<!doctype html>', 'text/html; charset=utf-8');
const assets: Assets = new Map([
  ['/', page],
  ['/index.html', page],
  ['/assets/index-4f2a91bc.js', file('export {}', 'text/javascript; charset=utf-8', true)],
]);

const clock = manualClock();
const listeners = new Set<(event: BridgeEvent) => void>();
const subscribe = (listener: (event: BridgeEvent) => void) => (listeners.add(listener), () => void listeners.delete(listener));

let server: WebServer;
let other: WebServer;
let host: string;
let origin: string;
const parts = () => ({ serving: { core, subscribe, turn: setImmediate }, assets, port: 0, clock, random: systemRandom });

beforeAll(async () => {
  [server, other] = [await startWebServer(parts()), await startWebServer(parts())];
  host = `127.0.0.1:${server.port}`;
  origin = `http://${host}`;
});
afterAll(() => Promise.all([server.close(), other.close()]));

const tokenOf = (link: string) => link.slice(link.indexOf('#') + 1);

/** Sends bytes as they stand and gives back all bytes of the answer. */
function send(bytes: string, port = server.port): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject);
  });
}

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`;
const post = (path: string, body: string, headers: string[], type = 'application/json') =>
  lines(`POST ${path} HTTP/1.1`, ...headers, `Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close') + body;
const ours = () => [`Host: ${host}`, `Origin: ${origin}`, 'Sec-Fetch-Site: same-origin'];
const upgrade = (headers: string[], path = '/trpc', method = 'GET') =>
  lines(
    `${method} ${path} HTTP/1.1`,
    ...headers,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  );
const status = (answer: Buffer) => Number(answer.toString().slice(9, 12));

async function signIn(to = server): Promise<string> {
  const at = `127.0.0.1:${to.port}`;
  const answer = (await send(post('/session', JSON.stringify({ token: tokenOf(to.link()) }), [`Host: ${at}`, `Origin: http://${at}`]), to.port)).toString();
  expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  return /set-cookie: ([^;\r]+)/i.exec(answer)![1]!;
}

describe('who may come in', () => {
  const get = (...headers: string[]) => lines('GET / HTTP/1.1', ...headers, 'Connection: close');
  /** Each is one refused request; `H` stands for the right host, `P` for the port. */
  const corpus: [string, () => string][] = [
    ['no Host', () => get()],
    ['no Host in HTTP/1.0', () => lines('GET / HTTP/1.0')],
    ['an empty Host', () => get('Host: ')],
    ['another Host', () => get('Host: evil.example')],
    ['another Host with our port', () => get(`Host: evil.example:${server.port}`)],
    ['our Host without the port', () => get('Host: 127.0.0.1')],
    ['another port', () => get(`Host: 127.0.0.1:${server.port + 1}`)],
    ['a port that begins like ours', () => get(`Host: 127.0.0.1:${server.port}0`)],
    ['a port with a zero before it', () => get(`Host: 127.0.0.1:0${server.port}`)],
    ['a trailing dot', () => get(`Host: localhost.:${server.port}`)],
    ['a trailing dot after the address', () => get(`Host: 127.0.0.1.:${server.port}`)],
    ['upper case', () => get(`Host: LOCALHOST:${server.port}`)],
    ['a name that begins like ours', () => get(`Host: localhost.evil.example:${server.port}`)],
    ['a name that ends like ours', () => get(`Host: evil-localhost:${server.port}`)],
    ['a user before the host', () => get(`Host: 127.0.0.1:${server.port}@evil.example`)],
    ['our host as the user', () => get(`Host: evil.example@127.0.0.1:${server.port}`)],
    ['IPv6', () => get(`Host: [::1]:${server.port}`)],
    ['IPv4 in IPv6', () => get(`Host: [::ffff:127.0.0.1]:${server.port}`)],
    ['the short address', () => get(`Host: 127.1:${server.port}`)],
    ['the address as a number', () => get(`Host: 2130706433:${server.port}`)],
    ['the address in hex', () => get(`Host: 0x7f000001:${server.port}`)],
    ['0.0.0.0', () => get(`Host: 0.0.0.0:${server.port}`)],
    ['two Hosts', () => get(`Host: ${host}`, 'Host: evil.example')],
    ['two Hosts, the right one second', () => get('Host: evil.example', `Host: ${host}`)],
    ['the same Host twice', () => get(`Host: ${host}`, `Host: ${host}`)],
    ['Hosts in a list', () => get(`Host: ${host}, ${host}`)],
    ['a Host continued on the next line', () => get(`Host: ${host}`, ' evil.example')],
    ['a forwarded Host', () => get('Host: evil.example', `X-Forwarded-Host: ${host}`)],
    ['the absolute form', () => lines(`GET http://${host}/ HTTP/1.1`, `Host: ${host}`)],
    ['the absolute form of another', () => lines('GET http://evil.example/ HTTP/1.1', `Host: ${host}`)],
    ['the absolute form with another Host', () => lines(`GET http://${host}/ HTTP/1.1`, 'Host: evil.example')],
    ['a path that is a host', () => lines('GET //evil.example/ HTTP/1.1', `Host: ${host}`)],
    ['the authority form', () => lines(`CONNECT ${host} HTTP/1.1`, `Host: ${host}`)],
    ['the asterisk form', () => lines('OPTIONS * HTTP/1.1', `Host: ${host}`)],
    ['a preflight', () => lines('OPTIONS /trpc/vault.lock HTTP/1.1', `Host: ${host}`, 'Origin: http://evil.example', 'Access-Control-Request-Method: POST')],
    ['an unknown method', () => lines('BREW / HTTP/1.1', `Host: ${host}`)],
    ['PUT', () => lines('PUT /session HTTP/1.1', `Host: ${host}`, `Origin: ${origin}`)],
    ['no HTTP at all', () => 'hello\r\n\r\n'],
    ['a control character in a header', () => get(`Host: ${host}`, 'X: \u0001')],
    ['headers without end', () => get(`Host: ${host}`, `X: ${'x'.repeat(20_000)}`)],
    ['an expectation', () => lines('GET / HTTP/1.1', `Host: ${host}`, 'Expect: the unexpected')],
    ['a page of another site', () => get(`Host: ${host}`, 'Origin: http://evil.example')],
    ['a page of another port', () => get(`Host: ${host}`, `Origin: http://127.0.0.1:${server.port + 1}`)],
    [
      'a script asked for by another site',
      () => lines('GET /assets/index-4f2a91bc.js HTTP/1.1', `Host: ${host}`, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script'),
    ],
    ['the page in a frame', () => get(`Host: ${host}`, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe')],
    ['two Origins', () => get(`Host: ${host}`, `Origin: ${origin}`, `Origin: ${origin}`)],
  ];
  it.each(corpus)('not with %s', async (_name, bytes) => {
    expect((await send(bytes())).toString()).toBe(refusal.toString());
  });

  it.each<[string, (hosts: string[]) => boolean]>([
    ['a prefix', ([first]) => first?.startsWith('127.0.0.1') ?? false],
    ['a host parsed out of it', ([first]) => ['127.0.0.1', 'localhost'].includes(URL.parse(`http://${first}`)?.hostname ?? '')],
    ['the last of them', (hosts) => hosts.at(-1) === host],
    ['no letter case', ([first]) => /^(127\.0\.0\.1|localhost)/i.test(first ?? '')],
  ])('a weaker check of Host, by %s, would be caught by this list', (_name, weak) => {
    const hostsOf = (bytes: string) => [...bytes.matchAll(/^Host: (.*)\r$/gm)].map((match) => match[1]!);
    const byHost = corpus.filter(([name]) => !/page|frame|script|Origin|method|PUT|preflight|form|path|HTTP|header|expectation/.test(name));
    expect(byHost.some(([, bytes]) => weak(hostsOf(bytes())))).toBe(true);
  });

  it.each([() => host, () => `localhost:${server.port}`])('with a known Host', async (name) => {
    expect(status(await send(get(`Host: ${name()}`)))).toBe(200);
    expect(status(await send(get(`hOsT: ${name()}`)))).toBe(200);
  });

  it('from a link outside, to the page alone', async () => {
    const click = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
    expect(status(await send(get(`Host: ${host}`, ...click)))).toBe(200);
    expect(await send(lines('GET /trpc/vault.state HTTP/1.1', `Host: ${host}`, ...click, 'Connection: close'))).toEqual(refusal);
  });
});

describe('the launch token', () => {
  const exchange = (token: unknown, headers = ours()) => send(post('/session', JSON.stringify({ token }), headers));

  it('has 256 bits, stands in the fragment and works once', async () => {
    const link = server.link();
    expect(link).toMatch(new RegExp(`^${origin}/#[A-Za-z0-9_-]{43}$`));
    const first = (await exchange(tokenOf(link))).toString();
    expect(first).toMatch(/^HTTP\/1\.1 204 /);
    expect(first).toMatch(new RegExp(`set-cookie: adiuva-${server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict\\r\\n`, 'i'));
    expect(await exchange(tokenOf(link))).toEqual(refusal);
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['a wrong token', () => exchange('x'.repeat(43))],
    ['no token', () => exchange(undefined)],
    ['a token that is no text', () => exchange({ length: 1 })],
    ['a huge token', () => exchange('x'.repeat(3_000))],
    ['a huge body', () => exchange('x'.repeat(5_000))],
    ['a body that is no JSON', () => send(post('/session', 'token', ours()))],
    ['an empty body', () => send(post('/session', '', ours()))],
    ['a form', () => send(post('/session', 'token=x', ours(), 'application/x-www-form-urlencoded'))],
    ['plain text', () => send(post('/session', '{"token":"x"}', ours(), 'text/plain'))],
    ['a prototype', () => send(post('/session', '{"__proto__":{"token":"x"}}', ours()))],
    ['a token in the address', () => send(post(`/session?token=${tokenOf(server.link())}`, '{}', ours()))],
  ])('is refused with the same bytes for %s', async (_name, ask) => {
    expect(await ask()).toEqual(refusal);
  });

  it.each<[string, () => string[]]>([
    ['no Origin', () => [`Host: ${host}`]],
    ['Origin null', () => [`Host: ${host}`, 'Origin: null']],
    ['another Origin', () => [`Host: ${host}`, 'Origin: http://evil.example']],
    ['the Origin of another port', () => [`Host: ${host}`, `Origin: http://127.0.0.1:${server.port + 1}`]],
    ['the other name in the Origin', () => [`Host: ${host}`, `Origin: http://localhost:${server.port}`]],
    ['https', () => [`Host: ${host}`, `Origin: https://${host}`]],
    ['a path after the Origin', () => [`Host: ${host}`, `Origin: ${origin}/`]],
    ['Sec-Fetch-Site cross-site', () => [`Host: ${host}`, `Origin: ${origin}`, 'Sec-Fetch-Site: cross-site']],
    ['Sec-Fetch-Site same-site', () => [`Host: ${host}`, `Origin: ${origin}`, 'Sec-Fetch-Site: same-site']],
    ['Sec-Fetch-Site none', () => [`Host: ${host}`, `Origin: ${origin}`, 'Sec-Fetch-Site: none']],
    ['two Sec-Fetch-Site', () => [`Host: ${host}`, `Origin: ${origin}`, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site']],
  ])('is not even looked at with %s', async (_name, headers) => {
    const token = tokenOf(server.link());
    expect(await exchange(token, headers())).toEqual(refusal);
    expect(status(await exchange(token))).toBe(204);
  });

  it('expires after ten minutes', async () => {
    const [early, late] = [tokenOf(server.link()), tokenOf(server.link())];
    await clock.advance(10 * 60_000 - 1);
    expect(status(await exchange(early))).toBe(204);
    await clock.advance(1);
    expect(await exchange(late)).toEqual(refusal);
  });

  it('is not taken by the host on another port', async () => {
    expect(await exchange(tokenOf(other.link()))).toEqual(refusal);
  });
});

describe('the cookie', () => {
  const ask = (cookie: string[], path = '/trpc/vault.state') =>
    send(lines(`GET ${path} HTTP/1.1`, `Host: ${host}`, ...cookie.map((value) => `Cookie: ${value}`), 'Connection: close'));

  it('opens calls and the socket, and tells the page that it holds', async () => {
    const cookie = await signIn();
    expect((await ask([`a=b; ${cookie}`])).toString()).toContain(JSON.stringify({ result: { data: vault } }));
    expect(status(await ask([cookie], '/session'))).toBe(204);
    expect(status(await ask([`adiuva-${server.port}=junk; ${cookie}`]))).toBe(200);
  });

  it.each<[string, () => Promise<string[]>]>([
    ['none', async () => []],
    ['an empty one', async () => [`adiuva-${server.port}=`]],
    ['a wrong one', async () => [`adiuva-${server.port}=${'x'.repeat(43)}`]],
    ['a launch token', async () => [`adiuva-${server.port}=${tokenOf(server.link())}`]],
    ['the one of another port', async () => [await signIn(other)]],
    ['a good one under the name of another port', async () => [(await signIn()).replace(`-${server.port}=`, `-${other.port}=`)]],
    ['one of another port under our name', async () => [(await signIn(other)).replace(`-${other.port}=`, `-${server.port}=`)]],
    ['one in quotes', async () => [(await signIn()).replace(/=(.*)/, '="$1"')]],
  ])('refuses with the same bytes: %s', async (_name, cookies) => {
    const sent = await cookies();
    for (const path of ['/trpc/vault.state', '/trpc/nothing', '/trpc/', '/session']) expect(await ask(sent, path)).toEqual(refusal);
    expect(await send(upgrade([...ours(), ...sent.map((value) => `Cookie: ${value}`)]))).toEqual(refusal);
    expect(await send(post('/trpc/vault.lock', '{}', [...ours(), ...sent.map((value) => `Cookie: ${value}`)]))).toEqual(refusal);
  });
});

describe('the socket', () => {
  it.each<[string, (cookie: string) => string]>([
    ['no Origin', (cookie) => upgrade([`Host: ${host}`, cookie])],
    ['another Origin', (cookie) => upgrade([`Host: ${host}`, 'Origin: http://evil.example', cookie])],
    ['the Origin of another port', (cookie) => upgrade([`Host: ${host}`, `Origin: http://127.0.0.1:${server.port + 1}`, cookie])],
    ['Origin null', (cookie) => upgrade([`Host: ${host}`, 'Origin: null', cookie])],
    ['another Host', (cookie) => upgrade(['Host: evil.example', 'Origin: http://evil.example', cookie])],
    ['Sec-Fetch-Site same-site', (cookie) => upgrade([`Host: ${host}`, `Origin: ${origin}`, 'Sec-Fetch-Site: same-site', cookie])],
    ['another path', (cookie) => upgrade([...ours(), cookie], '/')],
    ['a query', (cookie) => upgrade([...ours(), cookie], '/trpc?token=x')],
    ['POST', (cookie) => upgrade([...ours(), cookie], '/trpc', 'POST')],
  ])('is refused with %s', async (_name, bytes) => {
    expect(await send(bytes(`Cookie: ${await signIn()}`))).toEqual(refusal);
  });

  it('carries the bridge', async () => {
    const cookie = await signIn();
    const open = (url: string) => new WebSocket(url, { headers: { cookie, origin } }) as SocketLike;
    const bridge = createBridge({ connect: connectSocket(`ws://${host}/trpc`, open), clock: systemClock, random: seededRandom(1) });
    expect(await bridge.call('vault.state')).toEqual(vault);
    await vi.waitFor(() => expect(bridge.state()).toBe('open'), 15_000);
    const got = vi.fn();
    bridge.on('notification', got);
    for (const listener of listeners) listener({ id: 1, type: 'notification', data: { title: 'a', body: 'b' } });
    await vi.waitFor(() => expect(got).toHaveBeenCalledWith({ title: 'a', body: 'b' }), 15_000);
    bridge.close();
    await vi.waitFor(() => expect(listeners.size).toBe(0), 15_000);
  });
});

describe('calls over HTTP', () => {
  let cookie: string;
  beforeAll(async () => {
    cookie = await signIn();
  });
  const call = async (path: string, body?: string, type = 'application/json') => {
    const headers = { cookie, origin, 'content-type': type };
    const answer = await fetch(`${origin}${path}`, body === undefined ? { headers: { cookie } } : { method: 'POST', headers, body });
    return [answer.status, await answer.json()] as const;
  };

  it('answer with the status of the error table', async () => {
    expect(await call('/trpc/vault.lock', '')).toEqual([200, { result: { data: vault } }]);
    expect(await call(`/trpc/search.query?input=${encodeURIComponent('{"query":"x"}')}`)).toEqual([200, { result: { data: { hits: [], tookMs: 1 } } }]);
    expect(await call(`/trpc/search.query?input=${encodeURIComponent('{"query":"fault"}')}`)).toMatchObject([
      423,
      { error: { data: { problem: { code: 'vault.locked' } } } },
    ]);
    expect(await call('/trpc/search.query?input=%7B%7D')).toMatchObject([400, { error: { data: { problem: { code: 'request.invalid' } } } }]);
    expect(await call('/trpc/nothing.here')).toMatchObject([404, { error: { data: { problem: { code: 'bridge.unknown_procedure' } } } }]);
    expect(await call('/trpc/vault.lock', '{', 'application/json')).toMatchObject([400, { error: { data: { problem: { code: 'request.invalid' } } } }]);
    expect(await call('/trpc/vault.lock', 'x', 'text/plain')).toMatchObject([415, { code: 'request.unsupported_media' }]);
    expect((await call('/trpc/chat.saveDraft', '{"sessionId":null,"text":"x","__proto__":{}}'))[0]).toBe(400);
  });

  it('do not let a query change anything: mutations want POST', async () => {
    expect((await call('/trpc/vault.lock'))[0]).toBeGreaterThanOrEqual(400);
  });

  it('carry through what was ordered by a caller who left, and stop what was only asked', async () => {
    const signals: Record<string, AbortSignal> = {};
    const waits = (name: string) => (_input: unknown, signal?: AbortSignal) => {
      signals[name] = signal!;
      return new Promise<never>(() => {});
    };
    const mine = await startWebServer({
      ...parts(),
      serving: { ...parts().serving, core: { 'vault.state': waits('asked'), 'vault.lock': waits('ordered') } as unknown as CoreApi },
    });
    const at = `http://127.0.0.1:${mine.port}`;
    const left = new AbortController();
    const headers = { cookie: await signIn(mine), origin: at, 'content-type': 'application/json' };
    const asked = fetch(`${at}/trpc/vault.state`, { headers, signal: left.signal }).catch(() => 'left');
    const ordered = fetch(`${at}/trpc/vault.lock`, { method: 'POST', headers, body: '', signal: left.signal }).catch(() => 'left');
    await vi.waitFor(() => expect(Object.keys(signals)).toHaveLength(2), 15_000);
    left.abort();
    expect(await Promise.all([asked, ordered])).toEqual(['left', 'left']);
    await vi.waitFor(() => expect(signals['asked']!.aborted).toBe(true), 15_000);
    expect(signals['ordered']!.aborted).toBe(false);
    await mine.close();
  });

  it('refuse 10 MB clearly', async () => {
    const body = JSON.stringify({ sessionId: null, text: 'x'.repeat(10 * 1024 * 1024) });
    expect(await call('/trpc/chat.saveDraft', body)).toMatchObject([413, { code: 'request.too_large' }]);
  });
});

describe('a plain tRPC client', () => {
  it('speaks with the host over its socket and over HTTP', async () => {
    const cookie = await signIn();
    class Signed extends WebSocket {
      constructor(url: string) {
        super(url, { headers: { cookie, origin } });
      }
    }
    const wsClient = createWSClient({ url: `ws://${host}/trpc`, WebSocket: Signed as never });
    const overSocket = createTRPCUntypedClient({ links: [wsLink({ client: wsClient })] });
    const overHttp = createTRPCUntypedClient({ links: [httpBatchLink({ url: `${origin}/trpc`, headers: { cookie, origin } })] });
    for (const client of [overSocket, overHttp]) {
      expect(await Promise.all([client.query('vault.state'), client.mutation('vault.lock'), client.query('search.query', { query: 'x' })])).toEqual([
        vault,
        vault,
        { hits: [], tookMs: 1 },
      ]);
      await expect(client.query('search.query', { query: 'fault' })).rejects.toMatchObject({ data: { problem: { code: 'vault.locked' } } });
    }
    const got = vi.fn();
    const started = vi.fn();
    const events = overSocket.subscription('events', undefined, { onStarted: started, onData: got });
    await vi.waitFor(() => expect(started).toHaveBeenCalled(), 15_000);
    for (const listener of listeners) listener({ id: 1, type: 'notification', data: { title: 'a', body: 'b' } });
    await vi.waitFor(
      () => expect(got).toHaveBeenCalledWith({ events: [{ id: 1, type: 'notification', data: { title: 'a', body: 'b' } }], resync: false }),
      15_000,
    );
    events.unsubscribe();
    await vi.waitFor(() => expect(listeners.size).toBe(0), 15_000);
    await wsClient.close();
  });

  it('may hear events over HTTP too, and is let go when it leaves', async () => {
    const gone = new AbortController();
    const answer = await fetch(`${origin}/trpc/events`, { headers: { cookie: await signIn(), accept: 'text/event-stream' }, signal: gone.signal });
    await vi.waitFor(() => expect(listeners.size).toBe(1), 15_000);
    for (const listener of listeners) listener({ id: 1, type: 'notification', data: { title: 'streamed', body: '' } });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('streamed')) text += (await reader.read()).value ?? '';
    gone.abort();
    await vi.waitFor(() => expect(listeners.size).toBe(0), 15_000);
  });
});

describe('every answer', () => {
  const headersOf = async (path: string) => Object.fromEntries((await fetch(`${origin}${path}`)).headers);
  it.each(['/', '/assets/index-4f2a91bc.js', '/nothing', '/session', '/trpc/vault.state', '/%zz', '/..%2f..%2fetc/passwd', '/__proto__'])(
    'carries the policy: %s',
    async (path) => {
      const headers = await headersOf(path);
      expect(headers).toMatchObject({
        'content-security-policy': contentPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(contentPolicy).not.toMatch(/unsafe|https?:|\*/);
    },
  );

  it('keeps what has a hash in its name, and nothing else', async () => {
    expect((await headersOf('/'))['cache-control']).toBe('no-store');
    expect((await headersOf('/assets/index-4f2a91bc.js'))['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await fetch(`${origin}/assets/index-4f2a91bc.js`, { headers: { 'if-none-match': '"e"' } })).status).toBe(304);
    expect((await fetch(`${origin}/nothing`)).status).toBe(404);
  });
});

describe('sessions', () => {
  it('keep a bounded number of both', () => {
    const sessions = createSessions({ clock: manualClock(), random: seededRandom(3) });
    const tokens = Array.from({ length: 17 }, () => sessions.launch());
    expect(sessions.exchange(tokens[0])).toBeUndefined();
    expect(sessions.exchange(tokens[1])).toBeDefined();
    const secrets = Array.from({ length: 65 }, () => sessions.exchange(sessions.launch())!);
    expect([sessions.knows(secrets[0]!), sessions.knows(secrets[1]!)]).toEqual([false, true]);
  });
});

describe('closing', () => {
  let mine: WebServer;
  afterEach(() => mine.close());
  it('ends open sockets and frees the port', async () => {
    mine = await startWebServer(parts());
    const socket = new WebSocket(`ws://127.0.0.1:${mine.port}/trpc`, { headers: { cookie: await signIn(mine), origin: `http://127.0.0.1:${mine.port}` } });
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const port = mine.port;
    await mine.close();
    await closed;
    mine = await startWebServer({ ...parts(), port });
    expect(mine.port).toBe(port);
    await expect(startWebServer({ ...parts(), port })).rejects.toMatchObject({ code: 'config.invalid', detail: expect.stringContaining('ADIUVA_CLIENT_PORT') });
  });
});
