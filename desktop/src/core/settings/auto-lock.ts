import type { Clock } from '@adiuva/shared/kit/clock.ts';

export interface AutoLock {
  /** Somebody uses the vault. */
  touch(): void;
  close(): void;
}

const lookMs = 30_000;

/**
 * Locks after `minutes` without use; 0 never. It looks at the hour again and again rather than waiting once, because a timer stands still while
 * the machine sleeps. A clock that was set back starts the wait anew.
 */
export function createAutoLock({ clock, minutes, lock }: { clock: Clock; minutes: () => Promise<number>; lock: () => void }): AutoLock {
  let used = clock.now();
  let closed = false;
  let stop = clock.after(lookMs, look);

  async function idle(): Promise<boolean> {
    const allowed = await minutes();
    used = Math.min(used, clock.now());
    return allowed > 0 && clock.now() - used >= allowed * 60_000;
  }

  function look(): void {
    void idle().then(
      (due) => {
        if (closed) return;
        if (due) return lock();
        stop = clock.after(lookMs, look);
      },
      // The store closed while it was asked: there is nothing left to lock.
      () => undefined,
    );
  }

  return {
    touch: () => void (used = clock.now()),
    close() {
      closed = true;
      stop();
    },
  };
}
