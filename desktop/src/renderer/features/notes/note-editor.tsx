import { Check, CircleAlert, Eye, Pencil, PencilLine, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { recordLimits } from '@adiuva/shared/contracts/records.ts';
import { useHere } from '../../data/hooks.ts';
import { useRecordActs } from '../../data/use-record-acts.ts';
import { IconButton } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { whenText } from '../../words/dates.ts';
import { Formatted } from '../chat/markdown.tsx';
import { FieldRow } from '../records/field-row.tsx';
import { nameOf } from '../records/read.ts';
import { go } from '../shell/route.ts';
import { type SaveState, useAutosave } from './use-autosave.ts';

const states: Readonly<Record<SaveState, { icon: typeof Check; text: string }>> = {
  saved: { icon: Check, text: 'Saved on this device' },
  typing: { icon: PencilLine, text: 'Typing' },
  saving: { icon: PencilLine, text: 'Saving' },
  failed: { icon: CircleAlert, text: 'Not saved yet' },
};

/** A note: its title, its text, and whether it is saved. */
export function NoteEditor({ note }: { note: StoredRecord }) {
  const { text, change, state, error, save } = useAutosave(note);
  const [reading, setReading] = useState(false);
  const acts = useRecordActs();
  const here = useHere();
  const remove = async () => {
    if (await acts.remove(note.id, `“${nameOf(note)}” deleted.`)) go('notes', null, { replace: true });
  };
  const { icon: Icon, text: says } = states[state];
  return (
    <article className="note">
      <div className="note-bar small soft">
        <span className="row note-state" data-state={state} role="status">
          <Icon size={14} aria-hidden />
          {text.title.trim() === '' ? 'A note needs a title to be saved' : says}
        </span>
        <time dateTime={note.updatedAt} className="faint cut">
          {whenText(note.updatedAt, here)}
        </time>
        <span className="grow" />
        <IconButton icon={reading ? Pencil : Eye} label={reading ? 'Edit' : 'Read'} aria-pressed={reading} onClick={() => setReading(!reading)} />
        <IconButton icon={Trash2} label="Delete the note" onClick={() => void remove()} />
      </div>
      {error !== null && <ErrorNote error={error} onRetry={save} />}
      <input
        className="note-title"
        aria-label="Title"
        value={text.title}
        maxLength={recordLimits.title}
        onChange={(event) => change({ title: event.target.value })}
        onBlur={save}
        dir="auto"
      />
      <dl>
        <FieldRow record={note} name="tags" onChange={(tags) => void acts.update(note.id, { tags })} />
      </dl>
      {reading ? (
        <Formatted text={text.body} growing={false} />
      ) : (
        <textarea
          className="note-body"
          aria-label="Text"
          placeholder="Write"
          value={text.body}
          maxLength={recordLimits.text}
          onChange={(event) => change({ body: event.target.value })}
          onBlur={save}
          dir="auto"
        />
      )}
    </article>
  );
}
