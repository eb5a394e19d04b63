import { dayOfWeek } from './days.ts';
import { midnight, midnightAfter, type Occurrence, type Span } from './occurrences.ts';
import { wallTime, type Zone } from '@adiuva/shared/language/zone.ts';

/** Two things at the same time. `whole-day`: one of them takes a day as a whole, which may be meant so. */
export interface Conflict {
  readonly kind: 'overlap' | 'whole-day';
  readonly a: Occurrence;
  readonly b: Occurrence;
  /** Milliseconds both want. */
  readonly shared: number;
}

/** More than this is a list nobody reads; the first ones are kept. */
const mostConflicts = 100;

/** Pairs that overlap, in order of time. Two whole days beside each other are no conflict: birthdays and holidays share their day. */
export function conflictsAmong(occurrences: readonly Occurrence[]): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const [index, a] of occurrences.entries()) {
    for (const b of occurrences.slice(index + 1)) {
      if (b.start >= a.end || conflicts.length >= mostConflicts) break;
      const shared = Math.min(a.end, b.end) - b.start;
      if (shared > 0 && a.id !== b.id && !(a.allDay && b.allDay)) conflicts.push({ kind: a.allDay || b.allDay ? 'whole-day' : 'overlap', a, b, shared });
    }
  }
  return conflicts;
}

/** Hours of the day in which something may be put, as seconds of the wall clock. */
export const workHours = { from: 9 * 3_600, to: 18 * 3_600 } as const;

/** Parts of a span within working hours, day by day; Saturdays and Sundays only where `weekends` says so. */
export function workingSpans(span: Span, zone: Zone, weekends = false): Span[] {
  const spans: Span[] = [];
  for (let day = midnight(span.start, zone); day < span.end && spans.length < 400; day = midnightAfter(day, 1, zone)) {
    if (!weekends && dayOfWeek(day, zone) > 5) continue;
    const hours = { start: atWall(day, workHours.from, zone), end: atWall(day, workHours.to, zone) };
    const [start, end] = [Math.max(hours.start, span.start), Math.min(hours.end, span.end)];
    if (start < end) spans.push({ start, end });
  }
  return spans;
}

/** The moment a day's wall clock shows so many seconds, also on days whose length is not 24 hours. */
const atWall = (day: number, seconds: number, zone: Zone): number => {
  const guess = day + seconds * 1_000;
  return guess - (wallTime(zone, guess) - wallTime(zone, day) - seconds) * 1_000;
};

/** What is free in a span. Whole days do not take hours away; who keeps them free says so. */
export function gapsIn(span: Span, occurrences: readonly Occurrence[]): Span[] {
  const gaps: Span[] = [];
  let at = span.start;
  for (const { start, end, allDay } of occurrences) {
    if (allDay || end <= at || start >= span.end) continue;
    if (start > at) gaps.push({ start: at, end: start });
    at = Math.max(at, end);
  }
  return at < span.end ? [...gaps, { start: at, end: span.end }] : gaps;
}

/** Half hours are where people begin meetings. */
const grid = 30 * 60_000;

/** Free times of a length within spans, each begun on the half hour, at most `most`, spread so that no gap gives more than two. */
export function slotsOf(length: number, spans: readonly Span[], occurrences: readonly Occurrence[], most: number): Span[] {
  const slots: Span[] = [];
  for (const span of spans) {
    const days = occurrences.filter(({ start, end }) => start < span.end && end > span.start);
    for (const gap of gapsIn(span, days)) {
      const first = Math.ceil(gap.start / grid) * grid;
      for (let at = first, taken = 0; at + length <= gap.end && taken < 2; at += Math.max(grid, Math.ceil(length / grid) * grid), taken++)
        slots.push({ start: at, end: at + length });
      if (slots.length >= most) return slots.slice(0, most);
    }
  }
  return slots;
}

/** Moving one of two clashing events: which, where to, and why that one. */
export interface Move {
  readonly conflict: Conflict;
  readonly event: Occurrence;
  readonly to: Span;
  readonly reason: string;
}

/** What to do about conflicts; `stuck` are those that no move solves. */
export interface Moves {
  readonly moves: readonly Move[];
  readonly stuck: readonly { readonly conflict: Conflict; readonly reason: string }[];
}

/**
 * A move for each conflict of timed events: of the two the one that can move with less harm (no series, then the user's own, then the shorter,
 * then the later), to the next free time of its length in working hours, the same day first. A time that one move takes is not given to the next.
 */
export function movesFor(conflicts: readonly Conflict[], occurrences: readonly Occurrence[], search: readonly Span[]): Moves {
  const moves: Move[] = [];
  const stuck: { conflict: Conflict; reason: string }[] = [];
  let taken = [...occurrences];
  for (const conflict of conflicts) {
    if (conflict.kind !== 'overlap' || moves.some(({ event }) => event === conflict.a || event === conflict.b)) continue;
    const event = movable(conflict);
    if (!event) {
      stuck.push({ conflict, reason: 'both repeat, and a single time of a series cannot be moved here' });
      continue;
    }
    const others = taken.filter((occurrence) => occurrence !== event);
    const later = search.map(({ start, end }) => ({ start: Math.max(start, event.start), end })).filter(({ start, end }) => start < end);
    const to = slotsOf(event.end - event.start, later, others, 1)[0];
    if (!to) {
      stuck.push({ conflict, reason: 'no free time of its length was found in working hours' });
      continue;
    }
    moves.push({ conflict, event, to, reason: reasonFor(event, conflict) });
    taken = [...others, { ...event, ...to }].toSorted((a, b) => a.start - b.start);
  }
  return { moves, stuck };
}

const length = ({ start, end }: Span): number => end - start;

function movable({ a, b }: Conflict): Occurrence | undefined {
  const single = [a, b].filter(({ recurs }) => !recurs);
  const own = single.filter(({ provenance }) => provenance === 'user');
  const pool = own.length > 0 ? own : single;
  return pool.toSorted((x, y) => length(x) - length(y) || y.start - x.start)[0];
}

function reasonFor(event: Occurrence, { a, b }: Conflict): string {
  const other = event === a ? b : a;
  if (other.recurs) return 'the other one repeats';
  if (other.provenance !== event.provenance) return 'the other one came from somebody else';
  return length(event) < length(other) ? 'it is the shorter one' : 'it begins later';
}
