import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { EventData, EventName } from '../../bridge/events.ts';
import type { InputOf, OutputOf } from '../../bridge/procedures.ts';
import type { Settings } from '../../bridge/shapes.ts';
import { useApp } from '../app-context.ts';
import type { Here } from '../words/dates.ts';
import { wordsOf } from '../words/problems.ts';
import { knownZone } from '../words/zone.ts';
import { type Entry, keyOf, type QueryName } from './cache.ts';
import type { Signal } from './signal.ts';

const never = () => () => {};

/** Watches a question to the core. A null input asks nothing. */
export function useQuery<N extends QueryName>(name: N, input: InputOf<N> | null): Entry<OutputOf<N>> {
  const { cache } = useApp();
  const key = input === null ? null : keyOf(name, input);
  // The key stands for the input: a fresh object with the same content must not subscribe again.
  const held = useRef(input);
  held.current = input;
  const subscribe = useCallback(
    (listener: () => void) => (key === null ? never() : cache.subscribe(name, held.current as InputOf<N>, listener)),
    [cache, name, key],
  );
  return useSyncExternalStore(subscribe, () => cache.entry(name, (held.current ?? undefined) as InputOf<N>));
}

/** The newest answer there was, while the next one is on its way. */
export function useLatest<T>(data: T | undefined): T | undefined {
  const last = useRef(data);
  if (data !== undefined) last.current = data;
  return last.current;
}

export function useSignal<T>(signal: Signal<T>): T {
  return useSyncExternalStore(signal.subscribe, signal.get);
}

export function useBridgeEvent<N extends EventName>(type: N, listener: (data: EventData<N>) => void): void {
  const { bridge } = useApp();
  const newest = useRef(listener);
  newest.current = listener;
  useEffect(() => bridge.on(type, (data) => newest.current(data)), [bridge, type]);
}

export const defaultSettings: Settings = {
  appearance: { theme: 'system', density: 'comfortable', railCollapsed: false, reducedMotion: false },
  displayName: '',
  timeZone: null,
  autoLockMinutes: 0,
  keys: {},
  briefHiddenOn: null,
};

/** The settings, or the defaults until they are there. */
export const useSettings = (): Settings => useQuery('settings.get', undefined).data ?? defaultSettings;

/** The zone that the core reckons in; the one of this window until the core has answered. Changes of the rest of the status draw nothing again. */
export function useZone(): string {
  const { cache, systemZone } = useApp();
  const subscribe = useCallback((listener: () => void) => cache.subscribe('status.get', undefined, listener), [cache]);
  return useSyncExternalStore(subscribe, () => cache.entry('status.get', undefined).data?.timeZone ?? systemZone);
}

/** The time now, again every half minute, and the zone of the user. */
export function useHere(): Here {
  const { clock } = useApp();
  const zone = knownZone(useZone());
  const [now, setNow] = useState(() => clock.now());
  useEffect(() => clock.after(30_000, () => setNow(clock.now())), [clock, now]);
  return { now, zone };
}

/** Runs an action of the user; a failure is shown and said, and gives undefined. */
export function useAct(): <T>(action: () => Promise<T>) => Promise<T | undefined> {
  const { toasts, announcer } = useApp();
  return useCallback(
    async (action) => {
      try {
        return await action();
      } catch (thrown) {
        const words = wordsOf(thrown);
        toasts.add({ tone: 'bad', text: `${words.title}.`, detail: `${words.detail ? `${words.detail}. ` : ''}${words.safe} ${words.hint}` });
        announcer.alert(`${words.title}. ${words.hint}`);
        return undefined;
      }
    },
    [toasts, announcer],
  );
}

/** True once `ms` have passed: what is quicker than that needs no sign of waiting. */
export function useAfter(ms: number): boolean {
  const { clock } = useApp();
  const [passed, setPassed] = useState(false);
  useEffect(() => clock.after(ms, () => setPassed(true)), [clock, ms]);
  return passed;
}

/** The value once it has stood still for `ms`. */
export function useSettled<T>(value: T, ms: number): T {
  const { clock } = useApp();
  const [settled, setSettled] = useState(value);
  useEffect(() => clock.after(ms, () => setSettled(value)), [clock, value, ms]);
  return settled;
}

/** Watches a media query. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

export const useNarrow = (): boolean => useMedia('(max-width: 899px)');

/** The same object for good, whose functions do what the newest ones do: a row that takes it is drawn again only for its own sake. */
export function useStable<T extends object>(acts: T): T {
  const newest = useRef(acts);
  newest.current = acts;
  const [stable] = useState(() => {
    const forward =
      (name: string) =>
      (...args: unknown[]) =>
        (newest.current as Record<string, (...given: unknown[]) => unknown>)[name]?.(...args);
    return Object.fromEntries(Object.keys(acts).map((name) => [name, forward(name)])) as T;
  });
  return stable;
}
