import { type PaidTier, type LimitsReply, type Subscription, type TierName, tiers } from '@adiuva/shared/contracts/billing.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { BillingRow, Database, UserRow } from '../adapters/db/database.ts';
import type { Caller } from '../http/access.ts';
import { standingOf, type Prices } from './standing.ts';
import type { PaymentEvent, Payments } from './stripe.ts';

export interface BillingDeps {
  readonly db: () => Promise<Database>;
  /** Null: no payments are set up. */
  readonly payments: (() => Promise<Payments>) | null;
  readonly prices: Prices;
  readonly tierOf: (user: UserRow) => TierName;
  /** To be called when the tier of a user may have changed. */
  readonly changed: (userId: string) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const iso = (ms: number | null | undefined): string | null => (ms === null || ms === undefined ? null : new Date(ms).toISOString());

/** Where the user's browser comes back to. */
export interface ReturnUrls {
  readonly doneUrl: string;
  readonly backUrl: string;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** What is older is asked for again when the user looks at it: a message of the provider may be late or lost. */
const freshMs = minute;
/** Longer than the provider repeats an event. */
const eventKeptMs = 90 * day;
const firstMs = 10 * minute;
const everyMs = hour;

/**
 * Who pays for what. The tier comes from the state that the provider has when it is asked, never from what an event carries: order, repetition, twins and gaps of
 * events do not matter. Errors: `billing.not_configured`, `billing.no_subscription`, `dependency.unavailable`.
 */
export type Billing = ReturnType<typeof openBilling>;

export function openBilling({ db, payments, prices, tierOf, changed, clock, random, log }: BillingDeps) {
  let stop = () => {};
  let running: Promise<unknown> = Promise.resolve();

  const provider = async (): Promise<Payments> => {
    if (!payments) throw new AdiuvaError('billing.not_configured');
    return payments();
  };

  /** Asks the provider and writes what it says; an event is noted with it, in one transaction. */
  const refresh = async (userId: string, customerId: string, event?: PaymentEvent): Promise<void> => {
    const turn = await (await db()).billing.takeTurn(userId);
    const standing = standingOf(await (await provider()).lines(customerId), prices);
    await (
      await db()
    ).transaction(async ({ billing }) => {
      if (event && !(await billing.addEvent(event.id, event.type, clock.now()))) return;
      await billing.settle(userId, turn, standing, clock.now());
    });
    await changed(userId);
  };

  const customerOf = async ({ userId }: Caller): Promise<string> => {
    const { billing } = await db();
    const known = (await billing.account(userId))?.customerId;
    if (known) return known;
    const { email } = await userOf(userId);
    return billing.giveCustomer(userId, await (await provider()).customer({ userId, email }));
  };

  const userOf = async (userId: string): Promise<UserRow> => {
    const user = await (await db()).accounts.userById(userId);
    if (!user) throw new AdiuvaError('auth.token_invalid');
    return user;
  };

  const live = async (userId: string): Promise<BillingRow & { customerId: string; subscriptionId: string; itemId: string }> => {
    const row = await (await db()).billing.account(userId);
    if (!row?.customerId || !row.subscriptionId || !row.itemId || row.state === 'cancelled') throw new AdiuvaError('billing.no_subscription');
    return { ...row, customerId: row.customerId, subscriptionId: row.subscriptionId, itemId: row.itemId };
  };

  const orderOf = (tier: PaidTier, seats: number) => {
    const priceId = prices[tier];
    if (!priceId) throw new AdiuvaError('billing.not_configured', { detail: `the ${tier} plan has no price here` });
    return { priceId, quantity: tier === 'team' ? seats : 1 };
  };

  /** Every customer, one after the other, so that the provider is never flooded. */
  const reconcile = async (): Promise<{ asked: number; failed: number }> => {
    let [after, asked, failed]: [string | null, number, number] = [null, 0, 0];
    const { billing } = await db();
    for (;;) {
      const users = await billing.customers(after, 100);
      for (const userId of users) {
        const customerId = (await billing.account(userId))?.customerId;
        if (!customerId) continue;
        asked += 1;
        await refresh(userId, customerId).catch(() => (failed += 1));
      }
      after = users.at(-1) ?? null;
      if (after === null) break;
    }
    await billing.dropEvents(clock.now() - eventKeptMs);
    log.info('billing reconciled', { count: asked, failed });
    return { asked, failed };
  };

  /** Once a day over all instances: the lease is the note that today's was made. */
  const nightly = async () => {
    if (await (await db()).backups.takeLease('billing-reconcile', newToken(random, 16), clock.now(), clock.now() + day)) await reconcile();
  };
  const plan = (ms: number) => {
    stop = clock.after(ms + Math.floor((random(1)[0]! / 256) * ms * 0.2), () => {
      running = nightly()
        .catch((error: unknown) => log.warn('billing not reconciled', { code: error instanceof AdiuvaError ? error.code : 'internal' }))
        .then(() => plan(everyMs));
    });
  };

  return {
    /** A page where the user pays, or confirms the change of what is paid for already. */
    checkout: async (caller: Caller, { tier, seats = 1 }: { tier: PaidTier; seats?: number | undefined }, urls: ReturnUrls): Promise<string> => {
      const [stripe, order] = [await provider(), orderOf(tier, seats)];
      const customerId = await customerOf(caller);
      await refresh(caller.userId, customerId);
      const now = await live(caller.userId).catch(() => null);
      return now ? stripe.change({ ...order, ...urls, customerId }, now) : stripe.checkout({ ...order, ...urls, customerId });
    },

    portal: async ({ userId }: Caller, backUrl: string): Promise<string> => {
      const stripe = await provider();
      const customerId = (await (await db()).billing.account(userId))?.customerId;
      if (!customerId) throw new AdiuvaError('billing.no_subscription');
      return stripe.portal(customerId, backUrl);
    },

    /** What the caller has; asked for again when it was heard long ago, and as it was known where the provider does not answer. */
    subscription: async ({ userId }: Caller): Promise<Subscription> => {
      const { billing } = await db();
      const known = await billing.account(userId);
      if (payments && known?.customerId && clock.now() - (known.fetchedAt ?? 0) > freshMs)
        await refresh(userId, known.customerId).catch((error: unknown) => {
          if (!(error instanceof AdiuvaError)) throw error;
        });
      const [row, user] = [await billing.account(userId), await userOf(userId)];
      return { tier: tierOf(user), state: row?.state ?? 'none', seats: user.seats, renewsAt: iso(row?.renewsAt), endsAt: iso(row?.endsAt) };
    },

    /** What the caller's tier allows, and what of it is used. */
    limits: async ({ userId }: Caller): Promise<LimitsReply> => {
      const [user, backups] = [await userOf(userId), await (await db()).backups.account(userId)];
      const tier = tierOf(user);
      return { tier, seats: user.seats, limits: tiers[tier], used: { backupBytes: backups?.usedBytes ?? 0 }, tiers };
    },

    /** Ends the subscription with the period that is paid for. */
    cancel: async ({ userId }: Caller): Promise<void> => {
      const stripe = await provider();
      const { subscriptionId, customerId } = await live(userId);
      await stripe.cancelAtPeriodEnd(subscriptionId);
      await refresh(userId, customerId);
    },

    /** Nobody pays for an account that is gone. */
    forget: async (userId: string): Promise<void> => {
      const customerId = (await (await db()).billing.account(userId))?.customerId;
      if (customerId && payments) await (await payments()).forget(customerId);
    },

    /** @throws AdiuvaError `billing.signature_invalid` · `request.invalid` */
    webhook: async (raw: Uint8Array, signature: string): Promise<void> => {
      const event = await (await provider()).event(raw, signature);
      const { billing } = await db();
      if (await billing.knowsEvent(event.id)) return;
      const userId = event.customerId === null ? null : await billing.userOfCustomer(event.customerId);
      if (userId === null || event.customerId === null) return void (await billing.addEvent(event.id, event.type, clock.now()));
      await refresh(userId, event.customerId, event);
    },

    reconcile,
    /** From now on looks once an hour whether today's reconciliation is due. */
    start: () => {
      if (payments) plan(firstMs);
    },
    close: async () => {
      stop();
      await running;
      stop();
    },
  };
}
