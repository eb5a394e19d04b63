import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { addDays, type Civil, civilFrom, dateText, daysBetween, isDateOnly } from '../../words/zone.ts';
import { flagOf, timeOf } from '../records/read.ts';

/** An event on one day: minutes from that day's midnight, cut to the day; `allDay` has no minutes. */
export interface Placed {
  readonly event: StoredRecord;
  readonly allDay: boolean;
  readonly from: number;
  readonly to: number;
  /** Column among the events it overlaps, and how many columns those have. */
  readonly column: number;
  readonly columns: number;
}

const dayMinutes = 24 * 60;
const shortest = 20;

interface Span {
  readonly start: Civil;
  readonly end: Civil;
  readonly allDay: boolean;
}

function spanOf(event: StoredRecord, zone: string): Span | null {
  const [startAt, endAt] = [timeOf(event, 'startAt'), timeOf(event, 'endAt')];
  const start = startAt === null ? null : civilFrom(startAt, zone);
  const end = endAt === null ? start : civilFrom(endAt, zone);
  if (!start || !end || startAt === null) return null;
  return { start, end, allDay: flagOf(event, 'allDay') || isDateOnly(startAt) };
}

const minutesOn = (day: Civil, moment: Civil) => daysBetween(day, moment) * dayMinutes + moment.hour * 60 + moment.minute;

function onDay(event: StoredRecord, span: Span, day: Civil): Placed | null {
  const [from, to] = [minutesOn(day, span.start), minutesOn(day, span.end)];
  /* `endAt` of an all-day event is the day after its last; one that ends where it starts is that whole day. */
  const last = span.allDay ? daysBetween(day, span.end) > 0 || daysBetween(day, span.start) === 0 : to > 0 || (to === from && to >= 0);
  if (from >= dayMinutes || !last) return null;
  return { event, allDay: span.allDay, from: Math.max(0, from), to: Math.min(dayMinutes, Math.max(to, from + shortest)), column: 0, columns: 1 };
}

/** Gives overlapping events columns of their own, as few as they need. */
export function inColumns(placed: readonly Placed[]): Placed[] {
  const sorted = placed.toSorted((a, b) => a.from - b.from || b.to - a.to);
  const done: Placed[] = [];
  let group: Placed[] = [];
  let groupEnd = 0;
  const close = () => {
    const columns = Math.max(1, ...group.map((item) => item.column + 1));
    done.push(...group.map((item) => ({ ...item, columns })));
    group = [];
  };
  for (const item of sorted) {
    if (group.length > 0 && item.from >= groupEnd) close();
    const taken = new Set(group.filter((other) => other.to > item.from).map((other) => other.column));
    let column = 0;
    while (taken.has(column)) column++;
    group.push({ ...item, column });
    groupEnd = group.length === 1 ? item.to : Math.max(groupEnd, item.to);
  }
  close();
  return done;
}

export interface Day {
  readonly date: Civil;
  readonly key: string;
  readonly whole: readonly Placed[];
  readonly timed: readonly Placed[];
}

/** The events of `count` days from `first`, each on every day it touches. */
export function daysOf(events: readonly StoredRecord[], first: Civil, count: number, zone: string): Day[] {
  const spans = events.map((event) => ({ event, span: spanOf(event, zone) }));
  return Array.from({ length: count }, (_, index) => {
    const date = { ...addDays(first, index), hour: 0, minute: 0 };
    const placed = spans.map(({ event, span }) => (span ? onDay(event, span, date) : null)).filter((item) => item !== null);
    return { date, key: dateText(date), whole: placed.filter((item) => item.allDay), timed: inColumns(placed.filter((item) => !item.allDay)) };
  });
}
