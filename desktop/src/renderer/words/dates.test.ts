import { describe, expect, it } from 'vitest';
import { briefText, civilFromInput, dayHeading, inputText, isPast, relativeText, startOfWeek, weekText, whenText } from './dates.ts';
import { civilFrom, civilOf, instantOf, isoOf } from './zone.ts';

const here = { now: Date.parse('2026-11-20T10:00:00+01:00'), zone: 'Europe/Rome' };

describe('a time as it is shown', () => {
  it.each([
    ['2026-11-27T17:00:00+01:00', 'Fri 27 Nov, 17:00 · in 7 days'],
    ['2026-11-27T16:00:00Z', 'Fri 27 Nov, 17:00 · in 7 days'],
    ['2026-11-20', 'Fri 20 Nov · today'],
    ['2026-11-21', 'Sat 21 Nov · tomorrow'],
    ['2026-11-19', 'Thu 19 Nov · yesterday'],
    ['2026-11-20T10:00:20+01:00', 'Fri 20 Nov, 10:00 · now'],
    ['2026-11-20T10:45:00+01:00', 'Fri 20 Nov, 10:45 · in 45 minutes'],
    ['2026-11-20T09:59:00+01:00', 'Fri 20 Nov, 09:59 · 1 minute ago'],
    ['2026-11-20T18:00:00+01:00', 'Fri 20 Nov, 18:00 · in 8 hours'],
    ['2026-11-21T18:00:00+01:00', 'Sat 21 Nov, 18:00 · tomorrow'],
    ['2026-12-04', 'Fri 4 Dec · in 2 weeks'],
    ['2027-03-20', 'Sat 20 Mar 2027 · in 4 months'],
    ['2020-11-20', 'Fri 20 Nov 2020 · 6 years ago'],
    ['soon', 'soon'],
  ])('%s', (value, shown) => expect(whenText(value, here)).toBe(shown));

  it('has a short form for dense rows', () => {
    expect(['2026-11-20T18:00:00+01:00', '2026-11-21', '2026-11-24T09:05:00+01:00'].map((value) => briefText(value, here))).toEqual([
      'Today, 18:00',
      'Tomorrow',
      'Tue 24 Nov, 09:05',
    ]);
  });

  it('knows what is over: a day only when it has ended', () => {
    expect(['2026-11-20', '2026-11-19', '2026-11-20T09:59:59+01:00'].map((value) => isPast(value, here))).toEqual([false, true, true]);
  });

  it('names days and weeks', () => {
    const day = civilOf(here.now, here.zone);
    expect([dayHeading(day, here), weekText(startOfWeek(day))]).toEqual(['Today · Friday 20 November', '16 – 22 November 2026']);
    expect(weekText({ year: 2026, month: 11, day: 30, hour: 0, minute: 0 })).toBe('30 Nov – 6 December 2026');
  });
});

describe('wall-clock time and instants', () => {
  it('round-trips through an input', () => {
    const text = inputText('2026-11-27T16:00:00Z', here.zone);
    const civil = civilFromInput(text);
    expect([text, civil && isoOf(civil, here.zone)]).toEqual(['2026-11-27T17:00', '2026-11-27T17:00:00+01:00']);
  });

  it('moves a time that the clock change skips, and takes the first of one it repeats', () => {
    const at = (month: number, day: number) => new Date(instantOf({ year: 2026, month, day, hour: 2, minute: 30 }, here.zone)).toISOString();
    expect([at(3, 29), at(10, 25)]).toEqual(['2026-03-29T01:30:00.000Z', '2026-10-25T00:30:00.000Z']);
  });

  it('writes the offset of that day, west of Greenwich and by the half hour too', () => {
    const noon = { year: 2026, month: 7, day: 1, hour: 12, minute: 0 };
    expect(['Europe/Rome', 'America/New_York', 'Asia/Kolkata'].map((zone) => isoOf(noon, zone).slice(19))).toEqual(['+02:00', '-04:00', '+05:30']);
  });

  it('takes an unreadable value as none', () =>
    expect([civilFrom('2026-99-99T', 'UTC'), civilFromInput(''), relativeText('', here)]).toEqual([null, null, '']));
});
