import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AdiuvaError, describeIssues, toProblem, type ErrorCode, type Problem } from '@adiuva/shared/contracts/errors.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';

const mediaType = 'application/problem+json; charset=utf-8';
const detailLength = 500;

/** What HTTP itself can refuse, by status; the rest of 4xx is `request.invalid`. */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  404: 'request.not_found',
  405: 'request.method_not_allowed',
  408: 'request.timeout',
  413: 'request.too_large',
  415: 'request.unsupported_media',
  431: 'request.header_too_large',
};

/** One body or parameter check for every route: the value that zod made of it, or `request.invalid` with names of fields and rules. */
export const checkWithZod =
  ({ schema }: { schema: unknown }) =>
  (data: unknown) => {
    const parsed = (schema as z.ZodType).safeParse(data);
    if (parsed.success) return { value: parsed.data };
    return { error: new AdiuvaError('request.invalid', { detail: describeIssues(parsed.error).slice(0, detailLength), cause: parsed.error }) };
  };

/** Replies are checked as well, so that nothing leaves that the OpenAPI document does not show. */
export const writeWithZod =
  ({ schema }: { schema: unknown }) =>
  (data: unknown) =>
    JSON.stringify((schema as z.ZodType).parse(data));

/** Anything thrown, as an error of ours. What is not known becomes `internal` without its words. */
export function asAdiuvaError(thrown: unknown, faults: Readonly<Record<string, ErrorCode>> = {}): AdiuvaError {
  if (thrown instanceof AdiuvaError) return ownCode(thrown, faults);
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status < 400 || status > 499) return new AdiuvaError('internal', { cause: thrown });
  return new AdiuvaError(
    byStatus[status] ?? 'request.invalid',
    status === 400 ? { detail: 'the body is not valid JSON or the address is malformed', cause: thrown } : {},
  );
}

/** The code a route names for a field whose own rule, not its type, is broken. */
function ownCode(error: AdiuvaError, faults: Readonly<Record<string, ErrorCode>>): AdiuvaError {
  if (!(error.cause instanceof z.ZodError) || error.cause.issues.length !== 1) return error;
  const [issue] = error.cause.issues;
  const code = issue?.code === 'custom' ? faults[String(issue.path[0])] : undefined;
  return code ? new AdiuvaError(code, { cause: error.cause }) : error;
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfter !== undefined) reply.header('Retry-After', Math.ceil(problem.retryAfter));
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer');
  // As text: a route's own reply schemas do not describe its errors.
  return reply.code(problem.status).header('content-type', mediaType).serializer(String).send(JSON.stringify(problem));
}

/** Where a fault of ours came from: functions and lines of the stack, never its message, which may hold what the user wrote. */
function framesOf(thrown: unknown): string[] {
  const lines = thrown instanceof Error ? (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return lines.slice(0, 12).map((line) =>
    line
      .trim()
      .replace(/^at (?:async )?/, '')
      .replace(/^(\S+).*\((.*)\)$/, '$1@$2'),
  );
}

const noCompiler = () => () => {
  throw new AdiuvaError('internal');
};
/**
 * For the option `schemaController`. Fastify loads compilers of its own, a quarter of it, where no others are given from the start; these are never asked,
 * because {@link replyWithProblems} sets the ones for zod.
 */
export const zodAlone = { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } };

/** Problem details (RFC 9457) for everything that goes wrong in a route, before it, or without one. */
export function replyWithProblems(app: FastifyInstance, log: Log): void {
  app.setValidatorCompiler(checkWithZod);
  app.setSerializerCompiler(writeWithZod);
  app.setErrorHandler((thrown, request, reply) => {
    const error = asAdiuvaError(thrown, request.routeOptions.config?.faults);
    if (error.row.status >= 500) logFault(log, request, error);
    return sendProblem(reply, toProblem(error, request.id));
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(app, request.url.split('?')[0]!);
    if (allowed.length > 0) reply.header('Allow', allowed.join(', '));
    return sendProblem(reply, toProblem(new AdiuvaError(allowed.length > 0 ? 'request.method_not_allowed' : 'request.not_found'), request.id));
  });
}

function logFault(log: Log, request: FastifyRequest, error: AdiuvaError): void {
  const cause = error.cause ?? error;
  const kind = cause instanceof Error ? cause.name : typeof cause;
  log.error('request failed', { requestId: request.id, code: error.code, route: request.routeOptions.url ?? 'none', kind, frames: framesOf(cause) });
}

const methodsByRoute = new WeakMap<FastifyInstance, Map<string, Set<string>>>();

/** Remembers the methods of every address, for 405. */
export function rememberMethods(app: FastifyInstance): void {
  const routes = new Map<string, Set<string>>();
  methodsByRoute.set(app, routes);
  app.addHook('onRoute', ({ method, url }) => {
    const methods = routes.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    routes.set(url, methods);
  });
}

function methodsAt(app: FastifyInstance, path: string): string[] {
  const fits = (pattern: string) => {
    const [wanted, given] = [pattern.split('/'), path.split('/')];
    return wanted.length === given.length && wanted.every((part, index) => part === given[index] || (part.startsWith(':') && given[index] !== ''));
  };
  return [...(methodsByRoute.get(app) ?? [])].filter(([pattern]) => fits(pattern)).flatMap(([, methods]) => [...methods]);
}

/** Answers bytes that never became a request. */
export function refuseRawRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const statuses: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
  const status = statuses[error.code ?? ''] ?? 400;
  const body = JSON.stringify(toProblem(new AdiuvaError(byStatus[status] ?? 'request.invalid')));
  const head = `HTTP/1.1 ${status} ${status === 400 ? 'Bad Request' : 'Refused'}\r\ncontent-type: ${mediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}
