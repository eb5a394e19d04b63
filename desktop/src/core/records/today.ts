import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { PlanView, Today } from '../../bridge/shapes.ts';
import type { Tables } from '../store/store.ts';
import { addDays, dayMs, daysIn, type Days } from './zone.ts';

/** Most rows of one kind that are looked at: who has more open tasks due needs a list, not a day. */
const most = 1_000;
const aheadDays = 7;

/** The day around `now`: its first instant, the first of the next day, and the first after the week ahead (ms). */
interface Day extends Days {
  readonly now: number;
  readonly starts: number;
  readonly ends: number;
  readonly weekEnds: number;
}

function dayOf(days: Days, now: number): Day {
  const date = days.dateOf(now);
  const start = (later: number) => days.startOf(addDays(date, later));
  return { ...days, now, starts: start(0), ends: start(1), weekEnds: start(1 + aheadDays) };
}

type Due = 'overdue' | 'dueToday' | 'upcoming' | 'later';

/** A date is over when its day is; an instant when it has passed. */
function dueOf(day: Day, task: StoredRecord): Due {
  const dueAt = task.fields['dueAt'];
  if (typeof dueAt !== 'string') return 'later';
  const at = day.instantOf(dueAt);
  if (at < (dueAt.length === 10 ? day.starts : day.now)) return 'overdue';
  return at < day.ends ? 'dueToday' : at < day.weekEnds ? 'upcoming' : 'later';
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** First instant and the one after the last; a date that ends where it starts is that whole day. */
function spanOf(days: Days, { fields }: StoredRecord): Span {
  const startAt = String(fields['startAt']);
  const [from, to] = [days.instantOf(startAt), days.instantOf(String(fields['endAt']))];
  return { from, to: startAt.length === 10 && to <= from ? days.startOf(addDays(startAt, 1)) : to };
}

const touches = (span: Span, from: number, to: number) => span.from < to && (span.to > from || span.from >= from);

/** Pairs of timed events that overlap; one that starts when another ends does not. */
function conflictsOf(days: Days, events: readonly StoredRecord[]): Today['conflicts'] {
  const timed = events.filter(({ fields }) => fields['allDay'] !== true && String(fields['startAt']).length > 10);
  const spans = timed.map((event) => ({ id: event.id, ...spanOf(days, event) })).sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  return spans.flatMap((a, i) => {
    const later = spans.slice(i + 1);
    const until = later.findIndex((b) => b.from >= a.to);
    return later.slice(0, until < 0 ? undefined : until).flatMap((b) => (a.from < b.to ? { a: a.id, b: b.id } : []));
  });
}

const firstInstant = (days: Days, { type, fields }: StoredRecord) => days.instantOf(String(type === 'event' ? fields['startAt'] : fields['dueAt']));

/** What the day holds, in the user's zone (IANA); `now` in milliseconds. Repeating records count once, on their first date. */
export async function todayOf(t: Tables, now: number, zone: string, waitingPlans: PlanView[]): Promise<Today> {
  const day = dayOf(daysIn(zone), now);
  // The store takes a plain date for a day of UTC, so it is asked for a day more on both sides.
  const [from, to] = [new Date(day.starts - dayMs).toISOString(), new Date(day.weekEnds + dayMs).toISOString()];
  const tasks = (await t.records.list({ type: 'task', status: 'open', to, limit: most })).records;
  const events = (await t.records.list({ type: 'event', from, to, limit: most })).records;
  const due = (which: Due) => tasks.filter((task) => dueOf(day, task) === which);
  const within = (begin: number, end: number) => events.filter((event) => touches(spanOf(day, event), begin, end));
  const today = within(day.starts, day.ends);
  const ahead = within(day.ends, day.weekEnds).filter((event) => !today.includes(event));
  const upcoming = [...due('upcoming'), ...ahead].sort((a, b) => firstInstant(day, a) - firstInstant(day, b));
  return { overdue: due('overdue'), dueToday: due('dueToday'), events: today, conflicts: conflictsOf(day, [...today, ...ahead]), upcoming, waitingPlans };
}
