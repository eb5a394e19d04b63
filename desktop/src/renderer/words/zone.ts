/** A wall-clock time in some zone; `month` from 1. */
export interface Civil {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

export const MINUTE = 60_000;
export const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, calendar: 'gregory', hourCycle: 'h23', ...numeric });
  formats.set(zone, made);
  return made;
}

/** The zone itself when the platform knows it, else UTC: a bad setting never breaks a screen. */
export function knownZone(zone: string): string {
  try {
    formatOf(zone);
    return zone;
  } catch {
    return 'UTC';
  }
}

/** Wall-clock time of an instant (ms since the epoch) in an IANA zone. */
export function civilOf(instant: number, zone: string): Civil {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(instant)
      .map((part) => [part.type, Number(part.value)]),
  );
  const at = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return { year: at('year'), month: at('month'), day: at('day'), hour: at('hour'), minute: at('minute') };
}

const asUtc = (civil: Civil) => Date.UTC(civil.year, civil.month - 1, civil.day, civil.hour, civil.minute);

/** Minutes east of UTC at an instant. */
export function offsetOf(instant: number, zone: string): number {
  return Math.round((asUtc(civilOf(instant, zone)) - Math.floor(instant / MINUTE) * MINUTE) / MINUTE);
}

/** The instant of a wall-clock time. A time that a clock change skips moves forward by the gap; one that it repeats is the first of the two. */
export function instantOf(civil: Civil, zone: string): number {
  const utc = asUtc(civil);
  const before = utc - offsetOf(utc - DAY, zone) * MINUTE;
  const after = utc - offsetOf(utc + DAY, zone) * MINUTE;
  const exact = [before, after].filter((instant) => asUtc(civilOf(instant, zone)) === utc);
  return exact.length > 0 ? Math.min(...exact) : Math.max(before, after);
}

const pad = (value: number, size = 2) => String(value).padStart(size, '0');

export const dateText = (civil: Civil): string => `${pad(civil.year, 4)}-${pad(civil.month)}-${pad(civil.day)}`;
export const clockText = (civil: Civil): string => `${pad(civil.hour)}:${pad(civil.minute)}`;

/** ISO 8601 with the zone's offset at that time, as `2026-11-27T17:00:00+01:00`. */
export function isoOf(civil: Civil, zone: string): string {
  const offset = offsetOf(instantOf(civil, zone), zone);
  const size = Math.abs(offset);
  return `${dateText(civil)}T${clockText(civil)}:00${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** A civil date moved by whole days, the clock time kept. */
export function addDays(civil: Civil, days: number): Civil {
  const moved = new Date(asUtc(civil) + days * DAY);
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate(), hour: civil.hour, minute: civil.minute };
}

/** 0 = Monday … 6 = Sunday. */
export const weekdayOf = (civil: Civil): number => (new Date(asUtc(civil)).getUTCDay() + 6) % 7;

/** Whole calendar days from one date to another, clock times ignored. */
export function daysBetween(from: Civil, to: Civil): number {
  const midnight = (civil: Civil) => Date.UTC(civil.year, civil.month - 1, civil.day);
  return Math.round((midnight(to) - midnight(from)) / DAY);
}

const dateOnly = /^(\d{4})-(\d{2})-(\d{2})$/;

/** True for a value that names a day and no time. */
export const isDateOnly = (value: string): boolean => dateOnly.test(value);

/** A stored time (ISO with offset, or a plain date) as wall-clock time in `zone`; null when it is neither. */
export function civilFrom(value: string, zone: string): Civil | null {
  const day = dateOnly.exec(value);
  if (day) return { year: Number(day[1]), month: Number(day[2]), day: Number(day[3]), hour: 0, minute: 0 };
  const instant = Date.parse(value);
  return Number.isNaN(instant) ? null : civilOf(instant, zone);
}
