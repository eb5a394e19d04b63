import { describe, expect, it } from 'vitest';
import { dayFrom, parseInputs, type PlaybookInput } from '@adiuva/shared/contracts/playbook.ts';
import { ageText, faultOf, inputsOf, needsText, startOf } from './playbook-words.ts';

const today = '2026-11-20';
const inputs: PlaybookInput[] = [
  { name: 'day', label: 'Day', kind: 'date', required: true, default: 'today+1' },
  { name: 'minutes', label: 'Minutes', kind: 'number', required: true, min: 15, max: 240, default: 60 },
  { name: 'goal', label: 'Goal', kind: 'text', required: true },
  { name: 'people', label: 'People', kind: 'text', required: false },
  { name: 'keep', label: 'Keep it', kind: 'boolean', required: false, default: true },
  { name: 'pace', label: 'Pace', kind: 'choice', required: true, default: 'calm', options: [{ value: 'calm', label: 'Calm' }] },
  { name: 'meeting', label: 'Meeting', kind: 'record', type: 'event', required: true, default: 'next' },
];
const start = startOf(inputs, (words) => dayFrom(words, today));
const faults = (typed: typeof start) => inputs.flatMap((input) => (faultOf(input, typed) === null ? [] : [input.name]));

describe('the form of a playbook', () => {
  it('starts with the defaults, days as dates', () =>
    expect(start).toEqual({ day: '2026-11-21', minutes: '60', goal: '', people: '', keep: true, pace: 'calm', meeting: 'next' }));

  it('names what is needed, and what is out of range', () => {
    expect(faults(start)).toEqual(['goal']);
    expect(faults({ ...start, goal: 'Run', minutes: '10', day: '' })).toEqual(['day', 'minutes']);
    expect(faults({ ...start, goal: 'Run', minutes: 'many' })).toEqual(['minutes']);
  });

  it('sends what the contract takes, and nothing for what was left empty', () => {
    const sent = inputsOf(inputs, { ...start, goal: 'Run' });
    expect(sent).toEqual({ day: '2026-11-21', minutes: 60, goal: 'Run', keep: true, pace: 'calm', meeting: 'next' });
    expect(parseInputs({ inputs }, sent, today)).toMatchObject({ minutes: 60, people: null });
  });
});

describe('the words of a playbook', () => {
  it('say what it reads, whether it needs the cloud, and that it proposes', () => {
    expect(needsText({ reads: ['task', 'event', 'email'], cloud: 'some', proposes: true })).toBe(
      'Reads tasks, events and mail headers · works without the cloud, which adds to it · proposes a plan',
    );
    expect(needsText({ reads: [], cloud: 'none', proposes: false })).toBe('works without the cloud');
  });

  it('say how old it is', () => {
    const here = { now: Date.parse('2026-11-20T10:00:00Z'), zone: 'UTC' };
    expect(ageText({ source: 'bundle', version: 1, fetchedAt: null }, here)).toBe('Version 1, came with Adiuva');
    expect(ageText({ source: 'cloud', version: 3, fetchedAt: '2026-11-17T10:00:00Z' }, here)).toBe('Version 3, from the cloud, checked 3 days ago');
  });
});
