import type { Clock } from '../kit/clock.ts';

/** Failures in a row that open it, and how long it stays open: doubled with each probe that fails, up to the longest. Milliseconds. */
export const breakerLimits = { failures: 5, coolDownMs: 30_000, longestMs: 300_000 } as const;
export type BreakerLimits = { readonly [K in keyof typeof breakerLimits]: number };

/**
 * Keeps requests from a provider that is down, so that nobody waits for it. Closed: all pass. Open: none, until the cool-down is over.
 * Half open: one passes as a probe; its outcome closes or opens it.
 */
export interface Breaker {
  /** Whether a request may go now; one that may must be followed by one of the three below. */
  pass(): boolean;
  succeeded(): void;
  /** `askedMs`: how long the provider wants to be left alone; opens at once. */
  failed(askedMs?: number): void;
  /** It ended for a reason that says nothing about the provider. */
  abandoned(): void;
  /** Milliseconds until a request may go; 0 when it may now. */
  waitMs(): number;
}

export function breaker({ now }: Pick<Clock, 'now'>, limits: BreakerLimits = breakerLimits): Breaker {
  let failures = 0;
  let openUntil: number | undefined;
  let coolDown = limits.coolDownMs;
  let probing = false;
  const open = (ms: number) => {
    openUntil = now() + Math.min(ms, limits.longestMs);
    probing = false;
  };
  return {
    pass() {
      if (openUntil === undefined) return true;
      if (probing || now() < openUntil) return false;
      probing = true;
      return true;
    },
    succeeded() {
      failures = 0;
      openUntil = undefined;
      coolDown = limits.coolDownMs;
      probing = false;
    },
    failed(askedMs = 0) {
      failures++;
      const probe = openUntil !== undefined;
      if (probe) coolDown = Math.min(coolDown * 2, limits.longestMs);
      if (probe || failures >= limits.failures) open(Math.max(coolDown, askedMs));
      else if (askedMs > 0) open(askedMs);
    },
    abandoned: () => void (probing = false),
    waitMs: () => (openUntil === undefined ? 0 : Math.max(0, openUntil - now())),
  };
}
