import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Announce } from '../../bridge/events.ts';
import type { BackupProgress } from '../../bridge/shapes.ts';

/** How far the running task is, told at most ten times a second. */
export interface Progress {
  phase(phase: BackupProgress['phase']): void;
  /** What is to be done in this phase; what was done counts from zero again. */
  total(total: { readonly bytes: number; readonly objects: number }): void;
  add(done: { readonly bytes: number; readonly objects: number }): void;
  view(): BackupProgress;
  /** Tells that the task is over. */
  end(): void;
}

const tellEvery = 100;
/** Milliseconds over which the rate is taken, and before one is named. */
const rateOver = 5_000;
const rateAfter = 500;

export function createProgress(clock: Clock, announce: Announce, task: BackupProgress['task'], target: BackupProgress['target']): Progress {
  let state: BackupProgress = {
    task,
    target,
    phase: 'preparing',
    bytes: { done: 0, total: 0 },
    objects: { done: 0, total: 0 },
    bytesPerSecond: 0,
    secondsLeft: null,
  };
  let told = -Infinity;
  let marks: { at: number; bytes: number }[] = [];

  function tell(always = false): void {
    const now = clock.now();
    // A clock that was set back must not keep the screen waiting.
    if (!always && now >= told && now - told < tellEvery) return;
    told = now;
    announce('backup.progress', state);
  }

  function rated(next: BackupProgress): BackupProgress {
    const now = clock.now();
    marks = [...marks.filter(({ at }) => now - at <= rateOver && at <= now), { at: now, bytes: next.bytes.done }].slice(-200);
    const [first] = marks;
    const ms = now - first!.at;
    if (ms < rateAfter) return next;
    const bytesPerSecond = Math.max(0, ((next.bytes.done - first!.bytes) * 1_000) / ms);
    const left = Math.max(0, next.bytes.total - next.bytes.done);
    return { ...next, bytesPerSecond, secondsLeft: bytesPerSecond > 0 ? Math.ceil(left / bytesPerSecond) : null };
  }

  return {
    phase(phase) {
      state = { ...state, phase };
      tell(true);
    },
    total({ bytes, objects }) {
      marks = [{ at: clock.now(), bytes: 0 }];
      state = { ...state, bytes: { done: 0, total: bytes }, objects: { done: 0, total: objects }, bytesPerSecond: 0, secondsLeft: null };
      tell();
    },
    add({ bytes, objects }) {
      state = rated({
        ...state,
        bytes: { done: state.bytes.done + bytes, total: Math.max(state.bytes.total, state.bytes.done + bytes) },
        objects: { done: state.objects.done + objects, total: Math.max(state.objects.total, state.objects.done + objects) },
      });
      tell();
    },
    view: () => state,
    end: () => announce('backup.progress', null),
  };
}
