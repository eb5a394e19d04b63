import { CalendarX, ScrollText, Sun } from 'lucide-react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { ReactNode } from 'react';
import type { Today } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useQuery, useSettings } from '../../data/hooks.ts';
import { useCommands } from '../../keys/use-commands.ts';
import { Button } from '../../ui/button.tsx';
import { Answer, Empty } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { type Here, monthName, weekdayName } from '../../words/dates.ts';
import { civilOf, dateText } from '../../words/zone.ts';
import { EventButton } from '../calendar/event-button.tsx';
import { WordsBanner } from '../onboarding/words-banner.tsx';
import { PlanCard } from '../plans/plan-card.tsx';
import { flagOf, nameOf } from '../records/read.ts';
import { newChat, useSaveSettings } from '../shell/acts.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { TaskRow } from '../tasks/task-row.tsx';
import { BriefCard } from './brief-card.tsx';
import { elsewhereText, overlapsOf, overlapText } from './overlaps.ts';
import '../calendar/calendar.css';
import './today.css';

/** What the day holds: what waits for a decision, what is due, what is planned, what is next. */
export function TodayScreen() {
  const { cache } = useApp();
  const here = useHere();
  const today = civilOf(here.now, here.zone);
  const entry = useQuery('today.get', undefined);
  useCommands({ focusPlan: () => document.querySelector<HTMLElement>('.plan[data-state="proposed"]')?.focus() });
  const save = useSaveSettings();
  const hidden = useSettings().briefHiddenOn === dateText(today);
  return (
    <>
      <ScreenHead title="Today" note={`${weekdayName(today)} ${today.day} ${monthName(today)} ${today.year}`}>
        {hidden && (
          <Button look="quiet" icon={ScrollText} onClick={() => void save({ briefHiddenOn: null })}>
            Show the brief
          </Button>
        )}
      </ScreenHead>
      <div className="screen-body">
        <div className="reading today">
          <WordsBanner />
          {!hidden && <BriefCard today={entry.data} onHide={() => void save({ briefHiddenOn: dateText(today) })} />}
          <Answer entry={entry} lines={8} onRetry={() => cache.invalidate(['today.get'])}>
            {(data) => <Sections data={data} />}
          </Answer>
        </div>
      </div>
    </>
  );
}

function Sections({ data }: { data: Today }) {
  const quiet = [data.overdue, data.dueToday, data.events, data.upcoming, data.waitingPlans].every((list) => list.length === 0);
  if (quiet) return <NothingToday />;
  return (
    <>
      {data.waitingPlans.length > 0 && (
        <Section title="Waits for your decision" count={data.waitingPlans.length}>
          <div className="column">
            {data.waitingPlans.map(({ plan }) => (
              <PlanCard key={plan.id} planId={plan.id} />
            ))}
          </div>
        </Section>
      )}
      <Conflicts data={data} />
      <Section title="Events" count={data.events.length}>
        {data.events.length === 0 ? <p className="soft">No event today.</p> : <Events events={data.events} />}
      </Section>
      {data.overdue.length > 0 && (
        <Section title="Overdue" count={data.overdue.length}>
          <Tasks tasks={data.overdue} />
        </Section>
      )}
      <Section title="Due today" count={data.dueToday.length}>
        {data.dueToday.length === 0 ? <p className="soft">Nothing is due today.</p> : <Tasks tasks={data.dueToday} />}
      </Section>
      {data.upcoming.length > 0 && (
        <Section title="Coming up" count={data.upcoming.length}>
          <Mixed records={data.upcoming} />
        </Section>
      )}
    </>
  );
}

function NothingToday() {
  return (
    <Empty
      icon={Sun}
      title="A clear day"
      action={
        <Button look="primary" onClick={newChat}>
          Plan something
        </Button>
      }
    >
      Tasks that are due, events and plans that wait for you are shown here.
    </Empty>
  );
}

function Section({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  return (
    <section>
      <h2 className="today-heading">
        {title}
        {count > 0 && <span className="badge figures">{count}</span>}
      </h2>
      {children}
    </section>
  );
}

function Tasks({ tasks }: { tasks: readonly StoredRecord[] }) {
  return (
    <ul>
      {tasks.map((task) => (
        <li key={task.id}>
          <TaskRow task={task} />
        </li>
      ))}
    </ul>
  );
}

function Events({ events }: { events: readonly StoredRecord[] }) {
  return (
    <ul className="today-events">
      {events.map((event) => (
        <li key={event.id}>
          <EventButton event={event} allDay={flagOf(event, 'allDay')} className="agenda-event" />
        </li>
      ))}
    </ul>
  );
}

/** Upcoming tasks and events keep the order of the core, which is their time. */
function Mixed({ records }: { records: readonly StoredRecord[] }) {
  const tasks = records.filter((record) => record.type === 'task');
  const events = records.filter((record) => record.type === 'event');
  return (
    <div className="column">
      {events.length > 0 && <Events events={events} />}
      {tasks.length > 0 && <Tasks tasks={tasks} />}
    </div>
  );
}

/** What overlaps, when, in the user's zone; an event of another zone also says its own time. */
function Conflicts({ data }: { data: Today }) {
  const here = useHere();
  const overlaps = overlapsOf(data, here);
  if (overlaps.length === 0) return null;
  return (
    <div className="notice warn">
      <CalendarX size={17} aria-hidden />
      <ul aria-label="Events at the same time">
        {overlaps.map((overlap) => (
          <li key={`${overlap.a.id}-${overlap.b.id}`}>
            <Placed event={overlap.a} here={here} /> and <Placed event={overlap.b} here={here} /> overlap <time>{overlapText(overlap, here)}</time>.
          </li>
        ))}
      </ul>
    </div>
  );
}

function Placed({ event, here }: { event: StoredRecord; here: Here }) {
  const elsewhere = elsewhereText(event, here);
  return (
    <>
      <Visible className="strong" text={nameOf(event)} />
      {elsewhere !== null && ` (${elsewhere})`}
    </>
  );
}
