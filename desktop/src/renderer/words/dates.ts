import { addDays, type Civil, civilFrom, civilOf, clockText, dateText, DAY, daysBetween, isDateOnly, MINUTE, weekdayOf } from './zone.ts';

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
export const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] as const;

/** Now and the zone everything is shown in. */
export interface Here {
  readonly now: number;
  readonly zone: string;
}

const short = (name: string | undefined) => (name ?? '').slice(0, 3);

export const weekdayName = (civil: Civil): string => weekdays[weekdayOf(civil)] ?? '';
export const monthName = (civil: Civil): string => months[civil.month - 1] ?? '';

/** `Fri 27 Nov`, with the year when it is not this one. */
export function dayText(civil: Civil, here: Here): string {
  const year = civil.year === civilOf(here.now, here.zone).year ? '' : ` ${civil.year}`;
  return `${short(weekdayName(civil))} ${civil.day} ${short(monthName(civil))}${year}`;
}

const plural = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;
const inOrAgo = (count: number, unit: string, past: boolean) => (past ? `${plural(count, unit)} ago` : `in ${plural(count, unit)}`);

function relativeDays(days: number): string {
  if (days === 0) return 'today';
  if (days === 1) return 'tomorrow';
  if (days === -1) return 'yesterday';
  const size = Math.abs(days);
  if (size < 14) return inOrAgo(size, 'day', days < 0);
  if (size < 60) return inOrAgo(Math.round(size / 7), 'week', days < 0);
  if (size < 730) return inOrAgo(Math.round(size / 30.4), 'month', days < 0);
  return inOrAgo(Math.round(size / 365.25), 'year', days < 0);
}

/** How far away a stored time is: minutes and hours within the day, calendar days beyond it. */
export function relativeText(value: string, here: Here): string {
  const civil = civilFrom(value, here.zone);
  if (!civil) return '';
  const days = daysBetween(civilOf(here.now, here.zone), civil);
  if (isDateOnly(value) || Math.abs(days) > 1) return relativeDays(days);
  const distance = Date.parse(value) - here.now;
  const minutes = Math.round(Math.abs(distance) / MINUTE);
  if (minutes < 1) return 'now';
  if (minutes < 60) return inOrAgo(minutes, 'minute', distance < 0);
  if (days === 0 || Math.abs(distance) < DAY / 4) return inOrAgo(Math.round(minutes / 60), 'hour', distance < 0);
  return relativeDays(days);
}

/** `Fri 27 Nov, 17:00`; a plain date has no clock time. What is not a time is shown as it is. */
export function absoluteText(value: string, here: Here): string {
  const civil = civilFrom(value, here.zone);
  if (!civil) return value;
  return isDateOnly(value) ? dayText(civil, here) : `${dayText(civil, here)}, ${clockText(civil)}`;
}

/** Both together: `Fri 27 Nov, 17:00 · in 7 days`. */
export function whenText(value: string, here: Here): string {
  const relative = relativeText(value, here);
  return relative === '' ? value : `${absoluteText(value, here)} · ${relative}`;
}

/** A short form for dense rows: the clock time today, `Tomorrow 15:00`, else the day. */
export function briefText(value: string, here: Here): string {
  const civil = civilFrom(value, here.zone);
  if (!civil) return value;
  const days = daysBetween(civilOf(here.now, here.zone), civil);
  const clock = isDateOnly(value) ? '' : clockText(civil);
  const names: Record<string, string> = { '0': 'Today', '1': 'Tomorrow', '-1': 'Yesterday' };
  const day = names[String(days)] ?? dayText(civil, here);
  return clock === '' ? day : `${day}, ${clock}`;
}

/** The same in the middle of a sentence: `tomorrow, 12:00`. */
export const inSentence = (text: string): string => text.replace(/^(?:Today|Tomorrow|Yesterday)\b/, (day) => day.toLowerCase());

/** True when a stored time lies before now (a plain date: before today). */
export function isPast(value: string, here: Here): boolean {
  const civil = civilFrom(value, here.zone);
  if (!civil) return false;
  return isDateOnly(value) ? daysBetween(civilOf(here.now, here.zone), civil) < 0 : Date.parse(value) < here.now;
}

/** The Monday of the week a date lies in, at midnight. */
export const startOfWeek = (civil: Civil): Civil => ({ ...addDays(civil, -weekdayOf(civil)), hour: 0, minute: 0 });

/** Heading of a day: `Today · Friday 20 November`. */
export function dayHeading(civil: Civil, here: Here): string {
  const days = daysBetween(civilOf(here.now, here.zone), civil);
  const name = `${weekdayName(civil)} ${civil.day} ${monthName(civil)}`;
  const near: Record<string, string> = { '0': 'Today', '1': 'Tomorrow', '-1': 'Yesterday' };
  const prefix = near[String(days)];
  return prefix ? `${prefix} · ${name}` : name;
}

/** `9 – 15 November 2026`, or with both months where a week crosses them. */
export function weekText(monday: Civil): string {
  const sunday = addDays(monday, 6);
  const from = monday.month === sunday.month ? String(monday.day) : `${monday.day} ${short(monthName(monday))}`;
  return `${from} – ${sunday.day} ${monthName(sunday)} ${sunday.year}`;
}

/** What `<input type="datetime-local">` wants; a plain date starts at 09:00. */
export function inputText(value: string | null, zone: string): string {
  const civil = value === null ? null : civilFrom(value, zone);
  if (!civil || value === null) return '';
  return `${dateText(civil)}T${isDateOnly(value) ? '09:00' : clockText(civil)}`;
}

/** The wall-clock time of an input's text, null when it is empty or half typed. */
export function civilFromInput(text: string): Civil | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?/.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute] = found.slice(1).map((part) => Number(part ?? 0));
  return { year: year ?? 0, month: month ?? 1, day: day ?? 1, hour: hour ?? 0, minute: minute ?? 0 };
}
