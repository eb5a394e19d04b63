import { instantOf, isoInstant, wallTime, type Zone } from '@adiuva/shared/language/zone.ts';
import { midnight, midnightAfter, type Span } from './occurrences.ts';

/** Stretches of time that tools can be asked about. */
export const periods = [
  'yesterday',
  'today',
  'tomorrow',
  'last_week',
  'this_week',
  'next_week',
  'last_month',
  'this_month',
  'next_month',
  'last_7_days',
  'next_7_days',
  'next_14_days',
  'next_30_days',
] as const;
export type Period = (typeof periods)[number];

/** 1 = Monday to 7 = Sunday. */
export const dayOfWeek = (at: number, zone: Zone): number => ((Math.floor(wallTime(zone, at) / 86_400) + 3) % 7) + 1;

/** The span of a period on the user's days. Weeks begin on Monday (ISO 8601). */
export function spanOf(period: Period, now: number, zone: Zone): Span {
  const days = (from: number, to: number): Span => ({ start: midnightAfter(now, from, zone), end: midnightAfter(now, to, zone) });
  const sinceMonday = dayOfWeek(now, zone) - 1;
  const weeks = (offset: number) => days(offset * 7 - sinceMonday, offset * 7 - sinceMonday + 7);
  const table: { readonly [P in Period]: () => Span } = {
    yesterday: () => days(-1, 0),
    today: () => days(0, 1),
    tomorrow: () => days(1, 2),
    last_week: () => weeks(-1),
    this_week: () => weeks(0),
    next_week: () => weeks(1),
    last_month: () => month(now, -1, zone),
    this_month: () => month(now, 0, zone),
    next_month: () => month(now, 1, zone),
    last_7_days: () => days(-6, 1),
    next_7_days: () => days(0, 7),
    next_14_days: () => days(0, 14),
    next_30_days: () => days(0, 30),
  };
  return table[period]();
}

function month(now: number, offset: number, zone: Zone): Span {
  const here = new Date(wallTime(zone, now) * 1_000);
  const first = (months: number) => instantOf(zone, Date.UTC(here.getUTCFullYear(), here.getUTCMonth() + months, 1) / 1_000);
  return { start: first(offset), end: first(offset + 1) };
}

/** The span of the same kind before a period's, with which it can be compared. */
export function spanBefore(period: Period, now: number, zone: Zone): Span {
  const span = spanOf(period, now, zone);
  if (period.endsWith('_month')) return month(span.start, -1, zone);
  const length = Math.round((span.end - span.start) / 86_400_000);
  return { start: midnightAfter(span.start, -length, zone), end: span.start };
}

export const periodWords = (period: Period): string => period.replaceAll('_', ' ');

/** The period a message names, or undefined. */
export function periodIn(message: string): Period | undefined {
  const text = message.toLowerCase();
  return (
    periods.find((period) => text.includes(periodWords(period))) ??
    (/\bweekly\b/.test(text) ? 'this_week' : /\bmonthly\b/.test(text) ? 'this_month' : undefined)
  );
}

/** ISO 8601 with the zone's offset. */
export const iso = (at: number, zone: Zone): string => isoInstant(zone, at);

/** `YYYY-MM-DD` on the user's days. */
export const isoDay = (at: number, zone: Zone): string => iso(midnight(at, zone), zone).slice(0, 10);
