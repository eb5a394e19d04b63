import { z } from 'zod';

export const dependencyState = z.enum(['ok', 'down']);

/** `down` when the database is, because nothing works without it; `degraded` when another part is. */
export const health = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  version: z.string(),
  dependencies: z.object({ database: dependencyState, blobs: dependencyState, counters: dependencyState, models: dependencyState }),
});
export type Health = z.infer<typeof health>;

export const liveness = z.object({ status: z.literal('ok'), version: z.string() });
