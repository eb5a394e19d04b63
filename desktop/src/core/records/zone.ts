export const dayMs = 86_400_000;

/** Calendar date (`2026-11-20`) of an instant (ms) in an IANA zone. */
export function dateIn(timeZone: string, at: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/** The date `days` after a calendar date. */
export const addDays = (date: string, days: number): string => new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);

/**
 * The first instant (ms) of a calendar date in a zone: found by bisection, so it holds where clocks change at midnight and that day starts at 01:00.
 * No zone is more than a day away from UTC.
 */
export function startOfDay(timeZone: string, date: string): number {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const utc = Date.parse(`${date}T00:00:00Z`);
  let [before, from] = [utc - dayMs, utc + dayMs];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (format.format(middle) >= date) from = middle;
    else before = middle;
  }
  return from;
}

/** The first instant a record's time stands for: an ISO time is itself, a date is its start in the zone. */
export const instantOf = (timeZone: string, when: string): number => (when.length === 10 ? startOfDay(timeZone, when) : Date.parse(when));
