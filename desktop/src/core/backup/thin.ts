import type { BackupEntry } from '@adiuva/shared/contracts/backup.ts';

/** How much of the history stays: the newest ten, then one a day for 30 days and one a month for 12 months, both UTC. */
const newest = 10;
const spans = [
  { ms: 30 * 86_400_000, of: (createdAt: string) => createdAt.slice(0, 10) },
  { ms: 366 * 86_400_000, of: (createdAt: string) => createdAt.slice(0, 7) },
] as const;

/** The entries that stay. @param entries newest first. @param now milliseconds */
export function thinned(entries: readonly BackupEntry[], now: number): BackupEntry[] {
  const seen = new Set<string>();
  return entries.filter((entry, index) => {
    const age = now - Date.parse(entry.createdAt);
    const firsts = spans.filter(({ ms, of }) => age < ms && !seen.has(of(entry.createdAt)));
    for (const { of } of spans) seen.add(of(entry.createdAt));
    return index < newest || firsts.length > 0;
  });
}
