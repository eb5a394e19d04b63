import type { Priority } from '@adiuva/shared/contracts/records.ts';
import type { Zone } from '@adiuva/shared/language/zone.ts';
import { momentOf, type SeenRecord } from './context-view.ts';
import { midnightAfter } from './occurrences.ts';

export const ranks: Readonly<Record<Priority, number>> = { urgent: 3, high: 2, medium: 1, low: 0 };

/** The moment after which an open task is late; a task with only a date has that whole day. NaN without a due time. */
export function dueBy(task: SeenRecord, zone: Zone): number {
  const due = momentOf(task['dueAt'], zone);
  return Number.isNaN(due) || String(task['dueAt']).includes('T') ? due : midnightAfter(due, 1, zone) - 1_000;
}

export const isOpen = (task: SeenRecord): boolean => task['status'] !== 'done';
export const isLate = (task: SeenRecord, now: number, zone: Zone): boolean => isOpen(task) && dueBy(task, zone) < now;

export const priorityOf = (task: SeenRecord): Priority =>
  typeof task['priority'] === 'string' && task['priority'] in ranks ? (task['priority'] as Priority) : 'medium';

/** What a title says about how much it matters. Words of people, not of this program. */
const signs: readonly (readonly [RegExp, Priority, string])[] = [
  [/\b(?:urgent|asap|immediately|emergency|right away|critical)\b/i, 'urgent', 'its words say it is urgent'],
  [
    /\b(?:deadline|invoice|rent|tax(?:es)?|bills?|fine|penalty|contract|legal|court|visa|passport|insurance|mortgage)\b/i,
    'high',
    'money or a deadline hangs on it',
  ],
  [/\b(?:doctor|dentist|hospital|medicine|prescription|medication)\b/i, 'high', 'it is about health'],
  [/\b(?:someday|maybe|one day|eventually|nice to have|if there is time|sometime)\b/i, 'low', 'its words say it can wait'],
];

export interface Inferred {
  readonly priority: Priority;
  readonly reason: string;
}

const dayMs = 86_400_000;

/** How much a task matters, by when it is due and by its words; the stronger of the two. */
export function inferPriority(task: SeenRecord, now: number, zone: Zone): Inferred {
  const byDate = dateSign(dueBy(task, zone), now, zone);
  const [, priority, reason] = signs.find(([pattern]) => pattern.test(String(task['title'] ?? ''))) ?? [undefined, undefined, ''];
  const byWords = priority && { priority, reason };
  if (byDate && byWords && ranks[byWords.priority] <= ranks[byDate.priority]) return byDate;
  return (byWords?.priority === 'low' ? (byDate ?? byWords) : (byWords ?? byDate)) ?? { priority: 'medium', reason: 'nothing says that it is pressing' };
}

function dateSign(due: number, now: number, zone: Zone): Inferred | undefined {
  if (Number.isNaN(due)) return undefined;
  if (due < now) return { priority: 'urgent', reason: 'it is overdue' };
  if (due < midnightAfter(now, 1, zone)) return { priority: 'urgent', reason: 'it is due today' };
  if (due < midnightAfter(now, 2, zone)) return { priority: 'high', reason: 'it is due tomorrow' };
  if (due < midnightAfter(now, 7, zone)) return { priority: 'high', reason: 'it is due within a week' };
  return undefined;
}

/** A task with its place in a list of what to do first, and why it has it. */
export interface Suggestion {
  readonly task: SeenRecord;
  readonly reasons: readonly string[];
  readonly score: number;
}

/** Open tasks, the one to begin with first: late before soon before some day, then by priority, then by how long they have been due. */
export function suggestionsFor(tasks: readonly SeenRecord[], now: number, zone: Zone): Suggestion[] {
  return tasks
    .filter(isOpen)
    .map((task) => suggestion(task, now, zone))
    .toSorted((a, b) => b.score - a.score || order(dueBy(a.task, zone), dueBy(b.task, zone)));
}

const order = (a: number, b: number) => (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0) || a - b || 0;

function suggestion(task: SeenRecord, now: number, zone: Zone): Suggestion {
  const inferred = inferPriority(task, now, zone);
  const own = priorityOf(task);
  const due = dueBy(task, zone);
  const dated = !Number.isNaN(due) && due < midnightAfter(now, 7, zone);
  const reasons = [...(own === 'high' || own === 'urgent' ? [`you gave it ${own} priority`] : []), inferred.reason];
  const late = Number.isNaN(due) ? 0 : Math.max(0, (now - due) / dayMs);
  return { task, reasons, score: (dated ? 2 * ranks[inferred.priority] : ranks[inferred.priority]) + 2 * ranks[own] + Math.min(late, 30) / 31 };
}
