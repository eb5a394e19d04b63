/** Days since 1970-01-01 in the proleptic Gregorian calendar, without a zone. */
export type Day = number;
/** Seconds since 1970-01-01T00:00:00 on the wall clock of the user's zone. */
export type WallTime = number;

export const daySeconds = 86_400;

const floorDiv = (a: number, b: number) => Math.floor(a / b);

/** The day of a year, month from 1 and day of the month; a day past the month's end runs over. */
export function dayOf(year: number, month: number, day: number): Day {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return floorDiv(date.getTime(), daySeconds * 1000);
}

export interface DateParts {
  year: number;
  month: number;
  day: number;
}

export function partsOf(day: Day): DateParts {
  const date = new Date(day * daySeconds * 1000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** 1 = Monday to 7 = Sunday (ISO 8601). */
export const weekdayOf = (day: Day): number => ((((day + 3) % 7) + 7) % 7) + 1;

export const daysInMonth = (year: number, month: number): number => dayOf(year, month + 1, 1) - dayOf(year, month, 1);

export const isRealDate = (year: number, month: number, day: number): boolean =>
  year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);

/** Moves by whole months; the day of the month is held inside the target month. */
export function addMonths(day: Day, months: number): Day {
  const { year, month, day: d } = partsOf(day);
  const index = year * 12 + (month - 1) + months;
  const y = floorDiv(index, 12);
  const m = index - y * 12 + 1;
  return dayOf(y, m, Math.min(d, daysInMonth(y, m)));
}

/** Moves by working days, Monday to Friday. */
export function addWorkingDays(day: Day, count: number): Day {
  const step = count < 0 ? -1 : 1;
  let at = day;
  for (let left = Math.min(Math.abs(count), 3_000); left > 0;) {
    at += step;
    if (weekdayOf(at) <= 5) left--;
  }
  return at;
}

export const mondayOf = (day: Day): Day => day - (weekdayOf(day) - 1);
export const dayOfTime = (time: WallTime): Day => floorDiv(time, daySeconds);
export const secondsOfDay = (time: WallTime): number => time - dayOfTime(time) * daySeconds;
export const at = (day: Day, seconds: number): WallTime => day * daySeconds + seconds;

const two = (n: number) => String(n).padStart(2, '0');

/** `YYYY-MM-DD`. */
export function isoDate(day: Day): string {
  const { year, month, day: d } = partsOf(day);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(d)}`;
}

/** `HH:MM:SS`. */
export function isoClock(seconds: number): string {
  return `${two(floorDiv(seconds, 3600))}:${two(floorDiv(seconds, 60) % 60)}:${two(Math.floor(seconds % 60))}`;
}

/** Reads `YYYY-MM-DD`, or the date part of a longer ISO text; undefined where it is no real date. */
export function parseIsoDate(text: string): Day | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(text);
  if (!found) return undefined;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  return isRealDate(year, month, day) ? dayOf(year, month, day) : undefined;
}
