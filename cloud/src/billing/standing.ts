import { type PaidTier, tiers } from '@adiuva/shared/contracts/billing.ts';
import type { Standing } from '../adapters/db/database.ts';

/** A line of a subscription at the payment provider. Times in ms since the epoch. */
export interface SubscriptionLine {
  readonly subscriptionId: string;
  readonly itemId: string;
  /** As Stripe has it: https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  readonly priceId: string;
  readonly quantity: number;
  readonly periodStart: number;
  readonly periodEnd: number;
  /** When it ends by a decision that was made; null, by none. */
  readonly cancelAt: number | null;
}

export type Prices = Readonly<Record<PaidTier, string | null>>;

const hour = 3_600_000;
/** A payment that fails is tried again for about two weeks; until then nothing is taken away. */
export const graceMs = 14 * 24 * hour;
/** The provider needs a moment after the end of a period to say what became of it. */
const slackMs = hour;

const nothing: Standing = { state: 'none', tier: null, seats: 1, renewsAt: null, endsAt: null, subscriptionId: null, itemId: null };

type Live = Extract<Standing['state'], 'active' | 'past_due' | 'cancelled'>;
/** `incomplete` ones were never paid for: they count as none. */
const states: Readonly<Record<string, Live>> = {
  active: 'active',
  trialing: 'active',
  past_due: 'past_due',
  unpaid: 'past_due',
  canceled: 'cancelled',
  paused: 'cancelled',
};
const ranks: Readonly<Record<Live, number>> = { active: 2, past_due: 1, cancelled: 0 };
const tierNames = Object.keys(tiers);

/**
 * What a customer has, from all that the provider says now. Nothing else goes in, neither the order in which it was heard nor what was known before:
 * whoever asks at the same time comes to the same.
 */
export function standingOf(lines: readonly SubscriptionLine[], prices: Prices): Standing {
  const found = lines.flatMap((line) => {
    const tier = (Object.keys(prices) as PaidTier[]).find((name) => prices[name] === line.priceId);
    const state = states[line.status];
    return tier && state ? [{ line, tier, state }] : [];
  });
  // Two at once are a mistake that a customer can make: the better one counts.
  const [best] = found.sort(
    (a, b) =>
      ranks[b.state] - ranks[a.state] ||
      tierNames.indexOf(b.tier) - tierNames.indexOf(a.tier) ||
      b.line.quantity - a.line.quantity ||
      b.line.periodEnd - a.line.periodEnd,
  );
  if (!best) return nothing;
  const { line, tier, state } = best;
  const endsAt = endOf(line, state);
  return {
    state,
    tier,
    seats: tiers[tier].perSeat ? Math.max(1, line.quantity) : 1,
    renewsAt: state === 'active' && line.cancelAt === null ? line.periodEnd : null,
    endsAt,
    subscriptionId: line.subscriptionId,
    itemId: line.itemId,
  };
}

function endOf({ periodStart, cancelAt }: SubscriptionLine, state: Live): number | null {
  if (state === 'active') return cancelAt === null ? null : cancelAt + slackMs;
  // The period began with the payment that failed.
  return state === 'past_due' ? periodStart + graceMs : null;
}
