import { describe, expect, it } from 'vitest';
import { repeatText, valueText } from './fields.ts';
import { wordsOfProblem } from './problems.ts';

const here = { now: Date.parse('2026-11-20T10:00:00Z'), zone: 'UTC' };

describe('values as a reader sees them', () => {
  it.each([
    ['dueAt', '2026-11-27T17:00:00Z', 'Fri 27 Nov, 17:00 · in 7 days'],
    ['tags', ['a', 'b'], 'a, b'],
    ['tags', [], 'none'],
    ['allDay', false, 'no'],
    ['notes', '', 'none'],
    ['recurrence', 'FREQ=WEEKLY;INTERVAL=2', 'every 2 weeks'],
    ['unknown', { a: 1 }, '{"a":1}'],
  ])('%s %j', (name, value, shown) => expect(valueText(name, value, here)).toBe(shown));

  it('shows a rule without words for it as written', () => expect(repeatText('FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO')).toBe('FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO'));
});

describe('an error as a reader sees it', () => {
  it('says what happened, what is safe, what to do, and what to quote', () => {
    const words = wordsOfProblem({ type: 'x', title: 'x', status: 429, code: 'rate.limited', retryAfter: 12.2, requestId: 'req-12345' });
    expect(words).toMatchObject({
      title: 'Too many requests for now',
      safe: 'Your message is kept on this device.',
      hint: 'Wait for the time given, then try again. Ready again in 13 seconds.',
      requestId: 'req-12345',
    });
  });

  it('keeps the words of a code it does not know', () =>
    expect(wordsOfProblem({ type: 'x', title: 'New trouble', status: 400, code: 'new.trouble' }).title).toBe('New trouble'));
});
