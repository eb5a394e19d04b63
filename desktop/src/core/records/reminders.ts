import { labelOf, type StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Store, Tables } from '../store/store.ts';

/** How far reminders have been given, as an ISO time in the vault. */
const key = 'reminders.until';
const lookMs = 30_000;
/** The mark is written at least this often, so that a restart looks back no further than it must. */
const keepMs = 30 * 60_000;
/** More than this at once become one summary. */
const single = 3;

export interface Reminders {
  close(): void;
}

export interface RemindersDeps {
  store: () => Store;
  clock: Clock;
  notify(title: string, body: string): void;
  /** Whether somebody would see it now; while not, nothing counts as given. */
  canShow(): boolean;
  failed(error: unknown): void;
}

/**
 * Says once when the time of an open task has come; what passed while the vault was closed comes as one summary at the start. What has been given
 * is written before it is shown, so a restart repeats nothing. Dates without an hour have no moment to remind at.
 */
export function startReminders({ store, clock, notify, canShow, failed }: RemindersDeps): Reminders {
  let closed = false;
  let stop = () => {};
  /** Everything up to here (ms) has been given; null until the vault was asked. */
  let mark: number | null = null;
  void look();

  async function look(): Promise<void> {
    try {
      if (canShow()) await remind(mark === null);
    } catch (error) {
      if (!closed) failed(error);
    }
    if (!closed) stop = clock.after(lookMs, () => void look());
  }

  async function remind(first: boolean): Promise<void> {
    const due = await store().tx(take);
    if (!closed) tell(due, first);
  }

  /**
   * Open tasks whose moment lies after the mark, at most up to now. A clock that was set back moves the mark back with it: what was given too early
   * is given again at its time, rather than something never.
   */
  async function take(t: Tables): Promise<StoredRecord[]> {
    const now = clock.now();
    const kept = await keptMark(t);
    // Another window of this vault may be further than this one.
    const known = [mark, kept].filter((at) => at !== null && at <= now) as number[];
    const from = known.length > 0 ? Math.max(...known) : now;
    const due = from < now ? await dueBetween(t, from, now) : [];
    if (kept === null || kept > now || due.length > 0 || now - kept > keepMs) await t.settings.set(key, new Date(now).toISOString());
    mark = now;
    return due;
  }

  function tell(due: readonly StoredRecord[], first: boolean): void {
    if (due.length === 0) return;
    const names = due.map((task) => labelOf('task', task.fields));
    if (!first && due.length <= single) return names.forEach((name) => notify(name, 'Due now'));
    const shown = names.slice(0, single).join(', ');
    notify(due.length === 1 ? '1 task came due' : `${due.length} tasks came due`, due.length > single ? `${shown} and ${due.length - single} more` : shown);
  }

  return {
    close() {
      closed = true;
      stop();
    },
  };
}

async function keptMark(t: Tables): Promise<number | null> {
  const kept = Date.parse(String(await t.settings.get(key)));
  return Number.isNaN(kept) ? null : kept;
}

async function dueBetween(t: Tables, from: number, to: number): Promise<StoredRecord[]> {
  const iso = (at: number) => new Date(at).toISOString();
  const { records } = await t.records.list({ type: 'task', status: 'open', from: iso(from), to: iso(to + 1), limit: 1_000 });
  return records.filter(({ fields: { dueAt } }) => typeof dueAt === 'string' && dueAt.length > 10 && Date.parse(dueAt) > from && Date.parse(dueAt) <= to);
}
