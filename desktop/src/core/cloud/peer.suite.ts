import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { clientFrame, type ChatRequest, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, toProblem, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { Connect } from './socket.ts';

type Body = Omit<ServerFrame, 'seq' | 'requestId'>;
interface Run {
  owner: string;
  request: ChatRequest;
  frames: ServerFrame[];
  done: boolean;
  cancelled: boolean;
  waiting: Set<() => void>;
}
interface Family {
  userId: string;
  current: string;
  parent: string | null;
  dead: boolean;
}

const sha = (text: string): string => createHash('sha256').update(text).digest('base64url');
const token = (): string => randomBytes(32).toString('base64url');

/** A small server that keeps the outer contract (section 3) as far as the client's rooms need it, on a real port, with faults on order. */
export interface Peer {
  readonly url: string;
  /** Every run that was really started: what an exactly-once check counts. */
  readonly effects: { requestId: string; message: string }[];
  readonly requests: ChatRequest[];
  /** Runs that a client called off. */
  readonly cancels: string[];
  /** After which frame each resumption asked to go on. */
  readonly resumes: number[];
  readonly users: Map<string, { id: string; email: string; password: string }>;
  readonly refreshes: () => number;
  readonly sockets: () => number;
  /** Seconds an access token lives. */
  expiresIn: number;
  /** Answers one path before the server looks at it; true when it did. */
  intercept: ((request: IncomingMessage, reply: ServerResponse) => boolean) | undefined;
  /** Refuses upgrades; true when it did. */
  refuse: { code: ErrorCode; retryAfter?: number } | undefined;
  /** What a run says; by default a few tokens that repeat the message. */
  script: (request: ChatRequest) => AsyncIterable<Body> | Iterable<Body>;
  dropSockets(): void;
  expireAccess(): void;
  forgetRuns(): void;
  endSessions(): void;
  close(): Promise<void>;
  listen(port?: number): Promise<void>;
}

/** A plain answer in `words`, token by token. */
export function* say(request: ChatRequest, words: string[], more: Body[] = []): Generator<Body> {
  yield { type: 'start', agents: ['general'], model: 'peer' } as Body;
  yield { type: 'thinking', agent: 'general', text: 'reading' } as Body;
  for (const text of words) yield { type: 'token', text } as Body;
  yield* more;
  const plan = more.find((frame) => frame.type === 'plan') as { plan: unknown } | undefined;
  const response = {
    requestId: request.requestId!,
    sessionId: request.sessionId ?? 'session-0',
    agents: ['general'],
    response: words.join(''),
    actions: [],
    plan: plan?.plan ?? null,
    usage: { model: 'peer', inputTokens: 1, outputTokens: words.length },
  };
  yield { type: 'final', response } as unknown as Body;
}

const echo = (request: ChatRequest): Iterable<Body> => say(request, ['You ', 'said: ', request.message.slice(0, 40), ' — ', 'ünïcödé 😀', '.']);

export async function startPeer(): Promise<Peer> {
  const families = new Map<string, Family>();
  const accesses = new Map<string, { userId: string; until: number }>();
  const runs = new Map<string, Run>();
  const live = new Set<WebSocket>();
  let refreshes = 0;

  const grant = (userId: string, family: string, refreshToken: string | null) => {
    const accessToken = `${family}.${token()}`;
    accesses.set(accessToken, { userId, until: Date.now() + peer.expiresIn * 1_000 });
    const { email } = [...peer.users.values()].find((user) => user.id === userId)!;
    return { user: { id: userId, email, tier: 'free' }, accessToken, refreshToken, expiresIn: peer.expiresIn };
  };
  const enter = (userId: string) => {
    const [family, first] = [randomUUID(), token()];
    families.set(family, { userId, current: sha(first), parent: null, dead: false });
    return grant(userId, family, first);
  };
  const refresh = (refreshToken: string, next: string | undefined) => {
    refreshes++;
    const hash = sha(refreshToken);
    const found = [...families].find(([, f]) => f.current === hash || f.parent === hash);
    if (!found) {
      for (const family of families.values()) if (seen.get(hash) === family) family.dead = true;
      throw new AdiuvaError(seen.has(hash) ? 'auth.refresh_reused' : 'auth.refresh_invalid');
    }
    const [id, family] = found;
    if (family.dead) throw new AdiuvaError('auth.refresh_invalid');
    if (family.parent === hash && family.current !== next) {
      family.dead = true;
      throw new AdiuvaError('auth.refresh_reused');
    }
    if (family.current === hash) {
      seen.set(hash, family);
      Object.assign(family, { parent: hash, current: next });
    }
    return grant(family.userId, id, null);
  };
  const seen = new Map<string, Family>();
  const identify = (header: string | undefined): string => {
    const access = accesses.get(header?.replace('Bearer ', '') ?? '');
    if (!access) throw new AdiuvaError('auth.token_invalid');
    if (Date.now() >= access.until) throw new AdiuvaError('auth.token_expired');
    return access.userId;
  };

  const start = (owner: string, request: ChatRequest): Run => {
    const known = runs.get(request.requestId!);
    if (known) return known;
    const run: Run = { owner, request, frames: [], done: false, cancelled: false, waiting: new Set() };
    runs.set(request.requestId!, run);
    peer.effects.push({ requestId: request.requestId!, message: request.message });
    void (async () => {
      const emit = (body: Body) => {
        run.frames.push({ ...body, seq: run.frames.length + 1, requestId: request.requestId! } as ServerFrame);
        for (const wake of run.waiting) wake();
      };
      try {
        for await (const body of peer.script(request)) {
          if (run.cancelled) throw new AdiuvaError('chat.cancelled');
          emit(body);
        }
      } catch (error) {
        emit({ type: 'error', problem: toProblem(error) } as Body);
      }
      run.done = true;
      for (const wake of run.waiting) wake();
    })();
    return run;
  };
  const pump = async (socket: WebSocket, run: Run, afterSeq: number) => {
    for (let at = afterSeq; socket.readyState === socket.OPEN;) {
      if (at < run.frames.length) {
        socket.send(JSON.stringify(run.frames[at++]));
        continue;
      }
      if (run.done) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          run.waiting.delete(wake);
          resolve();
        };
        run.waiting.add(wake);
        socket.once('close', wake);
      });
    }
  };

  const json = (reply: ServerResponse, status: number, body: unknown) => {
    reply.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body));
  };
  const route = (method: string, path: string, body: Record<string, string>, request: IncomingMessage): [number, unknown] => {
    if (path === '/health/live') return [200, { status: 'ok' }];
    if (path === '/auth/register') {
      if (peer.users.has(body['email']!)) throw new AdiuvaError('auth.email_taken');
      const user = { id: randomUUID(), email: body['email']!, password: body['password']! };
      peer.users.set(user.email, user);
      return [201, enter(user.id)];
    }
    if (path === '/auth/login') {
      const user = peer.users.get(body['email']!);
      if (user?.password !== body['password']) throw new AdiuvaError('auth.invalid_credentials');
      return [200, enter(user!.id)];
    }
    if (path === '/auth/refresh') return [200, refresh(body['refreshToken']!, body['nextRefreshTokenHash'])];
    if (path === '/auth/logout') {
      for (const family of families.values()) if (family.current === sha(body['refreshToken']!)) family.dead = true;
      return [200, {}];
    }
    identify(request.headers.authorization);
    if (path === '/plans/llm-step') return [200, { templateId: 'brief', model: 'peer', output: { text: JSON.stringify(body), items: [] } }];
    const run = runs.get(path.replace('/chat/runs/', ''));
    if (!run) throw new AdiuvaError('chat.run_not_found');
    if (method === 'DELETE') peer.cancels.push(run.request.requestId!);
    if (method === 'DELETE') run.cancelled = true;
    return [200, { requestId: run.request.requestId, state: 'running', lastSeq: run.frames.length, text: '', response: null, problem: null }];
  };

  const server = createServer((request, reply) => {
    if (peer.intercept?.(request, reply)) return;
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      try {
        const [status, body] = route(request.method!, request.url!.replace('/api/v1', ''), text ? JSON.parse(text) : {}, request);
        json(reply, status, body);
      } catch (error) {
        json(reply, toProblem(error).status, toProblem(error));
      }
    });
  });
  const wss = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    try {
      if (peer.refuse) throw new AdiuvaError(peer.refuse.code, peer.refuse);
      const userId = identify(request.headers.authorization);
      wss.handleUpgrade(request, socket, head, (ws) => {
        live.add(ws);
        ws.on('close', () => live.delete(ws));
        ws.on('error', () => undefined);
        ws.setMaxListeners(0);
        ws.on('message', (data) => {
          const frame = clientFrame.parse(JSON.parse(String(data)));
          if (frame.type === 'request') {
            peer.requests.push(frame.request);
            return void pump(ws, start(userId, frame.request), 0);
          }
          if (frame.type === 'pong') return;
          if (frame.type === 'cancel') peer.cancels.push(frame.requestId);
          if (frame.type === 'resume') peer.resumes.push(frame.afterSeq);
          const run = runs.get(frame.requestId);
          if (run && frame.type === 'cancel') run.cancelled = true;
          else if (run && frame.type === 'resume') void pump(ws, run, frame.afterSeq);
          else if (frame.type === 'resume')
            ws.send(
              JSON.stringify({ type: 'error', seq: frame.afterSeq + 1, requestId: frame.requestId, problem: toProblem(new AdiuvaError('chat.run_not_found')) }),
            );
        });
      });
    } catch (error) {
      const body = JSON.stringify(toProblem(error));
      socket.end(
        `HTTP/1.1 ${toProblem(error).status} No\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    }
  });

  let port = 0;
  const peer: Peer = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    effects: [],
    requests: [],
    cancels: [],
    resumes: [],
    users: new Map(),
    refreshes: () => refreshes,
    sockets: () => live.size,
    expiresIn: 900,
    intercept: undefined,
    refuse: undefined,
    script: echo,
    dropSockets: () => live.forEach((socket) => socket.terminate()),
    expireAccess: () => accesses.clear(),
    forgetRuns: () => runs.clear(),
    endSessions: () => families.clear(),
    close: () =>
      new Promise((resolve) => {
        live.forEach((socket) => socket.terminate());
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    listen: (at = port) => new Promise((resolve) => server.listen(at, '127.0.0.1', () => ((port = (server.address() as AddressInfo).port), resolve()))),
  };
  await peer.listen(0);
  return peer;
}

/** Drops the `n`th socket of a client after so many of its messages as `cuts[n]` says; 0 right after it opened. Later sockets live. */
export function cutting(connect: Connect, cuts: number[]): Connect {
  let nth = 0;
  return (url, headers, events) => {
    const limit = cuts[nth++] ?? Infinity;
    let heard = 0;
    const socket = connect(url, headers, {
      ...events,
      open() {
        if (limit === 0) socket.terminate();
        events.open();
      },
      message(text) {
        if (heard++ >= limit) return;
        events.message(text);
        if (heard === limit) socket.terminate();
      },
    });
    return socket;
  };
}
