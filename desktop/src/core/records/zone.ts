export const dayMs = 86_400_000;

/** The date `days` after a calendar date (`2026-11-20`). */
export const addDays = (date: string, days: number): string => new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);

/** Calendar days as they are in one zone. Instants are milliseconds. */
export interface Days {
  /** The calendar date of an instant. */
  dateOf(at: number): string;
  /** The first instant of a calendar date. */
  startOf(date: string): number;
  /** The instant a record's time stands for: an ISO time is itself, a date is its first instant. */
  instantOf(when: string): number;
}

/** @param timeZone IANA name */
export function daysIn(timeZone: string): Days {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const starts = new Map<string, number>();

  /** By bisection, so that it holds where clocks change at midnight and the day starts at 01:00. No zone is more than a day away from UTC. */
  function findStart(date: string): number {
    const utc = Date.parse(`${date}T00:00:00Z`);
    let [before, from] = [utc - dayMs, utc + dayMs];
    while (from - before > 1) {
      const middle = Math.floor((before + from) / 2);
      if (format.format(middle) >= date) from = middle;
      else before = middle;
    }
    return from;
  }

  function startOf(date: string): number {
    const start = starts.get(date) ?? findStart(date);
    starts.set(date, start);
    return start;
  }

  return { dateOf: (at) => format.format(at), startOf, instantOf: (when) => (when.length === 10 ? startOf(when) : Date.parse(when)) };
}
