import { redisRunLog } from '@adiuva/cloud/adapters/run-log/redis.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { startInstance } from './streams.ts';

/**
 * `node streams-child.ts REDIS LEASE_MS`: an instance behind Redis in a process of its own. Says `ready PORT`; on SIGTERM its model goes on and it stops as
 * the service does.
 */
const [, script, url, leaseMs] = process.argv;
if (script?.endsWith('streams-child.ts') && url) {
  const limits = { leaseMs: Number(leaseMs), beatMs: Number(leaseMs) / 4, lookMs: 100 };
  const runLog = redisRunLog({ url, clock: systemClock, random: systemRandom, log: silentLog, limits });
  const instance = await startInstance(runLog);
  process.once('SIGTERM', () => {
    instance.go();
    void instance
      .close()
      .then(() => runLog.close())
      .then(() => process.exit(0));
  });
  process.stdout.write(`ready ${instance.port}\n`);
}
