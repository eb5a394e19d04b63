import { backoffDelay } from '@adiuva/shared/kit/backoff.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Outcome } from './http.ts';

export type Connectivity = 'unknown' | 'online' | 'offline';

export interface ConnectivityWatch {
  state(): Connectivity;
  /** What a real request just showed. */
  learn(outcome: Outcome): void;
  onChange(listener: (state: Connectivity) => void): () => void;
  /** Something waits for the cloud until the returned function is called: an offline verdict is tried again meanwhile. */
  hold(): () => void;
  /** Tries again now; the waits start small again. */
  nudge(): void;
  close(): void;
}

const waits = { base: 1_000, max: 60_000 } as const;

/**
 * Whether the cloud is reachable, learned from what real requests met. After an offline verdict nothing is sent unless something waits
 * (`hold`) or the user asks (`nudge`); then `probe` is called with growing waits until a request gets through.
 */
export function watchConnectivity({ clock, random, probe }: { clock: Clock; random: Random; probe: () => Promise<void> }): ConnectivityWatch {
  const listeners = new Set<(state: Connectivity) => void>();
  let state: Connectivity = 'unknown';
  let holders = 0;
  let tries = 0;
  let probing = false;
  let closed = false;
  let cancel: (() => void) | undefined;

  const disarm = () => {
    cancel?.();
    cancel = undefined;
  };
  const arm = () => {
    if (closed || probing || cancel || state !== 'offline' || holders === 0) return;
    // Half the wait is certain, so that jitter never turns waiting into hammering.
    const ceiling = Math.min(waits.max, waits.base * 2 ** Math.min(tries++, 10));
    cancel = clock.after(ceiling / 2 + backoffDelay(0, random, { base: ceiling / 2, max: ceiling / 2 }), look);
  };
  const look = () => {
    disarm();
    if (closed || probing) return;
    probing = true;
    // Its outcome arrives through `learn`, as that of any request.
    void probe()
      .catch(() => undefined)
      .finally(() => {
        probing = false;
        arm();
      });
  };
  const become = (next: Connectivity) => {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener(state);
  };

  return {
    state: () => state,
    learn(outcome) {
      if (closed) return;
      if (outcome === 'reached') {
        tries = 0;
        disarm();
      }
      become(outcome === 'reached' ? 'online' : 'offline');
      arm();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hold() {
      let held = true;
      holders++;
      arm();
      return () => {
        if (held) holders--;
        held = false;
        if (holders === 0) disarm();
      };
    },
    nudge() {
      if (state !== 'offline') return;
      tries = 0;
      look();
    },
    close() {
      closed = true;
      disarm();
      listeners.clear();
    },
  };
}
