import { useCallback } from 'react';
import type { InputOf } from '../../../bridge/procedures.ts';
import type { RunView } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useSettings } from '../../data/hooks.ts';
import { go, type ScreenName } from './route.ts';

const focusComposer = () => document.querySelector<HTMLElement>('.composer textarea')?.focus();

/** An empty conversation. Its composer takes the focus as it appears; one that is there already is given it. */
export function newChat(): void {
  go('chat');
  focusComposer();
}

/** Goes to a screen; to Chat, where the conversation last open in this window is. */
export function useOpenScreen(): (screen: ScreenName) => void {
  const { memory } = useApp();
  return useCallback(
    (screen) => {
      go(screen, memory.idOf(screen));
      if (screen === 'chat') focusComposer();
    },
    [memory],
  );
}

export function useLock(): () => void {
  const { bridge, cache } = useApp();
  const act = useAct();
  return useCallback(() => void act(async () => cache.write('vault.state', undefined, await bridge.call('vault.lock'))), [act, bridge, cache]);
}

export function useSaveSettings(): (change: InputOf<'settings.set'>) => Promise<void> {
  const { bridge, cache } = useApp();
  const act = useAct();
  return useCallback(
    async (change) => void (await act(async () => cache.write('settings.get', undefined, await bridge.call('settings.set', change)))),
    [act, bridge, cache],
  );
}

export function useToggleRail(): () => void {
  const save = useSaveSettings();
  const { appearance } = useSettings();
  return () => void save({ appearance: { railCollapsed: !appearance.railCollapsed } });
}

/** Takes a run back at once: for the undo of direct edits, whose effect the user just saw. */
export function useUndo(): (runId: string, done?: string) => Promise<RunView | undefined> {
  const { bridge, toasts, announcer } = useApp();
  const act = useAct();
  return useCallback(
    (runId, done = 'Undone.') =>
      act(async () => {
        const run = await bridge.call('plans.undo', { runId });
        toasts.add({ tone: 'good', text: done });
        announcer.say(done);
        return run;
      }),
    [act, bridge, toasts, announcer],
  );
}

/** Says that something was done and offers to take it back. */
export function useDone(): (text: string, undo?: () => void) => void {
  const { toasts, announcer } = useApp();
  return useCallback(
    (text, undo) => {
      toasts.add({ tone: 'plain', text, ...(undo && { action: { label: 'Undo', run: undo } }) });
      announcer.say(undo ? `${text} Undo is offered under Notices.` : text);
    },
    [toasts, announcer],
  );
}

export function useCopy(): (text: string, what?: string) => void {
  const { toasts, announcer } = useApp();
  return useCallback(
    (text, what = 'Copied.') =>
      void navigator.clipboard.writeText(text).then(
        () => {
          toasts.add({ tone: 'good', text: what });
          announcer.say(what);
        },
        () => toasts.add({ tone: 'bad', text: 'The clipboard did not take it.', detail: 'Select the text and copy it by hand.' }),
      ),
    [toasts, announcer],
  );
}
