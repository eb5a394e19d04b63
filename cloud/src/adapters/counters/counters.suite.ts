import { expect, it } from 'vitest';
import type { Counters } from './counters.ts';

const minute = 60_000;

/** What every counter has to do. Keys of one run are its own, so the server may hold others. */
export function countersSuite(open: () => Counters): void {
  it('counts each key by itself and keeps the end of its window', async () => {
    const now = Date.now();
    const first = await open().hit('suite:a', minute, now);
    expect(first.count).toBe(1);
    expect(Math.abs(first.resetAt - (now + minute))).toBeLessThan(5_000);
    const second = await open().hit('suite:a', minute, now);
    expect(second.count).toBe(2);
    expect(Math.abs(second.resetAt - first.resetAt)).toBeLessThan(5_000);
    expect((await open().hit('suite:b', minute, now)).count).toBe(1);
  });

  it('loses none of many at once', async () => {
    const counts = await Promise.all(Array.from({ length: 200 }, () => open().hit('suite:many', minute, Date.now())));
    expect(counts.map(({ count }) => count).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('takes back, and never below zero', async () => {
    await open().hit('suite:back', minute, Date.now(), 3);
    expect((await open().hit('suite:back', minute, Date.now(), -1)).count).toBe(2);
    expect((await open().hit('suite:back', minute, Date.now(), -5)).count).toBe(0);
    expect((await open().hit('suite:back', minute, Date.now())).count).toBe(1);
  });

  it('begins anew when the window has ended', async () => {
    await open().hit('suite:short', 30, Date.now(), 7);
    await expect.poll(async () => (await open().hit('suite:short', 30, Date.now())).count, { interval: 60, timeout: 5_000 }).toBe(1);
  });

  it('answers its probe', async () => {
    await open().probe();
  });
}
