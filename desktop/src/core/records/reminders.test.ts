import { describe, expect, it, onTestFinished } from 'vitest';
import { bench, step, task } from '../plans/bench.suite.ts';
import { startReminders } from './reminders.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 20, 9, minutes)).toISOString();

async function withReminders() {
  const world = await bench();
  const shown: string[] = [];
  let visible = true;
  const start = () => {
    const failed = (error: unknown) => void shown.push(String(error));
    const reminders = startReminders({
      store: () => world.store,
      clock: world.clock,
      notify: (title, body) => void shown.push(`${title}: ${body}`),
      canShow: () => visible,
      failed,
    });
    onTestFinished(reminders.close);
    return reminders;
  };
  /** The clock moves, then the store gets its time to answer. */
  const advance = async (minutes: number) => {
    for (let half = 0; half < minutes * 2; half++) {
      await world.clock.advance(30_000);
      await settled();
    }
  };
  /** A look is over once the next one is planned. */
  const settled = () => expect.poll(world.clock.pending, { interval: 2, timeout: 10_000 }).toBeGreaterThan(0);
  return { ...world, shown, start, advance, settled, see: (now: boolean) => void (visible = now) };
}

describe('a reminder', () => {
  it('comes once when the time has come, and not again after a restart', async () => {
    const { run, shown, start, advance, settled } = await withReminders();
    await run([task('Soon', { dueAt: at(2) }), task('Later', { dueAt: at(30) }), task('By date', { dueAt: '2026-11-20' }), task('Past', { dueAt: at(-60) })]);
    const first = start();
    await settled();
    await advance(1);
    expect(shown).toEqual([]);
    await advance(2);
    expect(shown).toEqual(['Soon: Due now']);
    first.close();
    start();
    await settled();
    await advance(3);
    expect(shown).toEqual(['Soon: Due now']);
  });

  it('does not come for what is done by then', async () => {
    const { run, shown, start, advance, settled } = await withReminders();
    const made = await run([task('Soon', { dueAt: at(2) })]);
    start();
    await settled();
    await run([step('update_record', { type: 'task', id: made.steps[0]!.recordId, fields: { status: 'done' } })]);
    await advance(3);
    expect(shown).toEqual([]);
  });

  it('is one summary for all that was missed while the vault was closed', async () => {
    const { run, shown, start, advance, settled, clock } = await withReminders();
    const before = start();
    await settled();
    before.close();
    await run([1, 2, 3, 4, 5].map((n) => task(`Task ${n}`, { dueAt: at(n) })));
    await clock.advance(3_600_000);
    start();
    await settled();
    await advance(1);
    expect(shown).toEqual(['5 tasks came due: Task 1, Task 2, Task 3 and 2 more']);
  });

  it('waits while nobody would see it', async () => {
    const { run, shown, start, advance, settled, see } = await withReminders();
    see(true);
    start();
    await settled();
    see(false);
    await run([task('Unseen', { dueAt: at(1) })]);
    await advance(2);
    expect(shown).toEqual([]);
    see(true);
    await advance(1);
    expect(shown).toEqual(['Unseen: Due now']);
  });

  it('that a clock a year ahead gave too early comes again at its time', async () => {
    const { run, shown, start, advance, settled, store } = await withReminders();
    await run([task('Soon', { dueAt: at(2) })]);
    await store.t.settings.set('reminders.until', '2027-11-20T09:00:00.000Z');
    start();
    await settled();
    await advance(3);
    expect(shown).toEqual(['Soon: Due now']);
  });
});
