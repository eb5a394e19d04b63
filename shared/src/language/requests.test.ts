import { describe, expect, it } from 'vitest';
import { chatContext } from '../contracts/chat.ts';
import { assist, assistParts } from './assist.ts';

const record = (id: string, fields: object) => ({ id, provenance: 'user', fields });
const context = chatContext.parse({
  userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' },
  recentTasks: [
    record('invoice', { title: 'Send the invoice', status: 'open', dueAt: '2026-11-20' }),
    record('taxes', { title: 'File the taxes', status: 'open' }),
    record('plants', { title: 'Water the plants', status: 'open' }),
  ],
  upcomingEvents: [record('dentist', { title: 'Dentist', startAt: '2026-11-23T10:00:00+01:00', endAt: '2026-11-23T10:45:00+01:00', attendees: ['Dr. Grün'] })],
  relevantDocuments: [
    { id: 'd', collection: 'documents', title: 'Lease', excerpt: 'The rent is 900 EUR. Pets are allowed with consent.', provenance: 'untrusted' },
  ],
});
const partsOf = (message: string, answered?: (part: string) => boolean) => assistParts(message, context, 'cloud', answered).map(({ text }) => text);
const done = (message: string, history: { role: 'user' | 'assistant'; content: string }[] = []) =>
  assist(message, { ...context, conversationHistory: history }).steps.map(({ action, params }) => [
    action,
    params['id'] ?? (params['fields'] as { title?: string }).title,
  ]);

describe('a message with several requests', () => {
  it.each([
    ['Complete the taxes task and delete the plants task', ['Complete the taxes task', 'delete the plants task']],
    ['Move the dentist to Tuesday; what is due today?', ['Move the dentist to Tuesday', 'what is due today?']],
    ['What is due today, then cancel the dentist', ['What is due today', 'cancel the dentist']],
    ['Delete the plants task. Remind me to buy soil tomorrow', ['Delete the plants task', 'Remind me to buy soil tomorrow']],
  ])('is taken apart: %s', (message, parts) => {
    expect(partsOf(message)).toEqual(parts);
  });

  it.each([
    'Remind me to call the landlord and cancel the lease',
    'Remind me to buy bread and butter',
    'Note: call the plumber and delete the old offers',
    'Delete the plants task and paint the fence',
    'Add task write report and show the figures',
    'Show me my tasks and show them by priority',
    `Cancel the dentist and ${'delete the plants task and '.repeat(10)}mark the taxes as done`,
    `${'Delete the plants task and '.repeat(60)}mark the taxes as done`,
  ])('stays whole where a part is not clear by itself: %s', (message) => {
    expect(partsOf(message)).toEqual([message]);
  });

  it('leaves the parts to the caller that the caller answers', () => {
    const [first, second] = assistParts('Delete the plants task and triage my inbox', context, 'cloud', (part) => part.startsWith('triage'));
    expect([first!.assistance!.steps.length, second]).toEqual([1, { text: 'triage my inbox' }]);
  });

  it('is answered in its order, by all the agents it needs', () => {
    const { agents, steps, response, understood } = assist('Move the dentist to Tuesday 3pm and remind me to book a taxi. What is due today?', context);
    expect([agents, understood, steps.map(({ action }) => action)]).toEqual([['calendar', 'task'], true, ['update_record', 'create_record']]);
    expect(response).toMatch(/Dentist[^]*Book a taxi[^]*Send the invoice/);
  });
});

describe('"it"', () => {
  const asked = [
    { role: 'user' as const, content: 'When is the dentist?' },
    { role: 'assistant' as const, content: '1 event: **Dentist** · Mon 23 Nov' },
  ];

  it('is the one record that was named last, before or within the message', () => {
    expect(done('Move it to Tuesday at 9', asked)).toEqual([['update_record', 'dentist']]);
    expect(done('delete it', [{ role: 'user', content: 'What about File the taxes?' }])).toEqual([['delete_record', 'taxes']]);
    expect(done('Reschedule the dentist to 4pm and rename it to Check-up')).toEqual([
      ['update_record', 'dentist'],
      ['update_record', 'dentist'],
    ]);
  });

  it('is nothing where several were named, or none', () => {
    expect(done('Mark it as done', [{ role: 'assistant', content: 'File the taxes, Water the plants' }])).toEqual([]);
    expect(done('Mark it as done')).toEqual([]);
  });
});

describe('a follow-up', () => {
  it('asks the last question for another time', () => {
    const history = [{ role: 'user' as const, content: 'What is on my calendar tomorrow?' }];
    expect(assist('And on Monday?', { ...context, conversationHistory: history }).response).toContain('Dentist');
    expect(assist('what about Monday', { ...context, conversationHistory: history }).response).toContain('Dentist');
  });

  it('changes nothing where the last words were no question', () => {
    expect(done('and tomorrow', [{ role: 'user', content: 'Delete the plants task' }])).toEqual([]);
  });
});

describe('names', () => {
  it('may be several, each of which means one record', () => {
    expect(done('Mark both the invoice and the taxes as done')).toEqual([
      ['update_record', 'invoice'],
      ['update_record', 'taxes'],
    ]);
    expect(done('Delete the plants and the dentist')).toEqual([
      ['delete_record', 'plants'],
      ['delete_record', 'dentist'],
    ]);
    expect(done('Delete the plants and the unicorn')).toEqual([]);
  });

  it('of two records are two records, also where one of them is found by most of the words', () => {
    const two = {
      ...context,
      upcomingEvents: [
        ...context.upcomingEvents,
        { ...context.upcomingEvents[0]!, id: 'check', fields: { ...context.upcomingEvents[0]!.fields, title: 'Yearly check' } },
      ],
    };
    expect(assist('Delete the dentist and the yearly check', two).steps.map(({ params }) => params['id'])).toEqual(['dentist', 'check']);
  });

  it('may be all of a kind', () => {
    expect(done('Mark everything due today as done')).toEqual([['update_record', 'invoice']]);
    expect(done('Mark all tasks as done')).toHaveLength(3);
    expect(done('Mark all unicorns as done')).toEqual([]);
  });

  it('may stand in a sentence about what has happened', () => {
    expect(done('The invoice is done')).toEqual([['update_record', 'invoice']]);
    expect(done('My dentist appointment was moved to Wednesday at 11')).toEqual([['update_record', 'dentist']]);
  });
});

describe('a change of length', () => {
  const fieldsOf = (message: string) => assist(message, context).steps.map(({ params }) => params['fields']);

  it('moves the end alone, and never before the start', () => {
    expect(fieldsOf('Extend the dentist by 15 minutes')).toEqual([{ endAt: '2026-11-23T11:00:00+01:00' }]);
    expect(fieldsOf('Shorten the dentist by 15 minutes')).toEqual([{ endAt: '2026-11-23T10:30:00+01:00' }]);
    expect(fieldsOf('Shorten the dentist by 2 hours')).toEqual([]);
  });
});

describe('a question nobody here can answer', () => {
  it('is answered with what the documents say, in quotes, saying whose words they are', () => {
    const { response, steps, agents } = assist('What does the lease say about pets?', context);
    expect([agents, steps]).toEqual([['general'], []]);
    expect(response).toContain('**Lease** (written by somebody else)');
    expect(response).toContain('> Pets are allowed with consent.');
  });

  it('is not answered where they say nothing of it', () => {
    expect(assist('What is the capital of France?', context).understood).toBe(false);
  });
});
