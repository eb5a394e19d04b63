import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { RunStore } from './redis-store.ts';

/** The answer in the place of one that did not come. */
export const away = Symbol('away');

/** The shared log as far as it answers. */
export interface Reach {
  ask<T>(work: (store: RunStore) => Promise<T>): Promise<T | typeof away>;
  /** @throws what the server, or the way to it, says */
  probe(): Promise<void>;
  /** The store, where it was opened. */
  opened(): Promise<RunStore | null>;
}

export interface ReachDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** After a fault the server is left alone for this long: a dead one would hold up every frame. */
const pauseMs = 500;
/** One line in this time says that it is away, however often it is asked. */
const sayMs = 60_000;

/** Opens with the first question. */
export function reachFor(open: () => Promise<RunStore>, { clock, log }: ReachDeps): Reach {
  let opening: Promise<RunStore> | undefined;
  let lostAt: number | null = null;
  let saidAt: number | null = null;
  const store = () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const lost = (error: unknown) => {
    lostAt = clock.now();
    if (saidAt !== null && Math.abs(lostAt - saidAt) < sayMs) return;
    saidAt = lostAt;
    log.warn('runs are kept in this process alone', { engine: 'redis', kind: error instanceof Error ? error.name : typeof error });
  };
  const answered = () => {
    if (lostAt !== null) log.info('runs are shared again', { engine: 'redis' });
    lostAt = null;
  };
  return {
    async ask(work) {
      if (lostAt !== null && Math.abs(clock.now() - lostAt) < pauseMs) return away;
      try {
        const answer = await work(await store());
        answered();
        return answer;
      } catch (error) {
        lost(error);
        return away;
      }
    },
    probe: async () => (await store()).probe(),
    opened: async () => (await opening?.catch(() => null)) ?? null,
  };
}
