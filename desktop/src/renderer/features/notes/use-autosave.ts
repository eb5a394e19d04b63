import { useCallback, useEffect, useRef, useState } from 'react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { useApp } from '../../app-context.ts';
import { textOf } from '../records/read.ts';

export type SaveState = 'saved' | 'typing' | 'saving' | 'failed';
export interface NoteText {
  readonly title: string;
  readonly body: string;
}

const quietMs = 700;
const of = (note: StoredRecord): NoteText => ({ title: textOf(note, 'title'), body: textOf(note, 'body') });

/** Saves a note after a short silence, on leaving, and again after a failure. What is typed is never overwritten by an older answer. */
export function useAutosave(note: StoredRecord): {
  text: NoteText;
  change: (part: Partial<NoteText>) => void;
  state: SaveState;
  error: unknown;
  save: () => void;
} {
  const { bridge, clock } = useApp();
  const [text, setText] = useState<NoteText>(() => of(note));
  const [state, setState] = useState<SaveState>('saved');
  const [error, setError] = useState<unknown>(null);
  const unsaved = useRef<NoteText | null>(null);
  const busy = useRef(false);

  const save = useCallback(() => {
    const next = unsaved.current;
    if (next === null || busy.current || next.title.trim() === '') return;
    unsaved.current = null;
    busy.current = true;
    setState('saving');
    bridge.call('records.update', { id: note.id, fields: { title: next.title, body: next.body } }).then(
      () => {
        busy.current = false;
        setError(null);
        // What was typed meanwhile is saved by the next silence.
        setState(unsaved.current === null ? 'saved' : 'typing');
      },
      (thrown: unknown) => {
        busy.current = false;
        unsaved.current ??= next;
        setError(thrown);
        setState('failed');
      },
    );
  }, [bridge, note.id]);

  // A change from elsewhere (an undo, another window) is shown only where nothing unsaved would be lost.
  useEffect(() => {
    if (unsaved.current === null && !busy.current) setText(of(note));
  }, [note]);
  useEffect(() => (state === 'typing' ? clock.after(quietMs, save) : undefined), [clock, save, state, text]);
  useEffect(() => save, [save]);

  const change = (part: Partial<NoteText>) => {
    const next = { ...text, ...part };
    unsaved.current = next;
    setText(next);
    setState('typing');
  };
  return { text, change, state, error, save };
}
