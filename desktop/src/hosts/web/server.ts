import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, type Duplex } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { bridgeLimits } from '../../bridge/channel.ts';
import { answerHttp, trpcPath } from '../../bridge/link-http.ts';
import { acceptedSocket, type SocketLike } from '../../bridge/link-socket.ts';
import type { Serving } from '../../bridge/router.ts';
import { serveChannel } from '../../bridge/serve.ts';
import { pageHeaders, type Assets } from '../page.ts';
import { mayEnter, refusal, type Gate } from './gate.ts';
import { cookieSecrets, createSessions, sessionCookie, type Sessions } from './sessions.ts';

/** What a browser on this machine may cost: bytes, connections, milliseconds. */
const limits = { header: 16 * 1024, body: bridgeLimits.text, connections: 256, sockets: 32, headersMs: 10_000, requestMs: 30_000, idleMs: 5_000 };

export interface WebParts {
  readonly serving: Serving;
  readonly assets: Assets;
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
}

export interface WebServer {
  readonly port: number;
  /** A fresh link with a launch token that works once within 10 minutes. */
  link(): string;
  close(): Promise<void>;
}

/** Ends a connection with the refusal; what is still coming is read and thrown away, so that the answer arrives. */
function refuse(socket: Duplex | null): void {
  if (!socket || socket.destroyed) return;
  socket.end(refusal);
  socket.resume();
}

/** Host, Origin and Fetch metadata are judged on the raw request, before anything else of it is read. */
function gatedServer(gate: Gate, handler: (req: IncomingMessage, res: ServerResponse) => void): Server {
  const options = {
    maxHeaderSize: limits.header,
    requireHostHeader: false,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
  };
  const onRequest = (req: IncomingMessage, res: ServerResponse) => {
    if (!mayEnter(req, gate)) return refuse(req.socket);
    for (const [name, value] of Object.entries(pageHeaders)) res.setHeader(name, value);
    res.setHeader('cache-control', 'no-store');
    return handler(req, res);
  };
  const server = createServer(options, onRequest);
  server.maxConnections = limits.connections;
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', (req: IncomingMessage) => refuse(req.socket));
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => refuse(socket));
  server.on('clientError', (_error, socket) => refuse(socket));
  return server;
}

/** No route here has a schema: Fastify's compilers, a quarter of it, need not be loaded. */
const noCompiler = () => () => {
  throw new AdiuvaError('internal');
};
const withoutSchemas = { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } };

type Refuse = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
const refuseReply: Refuse = (request, reply) => {
  refuse(request.raw.socket);
  return reply.hijack();
};

const sendProblem = (reply: FastifyReply, error: AdiuvaError) => {
  const problem = toProblem(error);
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

function addAssets(app: FastifyInstance, assets: Assets): void {
  for (const [path, asset] of assets) {
    app.get(path, (request, reply) => {
      void reply.header('etag', asset.etag).header('cache-control', asset.kept ? 'public, max-age=31536000, immutable' : 'no-store');
      if (asset.kept && request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
      return reply.type(asset.type).send(asset.body);
    });
  }
}

/** `POST /session { token }` → 204 and the cookie; `GET /session` → 204 where the cookie holds. Everything else is the refusal. */
function addSession(app: FastifyInstance, sessions: Sessions, port: () => number): void {
  void app.register(async (scope) => {
    scope.setErrorHandler((_error, request, reply) => refuseReply(request, reply));
    scope.post('/session', { bodyLimit: 4_096 }, (request, reply) => {
      const { body } = request;
      const token = typeof body === 'object' && body !== null && Object.keys(body).join() === 'token' ? (body as { token: unknown }).token : undefined;
      const secret = sessions.exchange(token);
      return secret === undefined ? refuseReply(request, reply) : reply.header('set-cookie', sessionCookie(port(), secret)).code(204).send();
    });
    scope.get('/session', (request, reply) => (isKnown(request.raw, sessions, port()) ? reply.code(204).send() : refuseReply(request, reply)));
  });
}

const isKnown = (req: IncomingMessage, sessions: Sessions, port: number) => cookieSecrets(req.headers.cookie, port).some((secret) => sessions.knows(secret));

/** tRPC over HTTP, for a caller with the cookie. */
function addTrpc(app: FastifyInstance, sessions: Sessions, port: () => number, serving: Serving): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', async (request, reply) => (isKnown(request.raw, sessions, port()) ? undefined : refuseReply(request, reply)));
    scope.setErrorHandler((error, _request, reply) => sendProblem(reply, asOurs(error)));
    scope.route({ method: ['GET', 'POST'], url: `${trpcPath}/*`, handler: (request, reply) => answer(request, reply, serving) });
  });
}

async function answer(request: FastifyRequest, reply: FastifyReply, serving: Serving): Promise<FastifyReply> {
  const gone = new AbortController();
  // As on the socket: who leaves no longer waits for what was asked, but what was ordered is carried through.
  if (request.method === 'GET') reply.raw.once('close', () => gone.abort());
  const body = typeof request.body === 'string' ? { body: request.body } : {};
  const headers = { 'content-type': request.headers['content-type'] ?? 'application/json' };
  const response = await answerHttp(
    new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers, signal: gone.signal, ...body }),
    serving,
  );
  void reply.code(response.status).headers(Object.fromEntries(response.headers));
  return reply.send(response.body ? Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]) : null);
}

function asOurs(error: unknown): AdiuvaError {
  const status = (error as { statusCode?: number }).statusCode;
  if (status === 413) return new AdiuvaError('request.too_large');
  if (status === 415) return new AdiuvaError('request.unsupported_media');
  return new AdiuvaError(status !== undefined && status < 500 ? 'request.invalid' : 'internal', { cause: error });
}

/** The socket at the same path, after the same checks. */
function addSocket(server: Server, gate: Gate, sessions: Sessions, port: () => number, serving: Serving): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: bridgeLimits.frame, perMessageDeflate: false });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    const may = mayEnter(req, gate, true) && req.method === 'GET' && req.url === trpcPath && isKnown(req, sessions, port());
    if (!may || sockets.clients.size >= limits.sockets) return refuse(socket);
    return sockets.handleUpgrade(req, socket, head, (accepted) => serveChannel(acceptedSocket(accepted as SocketLike), serving));
  });
  return sockets;
}

async function listen(server: Server, app: FastifyInstance, port: number): Promise<number> {
  await app.ready();
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new AdiuvaError('config.invalid', { detail: `ADIUVA_CLIENT_PORT: port ${port} is in use` }) : error);
    server.once('error', fail).listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** The window on 127.0.0.1: files, session, and the bridge. */
export async function startWebServer({ serving, assets, port: wanted, clock, random }: WebParts): Promise<WebServer> {
  let port = wanted;
  const gate = { hosts: [] as string[] };
  const sessions = createSessions({ clock, random });
  let server!: Server;
  const app = Fastify({
    schemaController: withoutSchemas,
    serverFactory: (handler) => (server = gatedServer(gate, handler)),
    bodyLimit: limits.body,
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 500 },
    frameworkErrors: (_error, _request, reply) => void sendProblem(reply as unknown as FastifyReply, new AdiuvaError('request.not_found')),
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, new AdiuvaError('request.not_found')));
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, asOurs(error)));
  addAssets(app, assets);
  addSession(app, sessions, () => port);
  addTrpc(app, sessions, () => port, serving);
  const sockets = addSocket(server, gate, sessions, () => port, serving);
  port = await listen(server, app, wanted);
  gate.hosts.push(`127.0.0.1:${port}`, `localhost:${port}`);
  return {
    port,
    link: () => `http://127.0.0.1:${port}/#${sessions.launch()}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, app.close()]);
    },
  };
}
