import { z } from 'zod';

const GB = 1_000_000_000;

/** What a tier allows. `null` is unlimited. Local backup, restore, export and everything offline are free on every tier and have no row. */
export interface Tier {
  readonly requestsPerMinute: number;
  readonly perSeat: boolean;
  readonly backupBytes: number | null;
  readonly scheduledPlugins: number | null;
  readonly modelProviders: number | null;
  readonly playbooks: 'basic' | 'all' | 'all+shared';
}

/** The one tier table: server, limits page and tests read it. */
export const tiers = {
  free: { requestsPerMinute: 20, perSeat: false, backupBytes: 0, scheduledPlugins: 2, modelProviders: 1, playbooks: 'basic' },
  pro: { requestsPerMinute: 60, perSeat: false, backupBytes: 5 * GB, scheduledPlugins: 10, modelProviders: 3, playbooks: 'all' },
  power: { requestsPerMinute: 120, perSeat: false, backupBytes: 50 * GB, scheduledPlugins: null, modelProviders: null, playbooks: 'all' },
  team: { requestsPerMinute: 200, perSeat: true, backupBytes: null, scheduledPlugins: null, modelProviders: null, playbooks: 'all+shared' },
} as const satisfies Record<string, Tier>;

export type TierName = keyof typeof tiers;
export const tierName = z.enum(Object.keys(tiers) as [TierName, ...TierName[]]);

/** Tiers that are paid for. */
export const paidTier = tierName.exclude(['free']);
export type PaidTier = z.infer<typeof paidTier>;

export const checkoutRequest = z.strictObject({ tier: paidTier, seats: z.int().min(1).max(10_000).optional() });
export const checkoutReply = z.object({ url: z.url() });
export const subscriptionState = z.enum(['none', 'active', 'past_due', 'cancelled']);
export type SubscriptionState = z.infer<typeof subscriptionState>;

/**
 * What an account has. `tier` is what counts now. `renewsAt`: the next payment; null, there is none. `endsAt`: when the tier ends unless
 * something is done; cancelled at the end of the period, or a payment is overdue and the days of grace run.
 */
export const subscription = z.object({
  tier: tierName,
  state: subscriptionState,
  seats: z.int().positive(),
  renewsAt: z.iso.datetime().nullable(),
  endsAt: z.iso.datetime().nullable(),
});
export type Subscription = z.infer<typeof subscription>;

const allowed = z.object({
  requestsPerMinute: z.int().positive(),
  perSeat: z.boolean(),
  backupBytes: z.int().nonnegative().nullable(),
  scheduledPlugins: z.int().nonnegative().nullable(),
  modelProviders: z.int().nonnegative().nullable(),
  playbooks: z.enum(['basic', 'all', 'all+shared']),
});

/** What the caller's tier allows, what of it is used, and the table of all tiers. Bytes; `null` is unlimited. */
export const limitsReply = z.object({
  tier: tierName,
  seats: z.int().positive(),
  limits: allowed,
  used: z.object({ backupBytes: z.int().nonnegative() }),
  tiers: z.record(tierName, allowed),
});
export type LimitsReply = z.infer<typeof limitsReply>;
