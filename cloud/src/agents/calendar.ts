import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { when, type Fields } from '@adiuva/shared/contracts/records.ts';
import { bold, list, plural, stretchWords } from '@adiuva/shared/language/wording.ts';
import { wallTime, type Zone } from '@adiuva/shared/language/zone.ts';
import type { Agent } from './agents.ts';
import { mentions, momentOf, mustBeSeen, seenEvents, within, zoneOf } from './context-view.ts';
import { iso, isoDay, periodIn, periods, periodWords, spanOf, type Period } from './days.ts';
import { midnight, midnightAfter, occurrencesIn, type Occurrence, type Occurrences, type Span } from './occurrences.ts';
import { createTool, deleteTool, explain, proposeChange, updateTool } from './record-tools.ts';
import { conflictsAmong, gapsIn, movesFor, slotsOf, workingSpans, type Conflict, type Moves } from './schedule.ts';
import { tool, type ToolTurn } from './tool.ts';

const bounds = { from: z.string().optional(), before: z.string().optional() };
const period = z.enum(periods).optional();

/** Where nothing else is said: from the start of today for so many days. */
const horizonDays = 30;

/** The span somebody asks about. @throws AdiuvaError `request.invalid` where a time cannot be read */
function askedSpan(
  { from, before, period: named }: { from?: string | undefined; before?: string | undefined; period?: Period | undefined },
  { context, now }: ToolTurn,
): Span {
  const zone = zoneOf(context);
  const whole = named ? spanOf(named, now, zone) : { start: midnight(now, zone), end: midnightAfter(now, horizonDays, zone) };
  const start = from === undefined ? whole.start : momentOf(from, zone);
  const end = before === undefined ? Math.max(whole.end, from === undefined ? 0 : midnightAfter(start, horizonDays, zone)) : momentOf(before, zone);
  if (!(start < end)) throw new AdiuvaError('request.invalid', { detail: 'from, before: must be ISO 8601 times or dates, the first before the second' });
  return { start, end };
}

/** A time of an event as a model reads it: the user's own clock. */
function seenTime({ id, title, start, end, allDay, recurs }: Occurrence, zone: Zone) {
  return { id, title, startAt: allDay ? isoDay(start, zone) : iso(start, zone), endAt: allDay ? isoDay(end, zone) : iso(end, zone), allDay, recurs };
}

const lineOf = (occurrence: Occurrence, zone: Zone, now: number): string => {
  const { title, startAt, endAt, recurs } = seenTime(occurrence, zone);
  return `${bold(title)} · ${stretchWords(startAt, endAt, zone, wallTime(zone, now))}${recurs ? ' · repeats' : ''}`;
};

/** What could not be looked at is said, not passed over. */
const unreadWords = ({ unread }: Occurrences): string =>
  unread.length === 0 ? '' : `\n\n${plural(unread.length, 'event')} could not be read: without times that hold, or with a rule that cannot be expanded.`;

const listEvents = tool({
  name: 'list_events',
  description: "The user's events with their ids, by start time (from inclusive, before exclusive) and words. `times`: when they take place in a bounded span.",
  parameters: z.strictObject({ ...bounds, period, query: z.string().max(200).optional() }),
  async run(args, turn) {
    const { context } = turn;
    const zone = zoneOf(context);
    const bounded = args.from !== undefined || args.before !== undefined || args.period !== undefined;
    const { found, unread } = bounded ? await occurrencesIn(context, askedSpan(args, turn)) : { found: [], unread: [] };
    const inSpan = new Set(found.map(({ id }) => id));
    const events = seenEvents(context).filter(
      (event) => (!bounded || inSpan.has(event.id) || within(event['startAt'], args.from, args.before, zone)) && mentions(event, args.query),
    );
    const ids = new Set(events.map(({ id }) => id));
    const times = found
      .filter(({ id }) => ids.has(id))
      .slice(0, 200)
      .map((occurrence) => seenTime(occurrence, zone));
    return {
      summary: `Looked through your calendar: ${events.length} found`,
      result: { events, ...(bounded && { times }), ...(unread.length > 0 && { unread }) },
    };
  },
});

const findConflicts = tool({
  name: 'find_conflicts',
  description:
    'Pairs of events that overlap, repeating ones expanded, in the next 30 days or a span; `wholeDays` are timed events on a day that is taken as a whole.',
  parameters: z.strictObject({ ...bounds, period }),
  answers: (message) => (asksForConflicts.test(message.trim()) ? { period: periodIn(message) } : undefined),
  async run(args, turn) {
    const zone = zoneOf(turn.context);
    const seen = await occurrencesIn(turn.context, askedSpan(args, turn));
    const all = conflictsAmong(seen.found);
    const [overlaps, wholeDays] = [all.filter(({ kind }) => kind === 'overlap'), all.filter(({ kind }) => kind === 'whole-day')];
    const pair = ({ a, b, shared }: Conflict) => ({ a: seenTime(a, zone), b: seenTime(b, zone), minutes: Math.round(shared / 60_000) });
    const words = conflictWords(overlaps, wholeDays, seen, args.period, turn);
    return {
      summary: `Checked for conflicts: ${overlaps.length} found`,
      result: { conflicts: overlaps.map(pair), wholeDays: wholeDays.map(pair), looked: seen.found.length, unread: seen.unread, words },
    };
  },
});
const polite = String.raw`^(?:please |can you |could you |hey,? )*`;
const clash = String.raw`(?:conflicts?|conflicting|clash(?:es|ing)?|double[- ]?book(?:ed|ings?)|overlap(?:s|ping)?)`;
/** What may follow, so that a conflict of nations or a book about overlaps is none of a calendar. */
const ofCalendar = String.raw`(?:\s+(?:meetings?|events?|appointments?|calls?|in|on|between|among|for|this|next|today|tomorrow|last|coming|ahead|do|does|are|is|there|i|each other|with each other)\b.{0,60})?[\s.?!]*$`;
const asksForConflicts = new RegExp(
  String.raw`${polite}(?:do|does|is|are|am|any|what|which|where|when|show|list|find|check|tell|have|will|look)\b.{0,60}\b${clash}${ofCalendar}`,
  'i',
);
const asksToResolve = new RegExp(
  String.raw`${polite}(?:resolve|fix|solve|sort out|clear up|untangle|reschedule|move)\s+(?:(?:all|any|of|my|the|these|those|every) )*(?:calendar |scheduling |schedule )?${clash}${ofCalendar}|${polite}(?:find|check|look|show|list)\b.{0,40}\b${clash}\b.{0,40}\b(?:and|then)\b.{0,15}\b(?:resolve|fix|solve|move|reschedule|sort out|clear up|suggest|propose)\b.{0,60}$`,
  'i',
);

function conflictWords(
  overlaps: readonly Conflict[],
  wholeDays: readonly Conflict[],
  seen: Occurrences,
  named: Period | undefined,
  { context, now }: ToolTurn,
): string {
  const zone = zoneOf(context);
  const span = named ? periodWords(named) : `in the next ${horizonDays} days`;
  const line = ({ a, b, shared }: Conflict) =>
    `${lineOf(a, zone, now)}\n  and ${lineOf(b, zone, now)}: ${plural(Math.round(shared / 60_000), 'minute')} at once`;
  const head =
    overlaps.length === 0
      ? `No two events overlap ${span}, of the ${plural(seen.found.length, 'time')} I can see.`
      : `${plural(overlaps.length, 'conflict')} ${span}:\n\n${list(overlaps.map(line), 10)}`;
  const beside = wholeDays.map(({ a, b }) => `${bold((a.allDay ? b : a).title)} on a day of ${bold((a.allDay ? a : b).title)}`);
  return `${head}${beside.length > 0 ? `\n\nOn days that are taken as a whole:\n\n${list(beside, 5)}` : ''}${unreadWords(seen)}`;
}

const findFreeTime = tool({
  name: 'find_free_time',
  description: 'Gaps of at least so many minutes between the events of a span, repeating ones expanded. All-day events do not take hours away.',
  parameters: z.strictObject({ from: when, before: when, minutes: z.int().min(5).max(1_440) }),
  async run(args, turn) {
    const span = askedSpan(args, turn);
    const { found } = await occurrencesIn(turn.context, span);
    const gaps = gapsIn(span, found).filter((gap) => gap.end - gap.start >= args.minutes * 60_000);
    const free = gaps.slice(0, 50).map(({ start, end }) => ({ from: new Date(start).toISOString(), before: new Date(end).toISOString() }));
    return { summary: `Looked for free time: ${free.length} gaps`, result: { free } };
  },
});

const suggestTimes = tool({
  name: 'suggest_times',
  description: 'Free times for something of a length, on working days between 9 and 18 in the zone of the user, beginning on the half hour.',
  parameters: z.strictObject({ minutes: z.int().min(5).max(540), period: z.enum(periods).default('next_7_days'), limit: z.int().min(1).max(20).default(5) }),
  answers: slotAsked,
  async run({ minutes, period: named, limit }, { context, now }) {
    const zone = zoneOf(context);
    const span = spanOf(named, now, zone);
    const ahead = { start: Math.max(span.start, now), end: span.end };
    const seen = await occurrencesIn(context, span);
    const days = ahead.start < ahead.end ? workingSpans(ahead, zone, named === 'today' || named === 'tomorrow') : [];
    const slots = slotsOf(minutes * 60_000, days, seen.found, limit);
    const given = slots.map(({ start, end }) => ({ startAt: iso(start, zone), endAt: iso(end, zone) }));
    const lines = given.map(({ startAt, endAt }) => stretchWords(startAt, endAt, zone, wallTime(zone, now)));
    const whole = seen.found.filter(({ allDay, start, end }) => allDay && slots.some((slot) => slot.start < end && slot.end > start));
    const note = whole.length > 0 ? `\n\nAll day: ${[...new Set(whole.map(({ title }) => bold(title)))].join(', ')}.` : '';
    const words =
      slots.length === 0
        ? `No free ${minutes} minutes are left ${periodWords(named)} on working days between 9:00 and 18:00.${unreadWords(seen)}`
        : `Free for ${minutes} minutes:\n\n${list(lines)}${note}${unreadWords(seen)}`;
    return { summary: `Looked for ${minutes} free minutes: ${plural(slots.length, 'time')} found`, result: { slots: given, words } };
  },
});

const lengthWords = /\b(?:(\d{1,3})\s*-?\s*(min(?:ute)?s?|h|hours?|hrs?)|(half an hour|half hour)|(an hour|one hour))\b/i;

/** A request for a free time that says how long. */
function slotAsked(message: string): { minutes: number; period: Period } | undefined {
  if (!/\b(?:find|suggest|when (?:can|could|do)|look for|is there)\b/i.test(message) || !/\b(?:slots?|free|time|fit|room|gap|available)\b/i.test(message))
    return undefined;
  const found = lengthWords.exec(message);
  if (!found) return undefined;
  const minutes = found[3] ? 30 : found[4] ? 60 : Number(found[1]) * (/^h/i.test(found[2]!) ? 60 : 1);
  // A day, a date or a time of day is for who reads dates.
  if (/\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:morning|afternoon|evening|noon)\b|\bat \d/i.test(message)) return undefined;
  return minutes >= 5 && minutes <= 540 ? { minutes, period: periodIn(message) ?? 'next_7_days' } : undefined;
}

/** Where a new time is looked for. */
const searchDays = 14;

async function movesIn(
  args: { from?: string | undefined; before?: string | undefined; period?: Period | undefined },
  turn: ToolTurn,
): Promise<Moves & { looked: number }> {
  const zone = zoneOf(turn.context);
  const span = askedSpan(args, turn);
  const search = { start: turn.now, end: Math.max(span.end, midnightAfter(turn.now, searchDays, zone)) };
  const { found } = await occurrencesIn(turn.context, { start: span.start, end: midnightAfter(search.end, 1, zone) });
  const conflicts = conflictsAmong(found.filter(({ start, end }) => start < span.end && end > turn.now));
  return { ...movesFor(conflicts, found, workingSpans(search, zone)), looked: conflicts.filter(({ kind }) => kind === 'overlap').length };
}

const suggestReschedule = tool({
  name: 'suggest_reschedule',
  description: 'For each pair of events that overlap, which one could move, where to and why. Only looks; propose_reschedule adds the steps.',
  parameters: z.strictObject({ ...bounds, period }),
  async run(args, turn) {
    const zone = zoneOf(turn.context);
    const { moves, stuck } = await movesIn(args, turn);
    const seen = moves.map(({ event, to, reason }) => ({ ...seenTime(event, zone), to: { startAt: iso(to.start, zone), endAt: iso(to.end, zone) }, reason }));
    return {
      summary: `Looked for other times: ${plural(moves.length, 'move')}`,
      result: { moves: seen, stuck: stuck.map(({ conflict: { a, b }, reason }) => ({ a: a.id, b: b.id, reason })) },
    };
  },
});

const proposeReschedule = tool({
  name: 'propose_reschedule',
  description:
    'Proposes to move one event of each overlapping pair to the next free time in working hours. A single time of a repeating event cannot be moved.',
  effect: 'changes',
  parameters: z.strictObject({ ...bounds, period }),
  answers: (message) => (asksToResolve.test(message.trim()) ? { period: periodIn(message) } : undefined),
  async run(args, turn) {
    const zone = zoneOf(turn.context);
    const { moves, stuck, looked } = await movesIn(args, turn);
    for (const { event, to, reason, conflict } of moves) {
      const other = event === conflict.a ? conflict.b : conflict.a;
      const fields = { startAt: iso(to.start, zone), endAt: iso(to.end, zone) };
      proposeChange(turn, 'event', event.id, fields, `It overlaps with “${other.title.slice(0, 100)}”; this one moves because ${reason}.`);
    }
    const line = ({ event, to, reason }: Moves['moves'][number]) =>
      `${bold(event.title)} to ${stretchWords(iso(to.start, zone), iso(to.end, zone), zone, wallTime(zone, turn.now))}, because ${reason}`;
    const left = stuck.map(({ conflict: { a, b }, reason }) => `${bold(a.title)} and ${bold(b.title)}: ${reason}`);
    const words = [
      looked === 0 ? 'No two events overlap there; I propose no change.' : '',
      moves.length > 0 ? `I propose to move ${plural(moves.length, 'event')}:\n\n${list(moves.map(line))}` : '',
      left.length > 0 ? `Left as they are:\n\n${list(left)}` : '',
    ];
    return {
      summary: `Proposed ${plural(moves.length, 'move')}`,
      result: { proposed: moves.length, conflicts: looked, words: words.filter(Boolean).join('\n\n') },
    };
  },
});

const moveEvent = tool({
  name: 'move_event',
  description: 'Proposes another start for an event; it keeps its length unless an end is given.',
  effect: 'changes',
  parameters: z.strictObject({ id: z.string().min(1).max(100), startAt: when, endAt: when.optional(), explain }),
  run(args, turn) {
    const endAt = args.endAt ?? movedEnd(mustBeSeen(turn.context, 'event', args.id), args.startAt);
    return proposeChange(turn, 'event', args.id, { startAt: args.startAt, endAt }, args.explain);
  },
});

/** The end that keeps the length, written like the new start: a date for a date, a time with the same offset for a time. */
function movedEnd(event: Fields, startAt: string): string {
  const length = Date.parse(String(event['endAt'])) - Date.parse(String(event['startAt']));
  if (!(length >= 0)) throw new AdiuvaError('plan.invalid', { detail: 'the length of this event is not known; give endAt too' });
  const end = Date.parse(startAt) + length;
  if (!startAt.includes('T')) return new Date(end).toISOString().slice(0, 10);
  const offset = /(?:Z|[+-]\d{2}:?\d{2})$/.exec(startAt)?.[0] ?? 'Z';
  const shift = offset === 'Z' ? 0 : Number(`${offset[0]}1`) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))) * 60_000;
  return new Date(end + shift).toISOString().replace(/\.000Z$|Z$/, offset);
}

export const calendar: Agent = {
  name: 'calendar',
  description: 'Events, meetings, appointments: capture, move, cancel, conflicts, free time, what is on.',
  skills: ['plan events', 'move and cancel them', 'find conflicts and free time, also of repeating events', 'propose other times', 'tell what is on'],
  thinking: 'Looking at your calendar',
  instructions: 'agent.calendar',
  tools: [
    listEvents,
    findConflicts,
    suggestReschedule,
    proposeReschedule,
    findFreeTime,
    suggestTimes,
    createTool('event', 'Proposes a new event. Times are ISO 8601 with offset, or dates with allDay; timeZone is the IANA zone of the user.'),
    updateTool('event', 'Proposes to change named fields of an event.'),
    moveEvent,
    deleteTool('event', 'Proposes to delete an event.'),
  ],
};
