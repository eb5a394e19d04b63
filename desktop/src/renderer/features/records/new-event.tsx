import { type FormEvent, useState } from 'react';
import { useHere } from '../../data/hooks.ts';
import { useRecordActs } from '../../data/use-record-acts.ts';
import { Button } from '../../ui/button.tsx';
import { Switch, TextField } from '../../ui/field.tsx';
import { civilFromInput, inputText } from '../../words/dates.ts';
import { addDays, civilFrom, dateText, isoOf } from '../../words/zone.ts';
import { type Inspected, usePanels } from '../shell/panels.ts';

type From = Extract<Inspected, { kind: 'newEvent' }>;

/** A new event: a title and a span, the rest afterwards in its details. */
export function NewEvent({ from }: { from: From }) {
  const { zone } = useHere();
  const { inspect } = usePanels();
  const acts = useRecordActs();
  const [title, setTitle] = useState('');
  const [location, setLocation] = useState('');
  const [allDay, setAllDay] = useState(from.allDay);
  const [start, setStart] = useState(() => inputText(from.startAt, zone));
  const [end, setEnd] = useState(() => inputText(from.endAt, zone));
  const stored = (text: string, later = 0) => {
    const civil = civilFromInput(text) ?? civilFrom(from.startAt, zone);
    return civil === null ? from.startAt : allDay ? dateText(addDays(civil, later)) : isoOf(civil, zone);
  };
  const backwards = Date.parse(stored(end)) < Date.parse(stored(start));
  /* The field shows the last day of an all-day event; its end is stored as the day after. */
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const made = await acts.add(
      'event',
      { title: title.trim(), startAt: stored(start), endAt: stored(end, 1), allDay, timeZone: zone, location: location.trim() },
      'Event made.',
    );
    if (made) inspect({ kind: 'record', id: made.id });
  };
  const type = allDay ? 'date' : 'datetime-local';
  const shown = (text: string) => (allDay ? text.slice(0, 10) : text.includes('T') ? text : `${text}T09:00`);
  return (
    <form className="column" onSubmit={(event) => void save(event)}>
      <TextField label="Title" autoFocus value={title} onChange={(event) => setTitle(event.target.value)} />
      <Switch label="All day" checked={allDay} onChange={setAllDay} />
      <TextField label="Starts" type={type} value={shown(start)} onChange={(event) => setStart(event.target.value)} />
      <TextField
        label="Ends"
        type={type}
        value={shown(end)}
        onChange={(event) => setEnd(event.target.value)}
        error={backwards ? 'The end lies before the start.' : null}
      />
      <TextField label="Where" value={location} onChange={(event) => setLocation(event.target.value)} />
      <div className="dialog-actions">
        <Button onClick={() => inspect(null)}>Cancel</Button>
        <Button type="submit" look="primary" disabled={title.trim() === '' || backwards}>
          Make the event
        </Button>
      </div>
    </form>
  );
}
