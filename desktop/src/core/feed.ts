import type { Announce, BridgeEvent } from '../bridge/events.ts';

/** Events on their way to every open screen, numbered from 1 in this process. */
export interface Feed {
  readonly announce: Announce;
  /** A `quiet` listener is no screen. */
  subscribe(listener: (event: BridgeEvent) => void, as?: 'quiet'): () => void;
  /** Whether a screen listens. */
  watched(): boolean;
  close(): void;
}

export function createFeed(): Feed {
  const listeners = new Set<(event: BridgeEvent) => void>();
  const quiet = new Set<(event: BridgeEvent) => void>();
  let last = 0;
  return {
    announce(type, data) {
      const event = { id: ++last, type, data } as BridgeEvent;
      for (const listener of [...quiet, ...listeners]) listener(event);
    },
    subscribe(listener, as) {
      const among = as === 'quiet' ? quiet : listeners;
      among.add(listener);
      return () => void among.delete(listener);
    },
    watched: () => listeners.size > 0,
    close() {
      listeners.clear();
      quiet.clear();
    },
  };
}
