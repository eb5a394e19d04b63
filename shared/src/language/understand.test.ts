import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { understand } from './understand.ts';

const options = { reference: '2026-11-20T09:00:00', timeZone: 'Europe/Berlin' };
const read = (text: string) => understand(text, options);

describe('understand', () => {
  it('reads the model sentence whole', () => {
    expect(read('Remind me to send the invoice to Marta next Friday at 17:00, high priority')).toMatchObject({
      agent: 'task',
      intent: 'create_reminder',
      title: 'Send the invoice to Marta',
      priority: 'high',
      tags: [],
      recurrence: null,
      dates: [{ text: 'next Friday at 17:00', start: '2026-11-27T17:00:00+01:00', end: null, grain: 'minute' }],
    });
  });

  it.each([
    [
      'buy milk #home +flat !high @friday 3pm 30m',
      { title: 'Buy milk', tags: ['home'], project: 'flat', priority: 'high', durationMinutes: 30, dates: [{ start: '2026-11-20T15:00:00+01:00' }] },
    ],
    ['Pay rent @every 2 weeks', { title: 'Pay rent', recurrence: 'FREQ=WEEKLY;INTERVAL=2' }],
    ['water plants !low #garden #home', { title: 'Water plants', tags: ['garden', 'home'], priority: 'low' }],
    ['fix bug #1234 in C# +49 30 1234', { title: 'Fix bug #1234 in C# +49 30 1234', tags: [], project: null }],
    ['read !important and !wow', { title: 'Read and !wow', priority: 'high' }],
    ['#später Blumen gießen', { tags: ['später'], title: 'Blumen gießen' }],
    ['email@example.org is not @ a date', { dates: [] }],
  ])('quick capture: %s', (text, expected) => expect(read(text)).toMatchObject(expected));

  it.each([
    ['add a task to review the contract by Monday, urgent', 'Review the contract', 'urgent'],
    ['I need to finish the tax form before the end of the month', 'Finish the tax form', null],
    ['remind me tomorrow to call Bob', 'Call Bob', null],
    ['please create a low priority task: sort photos', 'Sort photos', 'low'],
    ['Visit the night market', 'Visit the night market', null],
    ['todo: ship iPhone case', 'Ship iPhone case', null],
    ['add milk', 'Milk', null],
    ['add pick up the parcel tomorrow', 'Pick up the parcel', null],
  ])('takes the title out of %j and loses nothing else', (text, title, priority) => {
    expect(read(text)).toMatchObject({ title, priority });
  });

  it.each([
    ['what is due this week', 'task', 'query_tasks'],
    ['mark the invoice as done', 'task', 'complete_task'],
    ['move the dentist to Tuesday 3pm', 'calendar', 'update_event'],
    ['cancel my meeting with Ann', 'calendar', 'delete_event'],
    ['am I free on Friday afternoon', 'calendar', 'check_free'],
    ['any new emails from Marta', 'email', 'email_query'],
    ['send an email to Marta', 'email', 'email_compose'],
    ['how many tasks did I complete this week', 'analytics', 'analytics_count'],
    ['brief me', 'calendar', 'daily_brief'],
    ['what can you do', 'general', 'help'],
    ['what is the capital of Peru', 'general', 'general'],
    ['Note: the key is under the mat', 'task', 'create_note'],
    ['add milk', 'task', 'create_task'],
    ['remind me i need to be at the library tomorrow at five', 'calendar', 'create_event'],
    ['remind me to be at the library tomorrow at five', 'task', 'create_reminder'],
    ['Explain how photosynthesis differs between mosses and ferns', 'general', 'general'],
    ['Write me a limerick about a lighthouse keeper', 'general', 'general'],
  ])('knows what %j wants', (text, agent, intent) => expect(read(text)).toMatchObject({ agent, intent }));

  it('is sure of what is plainly nothing for it', () => {
    for (const text of ['Explain how photosynthesis differs between mosses and ferns', 'Write me a limerick about a lighthouse keeper'])
      expect(read(text).confidence).toBeGreaterThan(0.7);
  });

  it.each([
    ['a zone that does not exist', { ...options, timeZone: 'Mars/Base' }],
    ['a reference that is no time', { ...options, reference: 'yesterday' }],
    ['an empty reference', { ...options, reference: '' }],
    ['a reference that is no text', { ...options, reference: null as unknown as string }],
    ['a zone that is no text', { ...options, timeZone: undefined as unknown as string }],
  ])('refuses %s with its code', (_name, bad) => {
    expect(() => understand('hello', bad)).toThrow(expect.objectContaining({ name: 'AdiuvaError', code: 'request.invalid' }));
  });

  const odd: Record<string, string> = {
    empty: '',
    blank: ' \n\t ',
    nul: '\u0000\u0001\u0002',
    bidi: '\u202eremind me to \u2066call\u2069 Bob',
    'a lone surrogate': '\ud800 call Bob tomorrow',
    '10 MB': 'call Bob tomorrow '.repeat(600_000),
    'one long word': 'x'.repeat(1_000_000),
    numbers: '1 '.repeat(100_000),
    dashes: '1-1-'.repeat(50_000),
    'openings of dates': 'from the next '.repeat(50_000),
    repetitions: 'every monday and '.repeat(50_000),
    tags: '#a '.repeat(50_000),
    binary: String.fromCharCode(...Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 65_536)),
    'widening case': 'İ'.repeat(50) + ' on friday',
  };
  it.each(Object.keys(odd))('survives %s', (name) => {
    const { confidence, title, dates } = read(odd[name]!);
    expect(confidence).toBeGreaterThanOrEqual(0);
    expect(confidence).toBeLessThanOrEqual(1);
    expect(title.length).toBeLessThanOrEqual(4_000);
    for (const date of dates) expect(odd[name]).toContain(date.text);
  });

  const strings = new URL('../../../../shared/vectors/strings/blns.json', import.meta.url);
  it.skipIf(!existsSync(strings))('keeps every naughty string (../shared/vectors/strings)', () => {
    const all = JSON.parse(readFileSync(strings, 'utf8')) as string[];
    expect(all.length).toBeGreaterThan(400);
    for (const text of all) {
      expect(() => read(text)).not.toThrow();
      if (text.trim() !== '' && text.length < 60) expect(understand(`Note: ${text}`, options).intent).toBe('create_note');
    }
  });
});
