import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { PlanView, Today } from '../../bridge/shapes.ts';
import type { Tables } from '../store/store.ts';
import { addDays, dateIn, dayMs, instantOf, startOfDay } from './zone.ts';

/** Most rows of one kind that are looked at: who has more open tasks due needs a list, not a day. */
const most = 1_000;
const aheadDays = 7;

/** The day around `now` (ms) in a zone: calendar date, first instant, first instant of the next day and of the day after the week ahead. */
interface Day {
  readonly zone: string;
  readonly now: number;
  readonly date: string;
  readonly starts: number;
  readonly ends: number;
  readonly weekEnds: number;
}

function dayOf(zone: string, now: number): Day {
  const date = dateIn(zone, now);
  const start = (days: number) => startOfDay(zone, addDays(date, days));
  return { zone, now, date, starts: start(0), ends: start(1), weekEnds: start(1 + aheadDays) };
}

type Due = 'overdue' | 'dueToday' | 'upcoming' | 'later';

/** A date is over when its day is; an instant when it has passed. */
function dueOf(day: Day, task: StoredRecord): Due {
  const dueAt = task.fields['dueAt'];
  if (typeof dueAt !== 'string') return 'later';
  const at = instantOf(day.zone, dueAt);
  if (at < (dueAt.length === 10 ? day.starts : day.now)) return 'overdue';
  return at < day.ends ? 'dueToday' : at < day.weekEnds ? 'upcoming' : 'later';
}

/** First instant and the one after the last; a date that ends where it starts is that whole day. */
function spanOf(zone: string, { fields }: StoredRecord): { from: number; to: number } {
  const [startAt, endAt] = [String(fields['startAt']), String(fields['endAt'])];
  const from = instantOf(zone, startAt);
  const to = instantOf(zone, endAt);
  return { from, to: startAt.length === 10 && to <= from ? startOfDay(zone, addDays(startAt, 1)) : to };
}

const touches = (span: { from: number; to: number }, from: number, to: number) => span.from < to && (span.to > from || span.from >= from);

/** Pairs of timed events that overlap; one that starts when another ends does not. */
function conflictsOf(zone: string, events: readonly StoredRecord[]): Today['conflicts'] {
  const timed = events.filter(({ fields }) => fields['allDay'] !== true && String(fields['startAt']).length > 10);
  const spans = timed.map((event) => ({ id: event.id, ...spanOf(zone, event) })).sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  return spans.flatMap((a, i) =>
    spans
      .slice(i + 1)
      .filter((b) => b.from < a.to && a.from < b.to)
      .map((b) => ({ a: a.id, b: b.id })),
  );
}

const firstInstant = (zone: string, { type, fields }: StoredRecord) => instantOf(zone, String(type === 'event' ? fields['startAt'] : fields['dueAt']));

/** What the day holds, in the user's zone (IANA); `now` in milliseconds. Repeating records count once, on their first date. */
export async function todayOf(t: Tables, now: number, zone: string, waitingPlans: PlanView[]): Promise<Today> {
  const day = dayOf(zone, now);
  // The store takes a plain date for a day of UTC, so it is asked for a day more on both sides.
  const [from, to] = [new Date(day.starts - dayMs).toISOString(), new Date(day.weekEnds + dayMs).toISOString()];
  const tasks = (await t.records.list({ type: 'task', status: 'open', to, limit: most })).records;
  const events = (await t.records.list({ type: 'event', from, to, limit: most })).records;
  const due = (which: Due) => tasks.filter((task) => dueOf(day, task) === which);
  const within = (from: number, until: number) => events.filter((event) => touches(spanOf(zone, event), from, until));
  const eventsToday = within(day.starts, day.ends);
  const eventsAhead = within(day.ends, day.weekEnds).filter((event) => !eventsToday.includes(event));
  const upcoming = [...due('upcoming'), ...eventsAhead].sort((a, b) => firstInstant(zone, a) - firstInstant(zone, b));
  return {
    overdue: due('overdue'),
    dueToday: due('dueToday'),
    events: eventsToday,
    conflicts: conflictsOf(zone, [...eventsToday, ...eventsAhead]),
    upcoming,
    waitingPlans,
  };
}
