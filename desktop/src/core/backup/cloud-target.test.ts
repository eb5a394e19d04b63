import { afterAll, beforeAll, describe } from 'vitest';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { testCloud, type TestCloud } from '../../../../cloud/src/cloud.suite.ts';
import { createCloud, type Cloud } from '../cloud/cloud.ts';
import type { TokenStore } from '../cloud/session.ts';
import { cloudTarget } from './cloud-target.ts';
import { targetSuite } from './target.suite.ts';

/** Waits between tries pass a hundred times as fast. */
const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

function memoryTokens(): TokenStore {
  let row: unknown = null;
  return {
    load: () => Promise.resolve(structuredClone(row)),
    change: async (work) => {
      const next = work(structuredClone(row));
      if (next !== undefined) row = structuredClone(next);
    },
  };
}

describe('the real cloud', () => {
  const password = 'correct horse battery';
  const opened: Cloud[] = [];
  let cloud: TestCloud;
  let url = '';
  let accounts = 0;
  beforeAll(async () => {
    cloud = await testCloud({ tier: 'power', backupQuota: () => 1_000_000_000 });
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(cloud.app.server.address() as { port: number }).port}`;
  });
  afterAll(async () => {
    opened.forEach((each) => each.close());
    await cloud.close();
  });

  targetSuite('the cloud', async () => {
    const own = createCloud({ baseUrl: url, fetch, clock: hurried, random: systemRandom, log: silentLog, tokens: memoryTokens() });
    opened.push(own);
    await own.session.register(`keeper-${++accounts}@example.org`, password);
    return { target: () => cloudTarget(own), advance: (ms) => void cloud.clock.advance(ms), password };
  });
});
