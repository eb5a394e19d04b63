import type { ChatContext, ContextRecord, Provenance } from '@adiuva/shared/contracts/chat.ts';
import type { Fields } from '@adiuva/shared/contracts/records.ts';
import { instantOf, isoTime, wallTime, zoneNamed, type Zone } from '@adiuva/shared/language/zone.ts';
import { momentOf, seenEvents, zoneOf } from './context-view.ts';

/** One time that an event takes place. A record that recurs has many of them under one id. */
export interface Occurrence {
  readonly id: string;
  readonly title: string;
  readonly provenance: Provenance;
  /** Milliseconds since the epoch; an all-day event is the user's own days, whole. */
  readonly start: number;
  readonly end: number;
  readonly allDay: boolean;
  readonly recurs: boolean;
}

/** What was found, and what could not be looked at: records without times that hold, or with a rule nobody can expand. */
export interface Occurrences {
  readonly found: readonly Occurrence[];
  readonly unread: readonly string[];
}

/** A stretch of time in milliseconds since the epoch, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const mostInAll = 3_000;
const dayMs = 86_400_000;

/** Work that the rules of one context may cause together; those beyond it are not expanded, and count as not read. */
const mostWork = 4_000;

/** Several tools of a turn ask for the same. */
const kept = new WeakMap<ChatContext, Map<string, Promise<Occurrences>>>();

/** Everything that takes place within a span, in order of time: recurring events expanded in their own zone, all-day events on the days of the user. */
export function occurrencesIn(context: ChatContext, span: Span): Promise<Occurrences> {
  const spans = kept.get(context) ?? new Map<string, Promise<Occurrences>>();
  kept.set(context, spans);
  const key = `${span.start}/${span.end}`;
  const known = spans.get(key) ?? expand(context, span);
  if (spans.size > 20) spans.clear();
  spans.set(key, known);
  return known;
}

async function expand(context: ChatContext, span: Span): Promise<Occurrences> {
  const { costOf } = await import('./recurrence.ts');
  const found: Occurrence[] = [];
  const unread: string[] = [];
  let work = 0;
  for (const event of seenEvents(context)) {
    const rule = event['recurrence'];
    const cost = typeof rule === 'string' && rule !== '' ? costOf(rule) : 0;
    const times = cost === undefined || work + cost > mostWork ? undefined : await timesOf(event, zoneOf(context), span);
    work += times ? (cost ?? 0) : 0;
    if (!times) unread.push(event.id);
    else found.push(...times.map((time) => ({ ...time, id: event.id, title: String(event['title'] ?? ''), provenance: event.provenance })));
  }
  found.sort((a, b) => a.start - b.start || a.end - b.end);
  return { found: found.slice(0, mostInAll), unread };
}

type Time = Pick<Occurrence, 'start' | 'end' | 'allDay' | 'recurs'>;

async function timesOf(event: Fields, userZone: Zone, span: Span): Promise<Time[] | undefined> {
  const first = firstOf(event, userZone);
  if (!first) return undefined;
  const rule = event['recurrence'];
  if (typeof rule !== 'string' || rule === '') return meets(first, span) ? [{ ...first, recurs: false }] : [];
  const zone = first.allDay ? userZone : ownZone(event, userZone);
  const { startsOf } = await import('./recurrence.ts');
  const length = first.end - first.start;
  const starts = startsOf(localUntil(rule, zone), wallTime(zone, first.start), wallTime(zone, span.start - length), wallTime(zone, span.end));
  return starts
    ?.map((wall) => instantOf(zone, wall))
    .map((start) => ({ start, end: first.allDay ? wholeDays(start, length, zone) : start + length, allDay: first.allDay, recurs: true }))
    .filter((time) => meets(time, span));
}

/** An event without length still takes place. */
const meets = ({ start, end }: Span, span: Span): boolean => start < span.end && (end > span.start || (end === start && start >= span.start));

/** The first time of an event. The end of whole days is the day after the last one; the same day means that day. */
function firstOf(event: Fields, zone: Zone): Omit<Time, 'recurs'> | undefined {
  const { startAt, endAt } = event;
  const start = momentOf(startAt, zone);
  const allDay = event['allDay'] === true || (typeof startAt === 'string' && !startAt.includes('T'));
  if (Number.isNaN(start)) return undefined;
  const told = momentOf(endAt, zone);
  if (!allDay) return told >= start ? { start, end: told, allDay } : undefined;
  const from = midnight(start, zone);
  return { start: from, end: wholeDays(from, Number.isNaN(told) ? 0 : told - from, zone), allDay };
}

/** Where whole days end: on midnights, whatever a change of the clock does to their length; one day at least. */
function wholeDays(start: number, length: number, zone: Zone): number {
  const days = Math.max(1, Math.round(length / dayMs));
  return instantOf(zone, wallTime(zone, start) + days * 86_400);
}

/** The midnight at or before a moment. */
export function midnight(at: number, zone: Zone): number {
  const wall = wallTime(zone, at);
  return instantOf(zone, wall - (((wall % 86_400) + 86_400) % 86_400));
}

/** The midnight so many days after the one before a moment. */
export const midnightAfter = (at: number, days: number, zone: Zone): number => instantOf(zone, wallTime(zone, midnight(at, zone)) + days * 86_400);

/** UTC is what a record says that was never told its zone; a start with another offset gives it away. */
function ownZone({ timeZone, startAt }: Fields, userZone: Zone): Zone {
  const told = typeof timeZone === 'string' && (timeZone !== 'UTC' || /(?:Z|[+-]00:?00)$/.test(String(startAt)));
  try {
    return told ? zoneNamed(timeZone) : userZone;
  } catch {
    return userZone;
  }
}

/** `UNTIL` in UTC on the wall clock of the zone, where the rule is expanded. */
function localUntil(rule: string, zone: Zone): string {
  return rule.replace(/UNTIL=(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/, (_whole, y, mo, d, h, mi, s) => {
    const local = isoTime(zone, wallTime(zone, Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`))).slice(0, 19);
    return `UNTIL=${local.replace(/[-:]/g, '')}Z`;
  });
}

/** Around now, in days: what somebody who does not read rules is shown of events that repeat. */
const around = { before: 7, after: 60 } as const;

/**
 * The context for a reader who does not know rules: every event that repeats is there once for each time around now, without its rule and under its id. Not for
 * who changes events, because a single time cannot be changed.
 */
export async function withRepeats(context: ChatContext, now: number): Promise<ChatContext> {
  const repeats = ({ fields }: ContextRecord) => typeof fields['recurrence'] === 'string' && fields['recurrence'] !== '';
  if (!context.upcomingEvents.some(repeats)) return context;
  const zone = zoneOf(context);
  const span = { start: midnightAfter(now, -around.before, zone), end: midnightAfter(now, around.after, zone) };
  const { found, unread } = await occurrencesIn(context, span);
  const known = new Map(context.upcomingEvents.map((event) => [event.id, event]));
  const times = found.filter(({ recurs }) => recurs).map((time) => timeRecord(known.get(time.id)!, time, zone));
  const rest = context.upcomingEvents.filter((event) => !repeats(event) || unread.includes(event.id));
  return { ...context, upcomingEvents: [...rest, ...times] };
}

function timeRecord({ id, provenance, fields }: ContextRecord, { start, end, allDay }: Occurrence, zone: Zone): ContextRecord {
  const written = (at: number) => (allDay ? isoTime(zone, wallTime(zone, at)).slice(0, 10) : isoTime(zone, wallTime(zone, at)));
  return { id, provenance, fields: { ...fields, startAt: written(start), endAt: written(end), recurrence: null } };
}
