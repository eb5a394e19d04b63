import { isIPv6 } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Tier, TierName } from '@adiuva/shared/contracts/billing.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Bucket, Caller } from './access.ts';

/** Counts one more use of `key` in a fixed window. @returns uses so far and the end of the window in ms since the epoch */
export type Hit = (key: string, windowMs: number, now: number) => Promise<{ count: number; resetAt: number }>;

export interface Limits {
  readonly tiers: Readonly<Record<TierName, Pick<Tier, 'requestsPerMinute' | 'perSeat'>>>;
  /** Of one address prefix without a valid token. */
  readonly anonymousPerMinute: number;
}

/** Where the caller stands after this request. */
export interface Standing {
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
  readonly over: boolean;
}

/** Counts a request of a caller, or of an address where there is none. Sockets ask it for each message that costs something. */
export type RateLimit = (who: Caller | string, bucket?: Bucket) => Promise<Standing>;

/**
 * Requests a minute of a caller, by bucket; null is what the tier says. The parts of a backup are thousands, each small work, and bounded by the storage of the
 * tier: counted with the rest, one backup would silence a chat for hours.
 */
const perMinute: Readonly<Record<Bucket, number | null>> = { requests: null, objects: 6_000 };

const windowMs = 60_000;

export function rateLimiter(hit: Hit, now: () => number, { tiers, anonymousPerMinute }: Limits): RateLimit {
  const ofTier = ({ tier, seats }: Caller) => tiers[tier].requestsPerMinute * (tiers[tier].perSeat ? seats : 1);
  return async (who, bucket = 'requests') => {
    const [key, limit] =
      typeof who === 'string'
        ? [`rate:address:${addressPrefix(who)}`, anonymousPerMinute]
        : [`rate:${bucket === 'requests' ? 'user' : bucket}:${who.userId}`, perMinute[bucket] ?? ofTier(who)];
    const { count, resetAt } = await hit(key, windowMs, now());
    return { limit, remaining: Math.max(0, limit - count), resetSeconds: Math.max(1, Math.ceil((resetAt - now()) / 1000)), over: count > limit };
  };
}

/** @throws AdiuvaError `rate.limited` */
export function refuseOver({ over, resetSeconds }: Standing): void {
  if (over) throw new AdiuvaError('rate.limited', { retryAfter: resetSeconds });
}

/** Header fields of draft-ietf-httpapi-ratelimit-headers, in the form clients know. */
export function writeStanding(reply: FastifyReply, { limit, remaining, resetSeconds }: Standing): void {
  reply.header('RateLimit-Limit', limit).header('RateLimit-Remaining', remaining).header('RateLimit-Reset', resetSeconds);
}

/** What one party usually holds: an IPv4 address, or the first 64 bits of an IPv6 one. An injected socket has no address. */
export function addressPrefix(address: string | undefined): string {
  if (!address) return 'none';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!isIPv6(address)) return address;
  const [head, tail] = address.split('%')[0]!.split('::') as [string, string?];
  const front = head ? head.split(':') : [];
  const back = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<string>(Math.max(0, zeros)).fill('0'), ...back]
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
