import { describe, expect, it } from 'vitest';
import { openRecent } from './recent.ts';

describe('what was asked for last', () => {
  const opened = (most = 2) => {
    const clock = { now: 0 };
    const made: string[] = [];
    const recent = openRecent<string>({ most, believedMs: 1_000, now: () => clock.now });
    return { clock, made, get: (key: string) => recent.get(key, async () => `${key}${made.push(key)}`) };
  };

  it('is made once, also for those who ask at the same time', async () => {
    const { made, get } = opened();
    expect(await Promise.all([get('a'), get('a')])).toEqual(['a1', 'a1']);
    expect(made).toEqual(['a']);
  });

  it('is made again when it is too old, or when the clock was set back', async () => {
    const { clock, get } = opened();
    await get('a');
    clock.now = 1_000;
    expect(await get('a')).toBe('a2');
    clock.now = -5_000;
    expect(await get('a')).toBe('a3');
  });

  it('gives way to what was asked for later: the one that was not used for longest goes', async () => {
    const { made, get } = opened();
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });

  it('does not keep a failure', async () => {
    const recent = openRecent<string>({ most: 2, believedMs: 1_000, now: () => 0 });
    await expect(recent.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await recent.get('a', async () => 'there')).toBe('there');
  });
});
