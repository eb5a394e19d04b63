import { NotebookPen, Trash2 } from 'lucide-react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { recordTypes } from '@adiuva/shared/contracts/records.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useQuery } from '../../data/hooks.ts';
import { useRecordActs } from '../../data/use-record-acts.ts';
import { Button } from '../../ui/button.tsx';
import { Answer } from '../../ui/states.tsx';
import { typeNames } from '../../words/fields.ts';
import { absoluteText, relativeText } from '../../words/dates.ts';
import { usePanels } from '../shell/panels.ts';
import { go } from '../shell/route.ts';
import { FieldRow } from './field-row.tsx';
import { nameOf } from './read.ts';
import './records.css';

/** All fields of one record, each edited in place, and what happened to it. */
export function RecordInspector({ id }: { id: string }) {
  const { cache } = useApp();
  const entry = useQuery('records.get', { id });
  return (
    <Answer entry={entry} onRetry={() => cache.invalidate(['records.get'])}>
      {(record) => <Fields record={record} />}
    </Answer>
  );
}

/** Fields that say nothing to a reader beside the others. */
const quiet: ReadonlySet<string> = new Set(['timeZone']);

function Fields({ record }: { record: StoredRecord }) {
  const { inspect } = usePanels();
  const acts = useRecordActs();
  const names = Object.keys(recordTypes[record.type].fields.shape).filter((name) => !quiet.has(name));
  const remove = async () => {
    if (await acts.remove(record.id, `“${nameOf(record)}” deleted.`)) inspect(null);
  };
  return (
    <div className="record">
      <dl className="record-fields">
        {names.map((name) => (
          <FieldRow key={name} record={record} name={name} onChange={(value) => void acts.update(record.id, { [name]: value })} />
        ))}
      </dl>
      <Activity record={record} />
      <div className="row">
        {record.type === 'note' && (
          <Button icon={NotebookPen} onClick={() => go('notes', record.id)}>
            Open the note
          </Button>
        )}
        <Button look="danger" icon={Trash2} onClick={() => void remove()}>
          Delete {typeNames[record.type].one}
        </Button>
      </div>
    </div>
  );
}

function Activity({ record }: { record: StoredRecord }) {
  const here = useHere();
  const { data } = useQuery('activity.list', { recordId: record.id, limit: 20 });
  if (!data || data.rows.length === 0) return null;
  return (
    <details className="record-activity">
      <summary>History</summary>
      <ul className="small">
        {data.rows.map((row) => (
          <li key={row.id} className="row between">
            <span>{row.verb}</span>
            <time className="soft" dateTime={row.at} title={absoluteText(row.at, here)}>
              {relativeText(row.at, here)}
            </time>
          </li>
        ))}
      </ul>
    </details>
  );
}
