import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { problemOf, router, type Serving } from './router.ts';

/** Where the bridge lives on a web host: single calls over HTTP, everything over the socket at the same path. */
export const trpcPath = '/trpc';

/**
 * tRPC's HTTP form: `GET /trpc/NAME?input=JSON` for queries, `POST /trpc/NAME` with a JSON body for mutations, both also batched. The status is
 * the one of the error table. Whoever calls this has checked who asks and how much.
 */
export function answerHttp(req: Request, serving: Serving): Promise<Response> {
  return fetchRequestHandler({
    endpoint: trpcPath,
    req,
    router,
    createContext: () => serving,
    maxBatchSize: 50,
    responseMeta: ({ errors }) => (errors[0] ? { status: problemOf(errors[0]).status } : {}),
  });
}
