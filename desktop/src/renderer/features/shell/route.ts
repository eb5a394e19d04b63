import { useSyncExternalStore } from 'react';

export const screenNames = ['today', 'chat', 'tasks', 'calendar', 'notes', 'search', 'playbooks', 'outbox', 'settings'] as const;
export type ScreenName = (typeof screenNames)[number];

/** Where the window is: a screen and, for some, the id of what is open in it. Never user text: addresses are kept in histories. */
export interface Route {
  readonly screen: ScreenName;
  readonly id: string | null;
}

const idPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** Reads `#/tasks/ID`; anything else is the first screen. */
export function parseRoute(hash: string): Route {
  const [screen = '', id = ''] = hash.replace(/^#\//, '').split('/');
  const known = screenNames.find((name) => name === screen);
  return { screen: known ?? 'today', id: known && idPattern.test(id) ? id : null };
}

export const hashOf = (screen: ScreenName, id?: string | null): string => `#/${screen}${id ? `/${id}` : ''}`;

export function go(screen: ScreenName, id?: string | null, options: { replace?: boolean } = {}): void {
  const hash = hashOf(screen, id);
  if (hash === location.hash) return;
  if (options.replace) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  // pushState tells nobody.
  dispatchEvent(new HashChangeEvent('hashchange'));
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  addEventListener('popstate', listener);
  return () => {
    removeEventListener('hashchange', listener);
    removeEventListener('popstate', listener);
  };
}

const readHash = () => location.hash;

export const useRoute = (): Route => parseRoute(useSyncExternalStore(subscribe, readHash));
