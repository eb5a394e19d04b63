import type { Store, Tables } from '../store/store.ts';

interface Notice {
  runId: string;
  title: string;
  body: string;
}

const key = 'plans.notices';

export interface Notices {
  /** With the run, in its transaction. */
  keep(t: Tables, runId: string, notices: readonly { title: string; body: string }[]): Promise<void>;
  /** Those of one run, once it holds. */
  show(runId: string): Promise<void>;
  showAll(): Promise<void>;
}

/**
 * Notifications of runs, kept with the run and shown once it holds. After a crash between the two the next unlock shows them: of "perhaps lost"
 * and "perhaps twice within that instant" the second does no harm.
 */
export function createNotices(store: () => Store, notify: (title: string, body: string) => void): Notices {
  const waiting = async (t: Tables) => ((await t.settings.get(key)) ?? []) as Notice[];
  const settle = (runId: string | null) =>
    store().tx(async (t) => {
      const rest = runId === null ? [] : (await waiting(t)).filter((notice) => notice.runId !== runId);
      await (rest.length > 0 ? t.settings.set(key, rest) : t.settings.remove(key));
    });
  const show = async (runId: string | null) => {
    const due = (await waiting(store().t)).filter((notice) => runId === null || notice.runId === runId);
    if (due.length === 0) return;
    for (const { title, body } of due) notify(title, body);
    await settle(runId);
  };
  return {
    async keep(t, runId, notices) {
      if (notices.length > 0) await t.settings.set(key, [...(await waiting(t)), ...notices.map((notice) => ({ runId, ...notice }))]);
    },
    show: (runId) => show(runId),
    showAll: () => show(null),
  };
}
