import { describe, expect, it } from 'vitest';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import { bench } from '../plans/bench.suite.ts';
import { createAutoLock } from './auto-lock.ts';
import { createSettings, defaults } from './settings.ts';

async function room() {
  const { store } = await bench();
  const events: BridgeEvent['data'][] = [];
  return { store, events, settings: createSettings({ store: () => store, announce: (_type, data) => void events.push(data) }) };
}

describe('settings', () => {
  it('start with defaults, change by what is named, and tell it', async () => {
    const { settings, events } = await room();
    expect(await settings.get()).toEqual(defaults);
    await settings.set({ appearance: { theme: 'dark' }, timeZone: 'Asia/Tokyo' });
    const next = await settings.set({ appearance: { density: 'compact' }, keys: { palette: 'Ctrl+K' }, autoLockMinutes: 0 });
    expect(next).toEqual({
      ...defaults,
      appearance: { ...defaults.appearance, theme: 'dark', density: 'compact' },
      timeZone: 'Asia/Tokyo',
      keys: { palette: 'Ctrl+K' },
      autoLockMinutes: 0,
    });
    expect(await settings.get()).toEqual(next);
    expect(events.at(-1)).toEqual(next);
    expect((await settings.set({ timeZone: null })).timeZone).toBeNull();
  });

  it('refuse a time zone nobody knows and keep what was', async () => {
    const { settings } = await room();
    await expect(settings.set({ timeZone: 'Mars/Olympus' })).rejects.toMatchObject({ code: 'request.invalid' });
    expect((await settings.get()).timeZone).toBeNull();
  });

  it('take the default for each part that another version wrote otherwise', async () => {
    const { settings, store } = await room();
    await store.t.settings.set('settings', { appearance: { theme: 'sepia' }, displayName: 'Ada', autoLockMinutes: 'never', fonts: 1 });
    expect(await settings.get()).toEqual({ ...defaults, displayName: 'Ada' });
  });
});

describe('the automatic lock', () => {
  const setUp = (minutes: number) => {
    const clock = manualClock();
    let locks = 0;
    const autoLock = createAutoLock({ clock, minutes: async () => minutes, lock: () => void locks++ });
    return { clock, autoLock, locks: () => locks };
  };

  it('comes after the minutes without use, once', async () => {
    const { clock, autoLock, locks } = setUp(5);
    await clock.advance(4 * 60_000);
    autoLock.touch();
    await clock.advance(4 * 60_000);
    expect(locks()).toBe(0);
    await clock.advance(90_000);
    expect(locks()).toBe(1);
    await clock.advance(3_600_000);
    expect([locks(), clock.pending()]).toEqual([1, 0]);
  });

  it('never comes when it is off, and leaves no timer when closed', async () => {
    const { clock, autoLock, locks } = setUp(0);
    await clock.advance(86_400_000);
    expect(locks()).toBe(0);
    autoLock.close();
    expect(clock.pending()).toBe(0);
  });
});
