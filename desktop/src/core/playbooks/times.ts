import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { addDays, type Days } from '../records/zone.ts';

/** Milliseconds; without its end. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When an event is; a date that ends where it starts is that whole day. */
export function spanOf(days: Days, { fields }: StoredRecord): Span {
  const startAt = String(fields['startAt']);
  const [from, to] = [days.instantOf(startAt), days.instantOf(String(fields['endAt']))];
  return { from, to: startAt.length === 10 && to <= from ? days.startOf(addDays(startAt, 1)) : to };
}

export const touching = (a: Span, b: Span): boolean => a.from < b.to && (a.to > b.from || a.from >= b.from);

/** A stretch of a day between two times of its wall clock, as 09:00, that has not passed. */
export function daySpan(days: Days, date: string, { earliest, latest }: { earliest: string; latest: string }, now: number): Span {
  const at = (clock: string) => atWall(days, date, Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)));
  const grid = 15 * 60_000;
  return { from: Math.max(at(earliest), Math.ceil(now / grid) * grid), to: at(latest) };
}

/** Also on days whose length is not 24 hours: the noon of every day is 12 hours before its 24 o'clock, but for the change, which comes at night. */
function atWall(days: Days, date: string, minutes: number): number {
  const next = days.startOf(addDays(date, 1));
  return minutes * 60_000 > 3 * 3_600_000 ? next - (24 * 60 - minutes) * 60_000 : days.startOf(date) + minutes * 60_000;
}

/** What of `span` none of `busy` takes, where it is at least `least` milliseconds long. */
export function freeIn(span: Span, busy: readonly Span[], least: number): Span[] {
  const free: Span[] = [];
  let from = span.from;
  for (const taken of busy.toSorted((a, b) => a.from - b.from)) {
    if (taken.to <= from || taken.from >= span.to) continue;
    if (taken.from - from >= least) free.push({ from, to: taken.from });
    from = Math.max(from, taken.to);
  }
  return span.to - from >= least ? [...free, { from, to: span.to }] : free;
}

/** Pairs of events that want the same time, and that time; one that begins when another ends does not. */
export function conflictsIn(days: Days, events: readonly StoredRecord[]): [StoredRecord, StoredRecord, Span][] {
  const timed = events.map((event) => ({ event, ...spanOf(days, event) })).sort((a, b) => a.from - b.from || (a.event.id < b.event.id ? -1 : 1));
  return timed.flatMap((a, index) => {
    const later = timed.slice(index + 1);
    const until = later.findIndex((b) => b.from >= a.to);
    return later
      .slice(0, until < 0 ? undefined : until)
      .filter((b) => b.to > b.from)
      .map((b): [StoredRecord, StoredRecord, Span] => [a.event, b.event, { from: b.from, to: Math.min(a.to, b.to) }]);
  });
}
