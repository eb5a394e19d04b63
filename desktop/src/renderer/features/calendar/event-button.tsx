import { Repeat } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { useHere } from '../../data/hooks.ts';
import { useRecordActs } from '../../data/use-record-acts.ts';
import { Visible } from '../../ui/visible.tsx';
import { repeatText } from '../../words/fields.ts';
import { civilFrom, clockText } from '../../words/zone.ts';
import { nameOf, textOf, timeOf } from '../records/read.ts';
import { usePanels } from '../shell/panels.ts';

/** `15:00 – 15:45` in the zone of the user. */
export function spanText(event: StoredRecord, zone: string): string {
  const times = ['startAt', 'endAt'].map((name) => civilFrom(textOf(event, name), zone)).filter((civil) => civil !== null);
  return times.map(clockText).join(' – ');
}

/** An event that opens beside the calendar. Delete deletes it, with undo. */
export function EventButton({ event, allDay, className }: { event: StoredRecord; allDay: boolean; className: string }) {
  const here = useHere();
  const { inspected, inspect } = usePanels();
  const acts = useRecordActs();
  const name = nameOf(event);
  const time = allDay ? 'All day' : spanText(event, here.zone);
  const repeats = timeOf(event, 'recurrence');
  const onKeyDown = (key: KeyboardEvent) => {
    if (key.key !== 'Delete') return;
    key.preventDefault();
    void acts.remove(event.id, `“${name}” deleted.`);
  };
  const open = inspected?.kind === 'record' && inspected.id === event.id;
  return (
    <button type="button" className={className} data-open={open} onClick={() => inspect({ kind: 'record', id: event.id })} onKeyDown={onKeyDown}>
      <span className="event-name">
        <Visible text={name} />
      </span>
      <span className="event-time figures">
        {time}
        {textOf(event, 'location') !== '' && ' · '}
        <Visible text={textOf(event, 'location')} />
        {repeats !== null && <Repeat size={11} aria-label={`Repeats ${repeatText(repeats)}`} />}
      </span>
    </button>
  );
}
