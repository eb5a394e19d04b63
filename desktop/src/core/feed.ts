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

/** @param failed hears of a listener that threw: what happened has happened, whoever could not be told */
export function createFeed(failed: (error: unknown) => void): Feed {
  const listeners = new Set<(event: BridgeEvent) => void>();
  const quiet = new Set<(event: BridgeEvent) => void>();
  let last = 0;
  const tell = (listener: (event: BridgeEvent) => void, event: BridgeEvent) => {
    try {
      listener(event);
    } catch (error) {
      failed(error);
    }
  };
  return {
    announce(type, data) {
      const event = { id: ++last, type, data } as BridgeEvent;
      for (const listener of [...quiet, ...listeners]) tell(listener, event);
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
