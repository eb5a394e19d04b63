import { AdiuvaError } from '../contracts/errors.ts';
import { at, dayOfTime, daySeconds, isoClock, isoDate, parseIsoDate, secondsOfDay, type WallTime } from './civil.ts';

/** An IANA time zone with the two conversions everything here needs. */
export interface Zone {
  readonly name: string;
  /** Seconds east of UTC at an instant (milliseconds since the epoch). */
  offsetAt(instant: number): number;
}

const kept = new Map<string, Zone>();

/** @throws AdiuvaError `request.invalid` for a name the platform does not know */
export function zoneNamed(name: string): Zone {
  const known = kept.get(name);
  if (known) return known;
  const zone: Zone = { name, offsetAt: offsets(formatOf(name)) };
  if (kept.size > 50) kept.clear();
  kept.set(name, zone);
  return zone;
}

/** A zone of one offset, in minutes east of UTC; `name` is only for people. */
export const fixedZone = (name: string, minutes: number): Zone => ({ name, offsetAt: () => minutes * 60 });

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    if (typeof name !== 'string' || name === '') throw new RangeError('no zone');
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      era: 'short',
    });
  } catch (cause) {
    throw new AdiuvaError('request.invalid', { detail: 'timeZone: must be an IANA time zone such as Europe/Berlin', cause });
  }
}

/** Formatting costs microseconds and neighbouring questions repeat, so answers are kept by the quarter of an hour: no zone moves in between. */
function offsets(format: Intl.DateTimeFormat): (instant: number) => number {
  const quarter = 900_000;
  const cache = new Map<number, number>();
  return (instant) => {
    const key = Math.floor(instant / quarter);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const offset = wallOf(format, key * quarter) - (key * quarter) / 1000;
    if (cache.size > 2_000) cache.clear();
    cache.set(key, offset);
    return offset;
  };
}

function wallOf(format: Intl.DateTimeFormat, instant: number): WallTime {
  const part: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(instant)) part[type] = value;
  const year = part['era'] === 'BC' ? 1 - Number(part['year']) : Number(part['year']);
  const date = new Date(0);
  date.setUTCFullYear(year, Number(part['month']) - 1, Number(part['day']));
  return date.getTime() / 1000 + Number(part['hour']) * 3600 + Number(part['minute']) * 60 + Number(part['second']);
}

/** Wall time of an instant. */
export const wallTime = (zone: Zone, instant: number): WallTime => Math.floor(instant / 1000) + zone.offsetAt(instant);

/**
 * The instant of a wall time. A time that a clock change skips moves forward by the size of the gap; one that occurs twice means the first
 * (the rule of RFC 5545 §3.3.5 for local times).
 */
export function instantOf(zone: Zone, wall: WallTime): number {
  const before = zone.offsetAt((wall - daySeconds) * 1000);
  const after = zone.offsetAt((wall + daySeconds) * 1000);
  const early = (wall - Math.max(before, after)) * 1000;
  const late = (wall - Math.min(before, after)) * 1000;
  if (wallTime(zone, early) === wall) return early;
  if (wallTime(zone, late) === wall) return late;
  return (wall - before) * 1000;
}

/** ISO 8601 of an instant with the zone's offset there. */
export function isoInstant(zone: Zone, instant: number): string {
  const offset = zone.offsetAt(instant);
  const wall = Math.floor(instant / 1000) + offset;
  const minutes = Math.abs(Math.round(offset / 60));
  const suffix = `${offset < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${isoDate(dayOfTime(wall))}T${isoClock(secondsOfDay(wall))}${suffix}`;
}

/** ISO 8601 with the zone's offset at that very moment. */
export const isoTime = (zone: Zone, wall: WallTime): string => isoInstant(zone, instantOf(zone, wall));

const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Wall time of an ISO 8601 text: with an offset it is an instant and is turned to the zone, without it is the zone's own clock; a plain date
 * is its midnight. Undefined where it is neither.
 */
export function readIso(zone: Zone, text: string): WallTime | undefined {
  const found = iso.exec(text);
  const day = found ? parseIsoDate(found[1]!) : undefined;
  if (!found || day === undefined) return undefined;
  const [hour, minute, second] = [Number(found[2] ?? 0), Number(found[3] ?? 0), Number(found[4] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const wall = at(day, hour * 3600 + minute * 60 + second);
  return found[5] === undefined ? wall : wallTime(zone, (wall - offsetSeconds(found[5])) * 1000);
}

function offsetSeconds(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -60 : 60) * minutes;
}
