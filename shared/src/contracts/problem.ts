import { z } from 'zod';
import { AdiuvaError, isErrorCode, type Problem } from './errors.ts';

/** RFC 9457 problem details with our `code`; the shape of every error on every wire. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string(),
  requestId: z.string().optional(),
  retryAfter: z.number().optional(),
}) satisfies z.ZodType<Problem>;

/** What `toProblem` made, as an error again; an unknown code (a newer peer) becomes `internal` and keeps its words. */
export function fromProblem(data: unknown): AdiuvaError {
  const parsed = problem.safeParse(data);
  if (!parsed.success) return new AdiuvaError('cloud.bad_reply');
  const { code, detail, title, retryAfter, requestId } = parsed.data;
  const known = isErrorCode(code);
  const words = known ? detail : (detail ?? title);
  return new AdiuvaError(known ? code : 'internal', {
    ...(words !== undefined && { detail: words }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(requestId !== undefined && { requestId }),
  });
}
