import { describe, expect, it } from 'vitest';
import { findDates } from './dates.ts';
import { understand } from './understand.ts';
import { instantOf, isoTime, readIso, zoneNamed } from './zone.ts';

const berlin = 'Europe/Berlin';
/** A Friday. */
const reference = '2026-11-20T09:00:00';
const read = (text: string, timeZone = berlin, now = reference) => understand(text, { reference: now, timeZone });
const starts = (text: string, timeZone = berlin, now = reference) =>
  read(text, timeZone, now).dates.map(({ start, end }) => (end === null ? start : `${start} → ${end}`));
/** The same moments as a clock in the user's zone shows them. */
const atHome = (text: string, timeZone = berlin, now = reference) =>
  read(text, timeZone, now).dates.map(({ start }) => isoTime(zoneNamed(timeZone), readIso(zoneNamed(timeZone), start)!));

describe('a zone behind a time', () => {
  it.each([
    ['meeting at 3pm EST', '2026-11-20T15:00:00-05:00'],
    ['call at 14:00 UTC', '2026-11-20T14:00:00+00:00'],
    ['9am PST tomorrow', '2026-11-21T09:00:00-08:00'],
    ['tomorrow 9am PST', '2026-11-21T09:00:00-08:00'],
    ['Nov 30 9pm est', '2026-11-30T21:00:00-05:00'],
    ['noon PST', '2026-11-20T12:00:00-08:00'],
    ['midnight UTC', '2026-11-21T00:00:00+00:00'],
    ['at 5 UTC', '2026-11-21T05:00:00+00:00'],
    ['3 PM MDT on June 4', '2027-06-04T15:00:00-06:00'],
    ['10am Pacific Standard Time', '2026-11-20T10:00:00-08:00'],
    ['at 1pm mountain timezone', '2026-11-20T13:00:00-07:00'],
    ["I'll leave on May/22(Tue)-11:30 AM PT.", '2027-05-22T11:30:00-07:00'],
    ['3pm (EST)', '2026-11-20T15:00:00-05:00'],
    ['18:00 JST', '2026-11-20T18:00:00+09:00'],
    ['8 pm SGT', '2026-11-20T20:00:00+08:00'],
    ['3pm HST', '2026-11-20T15:00:00-10:00'],
    ['at 15:00 GMT+2', '2026-11-20T15:00:00+02:00'],
    ['at 15:00 UTC+05:30', '2026-11-20T15:00:00+05:30'],
    ['at 15:00+02:00', '2026-11-20T15:00:00+02:00'],
    ['17:00 (GMT+1)', '2026-11-20T17:00:00+01:00'],
    ['3pm-5pm EST tomorrow', '2026-11-21T15:00:00-05:00 → 2026-11-21T17:00:00-05:00'],
    ['from 9am to 11am PST on Friday', '2026-11-20T09:00:00-08:00 → 2026-11-20T11:00:00-08:00'],
    ['between 2 and 4pm CET', '2026-11-20T14:00:00+01:00 → 2026-11-20T16:00:00+01:00'],
    ['from 3pm EST to 5pm EST', '2026-11-20T15:00:00-05:00 → 2026-11-20T17:00:00-05:00'],
  ])('is reckoned with, and the clock stays as it was said: %s', (text, expected) => expect(starts(text)).toEqual([expected]));

  it('makes one moment of two clocks', () => {
    const [east, west] = starts('call Bob 2pm ET / 11am PT');
    expect(Date.parse(east!)).toBe(Date.parse(west!));
  });

  it('belongs to the words of the date and leaves the title', () => {
    expect(read('Remind me to call Ann at 18:00 JST')).toMatchObject({ title: 'Call Ann', dates: [{ text: 'at 18:00 JST' }] });
  });

  it.each([
    ['the week before New York changes', '7 March 2027 3pm ET', '2027-03-07T15:00:00-05:00'],
    ['the day it begins', '14 March 2027 3pm ET', '2027-03-14T15:00:00-04:00'],
    ['the hour before', '14 March 2027 1:59 AM ET', '2027-03-14T01:59:00-05:00'],
    ['the hour it skips moves forward', '14 March 2027 2:30 AM ET', '2027-03-14T03:30:00-04:00'],
    ['the hour it has twice means the first', '7 November 2027 1:30 AM ET', '2027-11-07T01:30:00-04:00'],
    ['the day it ends', '7 November 2027 3pm Eastern Time', '2027-11-07T15:00:00-05:00'],
    ['Pacific time in summer', 'July 15 2027 3pm PT', '2027-07-15T15:00:00-07:00'],
    ['a standard time stays what it is in summer', 'July 15 2027 3pm EST', '2027-07-15T15:00:00-05:00'],
    ['Central Europe in summer', 'July 15 2027 3pm CET', '2027-07-15T15:00:00+02:00'],
    ['before the change in Central Europe', '27 March 2027 3pm CET', '2027-03-27T15:00:00+01:00'],
    ['after it', '28 March 2027 3pm CET', '2027-03-28T15:00:00+02:00'],
  ])('over a change of clocks: %s', (_name, text, expected) => expect(starts(text)).toEqual([expected]));

  it.each([
    ['between the changes of two zones the difference is an hour less', '20 March 2027 3pm ET', '2027-03-20T20:00:00+01:00'],
    ['and six hours as usual', '1 April 2027 3pm ET', '2027-04-01T21:00:00+02:00'],
  ])('in the user’s zone: %s', (_name, text, expected) => expect(atHome(text)).toEqual([expected]));

  it.each([
    ['Asia/Tokyo', '2026-11-21T08:30:00', '4pm PST', '2026-11-21T09:00:00+09:00'],
    ['Asia/Tokyo', '2026-11-21T09:30:00', '4pm PST', '2026-11-22T09:00:00+09:00'],
    ['America/New_York', '2026-11-20T20:00:00', '9:00 JST', '2026-11-21T19:00:00-05:00'],
    ['Pacific/Auckland', '2026-11-21T09:00:00', 'from 1pm to 2pm PST', '2026-11-21T10:00:00+13:00'],
  ])('a time alone is the next one there: in %s at %s, %s', (timeZone, now, text, expected) => expect(atHome(text, timeZone, now)).toEqual([expected]));

  it('a named day is the user’s day', () => {
    expect(starts('tomorrow at 9am PST', 'Asia/Tokyo', '2026-11-21T08:00:00')).toEqual(['2026-11-22T09:00:00-08:00']);
  });

  it.each([
    ['every monday at 3pm EST', '2026-11-23T15:00:00-05:00', 'FREQ=WEEKLY;BYDAY=MO'],
    ['every monday at 9pm EST', '2026-11-23T21:00:00-05:00', 'FREQ=WEEKLY;BYDAY=TU'],
    ['every monday and friday at 9pm EST', '2026-11-20T21:00:00-05:00', 'FREQ=WEEKLY;BYDAY=TU,SA'],
    ['daily at 23:00 UTC', '2026-11-20T23:00:00+00:00', 'FREQ=DAILY'],
    ['on the first of every month at 9pm PST', '2026-12-01T21:00:00+01:00', 'FREQ=MONTHLY;BYMONTHDAY=1'],
  ])('a repetition keeps its days in the user’s zone, or its clock where they cannot move: %s', (text, start, recurrence) =>
    expect(read(text)).toMatchObject({ recurrence, dates: [{ start }] }),
  );

  it.each([
    ['a name of several meanings', '3pm IST', '2026-11-20T15:00:00+01:00'],
    ['another', '3pm BST', '2026-11-20T15:00:00+01:00'],
    ['two zones in one phrase', 'from 3pm EST to 5pm PST', '2026-11-20T15:00:00+01:00 → 2026-11-20T17:00:00+01:00'],
    ['an appointment', '10am PT appointment', '2026-11-20T10:00:00+01:00'],
    ['a scan', '3pm CT scan', '2026-11-20T15:00:00+01:00'],
    ['a sport', '3pm mountain biking with Ann', '2026-11-20T15:00:00+01:00'],
    ['a verb', 'at 9am get the bus', '2026-11-20T09:00:00+01:00'],
    ['a verb in capitals', 'at 10:00 EAT lunch', '2026-11-20T10:00:00+01:00'],
    ['a method', 'at 10:00 GET /index', '2026-11-20T10:00:00+01:00'],
    ['a direction', 'at 9 west gate', '2026-11-20T09:00:00+01:00'],
    ['an animal', '10 am CAT video', '2026-11-20T10:00:00+01:00'],
    ['a name in small letters', 'at 3 pm sgt Miller', '2026-11-20T15:00:00+01:00'],
    ['a size', 'at 5 pt', '2026-11-20T17:00:00+01:00'],
    ['a number of people', 'add 10:00 +2 people', '2026-11-20T10:00:00+01:00'],
    ['an offset that no zone has', '10:30 +12:40', '2026-11-20T10:30:00+01:00'],
    ['a phone number', 'call at 10:00 +4930 123456', '2026-11-20T10:00:00+01:00'],
    ['hours without a colon', 'open 09:00-1000', '2026-11-20T09:00:00+01:00'],
  ])('is not read into %s: %s', (_name, text, expected) => expect(starts(text)).toEqual([expected]));

  it('CST is the time of China for those who live by it', () => {
    expect(starts('15:00 CST', 'America/Chicago')).toEqual(['2026-11-20T15:00:00-06:00']);
    expect(starts('15:00 CST', 'Asia/Shanghai')).toEqual(['2026-11-20T15:00:00+08:00']);
  });

  it.each([
    ['EST', 'America/Panama', 1],
    ['EDT', 'America/New_York', 7],
    ['CST', 'America/Chicago', 1],
    ['CDT', 'America/Chicago', 7],
    ['MST', 'America/Phoenix', 1],
    ['MDT', 'America/Denver', 7],
    ['PST', 'America/Los_Angeles', 1],
    ['PDT', 'America/Los_Angeles', 7],
    ['AKST', 'America/Anchorage', 1],
    ['AKDT', 'America/Anchorage', 7],
    ['HST', 'Pacific/Honolulu', 1],
    ['CET', 'Europe/Paris', 1],
    ['CEST', 'Europe/Paris', 7],
    ['EET', 'Europe/Athens', 1],
    ['EEST', 'Europe/Athens', 7],
    ['MSK', 'Europe/Moscow', 1],
    ['JST', 'Asia/Tokyo', 1],
    ['KST', 'Asia/Seoul', 1],
    ['SGT', 'Asia/Singapore', 1],
    ['HKT', 'Asia/Hong_Kong', 1],
    ['NZST', 'Pacific/Auckland', 7],
    ['NZDT', 'Pacific/Auckland', 1],
    ['AEST', 'Australia/Sydney', 7],
    ['AEDT', 'Australia/Sydney', 1],
    ['ACST', 'Australia/Adelaide', 7],
    ['ACDT', 'Australia/Adelaide', 1],
    ['AWST', 'Australia/Perth', 1],
    ['SAST', 'Africa/Johannesburg', 1],
    ['BRT', 'America/Sao_Paulo', 1],
    ['ET', 'America/New_York', 7],
    ['CT', 'America/Chicago', 7],
    ['MT', 'America/Denver', 7],
    ['PT', 'America/Los_Angeles', 7],
    ['GMT', 'Africa/Abidjan', 7],
  ])('%s is the clock of %s', (name, place, month) => {
    const zone = zoneNamed(place);
    const said = `2027-0${month}-15 15:00`;
    expect(Date.parse(starts(`${said} ${name}`)[0]!)).toBe(instantOf(zone, readIso(zone, said)!));
  });
});

describe('a stamp of a machine', () => {
  it.each([
    ['Sat Aug 17 2013 18:40:39 GMT+0900', '2013-08-17T18:40:39+09:00'],
    ['Sat Aug 17 2013 18:40:39 GMT+0900 (Japan Standard Time)', '2013-08-17T18:40:39+09:00'],
    ['Date: Tue, 17 Nov 2026 10:00:00 +0200', '2026-11-17T10:00:00+02:00'],
    ['17 Nov 2026 10:00 -0330', '2026-11-17T10:00:00-03:30'],
    ['Tue, 17 Nov 2026 10:00:00 GMT', '2026-11-17T10:00:00+00:00'],
    ['127.0.0.1 - - [17/Nov/2026:10:00:00 -0500] "GET / HTTP/1.1" 200', '2026-11-17T10:00:00-05:00'],
    ['Tue Nov 17 10:00:00 2026', '2026-11-17T10:00:00+01:00'],
    ['Tue Nov 17 10:00:00 EST 2026', '2026-11-17T10:00:00-05:00'],
    ['Tue Nov 17 10:00:00 +0200 2026', '2026-11-17T10:00:00+02:00'],
    ['commit 3fa9 Date:   Tue Nov 17 10:00:00 2026 -0500', '2026-11-17T10:00:00-05:00'],
    ['[Tue Nov 17 16:05:00.123456 2026] [error] file not found', '2026-11-17T16:05:00+01:00'],
    ['2026-11-17 10:00:00+00', '2026-11-17T10:00:00+00:00'],
    ['2026-11-21T17:00:00-05:00', '2026-11-21T23:00:00+01:00'],
    ['2026-11-21 17:00:00 +0200', '2026-11-21T16:00:00+01:00'],
    ['DTSTART:20261124T170000Z', '2026-11-24T18:00:00+01:00'],
  ])('is one moment: %s', (text, expected) => expect(starts(text)).toEqual([expected]));

  it('is whole in the text and gone from the title', () => {
    expect(read('Note: disk full at Tue Nov 17 10:00:00 EST 2026').dates).toMatchObject([{ text: 'Tue Nov 17 10:00:00 EST 2026', grain: 'second' }]);
  });

  it.each([
    ['its weekday is not that of its date', 'Wed Nov 17 10:00:00 2026'],
    ['its zone has several meanings', 'Tue Nov 17 10:00:00 IST 2026'],
    ['its zone is one that chrono has wrong', 'Tue Nov 17 10:00:00 NST 2026'],
  ])('is left to the grammar where %s', (_name, text) => {
    expect(findDates(text, readIso(zoneNamed(berlin), reference)!, zoneNamed(berlin)).dates.map((d) => d.text)).not.toContain(text);
  });

  it.each(['it ran 12:30:00 2026 times', 'we met at 10:15:00 2000 people'])('is not made of a time and a number: %s', (text) =>
    expect(starts(text)[0]).toMatch(/^2026-11-20T/),
  );
});

describe('the second reader invents nothing', () => {
  it.each([
    'we won 3-2',
    'the score was 21-19 GMT',
    'it costs $5.50 EST',
    'node 24.1.0 est. 5 MB',
    'he may come',
    'the sun sat low',
    'in the march of time',
    'on second thoughts',
    'call +49 30 123456',
    'ring 555-1234 at the est office',
    'I need 3 PT sessions',
    '5 MT of coal',
    'what is GMT+2',
    'convert EST to PST',
    'ratio 16:9 ET',
    'Psalm 23:4 BST',
    '10.0.0.12:8080',
    '2026-11-17_16-05-00',
    'the rest of 8a - 5p',
    '+15 minutes',
  ])('in %j', (text) => expect(starts(text)).toEqual([]));
});
