import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import websocket from '@fastify/websocket';
import { chatLimits } from '@adiuva/shared/contracts/chat.ts';
import { toProblem } from '@adiuva/shared/contracts/errors.ts';
import { accountRoutes, keyRoutes } from './accounts/routes.ts';
import { backupRoutes } from './backups/routes.ts';
import { billingPages, billingRoutes } from './billing/routes.ts';
import { newMark, watchFor } from './chat/leak-guard.ts';
import { openChat } from './chat/chat.ts';
import { chatRoutes } from './chat/routes.ts';
import type { Deps } from './deps.ts';
import type { Access, Caller } from './http/access.ts';
import { openLlmSteps } from './plans/llm-step.ts';
import { planRoutes } from './plans/routes.ts';
import { identify, requireAccess } from './http/auth-guard.ts';
import { asAdiuvaError, refuseRawRequest, rememberMethods, replyWithProblems, sendProblem, zodAlone } from './http/error-reply.ts';
import { healthRoutes } from './http/health.ts';
import { anyObject, describeRoutes } from './http/openapi.ts';
import { refuseOver, writeStanding } from './http/rate-limit.ts';
import { logRequests, requestIds } from './http/request-log.ts';
import { longestRequestMs, refuseSlowBodies } from './http/slow-bodies.ts';

/** Bytes of a body, where a route does not say otherwise. */
const bodyLimit = 64 * 1024;
/** Bytes of one message on a socket, beyond which it closes: somewhat more than a request may have, so that most are refused in words. */
const messageLimit = chatLimits.bodyBytes + 1024 * 1024;

/** On every answer, unless a route knows better: what is a user's own is kept nowhere on the way. */
const cautions = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

const api = { prefix: '/api/v1' };

/** The whole service on one Fastify instance. Closing it ends requests and sockets; `deps.close` comes after. */
export function createApp(deps: Deps): FastifyInstance {
  const app = Fastify({
    logger: false,
    schemaController: zodAlone,
    bodyLimit,
    http: { headersTimeout: 30_000 },
    requestTimeout: longestRequestMs,
    forceCloseConnections: 'idle',
    trustProxy: deps.config.trustedProxies.length > 0 && [...deps.config.trustedProxies],
    requestIdHeader: false,
    genReqId: requestIds(deps.clock.now, deps.random),
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: refuseRawRequest,
    frameworkErrors: (error: FastifyError, request, reply) => sendProblem(reply, toProblem(asAdiuvaError(error), request.id)),
  });
  // JSON alone: a body that is read as text would come to the schemas as a string.
  app.removeContentTypeParser('text/plain');
  rememberMethods(app);
  requireAccess(app);
  const openapi = describeRoutes(app, deps.config.version);
  replyWithProblems(app, deps.log);
  logRequests(app, deps.log);
  refuseSlowBodies(app, deps.clock);
  guard(app, deps);
  const chat = openChat({ ...deps, model: deps.models, defer: setImmediate });
  // Before the server waits for its requests: those that wait for an answer get one.
  app.addHook('preClose', () => chat.close());

  // The order of the routes: what everything needs, then one line a room. Sockets first, because routes may take upgrades.
  void app.register(websocket, { options: { maxPayload: messageLimit, perMessageDeflate: false } });
  void app.register(healthRoutes({ version: deps.config.version, clock: deps.clock, probes: probesOf(deps) }), api);
  void app.register(keyRoutes(deps.accounts));
  void app.register(accountRoutes(deps.accounts), api);
  void app.register(chatRoutes({ ...deps, chat, authenticate: deps.accounts.authenticate }), api);
  void app.register(planRoutes({ playbooks: deps.playbooks, llmSteps: openLlmSteps({ ...deps, model: deps.models, newMark, watchFor }) }), api);
  void app.register(backupRoutes({ ...deps, confirmPassword: deps.accounts.confirmPassword }), api);
  void app.register(billingRoutes(deps.billing), api);
  void app.register(billingPages());
  void app.register(async (scope) => void scope.get('/openapi.json', { config: { access: 'anyone' }, schema: { response: { 200: anyObject } } }, openapi), api);
  return app;
}

/** Before every route, also one that does not exist and a socket's upgrade: a request id, the caller, the rate limit. */
function guard(app: FastifyInstance, { accounts, rateLimit }: Deps): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, ...cautions });
    const access: Access = request.routeOptions.config?.access ?? 'anyone';
    const count = async (who: Caller | string) => {
      const standing = await rateLimit(who, request.routeOptions.config?.bucket);
      writeStanding(reply, standing);
      refuseOver(standing);
    };
    try {
      request.caller = await identify(request, access, accounts.authenticate);
    } catch (error) {
      // Who guesses tokens is counted by address; too many guesses hide whether the last one was right.
      await count(request.ip);
      throw error;
    }
    await count(request.caller ?? request.ip);
  });
  // The server no longer counts a connection that asked for an upgrade: refused, it would stay open and keep the server from closing.
  app.addHook('onResponse', async (request) => {
    if (request.headers.upgrade !== undefined) request.raw.socket.destroySoon();
  });
}

function probesOf({ db, blobs, counters, runLog, probeModels }: Deps) {
  return {
    database: async () => (await db()).probe(),
    blobs: async () => (await blobs()).probe(),
    // Where they are not in memory both are on the same server, each with a connection of its own.
    counters: async () => void (await Promise.all([counters.probe(), runLog.probe()])),
    models: probeModels,
  };
}
