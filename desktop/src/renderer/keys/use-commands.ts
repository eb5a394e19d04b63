import { useEffect, useRef } from 'react';
import { useApp } from '../app-context.ts';
import { useSettings } from '../data/hooks.ts';
import { type CommandName, commandFor, commands, isComposing, pressName } from './keys.ts';

const textTags = new Set(['INPUT', 'TEXTAREA', 'SELECT']);
const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (textTags.has(target.tagName) || target.isContentEditable);

/** A key alone (`/`, `c`) never takes a letter away from a text field; only one with Mod or Alt acts there. */
const actsWhileTyping = (name: CommandName, pressed: string) => commands[name].typing && /^(Mod|Alt)\+/.test(pressed);

const pairMs = 1_200;

/** Runs commands by their keys while the component is on screen. Several users of one key: the one mounted last wins. */
export function useCommands(handlers: Partial<Record<CommandName, () => void>>): void {
  const { mac, clock } = useApp();
  const { keys } = useSettings();
  const newest = useRef({ handlers, keys });
  newest.current = { handlers, keys };
  useEffect(() => {
    let before: { name: string; at: number } | null = null;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isComposing(event)) return;
      const pressed = pressName(event, mac);
      if (pressed === null) return;
      const recent = before && clock.now() - before.at < pairMs ? before.name : null;
      const { command, pending } = commandFor(pressed, recent, newest.current.keys);
      before = pending === null ? null : { name: pending, at: clock.now() };
      const run = command === null ? undefined : newest.current.handlers[command];
      if (!run || command === null || (isTyping(event.target) && !actsWhileTyping(command, pressed))) return;
      event.preventDefault();
      run();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [mac, clock]);
}
