import { CalendarX, Sun } from 'lucide-react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { ReactNode } from 'react';
import type { Today } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useQuery } from '../../data/hooks.ts';
import { useCommands } from '../../keys/use-commands.ts';
import { Button } from '../../ui/button.tsx';
import { Answer, Empty } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { monthName, weekdayName } from '../../words/dates.ts';
import { civilOf } from '../../words/zone.ts';
import { EventButton } from '../calendar/event-button.tsx';
import { WordsBanner } from '../onboarding/words-banner.tsx';
import { PlanCard } from '../plans/plan-card.tsx';
import { flagOf, nameOf } from '../records/read.ts';
import { newChat } from '../shell/acts.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { TaskRow } from '../tasks/task-row.tsx';
import '../calendar/calendar.css';
import './today.css';

/** What the day holds: what waits for a decision, what is due, what is planned, what is next. */
export function TodayScreen() {
  const { cache } = useApp();
  const here = useHere();
  const today = civilOf(here.now, here.zone);
  const entry = useQuery('today.get', undefined);
  useCommands({ focusPlan: () => document.querySelector<HTMLElement>('.plan[data-state="proposed"]')?.focus() });
  return (
    <>
      <ScreenHead title="Today" note={`${weekdayName(today)} ${today.day} ${monthName(today)} ${today.year}`} />
      <div className="screen-body">
        <div className="reading today">
          <WordsBanner />
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

function Conflicts({ data }: { data: Today }) {
  const named = new Map([...data.events, ...data.upcoming].map((event) => [event.id, event]));
  const pairs = data.conflicts.map(({ a, b }) => [named.get(a), named.get(b)] as const).filter(([a, b]) => a && b);
  if (pairs.length === 0) return null;
  return (
    <div className="notice warn">
      <CalendarX size={17} aria-hidden />
      <ul>
        {pairs.map(([a, b]) => (
          <li key={`${a?.id}-${b?.id}`}>
            {a && <Visible className="strong" text={nameOf(a)} />} and {b && <Visible className="strong" text={nameOf(b)} />} overlap.
          </li>
        ))}
      </ul>
    </div>
  );
}
