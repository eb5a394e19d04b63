import type { Random } from './ids.ts';

/** Bounds of a retry schedule, in milliseconds. */
export interface BackoffBounds {
  base: number;
  max: number;
}

/**
 * The wait before try number `attempt` (0 = first retry): exponential with full jitter, so that many clients that
 * failed together do not come back together.
 */
export function backoffDelay(attempt: number, random: Random, { base, max }: BackoffBounds): number {
  const ceiling = Math.min(max, base * 2 ** Math.min(attempt, 30));
  const [a, b] = random(2);
  return Math.round((ceiling * (a! * 256 + b!)) / 65_535);
}
