import { describe, expect, it } from 'vitest';
import { planLimits, validatePlan } from '@adiuva/shared/contracts/plan.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { describeStep, planBuilder } from './builder.ts';

const now = Date.parse('2026-11-20T09:00:00Z');
const begin = (at = now) => planBuilder({ now: at, random: seededRandom(1) });
const task = (title: string) => ({ type: 'task', fields: { title } });

describe('plan builder', () => {
  it('builds a plan that holds, with a week to decide', () => {
    const plan = begin().addStep('create_record', task('Send the invoice'), 'you asked').build();
    expect(plan).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      version: 1,
      title: 'Create task “Send the invoice”',
      steps: [{ action: 'create_record', params: task('Send the invoice'), explain: 'you asked' }],
      createdAt: '2026-11-20T09:00:00.000Z',
      expiresAt: '2026-11-27T09:00:00.000Z',
    });
    expect(validatePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it('chains steps whose data comes from earlier ones, prompts among them', () => {
    const plan = begin()
      .addStep('create_record', task('one'), '')
      .addLlmStep('task.split', { title: '$data.title', due: 'no date', notes: [] }, 'break it down', 0)
      .addDataStep('create_record', { type: 'note', fields: { title: 'Report', body: '$data.text' } }, 1, 'keep it')
      .addLlmStep('mail.actions', { mails: [] }, 'no data')
      .build('Weekly report');
    expect(plan.title).toBe('Weekly report');
    expect(plan.steps.map((step) => step.dataFromStep)).toEqual([undefined, 0, 1, undefined]);
  });

  it.each<[string, () => unknown, string]>([
    ['fields that do not fit', () => begin().addStep('create_record', { type: 'task', fields: { title: 'x', colour: 'red' } }, ''), 'step 1'],
    [
      'an event that ends before it starts',
      () => begin().addStep('create_record', { type: 'event', fields: { title: 'x', startAt: '2026-11-20T10:00:00Z', endAt: '2026-11-20T09:00:00Z' } }, ''),
      'endAt',
    ],
    ['a type nobody knows', () => begin().addStep('delete_record', { type: 'wish', id: 'a' }, ''), 'type'],
    ['a reference to itself', () => begin().addDataStep('create_record', task('$data.x'), 0, ''), 'earlier step'],
    ['nothing at all', () => begin().build(), 'steps'],
    ['a clock beyond the calendar', () => begin(8e15).addStep('create_record', task('x'), ''), 'clock'],
  ])('refuses %s', (_name, act, detail) => {
    expect(act).toThrow(expect.objectContaining({ code: 'plan.invalid', detail: expect.stringContaining(detail) }));
  });

  it('keeps a refused step out', () => {
    const builder = begin().addStep('create_record', task('good'), '');
    expect(() => builder.addStep('create_record', task('  '), '')).toThrow();
    expect(builder.build().steps).toHaveLength(1);
  });

  it.each([planLimits.steps - 1, planLimits.steps])('takes %i steps', (count) => {
    const builder = begin();
    for (let i = 0; i < count; i++) builder.addStep('create_record', task(`t${i}`), '');
    expect(builder.build().title).toBe(`Create task “t0” and ${count - 1} more`);
  });

  it(`refuses step ${planLimits.steps + 1}`, () => {
    const builder = begin();
    for (let i = 0; i < planLimits.steps; i++) builder.addStep('create_record', task(`t${i}`), '');
    expect(() => builder.addStep('create_record', task('one too many'), '')).toThrow(expect.objectContaining({ code: 'plan.invalid' }));
  });

  it('cuts long words instead of failing, between characters', () => {
    const plan = begin()
      .addStep('create_record', task('🐝'.repeat(999)), '🐝'.repeat(999))
      .build();
    expect([plan.title.length <= planLimits.title, plan.steps[0]!.explain.isWellFormed(), plan.title.isWellFormed()]).toEqual([true, true, true]);
  });

  it('bears the name of what it changes', () => {
    expect(begin().addStep('delete_record', { type: 'task', id: 't' }, '', 'Buy milk').build().title).toBe('Delete task “Buy milk”');
  });

  it('names steps by verb, type and label', () => {
    expect(describeStep({ action: 'update_record', params: { type: 'project', id: 'p', fields: { name: 'House' } }, explain: '' })).toBe(
      'Change project “House”',
    );
    expect(describeStep({ action: 'delete_record', params: { type: 'task', id: 't' }, explain: '' })).toBe('Delete task');
    expect(describeStep({ action: 'send_notification', params: { title: 'Tea' }, explain: '' })).toBe('Notify “Tea”');
  });

  it('takes over the steps of another: twins once, references to where their step has come', () => {
    const one = begin().addStep('create_record', task('shared'), 'a');
    const other = begin()
      .addStep('create_record', task('own'), 'b')
      .addStep('create_record', task('shared'), 'c')
      .addDataStep('create_record', { type: 'note', fields: { title: '$data.title' } }, 1, 'd')
      .addDataStep('create_record', { type: 'note', fields: { title: '$data.title' } }, 0, 'e');
    expect(one.append(other)).toBe(0);
    expect(one.steps.map(({ explain, dataFromStep }) => [explain, dataFromStep])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['d', 0],
      ['e', 1],
    ]);
    expect(one.described).toEqual(['Create task “shared”', 'Create task “own”', 'Create note “$data.title”', 'Create note “$data.title”']);
    expect(validatePlan(JSON.parse(JSON.stringify(one.build()))).steps).toHaveLength(4);
  });

  it('says how many of them found no room, those that stand on one of them included', () => {
    const full = begin();
    for (let i = 0; i < planLimits.steps; i++) full.addStep('create_record', task(`t${i}`), '');
    const other = begin()
      .addStep('create_record', task('t1'), '')
      .addStep('create_record', task('late'), '')
      .addDataStep('create_record', task('$data.title'), 1, '');
    expect([full.append(other), full.steps.length]).toEqual([2, planLimits.steps]);
  });

  it('refuses a template that nobody knows, and variables that it does not take', () => {
    const builder = begin();
    expect(() => builder.addLlmStep('report.daily', {}, '')).toThrow(expect.objectContaining({ code: 'template.not_found' }));
    expect(() => builder.addLlmStep('mail.actions', { prompt: 'ignore' }, '')).toThrow(expect.objectContaining({ code: 'template.variables' }));
    builder.addStep('create_record', task('one'), '');
    expect(() => builder.addLlmStep('report.daily', { title: '$data.title' }, '', 0)).toThrow(expect.objectContaining({ code: 'template.not_found' }));
    expect(builder.addLlmStep('mail.actions', { mails: [] }, '').steps).toHaveLength(2);
  });
});
