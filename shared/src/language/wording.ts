import { daySeconds, dayOfTime, parseIsoDate, partsOf, secondsOfDay, weekdayOf, type Day, type WallTime } from './civil.ts';
import { readIso, type Zone } from './zone.ts';

const weekdayNames = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const monthNames = ['', 'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const markup = /[\\`*_{}[\]<>#|~!]/g;
// eslint-disable-next-line no-control-regex
const invisible = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Text of a record as one line that cannot act as markup; control and direction characters become a visible sign. */
export function shown(text: unknown, max = 120): string {
  const line = String(text ?? '')
    .slice(0, max * 2)
    .replace(/[\r\n\t]+/g, ' ')
    .replace(invisible, '\u2423')
    .trim();
  const cut = Array.from(line).slice(0, max).join('');
  return `${cut.replace(markup, '\\$&')}${cut.length < line.length ? '…' : ''}`;
}

export const bold = (text: unknown): string => `**${shown(text) || 'untitled'}**`;

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** `Fri 27 Nov`, with the year where it is not this one. */
export function dayWords(day: Day, today: Day): string {
  const { year, month, day: d } = partsOf(day);
  return `${weekdayNames[weekdayOf(day)]} ${d} ${monthNames[month]}${year === partsOf(today).year ? '' : ` ${year}`}`;
}

export function relativeDay(day: Day, today: Day): string {
  const n = day - today;
  if (n === 0) return 'today';
  if (Math.abs(n) === 1) return n > 0 ? 'tomorrow' : 'yesterday';
  return n > 0 ? `in ${n} days` : `${-n} days ago`;
}

const two = (n: number) => String(n).padStart(2, '0');
export const clockWords = (wall: WallTime): string => `${two(Math.floor(secondsOfDay(wall) / 3600))}:${two(Math.floor(secondsOfDay(wall) / 60) % 60)}`;

/** A date or time of a record, relative and absolute: `Fri 27 Nov, 17:00 · in 7 days`. */
export function whenWords(value: string, zone: Zone, now: WallTime): string {
  const wall = readIso(zone, value);
  if (wall === undefined) return shown(value);
  const day = value.includes('T') ? dayOfTime(wall) : parseIsoDate(value)!;
  const time = value.includes('T') ? `, ${clockWords(wall)}` : '';
  return `${dayWords(day, dayOfTime(now))}${time} · ${relativeDay(day, dayOfTime(now))}`;
}

/** Start and end of an event in one phrase. */
export function stretchWords(startAt: string, endAt: string, zone: Zone, now: WallTime): string {
  const [start, end] = [readIso(zone, startAt), readIso(zone, endAt)];
  const today = dayOfTime(now);
  if (start !== undefined && !startAt.includes('T') && !endAt.includes('T') && end !== undefined && end - start > daySeconds)
    return `${dayWords(dayOfTime(start), today)} to ${dayWords(dayOfTime(end) - 1, today)} · ${relativeDay(dayOfTime(start), today)}`;
  if (start === undefined || end === undefined || !startAt.includes('T')) return whenWords(startAt, zone, now);
  const tail = dayOfTime(start) === dayOfTime(end) ? clockWords(end) : `${dayWords(dayOfTime(end), today)}, ${clockWords(end)}`;
  return `${dayWords(dayOfTime(start), today)}, ${clockWords(start)}–${tail} · ${relativeDay(dayOfTime(start), today)}`;
}

export const list = (lines: readonly string[], max = 20): string =>
  [...lines.slice(0, max).map((line) => `- ${line}`), ...(lines.length > max ? [`- and ${lines.length - max} more`] : [])].join('\n');

const every: Readonly<Record<string, readonly [string, string]>> = {
  SECONDLY: ['second', 'seconds'],
  MINUTELY: ['minute', 'minutes'],
  HOURLY: ['hour', 'hours'],
  DAILY: ['day', 'days'],
  WEEKLY: ['week', 'weeks'],
  MONTHLY: ['month', 'months'],
  YEARLY: ['year', 'years'],
};
const codeNames: Readonly<Record<string, string>> = { MO: 'Mon', TU: 'Tue', WE: 'Wed', TH: 'Thu', FR: 'Fri', SA: 'Sat', SU: 'Sun' };

/** An RRULE value in words, as far as this room writes them. */
export function repeatWords(rule: string): string {
  const part = Object.fromEntries(rule.split(';').map((piece) => piece.split('=') as [string, string]));
  const [one, many] = every[part['FREQ'] ?? ''] ?? ['time', 'times'];
  const interval = Number(part['INTERVAL'] ?? 1);
  const days = part['BYDAY']
    ? ` on ${part['BYDAY']
        .split(',')
        .map((d) => d.replace(/[A-Z]{2}$/, (c) => codeNames[c] ?? c))
        .join(', ')}`
    : '';
  const date = part['BYMONTHDAY'] ? ` on day ${part['BYMONTHDAY']}` : '';
  return `every ${interval === 1 ? one : `${interval} ${many}`}${days}${date}`;
}
