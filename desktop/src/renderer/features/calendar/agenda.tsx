import { CalendarDays } from 'lucide-react';
import { Empty } from '../../ui/states.tsx';
import { dayHeading, type Here } from '../../words/dates.ts';
import type { Day, Placed } from './days.ts';
import { EventButton } from './event-button.tsx';

const itemsOf = (day: Day): Placed[] => [...day.whole, ...day.timed];

/** The days that hold something, one under the other. */
export function Agenda({ days, here }: { days: readonly Day[]; here: Here }) {
  const full = days.filter((day) => itemsOf(day).length > 0);
  if (full.length === 0) {
    return (
      <Empty icon={CalendarDays} title="Nothing planned">
        There is no event in these weeks. Make one above, or write “Dentist on Tuesday at 15:00” in Chat.
      </Empty>
    );
  }
  return (
    <div className="screen-body agenda">
      {full.map((day) => (
        <section key={day.key}>
          <h2>{dayHeading(day.date, here)}</h2>
          <ul>
            {itemsOf(day).map(({ event, allDay }) => (
              <li key={event.id}>
                <EventButton event={event} allDay={allDay} className="agenda-event" />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
