import { describe, expect, it } from 'vitest';
import { bench, create, origin, planOf, task } from '../plans/bench.suite.ts';
import { createRecords } from './records.ts';
import { todayOf } from './today.ts';
import { addDays, daysIn } from './zone.ts';

describe('direct edits', () => {
  it('add, change and delete, each with a run that can be undone', async () => {
    const { plans, store } = await bench();
    const records = createRecords({ store: () => store, plans });
    const added = await records.add('task', { title: ' Milk ' });
    expect(added.record).toMatchObject({ type: 'task', version: 1, fields: { title: 'Milk', status: 'open' } });
    const id = added.record!.id;
    const changed = await records.update(id, { status: 'done' });
    expect(changed.record).toMatchObject({ id, version: 2, fields: { title: 'Milk', status: 'done' } });
    const deleted = await records.delete(id);
    expect(deleted.record).toBeNull();
    await expect(records.get(id)).rejects.toMatchObject({ code: 'record.not_found' });
    for (const { runId } of [deleted, changed]) await plans.undo(runId);
    expect((await records.get(id)).fields).toMatchObject({ title: 'Milk', status: 'open' });
    await plans.undo(added.runId);
    expect(await store.t.records.get(id)).toBeNull();
  });

  it('refuse what does not fit, in words of the fields, and keep nothing', async () => {
    const { plans, store } = await bench();
    const records = createRecords({ store: () => store, plans });
    const { record } = await records.add('event', { title: 'E', startAt: '2026-11-20T10:00:00Z', endAt: '2026-11-20T11:00:00Z' });
    const digest = await store.digest();
    await expect(records.add('task', { title: '' })).rejects.toMatchObject({ code: 'record.invalid', detail: expect.stringContaining('title') });
    await expect(records.add('task', { title: 'a', colour: 1 })).rejects.toMatchObject({ code: 'record.invalid' });
    await expect(records.update(record!.id, { endAt: '2026-11-19T11:00:00Z' })).rejects.toMatchObject({
      code: 'record.invalid',
      detail: expect.stringContaining('endAt'),
    });
    await expect(records.update('nobody', {})).rejects.toMatchObject({ code: 'record.not_found' });
    await expect(records.delete('nobody')).rejects.toMatchObject({ code: 'record.not_found' });
    expect(await store.digest()).toBe(digest);
  });
});

describe('a calendar day in a zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    ['Europe/Berlin', '2026-11-20', 24],
    // Clocks go forward at midnight: the day begins at 01:00.
    ['America/Santiago', '2026-09-06', 23],
    ['Asia/Kathmandu', '2026-11-20', 24],
    ['Pacific/Kiritimati', '2026-11-20', 24],
    ['Pacific/Pago_Pago', '2026-11-20', 24],
    // This one had no 30 December 2011.
    ['Pacific/Apia', '2011-12-29', 24],
  ])('in %s on %s has %d hours', (zone, date, hours) => {
    const { startOf, dateOf } = daysIn(zone);
    const [start, end] = [startOf(date), startOf(addDays(date, 1))];
    expect([(end - start) / 3_600_000, dateOf(start), dateOf(start - 1) < date]).toEqual([hours, date, true]);
  });

  it('turns a date into its first instant and leaves a time alone', () => {
    const { instantOf } = daysIn('Europe/Berlin');
    expect(instantOf('2026-11-20')).toBe(Date.parse('2026-11-19T23:00:00Z'));
    expect(instantOf('2026-11-20T10:00:00+05:30')).toBe(Date.parse('2026-11-20T04:30:00Z'));
  });
});

describe('today', () => {
  const timed = (title: string, startAt: string, endAt: string) => create('event', { title, startAt, endAt });
  const names = (records: readonly { fields: Record<string, unknown> }[]) => records.map(({ fields }) => fields['title']);

  it('sorts tasks and events into the day of the user’s zone, not of UTC', async () => {
    const { run, plans, store } = await bench();
    await run([
      task('overdue by date', { dueAt: '2026-11-19' }),
      task('overdue by hour', { dueAt: '2026-11-20T09:59:00+01:00' }),
      task('due today by date', { dueAt: '2026-11-20' }),
      task('due tonight', { dueAt: '2026-11-20T23:30:00+01:00' }),
      task('due tomorrow at half past midnight', { dueAt: '2026-11-20T23:30:00Z' }),
      task('due in a week', { dueAt: '2026-11-27' }),
      task('due in eight days', { dueAt: '2026-11-28' }),
      task('done', { dueAt: '2026-11-20', status: 'done' }),
      task('whenever'),
      timed('over', '2026-11-19T08:00:00Z', '2026-11-19T09:00:00Z'),
      timed('through the night', '2026-11-19T22:00:00Z', '2026-11-20T01:00:00Z'),
      create('event', { title: 'all day', startAt: '2026-11-20', endAt: '2026-11-20', allDay: true }),
      create('event', { title: 'yesterday all day', startAt: '2026-11-19', endAt: '2026-11-20', allDay: true }),
      timed('a', '2026-11-20T10:00:00Z', '2026-11-20T11:00:00Z'),
      timed('overlaps a', '2026-11-20T10:30:00Z', '2026-11-20T10:45:00Z'),
      timed('follows a', '2026-11-20T11:00:00Z', '2026-11-20T11:00:00Z'),
      timed('tomorrow', '2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z'),
      timed('too far', '2026-11-28T10:00:00Z', '2026-11-28T11:00:00Z'),
    ]);
    const waiting = await plans.propose(planOf([task('later')]), origin);
    const now = Date.parse('2026-11-20T10:00:00+01:00');
    const day = await todayOf(store.t, now, 'Europe/Berlin', await plans.list({ state: 'proposed', limit: 9 }));
    const { overdue, dueToday, events, upcoming } = day;
    const waitingPlans = day.waitingPlans.map(({ plan }) => plan.id);
    expect({
      overdue: names(overdue),
      dueToday: names(dueToday),
      events: names(events),
      upcoming: names(upcoming),
      conflicts: day.conflicts.length,
      waitingPlans,
    }).toEqual({
      overdue: ['overdue by date', 'overdue by hour'],
      dueToday: ['due tonight', 'due today by date'],
      events: ['through the night', 'all day', 'a', 'overlaps a', 'follows a'],
      upcoming: ['due tomorrow at half past midnight', 'tomorrow', 'due in a week'],
      conflicts: 1,
      waitingPlans: [waiting.plan.id],
    });
    const [a, b] = ['a', 'overlaps a'].map((name) => day.events.find(({ fields }) => fields['title'] === name)!.id);
    expect(day.conflicts).toEqual([{ a, b }]);
  });

  it('of an empty vault is empty', async () => {
    const { store, clock } = await bench();
    expect(await todayOf(store.t, clock.now(), 'Pacific/Auckland', [])).toEqual({
      overdue: [],
      dueToday: [],
      events: [],
      conflicts: [],
      upcoming: [],
      waitingPlans: [],
    });
  });
});
