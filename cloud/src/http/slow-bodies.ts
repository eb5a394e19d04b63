import type { FastifyInstance } from 'fastify';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { refuseRawRequest } from './error-reply.ts';

/** A body that is read whole has to be there by then. */
const bodyMs = 30_000;
/** What a body that is passed on has to bring in each such while. */
const paceBytes = 64 * 1024;

/** For the server: longer than the largest body takes at the slowest pace, which no route without `slowBody` reaches. */
export const longestRequestMs = 45 * 60_000;

/** Ends requests whose body does not come, but for routes that look after that themselves. */
export function refuseSlowBodies(app: FastifyInstance, clock: Clock): void {
  const watched = new WeakMap<object, () => void>();
  app.addHook('preParsing', async (request, _reply, payload) => {
    const { headers, raw } = request;
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody && !request.routeOptions.config?.slowBody)
      watched.set(
        raw,
        clock.after(bodyMs, () => refuseRawRequest({ code: 'ERR_HTTP_REQUEST_TIMEOUT', name: '', message: '' }, raw.socket)),
      );
    return payload;
  });
  const stop = (raw: object) => watched.get(raw)?.();
  app.addHook('preValidation', async ({ raw }) => stop(raw));
  app.addHook('onResponse', async ({ raw }) => {
    stop(raw);
    // Answered before its end, as a refusal is: a client that still sends has as long again to read the answer.
    if (raw.complete === false)
      raw.once(
        'close',
        clock.after(bodyMs, () => raw.destroy()),
      );
  });
  app.addHook('onRequestAbort', async ({ raw }) => stop(raw));
}

/** Calls `onStall` once when less than 64 KiB came in 30 seconds. `seen` says how much came so far. @returns a function that stops watching */
export function watchPace(clock: Clock, seen: () => number, onStall: () => void): () => void {
  let last = 0;
  let stop = () => {};
  const look = () => {
    if (seen() - last < paceBytes) return onStall();
    last = seen();
    stop = clock.after(bodyMs, look);
  };
  stop = clock.after(bodyMs, look);
  return () => stop();
}
