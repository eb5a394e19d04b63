import { Redis } from 'ioredis';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Counters } from './counters.ts';

/** One step on the server: add, never below zero, and give the window its end when it has none. */
const hitScript = `
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if count < 0 then
  count = 0
  redis.call('SET', KEYS[1], 0, 'KEEPTTL')
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[2])
  redis.call('PEXPIRE', KEYS[1], left)
end
return { count, left }`;

const prefix = 'adiuva:';
const answerMs = 500;

/** Counts shared by all instances. Waits for the first connection; after that a lost one answers at once with a fault and comes back by itself. */
export async function openRedisCounters({ url }: { readonly url: string }): Promise<Counters> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: answerMs,
    connectTimeout: 2_000,
    retryStrategy: (tries) => Math.min(5_000, tries * 200),
  });
  // Without a listener a lost connection would be printed; who uses the port learns of it from the answers.
  redis.on('error', () => {});
  await redis.connect().catch(() => {});
  return {
    engine: 'redis',
    hit: async (key, windowMs, now, by = 1) => {
      const [count, left] = (await redis.eval(hitScript, 1, prefix + key, by, windowMs).catch(refuse)) as [number, number];
      return { count, resetAt: now + left };
    },
    probe: async () => void (await redis.ping().catch(refuse)),
    close: async () => redis.disconnect(),
  };
}

function refuse(cause: unknown): never {
  throw new AdiuvaError('dependency.unavailable', { cause, retryAfter: 5 });
}
