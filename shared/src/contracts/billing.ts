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

export const checkoutRequest = z.strictObject({ tier: tierName.exclude(['free']), seats: z.int().min(1).max(10_000).optional() });
export const checkoutReply = z.object({ url: z.url() });
export const subscriptionState = z.enum(['none', 'active', 'past_due', 'cancelled']);
export const subscription = z.object({ tier: tierName, state: subscriptionState, seats: z.int().positive(), renewsAt: z.iso.datetime().nullable() });
export type Subscription = z.infer<typeof subscription>;
