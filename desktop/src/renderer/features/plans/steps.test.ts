import { describe, expect, it } from 'vitest';
import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';
import { upTo, withField, withoutStep } from './steps.ts';

const step = (title: string, dataFromStep?: number): PlanStep => ({
  action: 'create_record',
  params: { type: 'task', fields: { title, tags: ['a'] } },
  explain: '',
  ...(dataFromStep !== undefined && { dataFromStep }),
});

describe('editing a plan', () => {
  it('changes one field and leaves the rest', () => {
    const before = step('a');
    expect(withField(before, 'priority', 'high').params).toEqual({ type: 'task', fields: { title: 'a', tags: ['a'], priority: 'high' } });
    expect(before).toEqual(step('a'));
  });

  it('drops a step and moves references up', () => expect(withoutStep([step('a'), step('b'), step('c', 1), step('d', 0)], 0)).toBeNull());
  it('moves only references past the dropped step', () =>
    expect(withoutStep([step('a'), step('b'), step('c'), step('d', 2), step('e', 0)], 1)?.map((kept) => kept.dataFromStep)).toEqual([
      undefined,
      undefined,
      1,
      0,
    ]));
  it('ends at a step', () => expect(upTo([step('a'), step('b', 0), step('c')], 1)).toEqual([step('a'), step('b', 0)]));
  it('never leaves a plan without steps', () => expect(withoutStep([step('a')], 0)).toBeNull());
});
