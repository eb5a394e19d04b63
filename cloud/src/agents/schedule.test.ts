import { describe, expect, it } from 'vitest';
import { zoneNamed } from '@adiuva/shared/language/zone.ts';
import { iso, periodIn, periods, spanBefore, spanOf } from './days.ts';
import type { Occurrence } from './occurrences.ts';
import { conflictsAmong, gapsIn, movesFor, slotsOf, workingSpans } from './schedule.ts';

const zone = zoneNamed('Europe/Berlin');
const now = Date.parse('2026-11-20T09:00:00+01:00');
const at = (id: string, start: string, end: string, more: Partial<Occurrence> = {}): Occurrence => ({
  id,
  title: id,
  provenance: 'user',
  start: Date.parse(`2026-11-${start}:00+01:00`),
  end: Date.parse(`2026-11-${end}:00+01:00`),
  allDay: false,
  recurs: false,
  ...more,
});
const told = (at: number) => iso(at, zone).slice(8, 16);
const ids = (list: readonly Occurrence[]) => conflictsAmong(list).map(({ kind, a, b }) => [kind, a.id, b.id]);

describe('conflicts', () => {
  it('are pairs that share time; what only touches shares none', () => {
    const [a, b, c] = [at('a', '23T09:00', '23T10:00'), at('b', '23T09:59', '23T11:00'), at('c', '23T11:00', '23T12:00')];
    expect(ids([a, b, c])).toEqual([['overlap', 'a', 'b']]);
    expect(conflictsAmong([a, b])[0]!.shared).toBe(60_000);
  });

  it('tell whole days apart, and leave those beside each other alone', () => {
    const [day, other, meeting] = [
      at('day', '23T00:00', '24T00:00', { allDay: true }),
      at('other', '23T00:00', '24T00:00', { allDay: true }),
      at('m', '23T09:00', '23T10:00'),
    ];
    expect(ids([day, other, meeting])).toEqual([
      ['whole-day', 'day', 'm'],
      ['whole-day', 'other', 'm'],
    ]);
  });

  it('are found in long events, and not between times of one series', () => {
    expect(ids([at('long', '23T08:00', '23T18:00'), at('x', '23T09:00', '23T10:00'), at('y', '23T17:00', '23T19:00')])).toHaveLength(2);
    expect(ids([at('s', '23T09:00', '23T11:00', { recurs: true }), at('s', '23T10:00', '23T12:00', { recurs: true })])).toEqual([]);
  });

  it('stay a list that can be read, however many there are', () => {
    const many = Array.from({ length: 600 }, (_, index) => at(`e${index}`, '23T09:00', '23T10:00'));
    expect(conflictsAmong(many)).toHaveLength(100);
  });
});

describe('free time', () => {
  it('is what events leave, the ends included', () => {
    const span = { start: at('', '23T09:00', '23T09:00').start, end: at('', '23T12:00', '23T12:00').start };
    const gaps = gapsIn(span, [at('a', '23T08:00', '23T09:30'), at('day', '23T00:00', '24T00:00', { allDay: true }), at('b', '23T10:00', '23T10:30')]);
    expect(gaps.map(({ start, end }) => [told(start), told(end)])).toEqual([
      ['23T09:30', '23T10:00'],
      ['23T10:30', '23T12:00'],
    ]);
  });

  it('begins on the half hour, on working days, at the hours of the wall clock over a change of the clock', () => {
    const weekend = { start: Date.parse('2026-10-23T00:00:00+02:00'), end: Date.parse('2026-10-28T00:00:00+01:00') };
    const days = workingSpans(weekend, zone).map(({ start, end }) => [iso(start, zone).slice(5, 16), iso(end, zone).slice(11, 16)]);
    expect(days).toEqual([
      ['10-23T09:00', '18:00'],
      ['10-26T09:00', '18:00'],
      ['10-27T09:00', '18:00'],
    ]);
    expect(
      workingSpans({ start: Date.parse('2026-10-25T00:00:00+02:00'), end: Date.parse('2026-10-26T00:00:00+01:00') }, zone, true).map(({ start }) =>
        iso(start, zone),
      ),
    ).toEqual(['2026-10-25T09:00:00+01:00']);
    const slots = slotsOf(
      45 * 60_000,
      workingSpans({ start: Date.parse('2026-11-23T09:10:00+01:00'), end: Date.parse('2026-11-24T00:00:00+01:00') }, zone),
      [],
      9,
    );
    expect(slots.map(({ start }) => told(start))).toEqual(['23T09:30', '23T10:30']);
  });
});

describe('moves', () => {
  const search = workingSpans(spanOf('next_14_days', now, zone), zone);
  const moved = (list: Occurrence[]) => {
    const { moves, stuck } = movesFor(conflictsAmong(list), list, search);
    return {
      moves: moves.map(({ event, to, reason }) => [event.id, told(to.start), told(to.end), reason]),
      stuck: stuck.map(({ conflict, reason }) => [conflict.a.id, conflict.b.id, reason]),
    };
  };

  it('move the shorter one to the next free time of its length', () => {
    expect(moved([at('long', '23T09:00', '23T12:00'), at('short', '23T10:00', '23T10:30'), at('next', '23T12:00', '23T13:00')])).toEqual({
      moves: [['short', '23T13:00', '23T13:30', 'it is the shorter one']],
      stuck: [],
    });
  });

  it('leave series and the events of others where they are', () => {
    const series = at('series', '23T09:30', '23T10:00', { recurs: true });
    expect(moved([at('mine', '23T09:00', '23T11:00'), series]).moves).toEqual([['mine', '23T10:00', '23T12:00', 'the other one repeats']]);
    expect(moved([at('mine', '23T09:00', '23T11:00'), at('theirs', '23T10:00', '23T10:30', { provenance: 'untrusted' })]).moves).toEqual([
      ['mine', '23T10:30', '23T12:30', 'the other one came from somebody else'],
    ]);
    expect(moved([series, at('other', '23T09:45', '23T10:15', { recurs: true })])).toEqual({
      moves: [],
      stuck: [['series', 'other', 'both repeat, and a single time of a series cannot be moved here']],
    });
  });

  it('give no time to two', () => {
    const list = [at('base', '23T09:00', '23T12:00'), at('x', '23T09:00', '23T10:00'), at('y', '23T11:00', '23T12:00')];
    const { moves } = moved(list);
    expect(new Set(moves.map(([, start]) => start)).size).toBe(2);
    const after = list.map((event) => {
      const move = movesFor(conflictsAmong(list), list, search).moves.find((one) => one.event === event);
      return move ? { ...event, ...move.to } : event;
    });
    expect(conflictsAmong(after.toSorted((a, b) => a.start - b.start))).toEqual([]);
  });

  it('say where nothing is free', () => {
    const list = [at('a', '23T09:00', '23T12:00'), at('b', '23T10:00', '23T11:00')];
    expect(movesFor(conflictsAmong(list), list, []).stuck).toMatchObject([{ reason: 'no free time of its length was found in working hours' }]);
  });
});

describe('periods', () => {
  it('are whole days of the user, weeks from Monday', () => {
    const days = Object.fromEntries(
      periods.map((period) => [period, [spanOf(period, now, zone).start, spanOf(period, now, zone).end].map((ms) => iso(ms, zone).slice(5, 10))]),
    );
    expect(days).toMatchObject({
      today: ['11-20', '11-21'],
      this_week: ['11-16', '11-23'],
      last_week: ['11-09', '11-16'],
      last_month: ['10-01', '11-01'],
      next_month: ['12-01', '01-01'],
      last_7_days: ['11-14', '11-21'],
      next_7_days: ['11-20', '11-27'],
    });
  });

  it('are compared with the one before', () => {
    const before = (period: (typeof periods)[number]) =>
      [spanBefore(period, now, zone).start, spanBefore(period, now, zone).end].map((ms) => iso(ms, zone).slice(5, 10));
    expect([before('this_week'), before('this_month'), before('today')]).toEqual([
      ['11-09', '11-16'],
      ['10-01', '11-01'],
      ['11-19', '11-20'],
    ]);
  });

  it('are read from words', () => {
    expect([periodIn('conflicts Next Week?'), periodIn('my weekly report'), periodIn('hello')]).toEqual(['next_week', 'this_week', undefined]);
  });
});
