import { describe, expect, it } from 'vitest';
import { readCapture, taskOf } from './capture.ts';

const here = { now: Date.parse('2026-11-20T18:00:00+01:00'), zone: 'Europe/Rome' };
const read = (line: string, ignored: string[] = []) => {
  const { title, chips } = readCapture(line, here, new Set(ignored));
  return [title, ...chips.map((chip) => `${chip.kind}=${chip.value}`)];
};

describe('a captured line', () => {
  it.each([
    ['Call Marta @monday 3pm #work !high +Launch', ['Call Marta', 'due=2026-11-23T15:00:00+01:00', 'tag=work', 'priority=high', 'project=Launch']],
    ['Water plants @every 2 weeks', ['Water plants', 'repeat=FREQ=WEEKLY;INTERVAL=2']],
    ['Bins @every thursday', ['Bins', 'repeat=FREQ=WEEKLY;BYDAY=TH']],
    ['Stretch 30m', ['Stretch', 'duration=30']],
    ['Deep work 1h30m @tomorrow', ['Deep work', 'duration=90', 'due=2026-11-21']],
    ['Pay rent @1 december', ['Pay rent', 'due=2026-12-01']],
    ['Taxes @28 feb', ['Taxes', 'due=2027-02-28']],
    ['Nap @in 2 weeks', ['Nap', 'due=2026-12-04']],
    ['Film @tonight', ['Film', 'due=2026-11-20T20:00:00+01:00']],
    ['Swim @friday 3pm', ['Swim', 'due=2026-11-27T15:00:00+01:00']],
    ['Swim @friday 7pm', ['Swim', 'due=2026-11-20T19:00:00+01:00']],
    ['Swim @friday', ['Swim', 'due=2026-11-20']],
    ['Trip @2026-12-24 09:15', ['Trip', 'due=2026-12-24T09:15:00+01:00']],
  ])('%s', (line, expected) => expect(read(line).toSorted()).toEqual(expected.toSorted()));

  it.each(['Mail a@b.example', 'C#', 'a+b', 'Meet @someday', 'Flight @31 february', '100% sure!', 'Room 30mm', '@25:00', 'Ask @friday13pm'])(
    'keeps what it does not understand in the title: %s',
    (line) => expect(read(line)).toEqual([line]),
  );

  it('gives the words of a removed chip back to the title', () => expect(read('Call @monday #work', ['@monday'])).toEqual(['Call @monday', 'tag=work']));
  it('takes the first of two dates and leaves the second readable', () =>
    expect(read('Call @monday or @tuesday')).toEqual(['Call or @tuesday', 'due=2026-11-23']));
  it('loses nothing but the parts it turned into chips', () => expect(read('  a   #b  c ')).toEqual(['a c', 'tag=b']));

  it('makes a task; a repetition without a date starts today', () => {
    expect(taskOf(readCapture('Water @every week 15m #home #home', here), null, here)).toEqual({
      title: 'Water',
      priority: 'medium',
      dueAt: '2026-11-20',
      projectId: null,
      tags: ['home'],
      recurrence: 'FREQ=WEEKLY',
      notes: 'Takes 15 min.',
    });
  });

  it('reads a very long line in bounded time', () => expect(read(`${'#a @b !c '.repeat(5_000)}end`).length).toBeGreaterThan(1));
});
