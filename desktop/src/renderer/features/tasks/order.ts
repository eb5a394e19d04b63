import type { Priority, StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { addDays, civilFrom, instantOf, isDateOnly } from '../../words/zone.ts';
import { isDone, textOf, timeOf } from '../records/read.ts';

const weights: Readonly<Record<Priority, number>> = { urgent: 0, high: 1, medium: 2, low: 3 };

const weightOf = (task: StoredRecord) => weights[textOf(task, 'priority') as Priority] ?? 2;

/** A date stands for the end of its day where the user is, as the core takes it. */
function dueOf(task: StoredRecord, zone: string): number {
  const due = timeOf(task, 'dueAt');
  const day = due !== null && isDateOnly(due) ? civilFrom(due, zone) : null;
  return due === null ? Number.MAX_SAFE_INTEGER : day ? instantOf(addDays(day, 1), zone) : Date.parse(due);
}

/** Open before done; then by due time, those without one last; then by priority, then the newest. */
export function inOrder(tasks: readonly StoredRecord[], zone: string): StoredRecord[] {
  const due = new Map(tasks.map((task) => [task.id, dueOf(task, zone)]));
  return tasks.toSorted(
    (a, b) =>
      Number(isDone(a)) - Number(isDone(b)) ||
      (due.get(a.id) ?? 0) - (due.get(b.id) ?? 0) ||
      weightOf(a) - weightOf(b) ||
      (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0),
  );
}
