import { createContext, useContext } from 'react';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Bridge } from '../bridge/client.ts';
import type { Announcer } from './data/announcer.ts';
import type { QueryCache } from './data/cache.ts';
import type { NextFrame } from './data/live-transcript.ts';
import type { Toasts } from './data/toasts.ts';
import type { WindowMemory } from './data/window-memory.ts';

/** What every screen may use; made once in `main.tsx`. */
export interface App {
  readonly bridge: Bridge;
  readonly cache: QueryCache;
  readonly clock: Clock;
  readonly nextFrame: NextFrame;
  readonly toasts: Toasts;
  readonly announcer: Announcer;
  /** IANA zone of this window, used until the core has said which one is in force. */
  readonly systemZone: string;
  readonly mac: boolean;
  readonly memory: WindowMemory;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('AppContext is missing');
  return app;
}
