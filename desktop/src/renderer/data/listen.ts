import type { Bridge } from '../../bridge/client.ts';
import { type EventName, events } from '../../bridge/events.ts';
import type { QueryCache, QueryName } from './cache.ts';
import { staleAfter } from './stale.ts';

/** Questions that may be asked of a locked vault and hold nothing of the user's. */
export const openQuestions: readonly QueryName[] = ['vault.state', 'status.get'];

/** Keeps the cache true: events put answers in place or make them old; a link that came back makes everything old. */
export function listen(bridge: Bridge, cache: QueryCache): () => void {
  const stops = [
    ...(Object.keys(events) as EventName[]).map((type) => bridge.on(type, () => cache.invalidate(staleAfter[type]))),
    bridge.on('vault.changed', (vault) => {
      if (vault.state !== 'open') cache.clear(openQuestions);
      cache.write('vault.state', undefined, vault);
      if (vault.state === 'open') cache.invalidate('all');
    }),
    bridge.on('account.changed', (account) => cache.write('account.state', undefined, account)),
    bridge.on('settings.changed', (settings) => cache.write('settings.get', undefined, settings)),
    bridge.on('status.changed', (change) => cache.update('status.get', (status) => ({ ...status, ...change }))),
    bridge.on('queue.changed', ({ jobs }) => cache.write('queue.list', undefined, { jobs })),
    bridge.on('backup.changed', (state) => cache.write('backup.state', undefined, state)),
    bridge.on('backup.progress', (running) => cache.update('backup.state', (state) => ({ ...state, running }))),
    bridge.on('plan.changed', (plan) => cache.write('plans.get', { planId: plan.plan.id }, plan)),
    watchLink(bridge, cache),
  ];
  return () => stops.forEach((stop) => stop());
}

function watchLink(bridge: Bridge, cache: QueryCache): () => void {
  let lost = false;
  return bridge.onState((state) => {
    if (state === 'open' && lost) cache.invalidate('all');
    lost = state === 'lost' || (lost && state === 'connecting');
  });
}
