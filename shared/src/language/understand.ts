import { AdiuvaError } from '../contracts/errors.ts';
import type { AgentName } from '../contracts/chat.ts';
import type { Priority } from '../contracts/records.ts';
import type { WallTime } from './civil.ts';
import { classify } from './classify.ts';
import { findDates, readChars, type FoundDate, type FoundDates, type Grain } from './dates.ts';
import { chore, intentOf, plainIntent, type Intent } from './intents.ts';
import { readQuick, type QuickParts } from './quick-capture.ts';
import { dateSpans, requestOf, saysNothing, titleOf, without } from './titles.ts';
import { readIso, zoneNamed, type Zone } from './zone.ts';

/** Answer of the `understand` verb. Dates are as {@link FoundDate} describes; `recurrence` is an RRULE value. */
export interface Understanding {
  agent: AgentName;
  /** 0 to 1. */
  confidence: number;
  intent: Intent;
  title: string;
  priority: Priority | null;
  tags: string[];
  project: string | null;
  dates: { text: string; start: string; end: string | null; grain: Grain; kind: FoundDate['kind'] }[];
  recurrence: string | null;
  durationMinutes: number | null;
}

export interface UnderstandOptions {
  /** The user's now: ISO 8601, local to the zone or with offset. */
  reference: string;
  /** IANA name. */
  timeZone: string;
}

/** Everything read from a text, before it is put in the shape of an {@link Understanding}. */
export interface Reading {
  text: string;
  request: string;
  agent: AgentName;
  confidence: number;
  intent: Intent;
  title: string;
  /** Nothing is said beyond command words, marks and dates. */
  empty: boolean;
  quick: QuickParts;
  /** Dates outside quotation marks; what is quoted belongs to the subject. */
  found: FoundDates;
  /** All dates. */
  all: FoundDates;
  /** The dates that say when, as opposed to those that belong to the subject. */
  when: FoundDate[];
}

/** `now` as wall time of the zone. @throws AdiuvaError `request.invalid` naming the option */
export function readNow({ reference, timeZone }: UnderstandOptions): { zone: Zone; now: WallTime } {
  const zone = zoneNamed(timeZone);
  const now = typeof reference === 'string' ? readIso(zone, reference) : undefined;
  if (now === undefined) throw new AdiuvaError('request.invalid', { detail: 'reference: must be an ISO 8601 time' });
  return { zone, now };
}

/**
 * What a text asks for, without a model. Any text is answered; only its first {@link readChars} characters are analysed.
 * @throws AdiuvaError `request.invalid` when the options are not valid
 */
export function understand(text: string, options: UnderstandOptions): Understanding {
  const { zone, now } = readNow(options);
  const { agent, confidence, intent, title, quick, all: found } = read(text, now, zone);
  const dates = found.dates.map(({ text: said, start, end, grain, kind }) => ({ text: said, start, end, grain, kind }));
  return {
    agent,
    confidence,
    intent,
    title,
    priority: quick.priority,
    tags: quick.tags,
    project: quick.project,
    dates,
    recurrence: found.recurrence,
    durationMinutes: found.durationMinutes,
  };
}

/** Reads a text at a moment in a zone. */
export function read(text: string, now: WallTime, zone: Zone): Reading {
  const head = text.slice(0, readChars);
  const request = requestOf(head);
  const all = findDates(head, now, zone);
  const found =
    head.search(quoted) >= 0 && all.spans.length > 0
      ? findDates(
          head.replace(quoted, (part) => '_'.repeat(part.length)),
          now,
          zone,
        )
      : all;
  const quick = readQuick(head);
  const { agent, confidence, intent } = decide(head, request, quick, found);
  const when = chooseWhen(head, found);
  const taken = dateSpans(head, found, when);
  const title = titleOf(head, intent, quick, taken);
  return { text, request, agent, confidence, intent, title, empty: saysNothing(head, intent, quick, taken), quick, found, all, when };
}

const quoted = /"[^"\n]{1,200}"|\u201c[^\u201d\n]{1,200}\u201d/g;

interface Decision {
  agent: AgentName;
  confidence: number;
  intent: Intent;
}

/** What says plainly what it wants is taken at its word; the classifier decides the rest. Capture marks make a text a task unless it is an event. */
function decide(head: string, request: string, quick: QuickParts, found: FoundDates): Decision {
  if (!/[\p{L}\p{N}]/u.test(request)) return { agent: 'general', confidence: 0, intent: 'unknown' };
  const plain = plainIntent(request);
  if (plain) return { agent: plain.agent, confidence: 0.99, intent: plain.intent };
  if (found.spans.length > 0 && !/[\p{L}\p{N}]/u.test(without(head, found.spans).replace(/^(?:and|then|so|ok|okay)\b/i, '')))
    return { agent: 'calendar', confidence: 0.6, intent: 'query_events' };
  if (found.spans.length > 0 && chore.test(request)) return { agent: 'task', confidence: 0.9, intent: 'create_task' };
  const { agent, confidence } = classify(head);
  const isMarked = quick.spans.length > 0 || marked.test(head);
  if (agent === 'general' && isMarked) return { agent: 'task', confidence: 0.9, intent: 'create_task' };
  if (agent === 'task' && isMarked) return { agent, confidence: Math.max(confidence, 0.9), intent: intentOf(agent, request) };
  return { agent, confidence, intent: intentOf(agent, request) };
}

/** A date or repetition with the mark of the capture grammar. */
const marked = /(?:^|\s)@(?:every|each|today|tomorrow|next|mon|tue|wed|thu|fri|sat|sun|\d)/i;

const lead = /(?:^|[\s,;])(?:by|due|due on|due by|before|until|@|deadline:?|no later than)\s*$/i;

/** The date that says when: one led by "by" or "due", else the most exact, else the first. Words that name a time in passing never do. */
function chooseWhen(text: string, { dates }: FoundDates): FoundDate[] {
  const usable = dates.filter((d) => d.loose !== true);
  const led = usable.find((d) => lead.test(text.slice(Math.max(0, d.from - 18), d.from)));
  const chosen =
    led ?? usable.find((d) => d.start.includes('T') && d.kind !== 'time') ?? usable.find((d) => d.kind !== 'time' && d.kind !== 'timerange') ?? usable[0];
  return chosen ? [chosen] : [];
}
