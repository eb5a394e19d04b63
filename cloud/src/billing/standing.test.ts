import { describe, expect, it } from 'vitest';
import { graceMs, standingOf, type SubscriptionLine } from './standing.ts';
import { tierOf } from './tier.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 10, 1);
const prices = { pro: 'price_pro', power: 'price_power', team: 'price_team' };
const line = (more: Partial<SubscriptionLine> = {}): SubscriptionLine => ({
  subscriptionId: 'sub_1',
  itemId: 'si_1',
  status: 'active',
  priceId: 'price_pro',
  quantity: 1,
  periodStart: start,
  periodEnd: start + 30 * day,
  cancelAt: null,
  ...more,
});

describe('what a customer has', () => {
  it('is nothing without a subscription, or with one that was never paid for, or to something else', () => {
    for (const lines of [
      [],
      [line({ status: 'incomplete' })],
      [line({ status: 'incomplete_expired' })],
      [line({ priceId: 'price_of_a_mug' })],
      [line({ status: 'new word' })],
    ])
      expect(standingOf(lines, prices)).toMatchObject({ state: 'none', tier: null, seats: 1, endsAt: null });
  });

  it('renews while it is active or tried out', () => {
    for (const status of ['active', 'trialing'])
      expect(standingOf([line({ status })], prices)).toMatchObject({
        state: 'active',
        tier: 'pro',
        renewsAt: start + 30 * day,
        endsAt: null,
        subscriptionId: 'sub_1',
        itemId: 'si_1',
      });
  });

  it('ends with the period once it was cancelled', () => {
    const standing = standingOf([line({ cancelAt: start + 30 * day })], prices);
    expect(standing).toMatchObject({ state: 'active', renewsAt: null });
    expect(standing.endsAt).toBeGreaterThanOrEqual(start + 30 * day);
  });

  it('goes on for two weeks after a payment failed, counted from the period and not from when it was heard', () => {
    for (const status of ['past_due', 'unpaid'])
      expect(standingOf([line({ status })], prices)).toMatchObject({ state: 'past_due', tier: 'pro', endsAt: start + graceMs });
  });

  it('has seats where the tier is by seat, and one elsewhere', () => {
    expect(standingOf([line({ priceId: 'price_team', quantity: 12 })], prices)).toMatchObject({ tier: 'team', seats: 12 });
    expect(standingOf([line({ quantity: 12 })], prices)).toMatchObject({ tier: 'pro', seats: 1 });
  });

  it('is the best of several, whatever their order', () => {
    const all = [
      line({ status: 'canceled', priceId: 'price_team' }),
      line({ status: 'past_due', priceId: 'price_power' }),
      line(),
      line({ subscriptionId: 'sub_2', priceId: 'price_power' }),
    ];
    for (const lines of [all, [...all].reverse()]) expect(standingOf(lines, prices)).toMatchObject({ state: 'active', tier: 'power', subscriptionId: 'sub_2' });
  });
});

describe('the tier of an account', () => {
  const paid = { grantedTier: null, paidTier: 'pro', paidUntil: start } as const;
  it('is what an operator granted, then what is paid for until it ends, then what everyone has', () => {
    expect(tierOf({ ...paid, grantedTier: 'team' }, start, 'free')).toBe('team');
    expect(tierOf({ ...paid, paidUntil: null }, start, 'free')).toBe('pro');
    expect(tierOf(paid, start - 1, 'free')).toBe('pro');
    expect(tierOf(paid, start, 'free')).toBe('free');
    expect(tierOf({ ...paid, paidTier: null }, start, 'power')).toBe('power');
  });
});
