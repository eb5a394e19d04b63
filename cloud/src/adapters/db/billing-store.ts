import { and, asc, eq, getTableColumns, gt, isNotNull, lt, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { BillingStore } from './database.ts';
import { billingAccounts, billingEvents, users } from './schema.ts';

type Handle = PgDatabase<PgQueryResultHKT>;

/** Billing over any drizzle handle, of the pool or of one transaction. */
export function billingStore(db: Handle): BillingStore {
  const mine = (userId: string) => eq(billingAccounts.userId, userId);
  const addAccount = (userId: string) => db.insert(billingAccounts).values({ userId }).onConflictDoNothing();
  return {
    account: async (userId) => {
      const { turn: _, settledTurn: __, ...columns } = getTableColumns(billingAccounts);
      return (await db.select(columns).from(billingAccounts).where(mine(userId)))[0] ?? null;
    },
    userOfCustomer: async (customerId) => {
      const found = db.select({ userId: billingAccounts.userId }).from(billingAccounts).where(eq(billingAccounts.customerId, customerId));
      return (await found)[0]?.userId ?? null;
    },
    giveCustomer: async (userId, customerId) => {
      await addAccount(userId);
      const given = db.update(billingAccounts).set({ customerId: sql`coalesce(${billingAccounts.customerId}, ${customerId})` });
      return (await given.where(mine(userId)).returning({ customerId: billingAccounts.customerId }))[0]!.customerId!;
    },
    takeTurn: async (userId) => {
      await addAccount(userId);
      const taken = db.update(billingAccounts).set({ turn: sql`${billingAccounts.turn} + 1` });
      return (await taken.where(mine(userId)).returning({ turn: billingAccounts.turn }))[0]!.turn;
    },
    settle: async (userId, turn, standing, at) => {
      const written = db
        .update(billingAccounts)
        .set({ ...standing, fetchedAt: at, settledTurn: turn })
        .where(and(mine(userId), lt(billingAccounts.settledTurn, turn)));
      if ((await written.returning({ userId: billingAccounts.userId })).length === 0) return;
      const live = standing.state === 'active' || standing.state === 'past_due';
      // Seats that an operator gave stay.
      const seats = sql`case when ${users.grantedTier} is null then ${live ? standing.seats : 1} else ${users.seats} end`;
      await db
        .update(users)
        .set({ paidTier: live ? standing.tier : null, paidUntil: live ? standing.endsAt : null, seats })
        .where(eq(users.id, userId));
    },
    addEvent: async (id, type, at) => {
      const added = db.insert(billingEvents).values({ id, type, receivedAt: at }).onConflictDoNothing();
      return (await added.returning({ id: billingEvents.id })).length > 0;
    },
    knowsEvent: async (id) => (await db.select({ id: billingEvents.id }).from(billingEvents).where(eq(billingEvents.id, id))).length > 0,
    dropEvents: async (before) => void (await db.delete(billingEvents).where(lt(billingEvents.receivedAt, before))),
    customers: async (after, limit) => {
      const known = and(isNotNull(billingAccounts.customerId), after === null ? undefined : gt(billingAccounts.userId, after));
      const rows = await db.select({ userId: billingAccounts.userId }).from(billingAccounts).where(known).orderBy(asc(billingAccounts.userId)).limit(limit);
      return rows.map(({ userId }) => userId);
    },
  };
}
