import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { Today } from '../../../bridge/shapes.ts';
import { briefText, dayText, type Here, inSentence } from '../../words/dates.ts';
import { type Civil, civilOf, clockText, daysBetween, knownZone, offsetOf } from '../../words/zone.ts';
import { textOf } from '../records/read.ts';

/** Two events at the same time. Instants in milliseconds. */
export interface Overlap {
  readonly a: StoredRecord;
  readonly b: StoredRecord;
  readonly from: number;
  readonly to: number;
}

const instant = (event: StoredRecord, name: string): number => Date.parse(textOf(event, name));

/** Pairs that overlap now or later, the first to come first. */
export function overlapsOf({ conflicts, events, upcoming }: Pick<Today, 'conflicts' | 'events' | 'upcoming'>, { now }: Here): Overlap[] {
  const known = new Map([...events, ...upcoming].map((record) => [record.id, record]));
  const pairs = conflicts.flatMap(({ a, b }) => {
    const [first, second] = [known.get(a), known.get(b)];
    if (!first || !second) return [];
    const from = Math.max(instant(first, 'startAt'), instant(second, 'startAt'));
    return [{ a: first, b: second, from, to: Math.min(instant(first, 'endAt'), instant(second, 'endAt')) }];
  });
  return pairs.filter(({ to }) => to > now).sort((x, y) => x.from - y.from);
}

const sameDay = (a: Civil, b: Civil) => daysBetween(a, b) === 0;

/** `tomorrow, 23:30 – 00:15`, with both days where there is a whole one between them: in the zone of the user, whatever zones the events are in. */
export function overlapText({ from, to }: Overlap, here: Here): string {
  const [start, end] = [civilOf(from, here.zone), civilOf(to, here.zone)];
  const far = !sameDay(start, end) && to - from > 12 * 3_600_000;
  return `${inSentence(briefText(new Date(from).toISOString(), here))} – ${far ? `${dayText(end, here)}, ` : ''}${clockText(end)}`;
}

const placeOf = (zone: string) => zone.split('/').at(-1)?.replaceAll('_', ' ') ?? zone;

/** `06:00 in New York`, for an event of another zone than the user's, where the clocks differ at that time. */
export function elsewhereText(event: StoredRecord, { zone }: Here): string | null {
  const own = textOf(event, 'timeZone');
  const start = instant(event, 'startAt');
  // UTC is what an event has that was given no zone.
  if (own === '' || own === 'UTC' || knownZone(own) !== own || Number.isNaN(start) || offsetOf(start, own) === offsetOf(start, zone)) return null;
  return `${clockText(civilOf(start, own))} in ${placeOf(own)}`;
}
