import { describe, expect, it } from 'vitest';
import type { BackupEntry } from '@adiuva/shared/contracts/backup.ts';
import { thinned } from './thin.ts';

const now = Date.UTC(2026, 10, 20, 9);
const hour = 3_600_000;
const day = 24 * hour;
const entry = (generation: number, age: number) => ({ generation, createdAt: new Date(now - age).toISOString() }) as BackupEntry;
const kept = (ages: number[]) =>
  thinned(
    ages.map((age, at) => entry(ages.length - at, age)),
    now,
  ).map(({ createdAt }) => (now - Date.parse(createdAt)) / day);

describe('the history', () => {
  it('keeps the newest ten whatever their age', () => {
    expect(kept(Array.from({ length: 12 }, (_, at) => (1_000 + at) * day))).toEqual(Array.from({ length: 10 }, (_, at) => 1_000 + at));
    expect(kept([])).toEqual([]);
  });

  it('keeps the newest of each day for 30 days and of each month for 12', () => {
    const ages = Array.from({ length: 800 }, (_, at) => at * 12 * hour);
    const days = kept(ages);
    // Two a day: the ten newest are five days; from then on the later of each UTC day (21:00), until the 30 days are over.
    expect(days.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, at) => at / 2));
    expect(days.slice(10).filter((age) => age < 30)).toEqual(Array.from({ length: 25 }, (_, at) => 5.5 + at));
    const months = days.filter((age) => age >= 30).map((age) => new Date(now - age * day).toISOString().slice(0, 7));
    expect(months).toEqual(['2026-09', '2026-08', '2026-07', '2026-06', '2026-05', '2026-04', '2026-03', '2026-02', '2026-01', '2025-12', '2025-11']);
  });

  it('gives up nothing more when it is thinned again', () => {
    const entries = Array.from({ length: 300 }, (_, at) => entry(300 - at, at * 7 * hour));
    const once = thinned(entries, now);
    expect(thinned(once, now)).toEqual(once);
  });
});
