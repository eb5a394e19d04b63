import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Counters } from '../adapters/counters/counters.ts';
import { addressPrefix } from '../http/rate-limit.ts';
import { tokenHash } from './tokens.ts';

const windowMs = 15 * 60_000;

/** Failed tries in a window. No number locks an account: an account under attack only leaves fewer tries to each address that tries it. */
const allowed = { prefix: 100, account: 100, pair: 10, pairUnderAttack: 3 } as const;

export interface LoginThrottle {
  /** Counts a try before it is made, so that many at once count as many. @throws AdiuvaError `rate.limited` */
  admit(account: string, address: string): Promise<void>;
  /** Takes the try back: it was the right password. */
  succeeded(account: string, address: string): Promise<void>;
}

export function loginThrottle(counters: Pick<Counters, 'hit'>, now: () => number): LoginThrottle {
  const keysOf = (account: string, address: string) => {
    const [who, where] = [tokenHash(account), addressPrefix(address)];
    return { prefix: `login:prefix:${where}`, account: `login:account:${who}`, pair: `login:pair:${who}:${where}` };
  };
  const count = async (account: string, address: string, by: number) => {
    const keys = keysOf(account, address);
    const hits = [keys.prefix, keys.account, keys.pair].map((key) => counters.hit(key, windowMs, now(), by));
    return Promise.all(hits);
  };
  return {
    admit: async (account, address) => {
      const [prefix, all, pair] = await count(account, address, 1);
      const pairLimit = all!.count > allowed.account ? allowed.pairUnderAttack : allowed.pair;
      const over = prefix!.count > allowed.prefix ? prefix : pair!.count > pairLimit ? pair : undefined;
      if (over) throw new AdiuvaError('rate.limited', { retryAfter: Math.max(1, Math.ceil((over.resetAt - now()) / 1000)) });
    },
    succeeded: async (account, address) => void (await count(account, address, -1)),
  };
}
