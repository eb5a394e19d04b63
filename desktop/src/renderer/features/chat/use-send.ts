import { useCallback } from 'react';
import type { OutputOf } from '../../../bridge/procedures.ts';
import { useApp } from '../../app-context.ts';
import { useAct } from '../../data/hooks.ts';

export interface Outgoing {
  readonly text: string;
  readonly mode: 'direct' | 'plan';
  readonly offline: boolean;
  /** It comes from the composer, whose draft goes with it. */
  readonly fromDraft?: boolean;
}

export type Send = (outgoing: Outgoing) => Promise<boolean>;

/** Sends a message; true when the core has saved it, so that the composer may be emptied. */
export function useSend(sessionId: string | null, onSent: (answer: OutputOf<'chat.send'>) => void): Send {
  const { bridge, cache } = useApp();
  const act = useAct();
  return useCallback(
    async (outgoing) => {
      const sent = await act(() => bridge.call('chat.send', { ...outgoing, ...(sessionId !== null && { sessionId }) }));
      if (!sent) return false;
      cache.invalidate(['chat.sessions']);
      onSent(sent);
      return true;
    },
    [act, bridge, cache, sessionId, onSent],
  );
}
