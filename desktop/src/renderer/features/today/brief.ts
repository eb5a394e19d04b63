import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { PlaybookResult, Today } from '../../../bridge/shapes.ts';
import { briefText, type Here, inSentence } from '../../words/dates.ts';
import { counted } from '../../words/numbers.ts';
import { civilFrom, clockText, isDateOnly } from '../../words/zone.ts';
import { flagOf, nameOf, textOf, timeOf } from '../records/read.ts';
import { overlapsOf, overlapText } from './overlaps.ts';

export type BriefSection = PlaybookResult['sections'][number];
type Line = BriefSection['lines'][number];

const most = 80;
const quoted = (record: StoredRecord): string => {
  const name = nameOf(record);
  return `“${name.length > most ? `${name.slice(0, most - 1)}…` : name}”`;
};
const line = (text: string, record: StoredRecord | null = null): Line => ({ text, recordId: record?.id ?? null, recordType: record?.type ?? null });

/** The day in a few sentences, from what Today shows: made here, by rule, at any time. Empty where nothing is worth a word. */
export function briefOf(today: Today, here: Here): BriefSection[] {
  const lines = [eventsLine(today, here), ...tasksLines(today, here), ...overlapLines(today, here), ...planLines(today), ...aheadLines(today, here)];
  const quiet = [today.events, today.dueToday, today.overdue, today.upcoming, today.waitingPlans].every((list) => list.length === 0);
  return quiet ? [] : [{ heading: null, text: null, lines, from: 'device' }];
}

/** How many events, and the one that matters now. */
function eventsLine({ events }: Today, here: Here): Line {
  if (events.length === 0) return line('No events today.');
  const timed = events.filter((event) => !flagOf(event, 'allDay') && !isDateOnly(textOf(event, 'startAt')));
  const at = (event: StoredRecord, name: string) => Date.parse(textOf(event, name));
  const running = timed.find((event) => at(event, 'startAt') <= here.now && here.now < at(event, 'endAt'));
  const next = timed.filter((event) => at(event, 'startAt') > here.now).sort((a, b) => at(a, 'startAt') - at(b, 'startAt'))[0];
  const head = `${counted(events.length, 'event')} today`;
  if (running)
    return line(`${head}; ${quoted(running)} is on until ${clockOf(running, 'endAt', here)}${next ? `, then ${nextText(next, here)}` : ''}.`, running);
  if (next) return line(`${head}; next is ${nextText(next, here)}.`, next);
  return line(timed.length === events.length ? `${head}, all of them over.` : `${head}, nothing more at a fixed time.`);
}

function clockOf(record: StoredRecord, name: string, { zone }: Here): string {
  const civil = civilFrom(textOf(record, name), zone);
  return civil ? clockText(civil) : '';
}

function nextText(event: StoredRecord, here: Here): string {
  const place = textOf(event, 'location');
  return `${quoted(event)} at ${clockOf(event, 'startAt', here)}${place === '' ? '' : `, ${place.slice(0, most)}`}`;
}

const weights: Readonly<Record<string, number>> = { urgent: 0, high: 1, medium: 2, low: 3 };
const weightOf = (task: StoredRecord) => weights[textOf(task, 'priority')] ?? 2;

/** What is due and what is late, and where to begin. */
function tasksLines({ dueToday, overdue }: Today, here: Here): Line[] {
  const [due, late] = [dueToday.length, overdue.length];
  if (due + late === 0) return [line('Nothing is due today.')];
  const said = [due > 0 ? `${counted(due, 'task')} ${due === 1 ? 'is' : 'are'} due today` : 'Nothing is due today', late > 0 ? `${late} overdue` : ''];
  // The list keeps the order of their times, so that among equals the oldest comes first.
  const first = [...overdue, ...dueToday].sort((a, b) => weightOf(a) - weightOf(b))[0];
  const when = first && timeOf(first, 'dueAt');
  const begin = first ? `; begin with ${quoted(first)}${when ? `, due ${inSentence(briefText(when, here))}` : ''}` : '';
  return [line(`${said.filter(Boolean).join(', ')}${begin}.`, first ?? null)];
}

function overlapLines(today: Today, here: Here): Line[] {
  const overlaps = overlapsOf(today, here);
  const first = overlaps[0];
  if (!first) return [];
  const pair = `${quoted(first.a)} and ${quoted(first.b)} overlap ${overlapText(first, here)}`;
  return [line(overlaps.length === 1 ? `${pair}.` : `${pair}, and ${counted(overlaps.length - 1, 'more pair')} in the week ahead.`, first.b)];
}

function planLines({ waitingPlans }: Today): Line[] {
  const count = waitingPlans.length;
  return count === 0 ? [] : [line(`${counted(count, 'plan')} ${count === 1 ? 'waits' : 'wait'} for your decision.`)];
}

/** On a day with nothing in it, what comes next. */
function aheadLines({ events, dueToday, overdue, upcoming }: Today, here: Here): Line[] {
  const next = upcoming[0];
  if (!next || events.length + dueToday.length + overdue.length > 0) return [];
  const when = timeOf(next, next.type === 'event' ? 'startAt' : 'dueAt');
  return [line(`Next is ${quoted(next)}${when ? `, ${inSentence(briefText(when, here))}` : ''}.`, next)];
}
