import { ChevronLeft, ChevronRight, Plus } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useHere, useNarrow } from '../../data/hooks.ts';
import { useRecords } from '../../data/use-records.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { ErrorNote, Skeleton } from '../../ui/states.tsx';
import { monthName, startOfWeek, weekText } from '../../words/dates.ts';
import { addDays, type Civil, civilOf, daysBetween, isoOf } from '../../words/zone.ts';
import { usePanels } from '../shell/panels.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { Agenda } from './agenda.tsx';
import { daysOf } from './days.ts';
import { Week } from './week.tsx';
import './calendar.css';

type View = 'week' | 'agenda';

const views = [
  { value: 'week', label: 'Week' },
  { value: 'agenda', label: 'Agenda' },
] as const;

const span: Readonly<Record<View, number>> = { week: 7, agenda: 28 };
const moves: Readonly<Record<string, (date: Civil) => Civil>> = {
  n: (date) => addDays(date, 7),
  p: (date) => addDays(date, -7),
  PageDown: (date) => addDays(date, 7),
  PageUp: (date) => addDays(date, -7),
};

/** Where the calendar stands; without a choice of the user it follows today. */
function useDate() {
  const here = useHere();
  const today = civilOf(here.now, here.zone);
  const [chosen, choose] = useState<Civil | null>(null);
  const date = chosen ?? today;
  return { here, today, date, choose, isToday: daysBetween(date, today) === 0 };
}

/** Agenda and week. `n` and `p` move by a week, `t` goes to today, `e` makes an event. */
export function CalendarScreen() {
  const narrow = useNarrow();
  const { here, today, date, choose } = useDate();
  const [chosenView, setView] = useState<View | null>(null);
  const view = chosenView ?? (narrow ? 'agenda' : 'week');
  const newEvent = useNewEvent(date, here.zone);
  const first = view === 'week' ? startOfWeek(date) : { ...date, hour: 0, minute: 0 };
  const pages = useRecords({ type: 'event', from: isoOf(first, here.zone), to: isoOf(addDays(first, span[view]), here.zone) });
  const days = daysOf(pages.records, first, span[view], here.zone);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof HTMLElement && event.target.matches('input, textarea, select'))) return;
    const move = moves[event.key];
    if (move) choose(move(date));
    else if (event.key === 't') choose(null);
    else if (event.key === 'e') newEvent();
    else return;
    event.preventDefault();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="calendar" onKeyDown={onKeyDown}>
      <ScreenHead title={`${monthName(date)} ${date.year}`} note={view === 'week' ? weekText(first) : 'The next four weeks'}>
        <div className="row calendar-moves">
          <IconButton icon={ChevronLeft} label="Earlier" keys="p" onClick={() => choose(addDays(date, -7))} />
          <Button small look="quiet" onClick={() => choose(null)}>
            Today
          </Button>
          <IconButton icon={ChevronRight} label="Later" keys="n" onClick={() => choose(addDays(date, 7))} />
        </div>
        {!narrow && <Segmented label="View" value={view} choices={views} onChange={setView} />}
        <Button look="primary" icon={Plus} onClick={newEvent}>
          {narrow ? 'Event' : 'New event'}
        </Button>
      </ScreenHead>
      {pages.error !== null && <ErrorNote error={pages.error} onRetry={pages.retry} />}
      {!pages.loaded && pages.error === null ? (
        <Skeleton lines={10} />
      ) : view === 'week' ? (
        <Week days={days} today={today} onChoose={choose} />
      ) : (
        <Agenda days={days} here={here} />
      )}
    </div>
  );
}

function useNewEvent(date: Civil, zone: string): () => void {
  const { inspect } = usePanels();
  return () => {
    const startAt = isoOf({ ...date, hour: 9, minute: 0 }, zone);
    inspect({ kind: 'newEvent', startAt, endAt: isoOf({ ...date, hour: 10, minute: 0 }, zone), allDay: false });
  };
}
