import { describe, expect, it } from 'vitest';
import { findDates } from './dates.ts';
import { readIso, zoneNamed } from './zone.ts';

const utc = zoneNamed('UTC');
/** A Wednesday. */
const now = readIso(utc, '2026-05-13T14:20:00')!;
const found = (text: string) => {
  const { dates, recurrence, durationMinutes } = findDates(text, now, utc);
  const short = dates.map(({ start, end }) =>
    [start, end]
      .filter((x): x is string => x !== null)
      .map((x) => x.replace(':00+00:00', ''))
      .join(' → '),
  );
  return [...short, ...(recurrence ? [recurrence] : []), ...(durationMinutes !== null ? [`${durationMinutes} min`] : [])].join(' · ');
};

describe('dates in a text', () => {
  it.each([
    ['pay it today', '2026-05-13'],
    ['the day after tomorrow', '2026-05-15'],
    ['on wednesday', '2026-05-13'],
    ['see you Tuesday', '2026-05-19'],
    ['next Friday', '2026-05-22'],
    ['this Monday', '2026-05-11'],
    ['last Friday', '2026-05-08'],
    ['past Tuesday', '2026-05-12'],
    ['the coming Wednesday', '2026-05-20'],
    ['Friday next week', '2026-05-22'],
    ['Friday week', '2026-05-22'],
    ['the Friday after next', '2026-05-29'],
    ['5 June', '2026-06-05'],
    ['March 3rd', '2027-03-03'],
    ['29 February', '2028-02-29'],
    ['the 7th', '2026-06-07'],
    ['the third of next month', '2026-06-03'],
    ['12/24/2026', '2026-12-24'],
    ['24/12/26', '2026-12-24'],
    ['24.12.2026', '2026-12-24'],
    ['20261224', '2026-12-24'],
    ['24-Dec-2026', '2026-12-24'],
    ['December the twenty fourth', '2026-12-24'],
    ['fourth of May nineteen seventy seven', '1977-05-04'],
    ['the last Friday of June', '2026-06-26'],
    ['first Monday in September', '2026-09-07'],
    ['last day of the month', '2026-05-31'],
    ['Christmas eve', '2026-12-24'],
    ['easter 2027', '2027-03-28'],
    ['labor day', '2026-09-07'],
    ['in 10 days', '2026-05-23'],
    ['three weeks ago', '2026-04-22'],
    ['two days before Christmas', '2026-12-23'],
    ['a week from tomorrow', '2026-05-21'],
    ['in five working days', '2026-05-20'],
  ])('one day: %s', (text, expected) => expect(found(text)).toBe(expected));

  it.each([
    ['this week', '2026-05-11 → 2026-05-18'],
    ['next weekend', '2026-05-23 → 2026-05-25'],
    ['next month', '2026-06-01 → 2026-07-01'],
    ['last quarter', '2026-01-01 → 2026-04-01'],
    ['Q3 2027', '2027-07-01 → 2027-10-01'],
    ['second half of the year', '2026-07-01 → 2027-01-01'],
    ['in 2031', '2031-01-01 → 2032-01-01'],
    ['the seventies', '1970-01-01 → 1980-01-01'],
    ['the week commencing June 3', '2026-06-01 → 2026-06-08'],
    ['next 3 days', '2026-05-14 → 2026-05-17'],
    ['last 2 weeks', '2026-04-29 → 2026-05-13'],
    ['last fortnight', '2026-04-27 → 2026-05-11'],
    ['rest of the month', '2026-05-13 → 2026-05-31'],
    ['later this year', '2026-05-13 → 2027-01-01'],
    ['mid-June', '2026-06-10 → 2026-06-21'],
    ['from June 4 to June 9', '2026-06-04 → 2026-06-09'],
    ['4 - 9 June', '2026-06-04 → 2026-06-09'],
    ['between May 1 and now', '2026-05-01 → 2026-05-13'],
    ['Monday through Friday next week', '2026-05-18 → 2026-05-22'],
    ['from September to March', '2026-09-01 → 2027-03-01'],
  ])('a stretch of days: %s', (text, expected) => expect(found(text)).toBe(expected));

  it.each([
    ['tomorrow at 9', '2026-05-14T09:00'],
    ['Friday 3pm', '2026-05-15T15:00'],
    ['at half past seven in the evening', '2026-05-13T19:30'],
    ['quarter to noon tomorrow', '2026-05-14T11:45'],
    ['9am', '2026-05-14T09:00'],
    ['at 5', '2026-05-13T17:00'],
    ['end of day Friday', '2026-05-15T23:59:59+00:00'],
    ['in 90 minutes', '2026-05-13T15:50'],
    ['2 hours ago', '2026-05-13T12:20'],
    ['on Wednesday at 10', '2026-05-20T10:00'],
    ['2026-12-16T12:23', '2026-12-16T12:23'],
    ['tomorrow afternoon', '2026-05-14T12:00 → 2026-05-14T16:00'],
    ['tonight', '2026-05-13T20:00 → 2026-05-13T23:59:59+00:00'],
    ['tomorrow from 2 to 3', '2026-05-14T14:00 → 2026-05-14T15:00'],
    ['3-4:30pm on Friday', '2026-05-15T15:00 → 2026-05-15T16:30'],
    ['Friday 10pm to Saturday 2am', '2026-05-15T22:00 → 2026-05-16T02:00'],
    ['within 2 hours', '2026-05-13T14:20 → 2026-05-13T16:20'],
  ])('times: %s', (text, expected) => expect(found(text)).toBe(expected));

  it.each([
    ['every day', 'FREQ=DAILY'],
    ['every 2 weeks', 'FREQ=WEEKLY;INTERVAL=2'],
    ['daily at 7am', '2026-05-14T07:00 · FREQ=DAILY'],
    ['every Monday and Thursday at 8:30', '2026-05-14T08:30 · FREQ=WEEKLY;BYDAY=MO,TH'],
    ['every other Friday', '2026-05-15 · FREQ=WEEKLY;INTERVAL=2;BYDAY=FR'],
    ['every weekday', '2026-05-13 · FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'],
    ['each month on the 5th', '2026-06-05 · FREQ=MONTHLY;BYMONTHDAY=5'],
    ['the last Friday of every month', 'FREQ=MONTHLY;BYDAY=-1FR'],
    ['quarterly', 'FREQ=MONTHLY;INTERVAL=3'],
    ['every year on July 4', '2026-07-04 · FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=4'],
    ['every day until June 1', 'FREQ=DAILY;UNTIL=20260601'],
    ['for an hour and a half', '90 min'],
    ['a 3-day trip', '4320 min'],
  ])('repetitions and lengths: %s', (text, expected) => expect(found(text)).toBe(expected));

  it.each([
    'I may march on',
    'the second item of the list',
    'call 425-555-1212',
    'version 1.2.3',
    'score 3-2',
    'just fall',
    'spring rolls',
    '24/7 support',
    'half of the cake',
    'at one point',
    'by two people',
    'pages 10-12',
    'room 2016',
    'he is 30 years old',
    'it costs 1999 dollars',
    'up-to-date',
    'the sun sat low',
    '10 points',
    'one of the best',
    'a ratio of 3:2',
    'on page 15',
    'the last one',
    'mid range',
    'good night',
  ])('invents nothing in %j', (text) => expect(findDates(text, now, utc).dates).toEqual([]));

  it('keeps the place of each date in the text', () => {
    const text = 'Café ☕ — meet on Friday at 3pm, or tomorrow';
    expect(findDates(text, now, utc).dates.map(({ from, to, text: said }) => [text.slice(from, to), said])).toEqual([
      ['Friday at 3pm', 'Friday at 3pm'],
      ['tomorrow', 'tomorrow'],
    ]);
  });

  it('writes the offset that holds on that day', () => {
    const berlin = zoneNamed('Europe/Berlin');
    const from = readIso(berlin, '2026-10-20T09:00:00')!;
    expect(findDates('at 2026-10-24T09:00:00Z and 2026-10-26 09:00:00-05:00', from, berlin).dates.map((d) => d.start)).toEqual([
      '2026-10-24T11:00:00+02:00',
      '2026-10-26T15:00:00+01:00',
    ]);
    expect(findDates('tomorrow at 9, Sunday at 2:30am and next Monday at 9am', from, berlin).dates.map((d) => d.start)).toEqual([
      '2026-10-21T09:00:00+02:00',
      '2026-10-25T02:30:00+02:00',
      '2026-10-26T09:00:00+01:00',
    ]);
  });
});
