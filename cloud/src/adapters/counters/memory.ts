import type { Counters } from './counters.ts';

/** Windows kept before those that ended are swept out. */
const sweepAt = 10_000;

/** Counts of this process alone. */
export function memoryCounters(): Counters {
  const windows = new Map<string, { count: number; resetAt: number }>();
  let nextSweep = sweepAt;
  const sweep = (now: number) => {
    for (const [key, { resetAt }] of windows) if (resetAt <= now) windows.delete(key);
    nextSweep = Math.max(sweepAt, windows.size * 2);
  };
  return {
    engine: 'memory',
    hit: async (key, windowMs, now, by = 1) => {
      if (windows.size >= nextSweep) sweep(now);
      const known = windows.get(key);
      // A clock that went back must not make a window last for the year it went back.
      const open = known && known.resetAt > now && known.resetAt <= now + windowMs ? known : { count: 0, resetAt: now + windowMs };
      open.count = Math.max(0, open.count + by);
      windows.set(key, open);
      return { ...open };
    },
    probe: async () => {},
    close: async () => windows.clear(),
  };
}
