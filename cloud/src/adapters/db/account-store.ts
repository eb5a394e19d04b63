import { and, desc, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { AccountStore } from './database.ts';
import { refreshTokens, sessions, users } from './schema.ts';

type Handle = PgDatabase<PgQueryResultHKT>;

/** Accounts over any drizzle handle, of the pool or of one transaction. */
export function accountStore(db: Handle): AccountStore {
  return { ...userPart(db), ...sessionPart(db), ...refreshPart(db) };
}

/** Statements of every request are built once for the life of a handle, and the server keeps their plan. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

type UserPart = Pick<AccountStore, 'addUser' | 'userByEmail' | 'userById' | 'upgradePasswordHash' | 'changePassword' | 'raiseEpoch' | 'grant' | 'deleteUser'>;

function userPart(db: Handle): UserPart {
  const byEmail = once(() =>
    db
      .select()
      .from(users)
      .where(eq(users.email, sql.placeholder('email')))
      .prepare('user_by_email'),
  );
  const byId = once(() =>
    db
      .select()
      .from(users)
      .where(eq(users.id, sql.placeholder('id')))
      .prepare('user_by_id'),
  );
  const byHash = (userId: string, hash: string) => and(eq(users.id, userId), eq(users.passwordHash, hash));
  const nextEpoch = sql`${users.epoch} + 1`;
  return {
    addUser: async (user) => (await db.insert(users).values(user).onConflictDoNothing().returning({ id: users.id })).length > 0,
    userByEmail: async (email) => (await byEmail().execute({ email }))[0] ?? null,
    userById: async (id) => (await byId().execute({ id }))[0] ?? null,
    upgradePasswordHash: async (userId, from, to) => void (await db.update(users).set({ passwordHash: to }).where(byHash(userId, from))),
    changePassword: async (userId, from, to) => {
      const changed = db.update(users).set({ passwordHash: to, epoch: nextEpoch }).where(byHash(userId, from));
      return (await changed.returning({ epoch: users.epoch }))[0]?.epoch ?? null;
    },
    raiseEpoch: async (userId) => void (await db.update(users).set({ epoch: nextEpoch }).where(eq(users.id, userId))),
    grant: async (userId, tier, seats) => void (await db.update(users).set({ grantedTier: tier, seats }).where(eq(users.id, userId))),
    deleteUser: async (userId) => void (await db.delete(users).where(eq(users.id, userId))),
  };
}

type SessionPart = Pick<
  AccountStore,
  'addSession' | 'sessionState' | 'lockSession' | 'liveSessions' | 'sessionsOf' | 'endSession' | 'touchSession' | 'dropSessions'
>;

function sessionPart(db: Handle): SessionPart {
  const withUser = () => db.select({ session: sessions, user: users }).from(sessions).innerJoin(users, eq(users.id, sessions.userId)).$dynamic();
  const state = once(() =>
    withUser()
      .where(eq(sessions.id, sql.placeholder('id')))
      .prepare('session_state'),
  );
  const lives = (now: number) => and(isNull(sessions.ended), gt(sessions.expiresAt, now), eq(sessions.epoch, users.epoch));
  return {
    addSession: async (session, refreshHash) => {
      await db.insert(sessions).values(session);
      await db.insert(refreshTokens).values({ hash: refreshHash, sessionId: session.id });
    },
    sessionState: async (id) => (await state().execute({ id }))[0] ?? null,
    lockSession: async (id) => (await withUser().where(eq(sessions.id, id)).for('update', { of: sessions }))[0] ?? null,
    liveSessions: async (ids, now) => {
      const rows = await withUser().where(and(inArray(sessions.id, [...ids]), lives(now)));
      return rows.map(({ session }) => session.id);
    },
    sessionsOf: async (userId, now) => {
      const rows = await withUser()
        .where(and(eq(sessions.userId, userId), lives(now)))
        .orderBy(desc(sessions.lastUsedAt), desc(sessions.id));
      return rows.map(({ session }) => session);
    },
    endSession: async (id, userId, why) => {
      const mine = and(eq(sessions.id, id), eq(sessions.userId, userId), isNull(sessions.ended));
      return (await db.update(sessions).set({ ended: why }).where(mine).returning({ id: sessions.id })).length > 0;
    },
    touchSession: async (id, lastUsedAt, expiresAt) => void (await db.update(sessions).set({ lastUsedAt, expiresAt }).where(eq(sessions.id, id))),
    dropSessions: async (userId, before) => void (await db.delete(sessions).where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, before)))),
  };
}

type RefreshPart = Pick<AccountStore, 'refreshToken' | 'addSuccessor'>;

function refreshPart(db: Handle): RefreshPart {
  const byHash = once(() =>
    db
      .select()
      .from(refreshTokens)
      .where(eq(refreshTokens.hash, sql.placeholder('hash')))
      .prepare('refresh_token'),
  );
  return {
    refreshToken: async (hash) => (await byHash().execute({ hash }))[0] ?? null,
    addSuccessor: async (hash, successorHash, sessionId) => {
      const added = await db.insert(refreshTokens).values({ hash: successorHash, sessionId }).onConflictDoNothing().returning({ hash: refreshTokens.hash });
      if (added.length === 0) return false;
      await db.update(refreshTokens).set({ successorHash }).where(eq(refreshTokens.hash, hash));
      return true;
    },
  };
}
