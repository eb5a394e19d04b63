import { describe, expect, it } from 'vitest';
import type { Fields, RecordType, StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { Today } from '../../../bridge/shapes.ts';
import { briefOf } from './brief.ts';
import { elsewhereText, overlapsOf, overlapText } from './overlaps.ts';

const here = { now: Date.parse('2026-11-20T10:00:00+01:00'), zone: 'Europe/Rome' };
const record = (type: RecordType, id: string, fields: Fields): StoredRecord =>
  ({ id, type, fields: { title: id, ...fields }, version: 1, createdAt: '2026-11-01T00:00:00Z', updatedAt: '2026-11-01T00:00:00Z' }) as StoredRecord;
const event = (id: string, startAt: string, endAt: string, more: Fields = {}) => record('event', id, { startAt, endAt, ...more });
const task = (id: string, dueAt: string, more: Fields = {}) => record('task', id, { dueAt, ...more });
const day = (more: Partial<Today> = {}): Today => ({ overdue: [], dueToday: [], events: [], conflicts: [], upcoming: [], waitingPlans: [], ...more });
const said = (today: Today) => briefOf(today, here).flatMap(({ lines }) => lines.map(({ text, recordId }) => (recordId ? `${text} → ${recordId}` : text)));

const standUp = event('Stand-up', '2026-11-20T09:30:00+01:00', '2026-11-20T10:15:00+01:00');
const budget = event('Budget', '2026-11-20T14:00:00+01:00', '2026-11-20T15:30:00+01:00', { location: 'Room 2' });

describe('the brief by rule', () => {
  it('says nothing of a day that holds nothing', () => expect(briefOf(day(), here)).toEqual([]));

  it('names what is on, what is next, where to begin, what overlaps and what waits', () => {
    const call = event('Call', '2026-11-20T15:00:00+01:00', '2026-11-20T16:00:00+01:00');
    const today = day({
      events: [standUp, budget, call],
      overdue: [task('Insurance', '2026-11-19', { priority: 'low' })],
      dueToday: [task('Report', '2026-11-20', { priority: 'high' }), task('Contract', '2026-11-20T16:30:00+01:00')],
      conflicts: [{ a: 'Budget', b: 'Call' }],
      waitingPlans: [{} as never],
    });
    expect(said(today)).toEqual([
      '3 events today; “Stand-up” is on until 10:15, then “Budget” at 14:00, Room 2. → Stand-up',
      '2 tasks are due today, 1 overdue; begin with “Report”, due today. → Report',
      '“Budget” and “Call” overlap today, 15:00 – 15:30. → Call',
      '1 plan waits for your decision.',
    ]);
  });

  it('knows events that are over, and all-day ones', () => {
    const early = event('Early', '2026-11-20T07:00:00+01:00', '2026-11-20T08:00:00+01:00');
    const fair = event('Fair', '2026-11-20', '2026-11-20', { allDay: true });
    expect(said(day({ events: [early] }))[0]).toBe('1 event today, all of them over.');
    expect(said(day({ events: [early, fair] }))[0]).toBe('2 events today, nothing more at a fixed time.');
  });

  it('looks ahead from an empty day', () =>
    expect(said(day({ upcoming: [event('Lunch', '2026-11-21T12:30:00+01:00', '2026-11-21T13:30:00+01:00')] }))).toEqual([
      'No events today.',
      'Nothing is due today.',
      'Next is “Lunch”, tomorrow, 12:30. → Lunch',
    ]));

  it('keeps a sentence a sentence, however long a title is', () => {
    const [text] = said(day({ events: [event('x'.repeat(2_000), '2026-11-20T14:00:00+01:00', '2026-11-20T15:00:00+01:00')] }));
    expect(text!.split(' → ')[0]!.length).toBeLessThan(140);
  });
});

describe('events at the same time', () => {
  const train = event('Train', '2026-11-20T23:30:00+01:00', '2026-11-21T06:00:00+01:00');
  const night = event('Night call', '2026-11-20T18:45:00-05:00', '2026-11-20T20:00:00-05:00', { timeZone: 'America/New_York' });

  it('across midnight and zones, at the time of the user', () => {
    const [overlap] = overlapsOf({ conflicts: [{ a: 'Train', b: 'Night call' }], events: [train], upcoming: [night] }, here);
    expect(overlapText(overlap!, here)).toBe('tomorrow, 00:45 – 02:00');
    expect([elsewhereText(train, here), elsewhereText(night, here)]).toEqual([null, '18:45 in New York']);
  });

  it('that last for days name both', () => {
    const [trip, fair] = [event('Trip', '2026-11-20T12:00:00Z', '2026-11-24T12:00:00Z'), event('Fair', '2026-11-21T08:00:00Z', '2026-11-23T17:00:00Z')];
    const [overlap] = overlapsOf({ conflicts: [{ a: 'Trip', b: 'Fair' }], events: [trip], upcoming: [fair] }, here);
    expect(overlapText(overlap!, here)).toBe('tomorrow, 09:00 – Mon 23 Nov, 18:00');
  });

  it('are left out once they are over, and where an event is not there any more', () => {
    const early = event('Early', '2026-11-20T09:00:00+01:00', '2026-11-20T09:45:00+01:00');
    const pairs = [
      { a: 'Stand-up', b: 'Early' },
      { a: 'Stand-up', b: 'gone' },
    ];
    expect(overlapsOf({ conflicts: pairs, events: [standUp, early], upcoming: [] }, here)).toEqual([]);
  });

  it.each(['Moon/Sea', 'UTC', '', 'Europe/Berlin'])('a zone that says nothing of its own is not shown: %j', (timeZone) =>
    expect(elsewhereText(event('e', '2026-11-20T09:00:00Z', '2026-11-20T10:00:00Z', { timeZone }), here)).toBeNull(),
  );
});
