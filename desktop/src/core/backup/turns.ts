import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Announce } from '../../bridge/events.ts';
import type { BackupProgress, BackupTarget } from '../../bridge/shapes.ts';
import { createProgress, type Progress } from './progress.ts';

/** What a running task works with. */
export interface Run {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** From here on nobody who ends tasks waits for this one: it goes on to wait for them. */
  letGo(): void;
}

/** One task at a time, in this process and among all that have the vault open. */
export interface Turns {
  /** @throws AdiuvaError `backup.running` · `backup.cancelled` */
  take<T>(task: BackupProgress['task'], target: BackupTarget, signal: AbortSignal | undefined, work: (run: Run) => Promise<T>): Promise<T>;
  running(): BackupProgress | null;
  /** Ends the running task and waits until it has ended. */
  cancel(): Promise<void>;
}

export interface TurnsDeps {
  readonly clock: Clock;
  readonly announce: Announce;
  /** Taken by one process at a time. @throws AdiuvaError `backup.running` */
  lock(): Promise<{ release(): Promise<void> }>;
}

export function createTurns({ clock, announce, lock }: TurnsDeps): Turns {
  let current: { readonly progress: Progress; readonly abort: AbortController; over: Promise<unknown> } | null = null;

  async function locked<T>(work: () => Promise<T>): Promise<T> {
    const held = await lock();
    try {
      return await work();
    } finally {
      await held.release();
    }
  }

  return {
    async take(task, target, signal, work) {
      if (current) throw new AdiuvaError('backup.running');
      const abort = new AbortController();
      const mine = { progress: createProgress(clock, announce, task, target), abort, over: Promise.resolve() as Promise<unknown> };
      current = mine;
      const both = signal ? AbortSignal.any([abort.signal, signal]) : abort.signal;
      const over = Promise.withResolvers<void>();
      mine.over = over.promise;
      const running = locked(() => work({ progress: mine.progress, signal: both, letGo: over.resolve }));
      try {
        return await running;
      } catch (error) {
        throw both.aborted ? new AdiuvaError('backup.cancelled', { cause: error }) : error;
      } finally {
        current = null;
        over.resolve();
        mine.progress.end();
      }
    },
    running: () => current?.progress.view() ?? null,
    async cancel() {
      const cancelled = current;
      cancelled?.abort.abort(new AdiuvaError('backup.cancelled'));
      await cancelled?.over;
    },
  };
}
