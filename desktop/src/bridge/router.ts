import { initTRPC, type TRPCError } from '@trpc/server';
import { z } from 'zod';
import { AdiuvaError, describeIssues, toProblem, type ErrorCode, type Problem } from '@adiuva/shared/contracts/errors.ts';
import { eventBatches, type EventSource } from './batches.ts';
import { procedures, type CoreApi, type Procedure, type ProcedureName } from './procedures.ts';
import { values } from './values.ts';

/** What a host hands to the bridge: the core, its events, and how long a slow screen's events are kept. */
export interface Serving extends EventSource {
  readonly core: CoreApi;
  /** Events kept for a slow screen; default in `bridgeLimits`. */
  readonly keep?: number | undefined;
}

const trpcCodes: Partial<Record<TRPCError['code'], ErrorCode>> = {
  NOT_FOUND: 'bridge.unknown_procedure',
  METHOD_NOT_SUPPORTED: 'bridge.unknown_procedure',
  PARSE_ERROR: 'request.invalid',
  BAD_REQUEST: 'request.invalid',
  PAYLOAD_TOO_LARGE: 'request.too_large',
  UNSUPPORTED_MEDIA_TYPE: 'request.unsupported_media',
};

/** The one way an error leaves the core: what the core threw, a fault of the input by field names, else `internal` without its words. */
export function problemOf(error: TRPCError): Problem {
  if (error.cause instanceof AdiuvaError) return toProblem(error.cause);
  const code = trpcCodes[error.code];
  if (code === undefined) return toProblem(error);
  const faults = error.cause instanceof z.core.$ZodError ? { detail: describeIssues(error.cause) } : {};
  return toProblem(new AdiuvaError(code, faults));
}

const t = initTRPC.context<Serving>().create({
  transformer: values,
  isDev: false,
  isServer: true,
  allowOutsideOfServer: true,
  errorFormatter: ({ shape, error }) => {
    const problem = problemOf(error);
    return { code: shape.code, message: problem.title, data: { code: shape.data.code, httpStatus: problem.status, problem } };
  },
});

function fromRow(name: ProcedureName, row: Procedure) {
  type Run = (input: unknown, signal?: AbortSignal) => Promise<unknown>;
  const base = t.procedure.input(row.input).output(row.output);
  const run = (call: { ctx: Serving; input: unknown; signal: AbortSignal | undefined }) => (call.ctx.core[name] as Run)(call.input, call.signal);
  return row.kind === 'query' ? base.query(run) : base.mutation(run);
}

const rows = Object.entries(procedures) as [ProcedureName, Procedure][];

/** The one router: every row of the procedures table under its own name, and `events`. Input and output are checked against the row. */
export const router = t.router({
  ...Object.fromEntries(rows.map(([name, row]) => [name, fromRow(name, row)])),
  /** Batches of events from the moment of the call. */
  events: t.procedure.subscription(({ ctx, signal }) => eventBatches(ctx, signal, ctx.keep)),
});

export type BridgeRouter = typeof router;
