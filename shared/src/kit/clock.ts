/** Time as an argument: everything that waits or asks the hour takes a {@link Clock}, so a test can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `fn` once after `ms`; the returned function cancels it. The timer never keeps a process alive. */
  after(ms: number, fn: () => void): () => void;
  /** Resolves after `ms`, rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

function sleepOn(after: Clock['after'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = () => {
      stop();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer: unknown = setTimeout(fn, ms);
    // Node hands out an object that can be unreferenced, a browser a number.
    (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
  },
  sleep: (ms, signal) => sleepOn(systemClock.after, ms, signal),
};

/** A clock that stands still until `advance`, which fires due timers in order of their time. */
export interface ManualClock extends Clock {
  advance(ms: number): Promise<void>;
  pending(): number;
}

export function manualClock(start = Date.UTC(2026, 10, 20, 9)): ManualClock {
  let now = start;
  let order = 0;
  const timers = new Map<number, { at: number; fn: () => void }>();
  const after: Clock['after'] = (ms, fn) => {
    const id = ++order;
    timers.set(id, { at: now + Math.max(0, ms), fn });
    return () => void timers.delete(id);
  };
  const next = (until: number) => [...timers].filter(([, t]) => t.at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
  return {
    now: () => now,
    after,
    sleep: (ms, signal) => sleepOn(after, ms, signal),
    pending: () => timers.size,
    async advance(ms) {
      const until = now + ms;
      for (let due = next(until); due; due = next(until)) {
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].fn();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}

/** Lets promise chains of a few links run before the next timer fires. */
async function settle() {
  for (let i = 0; i < 8; i++) await Promise.resolve();
}
