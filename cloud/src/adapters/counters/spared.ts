import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Counters } from './counters.ts';

/**
 * Counts in `open` while it answers, in `spare` while it does not: a lost counter must stop neither the service nor the limits. Opened with
 * the first count.
 */
export function sparedCounters(open: () => Promise<Counters>, spare: Counters, log: Log): Counters {
  let opened: Promise<Counters> | undefined;
  let lost = false;
  const main = () => (opened ??= open());
  return {
    engine: 'redis',
    hit: async (...count) => {
      try {
        const answer = await (await main()).hit(...count);
        if (lost) log.info('counters are back', { engine: 'redis' });
        lost = false;
        return answer;
      } catch {
        if (!lost) log.warn('counters lost, counting in this process', { engine: 'redis' });
        lost = true;
        return spare.hit(...count);
      }
    },
    probe: async () => (await main()).probe(),
    close: async () => {
      await (await opened)?.close();
      await spare.close();
    },
  };
}
