import type { ChatContext } from '@adiuva/shared/contracts/chat.ts';
import { momentOf, seenEmails, seenTasks, zoneOf } from './context-view.ts';
import { conflictsAmong } from './schedule.ts';
import { occurrencesIn, type Occurrence, type Span } from './occurrences.ts';
import { dueBy, isLate, isOpen } from './priorities.ts';
import { senderOf } from '@adiuva/shared/language/mail-rules.ts';

/** Counts over a span. Tasks count by their due time, events by the time they take place, messages by their arrival. */
export interface Figures {
  readonly tasks: { readonly all: number; readonly open: number; readonly done: number; readonly overdue: number };
  readonly events: { readonly all: number; readonly hours: number; readonly allDay: number; readonly conflicts: number };
  readonly emails: { readonly all: number; readonly senders: readonly (readonly [name: string, count: number])[] };
}

/** Without a span the records themselves are counted, each once. */
export async function figuresOf(context: ChatContext, now: number, span?: Span): Promise<Figures> {
  const zone = zoneOf(context);
  const inside = (at: number) => span === undefined || (at >= span.start && at < span.end);
  const tasks = seenTasks(context).filter((task) => inside(momentOf(task['dueAt'], zone)));
  const open = tasks.filter(isOpen);
  const { found } = await occurrencesIn(context, span ?? { start: now - 400 * dayMs, end: now + 400 * dayMs });
  const events = span ? found : [...new Map(found.map((one) => [one.id, one])).values()];
  const mails = seenEmails(context).filter((mail) => inside(momentOf(mail['receivedAt'], zone)));
  return {
    tasks: { all: tasks.length, open: open.length, done: tasks.length - open.length, overdue: open.filter((task) => isLate(task, now, zone)).length },
    events: {
      all: events.length,
      hours: Math.round(hoursOf(events, span) * 100) / 100,
      allDay: events.filter(({ allDay }) => allDay).length,
      conflicts: conflictsAmong(events).filter(({ kind }) => kind === 'overlap').length,
    },
    emails: { all: mails.length, senders: counted(mails.map(senderOf)).slice(0, 5) },
  };
}

const dayMs = 86_400_000;

/** Hours of timed events, as far as they lie in the span; two at once count twice. */
const hoursOf = (events: readonly Occurrence[], span?: Span): number =>
  events
    .filter(({ allDay }) => !allDay)
    .reduce((sum, { start, end }) => sum + Math.max(0, Math.min(end, span?.end ?? end) - Math.max(start, span?.start ?? start)), 0) / 3_600_000;

function counted(names: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]);
}

/** What the context reaches back and ahead to, in milliseconds; undefined where it holds none of a kind. */
export interface Reach {
  readonly tasks: Span | undefined;
  readonly events: Span | undefined;
  readonly emails: Span | undefined;
}

/** The span that the times of each kind cover: figures of another span say nothing. */
export function reachOf(context: ChatContext): Reach {
  const zone = zoneOf(context);
  const over = (times: readonly number[]): Span | undefined => {
    const known = times.filter((at) => !Number.isNaN(at));
    return known.length === 0 ? undefined : { start: Math.min(...known), end: Math.max(...known) };
  };
  return {
    tasks: over(seenTasks(context).map((task) => dueBy(task, zone))),
    events: over(context.upcomingEvents.flatMap(({ fields }) => [momentOf(fields['startAt'], zone), momentOf(fields['endAt'], zone)])),
    emails: over(context.emailMetadata.map(({ fields }) => momentOf(fields['receivedAt'], zone))),
  };
}

/** How a figure develops. */
export interface Trend {
  readonly name: string;
  readonly before: number;
  readonly now: number;
  readonly change: number;
  readonly direction: 'up' | 'down' | 'same';
}

export const trend = (name: string, before: number, now: number): Trend => ({
  name,
  before,
  now,
  change: Math.round((now - before) * 100) / 100,
  direction: now > before ? 'up' : now < before ? 'down' : 'same',
});

/** Most figures that are looked at; a device may send thousands. */
const mostMetrics = 200;

/**
 * Trends in what the device counted: a list of numbers (or of `{ value }`) from old to new is compared by the means of its halves,
 * `{ previous, current }` and names that differ by `lastWeek` and `thisWeek` (or month, or day) by their values.
 */
export function metricTrends(metrics: ChatContext['metrics']): Trend[] {
  const entries = Object.entries(metrics ?? {}).slice(0, mostMetrics);
  const own = entries.flatMap(([name, value]) => seriesTrend(name, value) ?? pairTrend(name, value) ?? []);
  const numbers = new Map(entries.filter((entry): entry is [string, number] => isNumber(entry[1])));
  const named = [...numbers].flatMap(([name, value]) => {
    const before = numbers.get(name.replace(/this(?=_?(?:week|month|day))/i, (word) => (word.startsWith('T') ? 'Last' : 'last')));
    return before !== undefined && /this_?(?:week|month|day)/i.test(name) ? [trend(name.replace(/_?this_?(?:week|month|day)/i, ''), before, value)] : [];
  });
  return [...own, ...named];
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const valueOf = (item: unknown): unknown => (item !== null && typeof item === 'object' && 'value' in item ? item.value : item);

function seriesTrend(name: string, value: unknown): Trend | undefined {
  if (!Array.isArray(value) || value.length < 2 || value.length > 1_000) return undefined;
  const series = value.map(valueOf);
  if (!series.every(isNumber)) return undefined;
  const half = Math.floor(series.length / 2);
  const mean = (part: readonly number[]) => Math.round((part.reduce((sum, one) => sum + one, 0) / part.length) * 100) / 100;
  return trend(name, mean(series.slice(0, half)), mean(series.slice(-half)));
}

function pairTrend(name: string, value: unknown): Trend | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { previous, current } = value as { previous?: unknown; current?: unknown };
  return isNumber(previous) && isNumber(current) ? trend(name, previous, current) : undefined;
}
