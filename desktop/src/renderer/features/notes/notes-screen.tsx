import { ArrowLeft, NotebookText, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useNarrow, useQuery, useSettled } from '../../data/hooks.ts';
import { useRecordActs } from '../../data/use-record-acts.ts';
import { type RecordPages, useRecords } from '../../data/use-records.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Answer, Empty, ErrorNote, Skeleton } from '../../ui/states.tsx';
import { VirtualList } from '../../ui/virtual-list.tsx';
import { Visible } from '../../ui/visible.tsx';
import { relativeText } from '../../words/dates.ts';
import { nameOf, textOf } from '../records/read.ts';
import { go } from '../shell/route.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { NoteEditor } from './note-editor.tsx';
import './notes.css';

function useNewNote(): () => Promise<void> {
  const acts = useRecordActs();
  return async () => {
    const made = await acts.add('note', { title: 'New note' });
    if (made) go('notes', made.id);
  };
}

/** All notes on the left, one of them open; in a narrow window one of the two. */
export function NotesScreen({ noteId }: { noteId: string | null }) {
  const narrow = useNarrow();
  if (narrow && noteId !== null) return <OpenNote id={noteId} narrow />;
  return (
    <>
      <NotesHead />
      <div className="notes">
        <NotesList openId={noteId} />
        {!narrow && (noteId === null ? <NoNote /> : <OpenNote key={noteId} id={noteId} narrow={false} />)}
      </div>
    </>
  );
}

function NotesHead() {
  const create = useNewNote();
  return (
    <ScreenHead title="Notes">
      <Button look="primary" icon={Plus} onClick={() => void create()}>
        New note
      </Button>
    </ScreenHead>
  );
}

function NotesList({ openId }: { openId: string | null }) {
  const [typed, setTyped] = useState('');
  const query = useSettled(typed.trim(), 120);
  const pages = useRecords({ type: 'note', ...(query !== '' && { query }) });
  return (
    <div className="notes-list">
      <input
        className="input"
        type="search"
        aria-label="Find a note"
        placeholder="Find a note"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <NoteRows pages={pages} openId={openId} searched={query !== ''} />
    </div>
  );
}

function NoteRows({ pages, openId, searched }: { pages: RecordPages; openId: string | null; searched: boolean }) {
  const notes = useMemo(() => pages.records.toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)), [pages.records]);
  if (pages.error !== null && !pages.loaded) return <ErrorNote error={pages.error} onRetry={pages.retry} />;
  if (!pages.loaded) return <Skeleton lines={8} />;
  if (notes.length === 0) return <p className="small soft notes-none">{searched ? 'No note has these words.' : 'Notes are listed here.'}</p>;
  return (
    <VirtualList
      items={notes}
      keyOf={(note) => note.id}
      rowHeight={66}
      label="Notes"
      row={(note) => <NoteRow note={note} here={note.id === openId} />}
      onEnd={pages.loadMore}
    />
  );
}

function NoteRow({ note, here }: { note: StoredRecord; here: boolean }) {
  const time = useHere();
  const body = textOf(note, 'body').replace(/\s+/g, ' ').slice(0, 120);
  return (
    <a className="note-row" href={`#/notes/${note.id}`} data-row-focus aria-current={here ? 'page' : undefined}>
      <span className="strong cut">
        <Visible text={nameOf(note)} />
      </span>
      <span className="small soft cut">
        {relativeText(note.updatedAt, time)}
        {body !== '' && ' · '}
        <Visible text={body} />
      </span>
    </a>
  );
}

function NoNote() {
  const create = useNewNote();
  return (
    <div className="note-open">
      <Empty
        icon={NotebookText}
        title="Pick a note, or start one"
        action={
          <Button icon={Plus} onClick={() => void create()}>
            New note
          </Button>
        }
      >
        Notes are saved on this device while you type.
      </Empty>
    </div>
  );
}

function OpenNote({ id, narrow }: { id: string; narrow: boolean }) {
  const { cache } = useApp();
  const entry = useQuery('records.get', { id });
  return (
    <div className="note-open">
      {narrow && (
        <>
          <h1 className="unseen">Note</h1>
          <IconButton icon={ArrowLeft} label="All notes" onClick={() => go('notes')} />
        </>
      )}
      <Answer entry={entry} onRetry={() => cache.invalidate(['records.get'])}>
        {(note) => <NoteEditor key={note.id} note={note} />}
      </Answer>
    </div>
  );
}
