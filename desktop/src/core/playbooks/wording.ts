import type { Days } from '../records/zone.ts';
import type { Span } from './times.ts';

/** Days and times in words, in the user's zone. Instants are milliseconds. */
export interface Wording {
  /** `Fri 20 Nov` */
  day(at: number): string;
  /** `17:00` */
  time(at: number): string;
  /** `09:00–10:30`; with the day of its end where that is another. */
  span(span: Span): string;
  /** A date or an instant as records have them: `Fri 20 Nov`, `Fri 20 Nov 17:00`. */
  when(iso: string): string;
}

/** @param timeZone IANA name */
export function wordingIn(timeZone: string, days: Days): Wording {
  const dayFormat = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', day: 'numeric', month: 'short' });
  const timeFormat = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const valid = (at: number, format: Intl.DateTimeFormat) => (Number.isNaN(at) ? '' : format.format(at));
  const day = (at: number) => valid(at, dayFormat).replace(',', '');
  const time = (at: number) => valid(at, timeFormat);
  return {
    day,
    time,
    span: ({ from, to }) => `${time(from)}–${day(from) === day(to) ? '' : `${day(to)} `}${time(to)}`,
    when: (iso) => (iso.length === 10 ? day(days.startOf(iso)) : `${day(Date.parse(iso))} ${time(Date.parse(iso))}`),
  };
}
