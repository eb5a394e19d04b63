import type { Announce, BridgeEvent } from '../bridge/events.ts';

/** Events on their way to every open screen, numbered from 1 in this process. */
export interface Feed {
  readonly announce: Announce;
  subscribe(listener: (event: BridgeEvent) => void): () => void;
  /** Whether somebody listens. */
  watched(): boolean;
  close(): void;
}

export function createFeed(): Feed {
  const listeners = new Set<(event: BridgeEvent) => void>();
  let last = 0;
  return {
    announce(type, data) {
      const event = { id: ++last, type, data } as BridgeEvent;
      for (const listener of listeners) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    watched: () => listeners.size > 0,
    close: () => listeners.clear(),
  };
}
