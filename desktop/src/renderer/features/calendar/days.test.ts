import { describe, expect, it } from 'vitest';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { daysOf } from './days.ts';

const event = (id: string, startAt: string, endAt: string, allDay = false): StoredRecord => ({
  id,
  type: 'event',
  fields: { title: id, startAt, endAt, allDay },
  version: 1,
  createdAt: startAt,
  updatedAt: startAt,
});
const monday = { year: 2026, month: 11, day: 16, hour: 0, minute: 0 };
const week = (...events: StoredRecord[]) =>
  daysOf(events, monday, 7, 'Europe/Rome').map((day) => [
    ...day.whole.map(({ event: { id } }) => `${id}!`),
    ...day.timed.map((item) => `${item.event.id} ${item.from}-${item.to} ${item.column}/${item.columns}`),
  ]);

describe('events on their days', () => {
  it('stand at their local time', () => expect(week(event('a', '2026-11-17T14:00:00Z', '2026-11-17T14:45:00Z'))[1]).toEqual(['a 900-945 0/1']));
  it('go over midnight into the next day', () =>
    expect(week(event('a', '2026-11-17T23:00:00+01:00', '2026-11-18T01:00:00+01:00')).slice(1, 3)).toEqual([['a 1380-1440 0/1'], ['a 0-60 0/1']]));
  it('that end at midnight do not touch the next day', () => expect(week(event('a', '2026-11-17T23:00:00+01:00', '2026-11-18T00:00:00+01:00'))[2]).toEqual([]));
  it('of whole days stand on each of them, and end on the day before their end', () =>
    expect(week(event('a', '2026-11-18', '2026-11-21', true)).map((day) => day.length)).toEqual([0, 0, 1, 1, 1, 0, 0]));
  it('of one whole day stand on that day, whether they end there or on the next', () => {
    expect(week(event('a', '2026-11-20', '2026-11-21', true)).map((day) => day.length)).toEqual([0, 0, 0, 0, 1, 0, 0]);
    expect(week(event('a', '2026-11-20', '2026-11-20', true)).map((day) => day.length)).toEqual([0, 0, 0, 0, 1, 0, 0]);
  });
  it('that overlap share the width, and only those', () => {
    const days = week(
      event('a', '2026-11-16T09:00:00+01:00', '2026-11-16T11:00:00+01:00'),
      event('b', '2026-11-16T10:00:00+01:00', '2026-11-16T12:00:00+01:00'),
      event('c', '2026-11-16T12:00:00+01:00', '2026-11-16T13:00:00+01:00'),
    );
    expect(days[0]).toEqual(['a 540-660 0/2', 'b 600-720 1/2', 'c 720-780 0/1']);
  });
  it('without a readable time are left out', () => expect(week(event('a', 'soon', 'later')).flat()).toEqual([]));
});
