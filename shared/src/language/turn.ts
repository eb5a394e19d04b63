import type { AgentName, ChatContext, ContextRecord } from '../contracts/chat.ts';
import type { PlanStep } from '../contracts/plan.ts';
import { at, dayOfTime, parseIsoDate, type Day, type WallTime } from './civil.ts';
import type { FoundDate } from './dates.ts';
import type { Reading } from './understand.ts';
import { readIso, type Zone } from './zone.ts';

/** Where the assistant answers. */
export type Place = 'device' | 'cloud';

/** One request of the user with all that is needed to answer it. */
export interface Turn {
  reading: Reading;
  context: ChatContext;
  zone: Zone;
  now: WallTime;
  today: Day;
  place: Place;
  /** The one record that was talked about last, which "it" means. */
  focus?: ContextRecord;
}

/** What a part of the assistant answers. */
export interface Reply {
  agents: AgentName[];
  response: string;
  steps: PlanStep[];
  title: string;
  understood?: boolean;
}

export const answer = (agent: AgentName, response: string): Reply => ({ agents: [agent], response, steps: [], title: '' });

/** Several answers as one; what they propose in their order. */
export function together(replies: readonly Reply[]): Reply {
  const steps = replies.flatMap((reply) => reply.steps);
  return {
    agents: [...new Set(replies.flatMap((reply) => reply.agents))],
    response: replies.map((reply) => reply.response).join('\n\n'),
    steps,
    title:
      replies.filter((reply) => reply.steps.length > 0).length > 1 ? `Change ${steps.length} records` : (replies.find((reply) => reply.title)?.title ?? ''),
    ...(replies.some((reply) => reply.understood === false) && { understood: false }),
  };
}

/** A window on the wall clock, end exclusive. */
export interface Span {
  from: WallTime;
  to: WallTime;
}

/** The window a found date covers; a moment covers itself to the end of its hour. */
export function windowOf(date: FoundDate, zone: Zone): Span {
  const from = readIso(zone, date.start)!;
  if (date.end !== null) return { from, to: readIso(zone, date.end)! + (date.lastDay ? 86_400 : 0) };
  return { from, to: date.kind === 'date' ? from + 86_400 : from + 3_600 };
}

/** Wall time of a record's field; a plain date is its midnight. */
export function timeField(record: ContextRecord, field: string, zone: Zone): WallTime | undefined {
  const value = record.fields[field];
  return typeof value === 'string' ? readIso(zone, value) : undefined;
}

export const text = (record: ContextRecord, field: string): string => {
  const value = record.fields[field];
  return typeof value === 'string' ? value : '';
};

export const isOpen = (record: ContextRecord): boolean => text(record, 'status') !== 'done';

/** Where an event lies; `endAt` of an all-day event is the day after its last, and never before the day after its first. */
export function eventSpan(record: ContextRecord, zone: Zone): Span | undefined {
  const from = timeField(record, 'startAt', zone);
  if (from === undefined) return undefined;
  const end = timeField(record, 'endAt', zone) ?? from;
  const plainEnd = !text(record, 'endAt').includes('T') && text(record, 'endAt') !== '';
  const to = plainEnd ? at(Math.max(parseIsoDate(text(record, 'endAt'))!, dayOfTime(from) + 1), 0) : end;
  return { from, to: Math.max(to, from + 60) };
}

export const overlaps = (a: Span, b: Span): boolean => a.from < b.to && b.from < a.to;
