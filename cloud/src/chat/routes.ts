import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { z } from 'zod';
import { chatLimits, chatRequest, chatResponse, requestId, runState, type ChatRequest } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Run } from '../adapters/run-log/run-log.ts';
import type { Access } from '../http/access.ts';
import { bearerToken, callerOf } from '../http/auth-guard.ts';
import { parseChatRequest } from './request.ts';
import { responseOf, snapshotOf } from './runs.ts';
import { serveSocket, type SocketDeps } from './socket.ts';
import { sseFrames } from './sse.ts';

const eventStream = 'text/event-stream';
const wantsEvents = ({ headers }: FastifyRequest) => headers.accept?.includes(eventStream) ?? false;

/** Any text: what cannot be an id is the id of no run. */
const runParams = z.object({ requestId: z.string() });
type RunParams = { Params: z.infer<typeof runParams> };
const ownRun: Access = { owned: 'run', param: 'requestId', missing: 'chat.run_not_found' };

/** Chat over HTTP and sockets, under `/api/v1`. The websocket plugin has to be there before. */
export function chatRoutes(deps: SocketDeps) {
  const { chat } = deps;
  return async (app: FastifyInstance): Promise<void> => {
    app.post(
      '/chat',
      { config: { access: 'caller' }, bodyLimit: chatLimits.bodyBytes, schema: described, validatorCompiler: chatValidator },
      async (request, reply) => {
        const run = await chat.begin(callerOf(request), withKey(request));
        return wantsEvents(request) ? sendEvents(reply, run, 0, deps) : responseOf(run);
      },
    );
    app.get<RunParams>('/chat/runs/:requestId', { config: { access: ownRun }, schema: describedRun('State and result so far') }, async (request, reply) => {
      const run = await chat.find(callerOf(request), request.params.requestId);
      return wantsEvents(request) ? sendEvents(reply, run, lastEventId(request), deps) : snapshotOf(run);
    });
    app.delete<RunParams>('/chat/runs/:requestId', { config: { access: ownRun }, schema: describedRun('Stops the answer') }, async (request) => {
      const run = await chat.find(callerOf(request), request.params.requestId);
      await run.cancel();
      return snapshotOf(run);
    });
    app.get('/chat/stream', { websocket: true, config: { access: 'optional' }, schema: { hide: true } as FastifySchema }, (socket, request) => {
      const token = bearerToken(request.headers.authorization);
      serveSocket(socket, deps, request.caller && token ? { caller: request.caller, token } : null);
    });
  };
}

const described = {
  summary: 'Ask, and get the whole answer, or its frames as server-sent events',
  body: chatRequest,
  response: { 200: chatResponse },
} as FastifySchema;
const describedRun = (summary: string) => ({ summary, params: runParams, response: { 200: runState } }) as FastifySchema;

/** Faults of a chat request have codes of their own. */
const chatValidator =
  ({ httpPart }: { httpPart?: string }) =>
  (data: unknown) => {
    if (httpPart !== 'body') return { value: data };
    try {
      return { value: parseChatRequest(data) };
    } catch (error) {
      return { error: error as Error };
    }
  };

/**
 * The request under the id that `Idempotency-Key: "…"` gives it (draft-ietf-httpapi-idempotency-key-header §2.1), also without quotes.
 * @throws AdiuvaError `request.invalid` when the header is no id, or says another than the body
 */
function withKey({ headers, body }: FastifyRequest): ChatRequest {
  const request = body as ChatRequest;
  const key = headers['idempotency-key'];
  if (key === undefined) return request;
  const parsed = requestId.safeParse(typeof key === 'string' ? key.replace(/^"(.*)"$/, '$1') : key);
  if (!parsed.success) throw new AdiuvaError('request.invalid', { detail: 'Idempotency-Key: must be 8 to 64 of A-Z a-z 0-9 _ -' });
  if (request.requestId !== undefined && request.requestId !== parsed.data)
    throw new AdiuvaError('request.invalid', { detail: 'Idempotency-Key: is another than requestId' });
  return { ...request, requestId: parsed.data! };
}

/** Frames after `Last-Event-ID`; anything that is no number begins at the start. */
function lastEventId({ headers }: FastifyRequest): number {
  const id = headers['last-event-id'];
  return typeof id === 'string' && /^\d{1,9}$/.test(id) ? Number(id) : 0;
}

function sendEvents(reply: FastifyReply, run: Run, afterSeq: number, { clock }: SocketDeps): FastifyReply {
  if (afterSeq > run.lastSeq) throw new AdiuvaError('chat.run_not_found');
  reply.header('content-type', `${eventStream}; charset=utf-8`).header('cache-control', 'no-store').header('x-accel-buffering', 'no');
  return reply.send(sseFrames(run, afterSeq, clock));
}
