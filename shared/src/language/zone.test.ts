import { describe, expect, it } from 'vitest';
import { at, dayOf } from './civil.ts';
import { instantOf, isoTime, readIso, wallTime, zoneNamed } from './zone.ts';

const wall = (y: number, m: number, d: number, h = 0, min = 0) => at(dayOf(y, m, d), h * 3600 + min * 60);

describe('a time zone', () => {
  const berlin = zoneNamed('Europe/Berlin');

  it.each([
    ['winter', wall(2026, 1, 15, 12), '2026-01-15T12:00:00+01:00'],
    ['summer', wall(2026, 7, 15, 12), '2026-07-15T12:00:00+02:00'],
    ['the hour before the gap', wall(2026, 3, 29, 1, 59), '2026-03-29T01:59:00+01:00'],
    ['a time the gap skips moves forward', wall(2026, 3, 29, 2, 30), '2026-03-29T03:30:00+02:00'],
    ['the first hour after the gap', wall(2026, 3, 29, 3), '2026-03-29T03:00:00+02:00'],
    ['a time that occurs twice means the first', wall(2026, 10, 25, 2, 30), '2026-10-25T02:30:00+02:00'],
    ['the hour after the overlap', wall(2026, 10, 25, 3), '2026-10-25T03:00:00+01:00'],
  ])('writes the offset of that very moment: %s', (_name, time, expected) => {
    expect(isoTime(berlin, time)).toBe(expected);
  });

  it.each([
    ['Asia/Kolkata', '+05:30'],
    ['Asia/Kathmandu', '+05:45'],
    ['America/St_Johns', '-03:30'],
    ['Pacific/Kiritimati', '+14:00'],
    ['UTC', '+00:00'],
    ['Australia/Lord_Howe', '+11:00'],
  ])('knows the odd offset of %s', (name, offset) => {
    expect(isoTime(zoneNamed(name), wall(2026, 1, 15, 12))).toBe(`2026-01-15T12:00:00${offset}`);
  });

  it('handles a gap of half an hour and one at midnight', () => {
    expect(isoTime(zoneNamed('Australia/Lord_Howe'), wall(2026, 10, 4, 2, 15))).toBe('2026-10-04T02:45:00+11:00');
    expect(isoTime(zoneNamed('America/Santiago'), wall(2026, 9, 6, 0, 0))).toBe('2026-09-06T01:00:00-03:00');
  });

  it('turns every wall time of a year to an instant and back, except inside a gap', () => {
    const odd: string[] = [];
    for (let time = wall(2026, 1, 1); time < wall(2027, 1, 1); time += 1_800)
      if (wallTime(berlin, instantOf(berlin, time)) !== time) odd.push(isoTime(berlin, time));
    expect(odd).toEqual(['2026-03-29T03:00:00+02:00', '2026-03-29T03:30:00+02:00']);
  });

  it.each([
    ['2026-11-20T21:00:00', wall(2026, 11, 20, 21)],
    ['2026-11-20T21:00:00+01:00', wall(2026, 11, 20, 21)],
    ['2026-11-20T20:00:00Z', wall(2026, 11, 20, 21)],
    ['2026-11-20T15:00:00.123-05:00', wall(2026, 11, 20, 21)],
    ['2026-11-20', wall(2026, 11, 20)],
  ])('reads %s', (text, expected) => {
    expect(readIso(berlin, text)).toBe(expected);
  });

  it.each(['', 'tomorrow', '2026-13-01', '2026-02-30T10:00:00', '2026-01-01T25:00:00', '20261120'])('refuses to read %j', (text) => {
    expect(readIso(berlin, text)).toBeUndefined();
  });

  it.each(['', 'Mars/Olympus', 'not a zone', '../../etc'])('refuses the zone %j with its code', (name) => {
    expect(() => zoneNamed(name)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });
});
