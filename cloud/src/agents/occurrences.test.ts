import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chatContext } from '@adiuva/shared/contracts/chat.ts';
import { occurrencesIn } from './occurrences.ts';
import { costOf, mostOccurrences, startsOf } from './recurrence.ts';

const contextOf = (events: object[], timeZone = 'Europe/Berlin') =>
  chatContext.parse({
    userProfile: { timeZone, locale: 'en', now: '2026-11-20T09:00:00+01:00' },
    upcomingEvents: events.map((fields, index) => ({ id: `e${index}`, fields: { title: `event ${index}`, ...fields } })),
  });
const ms = (text: string) => Date.parse(text);
const span = (from: string, before: string) => ({ start: ms(from), end: ms(before) });
const starts = async (event: object, from: string, before: string, timeZone?: string) =>
  (await occurrencesIn(contextOf([event], timeZone), span(from, before))).found.map(({ start, end }) => [
    new Date(start).toISOString(),
    (end - start) / 60_000,
  ]);

describe('occurrences', () => {
  it('keep the hour of the wall clock over both changes of the clock', async () => {
    const standup = { startAt: '2026-03-26T09:30:00+01:00', endAt: '2026-03-26T10:00:00+01:00', timeZone: 'Europe/Berlin', recurrence: 'FREQ=WEEKLY' };
    expect(await starts(standup, '2026-03-20T00:00:00Z', '2026-04-05T00:00:00Z')).toEqual([
      ['2026-03-26T08:30:00.000Z', 30],
      ['2026-04-02T07:30:00.000Z', 30],
    ]);
    expect(await starts(standup, '2026-10-20T00:00:00Z', '2026-11-01T00:00:00Z')).toEqual([
      ['2026-10-22T07:30:00.000Z', 30],
      ['2026-10-29T08:30:00.000Z', 30],
    ]);
  });

  it("repeat in the event's own zone, not in the user's", async () => {
    const boston = { startAt: '2026-10-27T10:00:00-04:00', endAt: '2026-10-27T11:00:00-04:00', timeZone: 'America/New_York', recurrence: 'FREQ=WEEKLY' };
    // Berlin leaves summer time a week before New York.
    expect((await starts(boston, '2026-10-25T00:00:00Z', '2026-11-10T00:00:00Z')).map(([at]) => at)).toEqual([
      '2026-10-27T14:00:00.000Z',
      '2026-11-03T15:00:00.000Z',
    ]);
  });

  it('take the zone of the user where a record never learned its own', async () => {
    const event = { startAt: '2026-10-22T09:00:00+02:00', endAt: '2026-10-22T10:00:00+02:00', timeZone: 'UTC', recurrence: 'FREQ=WEEKLY' };
    expect((await starts(event, '2026-10-28T00:00:00Z', '2026-10-30T00:00:00Z')).map(([at]) => at)).toEqual(['2026-10-29T08:00:00.000Z']);
  });

  it('hold whole days of the user, also those of 23 and 25 hours', async () => {
    const day = { startAt: '2026-10-24', endAt: '2026-10-26', allDay: true };
    expect(await starts(day, '2026-10-20T00:00:00Z', '2026-11-01T00:00:00Z')).toEqual([['2026-10-23T22:00:00.000Z', 49 * 60]]);
    expect(await starts({ ...day, endAt: '2026-10-24', recurrence: 'FREQ=DAILY;COUNT=3' }, '2026-10-20T00:00:00Z', '2026-11-01T00:00:00Z')).toEqual([
      ['2026-10-23T22:00:00.000Z', 24 * 60],
      ['2026-10-24T22:00:00.000Z', 25 * 60],
      ['2026-10-25T23:00:00.000Z', 24 * 60],
    ]);
  });

  it('see what began before the span and still lasts', async () => {
    const night = { startAt: '2026-11-19T22:00:00+01:00', endAt: '2026-11-20T02:00:00+01:00', timeZone: 'Europe/Berlin' };
    expect(await starts(night, '2026-11-19T23:00:00Z', '2026-11-20T23:00:00Z')).toHaveLength(1);
    expect(await starts({ ...night, recurrence: 'FREQ=DAILY;COUNT=1' }, '2026-11-19T23:00:00Z', '2026-11-20T23:00:00Z')).toHaveLength(1);
    expect(await starts(night, '2026-11-20T01:00:00Z', '2026-11-20T23:00:00Z')).toHaveLength(0);
  });

  it('end with UNTIL in UTC, on the wall clock of the zone', async () => {
    const event = { startAt: '2026-11-02T23:30:00-05:00', endAt: '2026-11-02T23:45:00-05:00', timeZone: 'America/New_York' };
    const until = (text: string) => starts({ ...event, recurrence: `FREQ=DAILY;UNTIL=${text}` }, '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z');
    expect(await until('20261104T043000Z')).toHaveLength(2);
    expect(await until('20261104T042959Z')).toHaveLength(1);
  });

  it('name what cannot be read instead of passing it over', async () => {
    const at = { startAt: '2026-11-20T10:00:00+01:00', endAt: '2026-11-20T11:00:00+01:00' };
    const events = [{}, { ...at, endAt: '2026-11-20T09:00:00+01:00' }, { ...at, recurrence: 'FREQ=NEVER' }, { ...at, recurrence: 'FREQ=DAILY;INTERVAL=0' }, at];
    const { found, unread } = await occurrencesIn(contextOf(events), span('2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'));
    expect([found.map(({ id }) => id), unread]).toEqual([['e4'], ['e0', 'e1', 'e2', 'e3']]);
  });

  it.each([
    'FREQ=SECONDLY',
    'FREQ=MINUTELY;BYMONTH=1',
    'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=DAILY;COUNT=999999999',
  ])('give up or stop soon with %s', (rule) => {
    const found = startsOf(rule, ms('1990-01-01T09:00:00Z') / 1_000, ms('2026-11-01T00:00:00Z') / 1_000, ms('2026-12-01T00:00:00Z') / 1_000);
    expect(found === undefined || found.length <= mostOccurrences).toBe(true);
  });

  it('bound the work that all rules of a context cause together', async () => {
    const event = { startAt: '1990-01-01T10:00:00+01:00', endAt: '1990-01-01T11:00:00+01:00', recurrence: 'FREQ=DAILY;COUNT=900' };
    const { unread } = await occurrencesIn(contextOf(Array.from({ length: 20 }, () => event)), span('2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'));
    expect(unread).toHaveLength(16);
  });

  it.each([
    'FREQ=HOURLY',
    'FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,10,20,30,40,50;BYSECOND=0,10,20,30,40,50',
    'FREQ=YEARLY;BYMONTH=1,2,3;BYHOUR=1,2,3;BYMINUTE=1,2,3',
  ])('refuse %s unread', (rule) => {
    expect(costOf(rule)).toBe(undefined);
    expect(startsOf(rule, 0, 0, 86_400)).toBe(undefined);
  });

  it('are expanded once for all who ask in a turn', async () => {
    const context = contextOf([{ startAt: '2026-11-20T10:00:00+01:00', endAt: '2026-11-20T11:00:00+01:00', recurrence: 'FREQ=DAILY' }]);
    const day = span('2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z');
    expect(occurrencesIn(context, { ...day })).toBe(occurrencesIn(context, { ...day }));
  });

  const vectors = new URL('../../../../shared/vectors/ics/rrule-cases.jsonl', import.meta.url);
  it.skipIf(!existsSync(vectors))('are those of the published cases (skipped without ../shared/vectors)', () => {
    const rows = readFileSync(vectors, 'utf8').trim().split('\n');
    const cases = rows.map((row) => JSON.parse(row) as { id: string; rrule: string; dtstart: string; instances: string[]; dateutil_agrees: boolean });
    const daily = cases.filter(({ rrule, dateutil_agrees }) => dateutil_agrees && costOf(rrule) !== undefined);
    expect(daily.length).toBeGreaterThan(25);
    const wrong = daily.filter(({ rrule, dtstart, instances }) => {
      const wanted = instances.map(wallOf);
      const first = wallOf(dtstart);
      const found = startsOf(rrule, first, Math.min(first, wanted[0]!), wanted.at(-1)!) ?? [];
      // Some cases are windows that begin later than the rule.
      return JSON.stringify(found.filter((at) => at >= wanted[0]!)) !== JSON.stringify(wanted);
    });
    // A yearly rule that numbers days of the year and names weekdays is read differently by the library: BYDAY there expands instead of limiting.
    expect(wrong.map(({ id }) => id)).toEqual(['lr011']);
  });
});

function wallOf(text: string): number {
  const [, y, mo, d, h = '00', mi = '00', s = '00'] = /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d))?/.exec(text)!;
  return ms(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`) / 1_000;
}
