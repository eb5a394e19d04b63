const day = 86_400_000;

/** What stays of a history. The newest is always among them. */
const kept = { newest: 10, days: 30, months: 12 } as const;

interface Made {
  readonly id: string;
  readonly createdAt: number;
}

/** Which of a history, newest first, has to go: the newest of each day and month (UTC) stands for the others. */
export function superfluous(history: readonly Made[], now: number): string[] {
  const days = firstOfEach(history, 10, now - kept.days * day);
  const months = firstOfEach(history, 7, now - kept.months * 30.5 * day);
  const stays = new Set([...history.slice(0, kept.newest).map(({ id }) => id), ...days, ...months]);
  return history.filter(({ id }) => !stays.has(id)).map(({ id }) => id);
}

/** The first of each day (10 characters of the ISO form) or month (7). */
function firstOfEach(history: readonly Made[], length: number, since: number): string[] {
  const first = new Map<string, string>();
  for (const { id, createdAt } of history) {
    const span = new Date(createdAt).toISOString().slice(0, length);
    if (createdAt > since && !first.has(span)) first.set(span, id);
  }
  return [...first.values()];
}
