import { describe, expect, it } from 'vitest';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { inOrder } from './order.ts';

const task = (id: string, fields: Record<string, unknown>): StoredRecord => ({
  id,
  type: 'task',
  fields: { title: id, ...fields },
  version: 1,
  createdAt: '2026-11-20T10:00:00Z',
  updatedAt: '2026-11-20T10:00:00Z',
});
const ids = (tasks: StoredRecord[], zone: string) => inOrder(tasks, zone).map(({ id }) => id);

describe('tasks in order', () => {
  it('open before done, the sooner before the later, without a time last, the more urgent first', () => {
    const tasks = [
      task('done', { status: 'done', dueAt: '2026-11-01' }),
      task('low', { priority: 'low' }),
      task('urgent', { priority: 'urgent' }),
      task('later', { dueAt: '2026-11-28' }),
      task('sooner', { dueAt: '2026-11-27T17:00:00+01:00' }),
    ];
    expect(ids(tasks, 'Europe/Rome')).toEqual(['sooner', 'later', 'urgent', 'low', 'done']);
  });

  it('takes a date for the day it is where the user is', () => {
    const tasks = [task('Saturday', { dueAt: '2026-11-28' }), task('Friday evening', { dueAt: '2026-11-27T21:00:00-08:00' })];
    expect(ids(tasks, 'America/Los_Angeles')).toEqual(['Friday evening', 'Saturday']);
  });
});
