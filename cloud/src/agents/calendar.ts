import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { when, type Fields } from '@adiuva/shared/contracts/records.ts';
import type { Agent } from './agents.ts';
import { mentions, mustBeSeen, seenEvents, timeOf, within, type SeenRecord } from './context-view.ts';
import { createTool, deleteTool, explain, proposeChange, updateTool } from './record-tools.ts';
import { tool } from './tool.ts';

const span = { from: z.string().optional(), before: z.string().optional() };

const listEvents = tool({
  name: 'list_events',
  description: "The user's events with their ids, by start time (from inclusive, before exclusive) and words.",
  kind: 'reads',
  parameters: z.strictObject({ ...span, query: z.string().max(200).optional() }),
  run({ from, before, query }, { context }) {
    const events = seenEvents(context).filter((event) => within(event['startAt'], from, before) && mentions(event, query));
    return { summary: `Looked through your calendar: ${events.length} found`, result: { events } };
  },
});

const findConflicts = tool({
  name: 'find_conflicts',
  description: 'Pairs of events that overlap; days that are taken as a whole are left out.',
  kind: 'reads',
  parameters: z.strictObject(span),
  run({ from, before }, { context }) {
    const conflicts = overlaps(timed(seenEvents(context).filter((event) => within(event['startAt'], from, before))));
    return { summary: `Checked for conflicts: ${conflicts.length} found`, result: { conflicts } };
  },
});

interface Timed {
  readonly id: string;
  readonly title: unknown;
  readonly start: number;
  readonly end: number;
}

/** Events with hours, in order of their start. */
function timed(events: readonly SeenRecord[]): Timed[] {
  const spans = events
    .filter((event) => event['allDay'] !== true)
    .map((event) => ({ id: event.id, title: event['title'], start: timeOf(event['startAt']), end: timeOf(event['endAt']) }));
  return spans.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
}

function overlaps(events: readonly Timed[]): { a: string; b: string; titles: unknown[] }[] {
  return events.flatMap((a, index) => {
    const rest = events.slice(index + 1);
    const end = rest.findIndex((b) => b.start >= a.end);
    return rest.slice(0, end < 0 ? rest.length : end).map((b) => ({ a: a.id, b: b.id, titles: [a.title, b.title] }));
  });
}

const findFreeTime = tool({
  name: 'find_free_time',
  description: 'Gaps of at least so many minutes between the events of a span.',
  kind: 'reads',
  parameters: z.strictObject({ from: when, before: when, minutes: z.int().min(5).max(1_440) }),
  run({ from, before, minutes }, { context }) {
    const gaps = gapsIn(timed(seenEvents(context)), timeOf(from), timeOf(before)).filter((gap) => gap.end - gap.start >= minutes * 60_000);
    const free = gaps.slice(0, 50).map(({ start, end }) => ({ from: new Date(start).toISOString(), before: new Date(end).toISOString() }));
    return { summary: `Looked for free time: ${free.length} gaps`, result: { free } };
  },
});

function gapsIn(events: readonly Timed[], from: number, before: number): { start: number; end: number }[] {
  const gaps: { start: number; end: number }[] = [];
  let at = from;
  for (const { start, end } of events) {
    if (start >= before) break;
    if (start > at) gaps.push({ start: at, end: start });
    at = Math.max(at, end);
  }
  return at < before ? [...gaps, { start: at, end: before }] : gaps;
}

const moveEvent = tool({
  name: 'move_event',
  description: 'Proposes another start for an event; it keeps its length unless an end is given.',
  kind: 'proposes',
  parameters: z.strictObject({ id: z.string().min(1).max(100), startAt: when, endAt: when.optional(), explain }),
  run(args, turn) {
    const endAt = args.endAt ?? movedEnd(mustBeSeen(turn.context, 'event', args.id), args.startAt);
    return proposeChange(turn, 'event', args.id, { startAt: args.startAt, endAt }, args.explain);
  },
});

/** The end that keeps the length, written like the new start: a date for a date, a time with the same offset for a time. */
function movedEnd(event: Fields, startAt: string): string {
  const length = timeOf(event['endAt']) - timeOf(event['startAt']);
  if (!(length >= 0)) throw new AdiuvaError('plan.invalid', { detail: 'the length of this event is not known; give endAt too' });
  const end = timeOf(startAt) + length;
  if (!startAt.includes('T')) return new Date(end).toISOString().slice(0, 10);
  const offset = /(?:Z|[+-]\d{2}:?\d{2})$/.exec(startAt)?.[0] ?? 'Z';
  const shift = offset === 'Z' ? 0 : Number(`${offset[0]}1`) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))) * 60_000;
  return new Date(end + shift).toISOString().replace(/\.000Z$|Z$/, offset);
}

export const calendar: Agent = {
  name: 'calendar',
  description: 'Events, meetings, appointments: capture, move, cancel, conflicts, free time, what is on.',
  skills: ['plan events', 'move and cancel them', 'find conflicts and free time', 'tell what is on'],
  thinking: 'Looking at your calendar',
  instructions: 'agent.calendar',
  tools: [
    listEvents,
    findConflicts,
    findFreeTime,
    createTool('event', 'Proposes a new event. Times are ISO 8601 with offset, or dates with allDay; timeZone is the IANA zone of the user.'),
    updateTool('event', 'Proposes to change named fields of an event.'),
    moveEvent,
    deleteTool('event', 'Proposes to delete an event.'),
  ],
};
