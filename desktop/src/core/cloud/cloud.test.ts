import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { ChatRequest, ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { newId, seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { cloudAddress } from './address.ts';
import { createCloud, type Cloud, type CloudDeps } from './cloud.ts';
import { cutting, say, startPeer, type Peer } from './peer.suite.ts';
import type { Tokens, TokenStore } from './session.ts';
import { connectSocket } from './socket.ts';

/** Waits pass a hundred times as fast, so that backoff does not make the tests slow; limits of a minute stay far away. */
const hurried: Clock = {
  now: systemClock.now,
  after: (ms, fn) => systemClock.after(ms / 100, fn),
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

function memoryTokens(): TokenStore & { row: Tokens | null; saves: number } {
  const store = {
    row: null as Tokens | null,
    saves: 0,
    load: () => Promise.resolve(structuredClone(store.row)),
    change: async (work: (row: unknown) => Tokens | null | undefined) => {
      const next = work(structuredClone(store.row));
      if (next === undefined) return;
      store.saves++;
      store.row = structuredClone(next);
      await Promise.resolve();
    },
  };
  return store;
}

let peer: Peer;
let clouds: Cloud[];
let servers: Server[];
beforeEach(async () => {
  peer = await startPeer();
  clouds = [];
  servers = [];
});
afterEach(async () => {
  clouds.forEach((cloud) => cloud.close());
  await peer.close();
  await Promise.all(servers.map((server) => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()))));
});

function cloudAt(baseUrl: string, more: Partial<CloudDeps> = {}): Cloud {
  const cloud = createCloud({ baseUrl, fetch, clock: systemClock, random: systemRandom, log: silentLog, tokens: memoryTokens(), ...more });
  clouds.push(cloud);
  return cloud;
}
async function signedIn(more: Partial<CloudDeps> = {}): Promise<Cloud> {
  const cloud = cloudAt(peer.url, more);
  await cloud.session.register('marta@example.org', 'correct horse');
  return cloud;
}
const request = (message = 'hello'): ChatRequest => ({
  requestId: newId(Date.now(), systemRandom),
  message,
  executionMode: 'plan',
  context: {
    userProfile: { timeZone: 'UTC', locale: 'en', now: '2026-11-20T09:00:00Z' },
    relevantDocuments: [],
    recentTasks: [],
    upcomingEvents: [],
    emailMetadata: [],
    conversationHistory: [],
  },
});
async function collect(frames: AsyncIterable<ServerFrame>): Promise<ServerFrame[]> {
  const all: ServerFrame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}
const textOf = (frames: ServerFrame[]) => frames.map((f) => (f.type === 'token' ? f.text : '')).join('');
const whole = 'You said: hello — ünïcödé 😀.';

describe('the address of the cloud', () => {
  it.each(['https://cloud.example', 'https://cloud.example/base/', 'http://127.0.0.1:8787', 'http://localhost:8787', 'http://[::1]:8787'])(
    'takes %s',
    (base) => {
      expect(cloudAddress(base).http).toMatch(/\/api\/v1$/);
    },
  );
  it.each([
    '',
    'cloud.example',
    'http://cloud.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'ftp://localhost',
    'https://a:b@cloud.example',
    'https://cloud.example/?q=1',
    'https://cloud.example/#x',
    'file:///etc/passwd',
  ])('refuses %s', (base) => {
    expect(() => cloudAddress(base)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
  });
  it('binds what is stored to the server, and to this machine whatever the port', () => {
    expect([cloudAddress('https://a.example/x').realm, cloudAddress('http://127.0.0.1:1').realm, cloudAddress('http://localhost:2').realm]).toEqual([
      'https://a.example',
      'loopback',
      'loopback',
    ]);
    expect(cloudAddress('https://a.example/x').socket).toBe('wss://a.example/x/api/v1');
  });
});

describe('the session', () => {
  it('registers, signs out, signs in, and remembers across restarts', async () => {
    const tokens = memoryTokens();
    const cloud = await signedIn({ tokens });
    expect(cloud.session.account()).toMatchObject({ email: 'marta@example.org', tier: 'free' });
    await cloud.session.logout();
    expect([cloud.session.account(), tokens.row]).toEqual([null, null]);
    await cloud.session.login('marta@example.org', 'correct horse');

    const later = cloudAt(peer.url, { tokens });
    expect(later.session.account()).toBeNull();
    expect(await later.session.load()).toMatchObject({ email: 'marta@example.org' });
    expect(textOf(await collect(later.chat(request())))).toBe(whole);
  });

  it('keeps the session that is there when a sign-in fails', async () => {
    const cloud = await signedIn();
    await expect(cloud.session.login('marta@example.org', 'wrong')).rejects.toMatchObject({ code: 'auth.invalid_credentials' });
    expect(textOf(await collect(cloud.chat(request())))).toBe(whole);
  });

  it('never gives its tokens to another server', async () => {
    const tokens = memoryTokens();
    await signedIn({ tokens });
    tokens.row!.realm = 'https://elsewhere.example';
    expect(await cloudAt(peer.url, { tokens }).session.load()).toBeNull();
    expect(tokens.row).not.toBeNull();
  });

  it('asks for one refresh however many wait for it', async () => {
    const tokens = memoryTokens();
    await signedIn({ tokens });
    const cloud = cloudAt(peer.url, { tokens });
    await cloud.session.load();
    await Promise.all(Array.from({ length: 20 }, (_, i) => cloud.llmStep('brief', { i })));
    expect(peer.refreshes()).toBe(1);
  });

  it('stores the next refresh token before the cloud hears of it', async () => {
    const tokens = memoryTokens();
    await signedIn({ tokens });
    let named: string | null | undefined;
    const watching: typeof fetch = (url, init) => {
      if (String(url).endsWith('/auth/refresh')) named = tokens.row?.next;
      return fetch(url, init);
    };
    const cloud = cloudAt(peer.url, { tokens, fetch: watching });
    await cloud.session.load();
    await cloud.llmStep('brief', {});
    expect(named).toMatch(/^[\w-]{43}$/);
    expect(tokens.row).toMatchObject({ refreshToken: named, next: null });
  });

  it('survives 1,000 lost answers without one false sign-out', async () => {
    const seed = 20_261_120;
    const random = seededRandom(seed);
    const tokens = memoryTokens();
    await signedIn({ tokens });
    let lost = 0;
    const lossy: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      // The cloud did its work; the answer never arrives.
      if (String(url).endsWith('/auth/refresh') && lost < 1_000 && random(1)[0]! < 220) {
        await response.text();
        lost++;
        throw new TypeError('fetch failed');
      }
      return response;
    };
    let cloud = cloudAt(peer.url, { tokens, fetch: lossy, clock: hurried });
    await cloud.session.load();
    for (let round = 0; lost < 1_000 && round < 3_000; round++) {
      peer.expireAccess();
      // Now and then the process ends in between, as it would after a crash.
      if (round % 7 === 0) {
        cloud.close();
        cloud = cloudAt(peer.url, { tokens, fetch: lossy, clock: hurried });
        await cloud.session.load();
      }
      await cloud.llmStep('brief', {}).catch((error: unknown) => expect(error, `seed ${seed} round ${round}`).toMatchObject({ code: 'cloud.offline' }));
      expect(cloud.session.account(), `seed ${seed} round ${round}`).not.toBeNull();
    }
    expect(lost).toBe(1_000);
    await cloud.llmStep('brief', {});
  });

  it('is signed out where the next token was chosen anew for a lost answer', async () => {
    const tokens = memoryTokens();
    await signedIn({ tokens });
    const forget = (row: unknown) => ({ ...(row as Tokens), next: null });
    const forgetful: TokenStore = { load: async () => forget(await tokens.load()), change: (work) => tokens.change((row) => work(forget(row))) };
    const losing: typeof fetch = async (url, init) => {
      await (await fetch(url, init)).text();
      throw new TypeError('fetch failed');
    };
    const first = cloudAt(peer.url, { tokens: forgetful, fetch: losing });
    await first.session.load();
    await expect(first.llmStep('brief', {})).rejects.toMatchObject({ code: 'cloud.offline' });
    const second = cloudAt(peer.url, { tokens: forgetful });
    await second.session.load();
    await expect(second.llmStep('brief', {})).rejects.toMatchObject({ code: 'auth.refresh_reused' });
  });

  it('is shared by two processes on one vault: neither signs the other out, whoever refreshes', async () => {
    const tokens = memoryTokens();
    await signedIn({ tokens });
    const [window, command] = [cloudAt(peer.url, { tokens }), cloudAt(peer.url, { tokens })];
    await Promise.all([window.session.load(), command.session.load()]);
    for (let round = 0; round < 20; round++) {
      peer.expireAccess();
      await Promise.all([window.llmStep('brief', {}), command.llmStep('brief', {})]);
      peer.expireAccess();
      await (round % 2 ? window : command).llmStep('brief', {});
    }
    expect([window.session.account()?.email, command.session.account()?.email]).toEqual([tokens.row?.user.email, tokens.row?.user.email]);
    await command.session.logout();
    await window.session.load();
    expect(window.session.account()).toBeNull();
  });

  it('ends cleanly when the cloud ended it', async () => {
    const tokens = memoryTokens();
    const cloud = await signedIn({ tokens });
    const seen: unknown[] = [];
    cloud.session.onAccount((account) => seen.push(account));
    peer.expireAccess();
    peer.endSessions();
    await expect(cloud.llmStep('brief', {})).rejects.toMatchObject({ code: 'auth.refresh_invalid' });
    expect([cloud.session.account(), tokens.row, seen]).toEqual([null, null, [null]]);
    await expect(cloud.llmStep('brief', {})).rejects.toMatchObject({ code: 'auth.required' });
  });

  it('does not come back to life when a refresh ends after the sign-out', async () => {
    const tokens = memoryTokens();
    await signedIn({ tokens });
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (String(url).endsWith('/auth/refresh')) await held;
      return response;
    };
    const cloud = cloudAt(peer.url, { tokens, fetch: slow });
    await cloud.session.load();
    const waiting = cloud.llmStep('brief', {}).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await cloud.session.logout();
    release();
    expect(await waiting).toMatchObject({ code: 'auth.required' });
    expect([cloud.session.account(), tokens.row]).toEqual([null, null]);
  });

  it.each([-1, 1])('works on a clock that is off by a year (%i)', async (sign) => {
    let shift = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + shift };
    const cloud = await signedIn({ clock });
    shift = sign * 365 * 86_400_000;
    peer.expireAccess();
    expect(textOf(await collect(cloud.chat(request())))).toBe(whole);
  });
});

describe('answers that do not hold', () => {
  const answer = async (reply: (response: ServerResponse) => void): Promise<Cloud> => {
    peer.intercept = (incoming, response) => {
      if (!incoming.url!.endsWith('/llm-step')) return false;
      incoming.resume();
      reply(response);
      return true;
    };
    return signedIn();
  };
  const cases: [string, (response: ServerResponse) => void][] = [
    ['a web page', (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>hotel</html>')],
    ['a web page as a refusal', (r) => r.writeHead(503, { 'content-type': 'text/html' }).end('<html>down</html>')],
    ['JSON that is cut', (r) => r.writeHead(200, { 'content-type': 'application/json' }).end('{"output": [1, 2')],
    ['a body that breaks off', (r) => (r.writeHead(200, { 'content-length': '1000' }).write('{"output"'), setTimeout(() => r.destroy(), 20))],
    ['another shape', (r) => r.writeHead(201, { 'content-type': 'application/json' }).end('[1]')],
    ['a refusal of another shape', (r) => r.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"no"}')],
    ['nothing where something is due', (r) => r.writeHead(204).end()],
    ['bytes', (r) => r.writeHead(200).end(Buffer.from([0xff, 0xfe, 0, 1, 2]))],
  ];
  it.each(cases)('%s is cloud.bad_reply', async (_name, reply) => {
    const cloud = await answer(reply);
    await expect(cloud.llmStep('brief', {})).rejects.toMatchObject({ code: 'cloud.bad_reply' });
  });

  it('a body without end is refused after a few megabytes', async () => {
    let sent = 0;
    const cloud = await answer((response) => {
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536))) sent += 65_536;
        sent += 65_536;
        response.once('drain', more);
      };
      more();
    });
    await expect(cloud.llmStep('brief', {})).rejects.toMatchObject({ code: 'cloud.bad_reply' });
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it('a body that drips for ever is given up', async () => {
    const cloud = await answer((response) => {
      const timer = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(timer));
    });
    const impatient = cloudAt(peer.url, { clock: hurried });
    await impatient.session.login('marta@example.org', 'correct horse');
    await expect(impatient.llmStep('brief', {})).rejects.toMatchObject({ code: 'cloud.bad_reply' });
    expect(cloud.connectivity()).toBe('online');
  });

  it('never follows a redirect', async () => {
    let visited = 0;
    const trap = createServer((_, response) => (visited++, response.end('{}')));
    servers.push(trap);
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
    const cloud = await answer((response) => response.writeHead(307, { location: `http://127.0.0.1:${(trap.address() as AddressInfo).port}/` }).end());
    await expect(cloud.llmStep('brief', {})).rejects.toBeInstanceOf(AdiuvaError);
    expect(visited).toBe(0);
  });

  it('a refusal keeps its code, its words within bounds and its wait', async () => {
    const cloud = await answer((response) =>
      response
        .writeHead(429, { 'retry-after': '7' })
        .end(JSON.stringify({ type: 'x', title: 'slow down', status: 429, code: 'rate.limited', detail: 'd'.repeat(5_000) })),
    );
    const error = await cloud.llmStep('brief', {}).catch((e: unknown) => e as AdiuvaError);
    expect(error).toMatchObject({ code: 'rate.limited', retryAfter: 7 });
    expect((error as AdiuvaError).detail!.length).toBe(500);
  });
});

describe('connectivity', () => {
  it('is learned from real requests only', async () => {
    const cloud = cloudAt(peer.url);
    expect(cloud.connectivity()).toBe('unknown');
    await cloud.session.register('marta@example.org', 'correct horse');
    expect(cloud.connectivity()).toBe('online');
    await peer.close();
    await expect(cloud.llmStep('brief', {})).rejects.toMatchObject({ code: 'cloud.offline' });
    expect(cloud.connectivity()).toBe('offline');
  });

  it('a refusal is an answer: the cloud is there', async () => {
    const cloud = cloudAt(peer.url);
    await expect(cloud.session.login('nobody@example.org', 'x')).rejects.toMatchObject({ code: 'auth.invalid_credentials' });
    expect(cloud.connectivity()).toBe('online');
  });

  it('asks again only while something waits', async () => {
    const port = Number(new URL(peer.url).port);
    let asked = 0;
    const counting: typeof fetch = (url, init) => (asked++, fetch(url, init));
    const cloud = await signedIn({ clock: hurried, fetch: counting });
    await peer.close();
    await cloud.llmStep('brief', {}).catch(() => undefined);
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(asked).toBe(before);

    const release = cloud.hold();
    const online = new Promise<void>((resolve) => cloud.onConnectivity((state) => state === 'online' && resolve()));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBeGreaterThan(before);
    await peer.listen(port);
    await online;
    release();
  });

  it('a nudge looks at once', async () => {
    const port = Number(new URL(peer.url).port);
    const cloud = await signedIn();
    await peer.close();
    await cloud.llmStep('brief', {}).catch(() => undefined);
    await peer.listen(port);
    const online = new Promise<void>((resolve) => cloud.onConnectivity((state) => state === 'online' && resolve()));
    cloud.nudge();
    await online;
  });
});

describe('a run', () => {
  it('gives its frames in order from 1 to final', async () => {
    const cloud = await signedIn();
    const frames = await collect(cloud.chat(request()));
    expect(frames.map((f) => f.seq)).toEqual(frames.map((_, i) => i + 1));
    expect(frames.at(-1)).toMatchObject({ type: 'final', response: { response: whole } });
  });

  it('shares one socket with other runs', async () => {
    const cloud = await signedIn();
    const all = await Promise.all(['a', 'b', 'c'].map((m) => collect(cloud.chat(request(m)))));
    expect(all.map(textOf)).toEqual(['a', 'b', 'c'].map((m) => whole.replace('hello', m)));
    expect(peer.sockets()).toBe(1);
  });

  it('reads the same however the socket is cut, at every frame and twice in a row', async () => {
    const uncut = textOf(await collect((await signedIn()).chat(request())));
    const total = 9;
    for (let first = 0; first <= total; first++) {
      for (const second of [undefined, 0, 1, 2]) {
        const cuts = second === undefined ? [first] : [first, second];
        const cloud = cloudAt(peer.url, { connect: cutting(connectSocket, cuts), clock: hurried });
        await cloud.session.login('marta@example.org', 'correct horse');
        const ask = request();
        const frames = await collect(cloud.chat(ask));
        expect([cuts, textOf(frames), frames.map((f) => f.seq)]).toEqual([cuts, uncut, frames.map((_, i) => i + 1)]);
        expect(peer.effects.filter((e) => e.requestId === ask.requestId)).toHaveLength(1);
        cloud.close();
      }
    }
  });

  it('goes on from a frame that an earlier process had seen', async () => {
    const cloud = await signedIn();
    const ask = request();
    const frames = await collect(cloud.chat(ask));
    expect(await collect(cloud.chat(ask, { afterSeq: 4 }))).toEqual(frames.slice(4));
    expect(peer.resumes).toEqual([4]);
  });

  it('begins anew when the cloud lost it, and says so by seq 1', async () => {
    let first = true;
    peer.script = async function* (asked) {
      const words = say(asked, ['one ', 'two ', 'three']);
      for (const frame of words) {
        yield frame;
        if (first && frame.type === 'token') {
          first = false;
          peer.forgetRuns();
          setTimeout(() => peer.dropSockets(), 20);
          await new Promise((resolve) => setTimeout(resolve, 60));
        }
      }
    };
    const cloud = await signedIn({ clock: hurried });
    const frames = await collect(cloud.chat(request()));
    const again = frames.findLastIndex((f) => f.seq === 1);
    expect(again).toBeGreaterThan(0);
    expect(textOf(frames.slice(again))).toBe('one two three');
  });

  it('asks anew when the instance that answers goes away in the middle', async () => {
    let first = true;
    peer.script = async function* (asked) {
      const words = say(asked, ['one ', 'two ', 'three']);
      for (const frame of words) {
        yield frame;
        if (!first || frame.type !== 'token') continue;
        first = false;
        peer.forgetRuns();
        throw new AdiuvaError('chat.interrupted');
      }
    };
    const cloud = await signedIn({ clock: hurried });
    const frames = await collect(cloud.chat(request()));
    const again = frames.findLastIndex((f) => f.seq === 1);
    expect([again > 0, textOf(frames.slice(again)), peer.effects.length]).toEqual([true, 'one two three', 2]);
  });

  it('gives up on a run that breaks off again and again', async () => {
    peer.script = async function* (asked) {
      yield [...say(asked, ['one '])][0]!;
      peer.forgetRuns();
      throw new AdiuvaError('chat.interrupted');
    };
    const cloud = await signedIn({ clock: hurried });
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code: 'chat.interrupted' });
    expect(peer.effects).toHaveLength(4);
  });

  it('renews its access when it ran out before, and in between', async () => {
    const cloud = await signedIn({ clock: hurried });
    peer.expireAccess();
    expect(textOf(await collect(cloud.chat(request())))).toBe(whole);
    peer.expireAccess();
    peer.dropSockets();
    expect(textOf(await collect(cloud.chat(request())))).toBe(whole);
    expect(peer.refreshes()).toBe(2);
  });

  it('says at once that it never got through', async () => {
    const cloud = await signedIn();
    await peer.close();
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code: 'cloud.offline' });
    expect(cloud.connectivity()).toBe('offline');
  });

  it('gives up in the middle when the cloud stays away', async () => {
    peer.script = async function* (asked) {
      yield* [...say(asked, ['one '])].slice(0, 3);
      await peer.close();
    };
    const cloud = await signedIn({ clock: hurried });
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code: 'cloud.offline' });
  });

  it('passes on what the cloud refuses, at the door and in the run', async () => {
    const cloud = await signedIn();
    peer.refuse = { code: 'rate.limited', retryAfter: 3 };
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code: 'rate.limited', retryAfter: 3 });
    peer.refuse = undefined;
    peer.script = () => {
      throw new AdiuvaError('model.unavailable', { retryAfter: 5 });
    };
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code: 'model.unavailable', retryAfter: 5 });
  });

  it('stops listening on abort and leaves the run alone; cancel stops it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    peer.script = async function* (asked) {
      const frames = [...say(asked, ['one ', 'two'])];
      yield* frames.slice(0, 3);
      await held;
      yield* frames.slice(3);
    };
    const cloud = await signedIn();
    const [ask, abort] = [request(), new AbortController()];
    const reading = collect(cloud.chat(ask, { signal: abort.signal }));
    setTimeout(() => abort.abort(new Error('left')), 50);
    await expect(reading).rejects.toThrow('left');
    await cloud.cancel(ask.requestId!);
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    await expect(collect(cloud.chat(ask))).rejects.toMatchObject({ code: 'chat.cancelled' });
  });

  it('refuses to run without an account, before any request', async () => {
    const cloud = cloudAt(peer.url);
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code: 'auth.required' });
    expect([cloud.connectivity(), peer.requests]).toEqual(['unknown', []]);
  });
});

describe('a socket that does not hold', () => {
  /** A server whose socket says `lines` to every request. */
  async function strange(lines: (requestId: string) => (string | Buffer)[]): Promise<{ cloud: Cloud; opened: () => number }> {
    const server = createServer();
    const wss = new WebSocketServer({ server });
    servers.push(server);
    let opened = 0;
    wss.on('connection', (ws) => {
      opened++;
      ws.on('error', () => undefined);
      ws.on('message', (data) => {
        const { request: asked, requestId } = JSON.parse(String(data)) as { request?: { requestId: string }; requestId?: string };
        for (const line of lines(asked?.requestId ?? requestId!)) ws.send(line);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const tokens = memoryTokens();
    await signedIn({ tokens });
    const cloud = cloudAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      tokens,
      clock: hurried,
      fetch: (url, init) => fetch(String(url).replace(/:\d+\//, `:${new URL(peer.url).port}/`), init),
    });
    await cloud.session.load();
    return { cloud, opened: () => opened };
  }
  const frame = (requestId: string, seq: number, more: object) => JSON.stringify({ seq, requestId, ...more });
  const start = (id: string, seq = 1) => frame(id, seq, { type: 'start', agents: ['task'], model: 'm' });

  const cases: [string, (id: string) => (string | Buffer)[]][] = [
    ['no JSON', () => ['<html>']],
    ['bytes', () => [Buffer.from([1, 2, 3])]],
    ['a frame cut in half', (id) => [start(id).slice(0, 30)]],
    ['an unknown frame', (id) => [frame(id, 1, { type: 'surprise' })]],
    ['a frame without seq', (id) => [JSON.stringify({ type: 'token', requestId: id, text: 'x' })]],
    ['a gap that stays', (id) => [start(id), frame(id, 3, { type: 'token', text: 'x' })]],
    ['a text without end', (id) => Array.from({ length: 40 }, (_, i) => frame(id, i + 1, { type: 'token', text: 'x'.repeat(1_000_000) }))],
    ['one huge message', () => ['x'.repeat(5_000_000)]],
  ];
  it.each(cases)('%s ends in a typed error after a few tries', async (name, lines) => {
    const { cloud, opened } = await strange(lines);
    // A message over the limit breaks the socket itself, before anyone can look at it.
    const code = name === 'one huge message' ? 'cloud.offline' : 'cloud.bad_reply';
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code });
    expect(opened()).toBeLessThan(12);
  });

  it('ignores repeats, pings, and frames of runs it does not know', async () => {
    const { cloud } = await strange((id) => [
      start('somebody-else'),
      start(id),
      start(id),
      frame(id, 1, { type: 'ping' }),
      frame(id, 2, { type: 'token', text: 'a' }),
      frame(id, 2, { type: 'token', text: 'a' }),
      frame(id, 3, { type: 'token', text: 'b' }),
      frame(id, 4, {
        type: 'final',
        response: {
          requestId: id,
          sessionId: 's',
          agents: [],
          response: 'ab',
          actions: [],
          plan: null,
          usage: { model: 'm', inputTokens: 0, outputTokens: 0 },
        },
      }),
    ]);
    expect(textOf(await collect(cloud.chat(request())))).toBe('ab');
  });

  it('a web page instead of an upgrade is not our cloud', async () => {
    const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hotel</html>'));
    server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhotel'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const tokens = memoryTokens();
    await signedIn({ tokens });
    const cloud = cloudAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      tokens,
      fetch: (url, init) => fetch(String(url).replace(/:\d+\//, `:${new URL(peer.url).port}/`), init),
    });
    await cloud.session.load();
    await expect(collect(cloud.chat(request()))).rejects.toMatchObject({ code: 'cloud.bad_reply' });
    expect(cloud.connectivity()).toBe('offline');
  });

  it('a refusal of the upgrade that never ends is given up', async () => {
    const server = createServer();
    server.on('upgrade', (_, socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 503 No\r\ncontent-type: text/plain\r\ncontent-length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const tokens = memoryTokens();
    await signedIn({ tokens });
    const api = (url: unknown) => String(url).replace(/:\d+\//, `:${new URL(peer.url).port}/`);
    const cloud = cloudAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      tokens,
      clock: hurried,
      fetch: (url, init) => fetch(api(url), init),
    });
    await cloud.session.load();
    await expect(collect(cloud.chat(request()))).rejects.toBeInstanceOf(AdiuvaError);
    expect(cloud.connectivity()).toBe('offline');
  });

  it('a socket that falls silent is dropped and the run goes on over another', async () => {
    let silent = true;
    const { cloud, opened } = await strange((id) => {
      if (silent) {
        silent = false;
        return [start(id)];
      }
      return [
        frame(id, 2, { type: 'token', text: 'late' }),
        frame(id, 3, {
          type: 'final',
          response: {
            requestId: id,
            sessionId: 's',
            agents: [],
            response: 'late',
            actions: [],
            plan: null,
            usage: { model: 'm', inputTokens: 0, outputTokens: 0 },
          },
        }),
      ];
    });
    expect(textOf(await collect(cloud.chat(request())))).toBe('late');
    expect(opened()).toBe(2);
  });
});
