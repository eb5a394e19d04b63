import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { RunView } from '../bridge/shapes.ts';
import type { Feed } from './feed.ts';
import type { Plans } from './plans/plans.ts';
import type { Store } from './store/store.ts';

const lookMs = 2_000;
/** Most runs that are told one by one; who missed more asks again anyway. */
const most = 50;

export interface WatchDeps {
  readonly store: Store;
  readonly plans: Plans;
  readonly feed: Feed;
  readonly clock: Clock;
  /** Called at each look, for what else another process may have changed. */
  looked(): Promise<void>;
  failed(error: unknown): void;
}

/** Tells the screens of this process what another one, a command beside the window, did to the same vault: its runs and the plans behind them. */
export function watchOthers({ store, plans, feed, clock, looked, failed }: WatchDeps): { close(): void } {
  const mine = new Set<string>();
  let last: string | null | undefined;
  let closed = false;
  let stop = () => {};
  const ignore = feed.subscribe((event) => void (event.type === 'run.changed' && mine.add(event.data.runId)), 'quiet');
  void look();

  async function look(): Promise<void> {
    try {
      for (const run of await foreign()) await tell(run);
      await looked();
    } catch (error) {
      if (!closed) failed(error);
    }
    if (!closed) stop = clock.after(lookMs, () => void look());
  }

  /** Runs since the last look that this process did not announce, oldest first. */
  async function foreign(): Promise<RunView[]> {
    const before = last;
    last = (await plans.runs({ limit: 1 }))[0]?.runId ?? null;
    if (before === undefined || before === last) return [];
    const runs = await plans.runs({ limit: most });
    const known = runs.findIndex(({ runId }) => runId === before);
    const fresh = (known < 0 ? runs : runs.slice(0, known)).filter(({ runId }) => !mine.has(runId));
    mine.clear();
    return fresh.toReversed();
  }

  async function tell(run: RunView): Promise<void> {
    const card = await plans.view(run.planId);
    const types = card.plan.steps.flatMap(({ params }) => (typeof params['type'] === 'string' ? [params['type']] : []));
    feed.announce('records.changed', { ids: run.steps.flatMap(({ recordId }) => recordId ?? []), types: [...new Set(types)] });
    feed.announce('run.changed', run);
    feed.announce('plan.changed', card);
    if (card.origin.kind !== 'undo') return;
    const undone = await store.t.runs.get(card.origin.by);
    if (undone) feed.announce('plan.changed', await plans.view(undone.planId));
  }

  return {
    close() {
      closed = true;
      stop();
      ignore();
    },
  };
}
