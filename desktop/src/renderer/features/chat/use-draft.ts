import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { DraftKeeper } from './draft-keeper.ts';

const saveAfterMs = 400;

export interface Draft {
  readonly text: string;
  change(text: string): void;
  /** Sends the text as it stands; the field is empty once `send` gives true, and as it was otherwise. */
  send(send: () => Promise<boolean>): Promise<void>;
}

/** The unsent text of a conversation, kept in the vault: it survives leaving the screen, a lock and a restart. */
export function useDraft(sessionId: string | null): Draft {
  const { bridge, clock } = useApp();
  const [text, setText] = useState('');
  const typed = useRef(false);
  const keeper = useMemo(() => new DraftKeeper((next) => bridge.call('chat.saveDraft', { sessionId, text: next })), [bridge, sessionId]);
  useEffect(() => {
    bridge.call('chat.draft', { sessionId }).then(
      (draft) => !typed.current && draft.text !== '' && setText(draft.text),
      () => {},
    );
    return () => keeper.flush();
  }, [bridge, sessionId, keeper]);
  useEffect(() => clock.after(saveAfterMs, () => keeper.flush()), [clock, text, keeper]);
  const change = useCallback(
    (next: string) => {
      typed.current = true;
      keeper.change(next);
      setText(next);
    },
    [keeper],
  );
  const send = async (out: () => Promise<boolean>) => {
    const rest = await keeper.send(text, out);
    if (rest !== null) setText(rest);
  };
  return { text, change, send };
}
