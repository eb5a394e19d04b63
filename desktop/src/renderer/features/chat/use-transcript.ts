import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Message } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { LiveTranscript } from '../../data/live-transcript.ts';
import { isCode } from '../../words/problems.ts';
import { useLinkState } from '../shell/link-notice.tsx';

export interface OpenTranscript {
  readonly messages: readonly Message[];
  readonly loaded: boolean;
  readonly error: unknown;
  readonly live: LiveTranscript;
  reload(): void;
}

/** The conversation as it grows; read anew when the link comes back. */
export function useTranscript(sessionId: string): OpenTranscript {
  const { bridge, memory, nextFrame } = useApp();
  const live = useMemo(() => new LiveTranscript(bridge, sessionId, nextFrame), [bridge, sessionId, nextFrame]);
  const [read, setRead] = useState<{ loaded: boolean; error: unknown }>({ loaded: false, error: null });
  const [round, setRound] = useState(0);
  const linked = useLinkState() !== 'lost';
  useEffect(() => live.open(), [live]);
  useEffect(() => {
    if (!linked) return;
    const call = new AbortController();
    bridge.call('chat.messages', { sessionId, limit: 1_000 }, { signal: call.signal }).then(
      ({ messages }) => {
        live.load(messages);
        setRead({ loaded: true, error: null });
      },
      (error: unknown) => {
        if (call.signal.aborted) return;
        if (isCode(error, 'session.not_found')) memory.forget('chat', sessionId);
        setRead((before) => ({ ...before, error }));
      },
    );
    return () => call.abort();
  }, [bridge, live, memory, sessionId, linked, round]);
  const { messages } = useSyncExternalStore(
    (listener) => live.subscribe(listener),
    () => live.snapshot(),
  );
  return { messages, ...read, live, reload: () => setRound(round + 1) };
}
