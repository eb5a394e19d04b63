import { useCallback, useEffect, useRef, useState } from 'react';
import { useApp } from '../../app-context.ts';

const saveAfterMs = 400;

/** The unsent text of a conversation, kept in the vault: it survives leaving the screen, a lock and a restart. */
export function useDraft(sessionId: string | null): [string, (text: string) => void] {
  const { bridge, clock } = useApp();
  const [text, setText] = useState('');
  const typed = useRef(false);
  const unsaved = useRef<string | null>(null);
  const save = useCallback(() => {
    const next = unsaved.current;
    unsaved.current = null;
    // A draft that cannot be saved now is still on screen, and the next letter tries again.
    if (next !== null) bridge.call('chat.saveDraft', { sessionId, text: next }).catch(() => {});
  }, [bridge, sessionId]);
  useEffect(() => {
    bridge.call('chat.draft', { sessionId }).then(
      (draft) => !typed.current && draft.text !== '' && setText(draft.text),
      () => {},
    );
    return save;
  }, [bridge, sessionId, save]);
  useEffect(() => clock.after(saveAfterMs, save), [clock, text, save]);
  const change = useCallback((next: string) => {
    typed.current = true;
    unsaved.current = next;
    setText(next);
  }, []);
  return [text, change];
}
