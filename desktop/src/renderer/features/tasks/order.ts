import type { Priority, StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { isDone, textOf, timeOf } from '../records/read.ts';

const weights: Readonly<Record<Priority, number>> = { urgent: 0, high: 1, medium: 2, low: 3 };

const weightOf = (task: StoredRecord) => weights[textOf(task, 'priority') as Priority] ?? 2;
const dueOf = (task: StoredRecord) => {
  const due = timeOf(task, 'dueAt');
  return due === null ? Number.MAX_SAFE_INTEGER : Date.parse(due);
};

/** Open before done; then by due time, those without one last; then by priority, then the newest. */
export function inOrder(tasks: readonly StoredRecord[]): StoredRecord[] {
  return tasks.toSorted(
    (a, b) =>
      Number(isDone(a)) - Number(isDone(b)) ||
      dueOf(a) - dueOf(b) ||
      weightOf(a) - weightOf(b) ||
      (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0),
  );
}
