import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { newId, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';

/** What may stand in `X-Request-Id`: it goes into logs and back into headers. */
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** The client's request id where it is acceptable, else a new one: a name of this process and a count, because randomness for each costs as much as the rest of a small request. */
export function requestIds(now: () => number, random: Random): (raw: Pick<IncomingMessage, 'headers'>) => string {
  const process = newId(now(), random);
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    return typeof given === 'string' && acceptable.test(given) ? given : `${process}.${(count += 1).toString(36)}`;
  };
}

/** One line a request: the route's pattern, never the address, which holds ids and what people put into queries. */
export function logRequests(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    log.info('request', {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(request.caller && { userId: request.caller.userId, tier: request.caller.tier }),
    });
  });
}
