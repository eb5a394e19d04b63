import { describe, expect, it } from 'vitest';
import { newId, systemRandom } from '@adiuva/shared/kit/ids.ts';
import type { Database, SessionRow, UserRow } from './database.ts';

const now = Date.UTC(2026, 10, 20, 9, 0, 0, 123);
const day = 86_400_000;
const id = () => newId(now, systemRandom);
const hashOf = (name: string) => name.padEnd(43, '_').slice(0, 43);

export const someUser = (more: Partial<UserRow> = {}): UserRow => {
  const own = id();
  return {
    id: own,
    email: `${own}@example.org`,
    passwordHash: 'hash',
    grantedTier: null,
    seats: 1,
    epoch: 0,
    createdAt: now,
    paidTier: null,
    paidUntil: null,
    ...more,
  };
};
export const someSession = (user: UserRow, more: Partial<SessionRow> = {}): SessionRow => {
  const times = { createdAt: now, lastUsedAt: now, expiresAt: now + day };
  return { id: id(), userId: user.id, deviceName: 'laptop', epoch: user.epoch, ended: null, ...times, ...more };
};

/** What every database has to do. `open` gives the same migrated database each time. */
export function databaseSuite(open: () => Database): void {
  const accounts = () => open().accounts;
  const addUser = async (more: Partial<UserRow> = {}) => {
    const user = someUser(more);
    expect(await accounts().addUser(user)).toBe(true);
    return user;
  };
  const addSession = async (user: UserRow, more: Partial<SessionRow> = {}) => {
    const session = someSession(user, more);
    await accounts().addSession(session, hashOf(`token-${session.id}`));
    return session;
  };

  describe('users', () => {
    it('come back as they went in, to the millisecond', async () => {
      const user = await addUser({ grantedTier: 'team', seats: 12, epoch: 3 });
      expect(await accounts().userByEmail(user.email)).toEqual(user);
      expect(await accounts().userById(user.id)).toEqual(user);
      expect(await accounts().userByEmail('nobody@example.org')).toBeNull();
      expect(await accounts().userById(id())).toBeNull();
    });

    it('have one account an email, also when two register at once', async () => {
      const email = `${id()}@example.org`;
      const added = await Promise.all([1, 2, 3, 4].map(() => accounts().addUser(someUser({ email }))));
      expect(added.filter(Boolean)).toHaveLength(1);
    });

    it('change the password only from the one they had, which ends their sessions', async () => {
      const user = await addUser();
      const session = await addSession(user);
      expect(await accounts().changePassword(user.id, 'another', 'new')).toBeNull();
      expect(await accounts().liveSessions([session.id], now)).toEqual([session.id]);
      expect(await accounts().changePassword(user.id, 'hash', 'new')).toBe(1);
      expect(await accounts().liveSessions([session.id], now)).toEqual([]);
      expect(await accounts().userById(user.id)).toEqual({ ...user, passwordHash: 'new', epoch: 1 });
    });

    it('keep their sessions when only the hash is made anew', async () => {
      const user = await addUser();
      const session = await addSession(user);
      await accounts().upgradePasswordHash(user.id, 'another', 'x');
      await accounts().upgradePasswordHash(user.id, 'hash', 'better');
      expect((await accounts().userById(user.id))?.passwordHash).toBe('better');
      expect(await accounts().liveSessions([session.id], now)).toEqual([session.id]);
    });
  });

  describe('sessions', () => {
    it('come with their user', async () => {
      const user = await addUser();
      const session = await addSession(user, { deviceName: null });
      expect(await accounts().sessionState(session.id)).toEqual({ session, user });
      expect(await accounts().sessionState(id())).toBeNull();
    });

    it('are listed for their user while they live, newest use first', async () => {
      const [user, other] = [await addUser(), await addUser()];
      const old = await addSession(user, { lastUsedAt: now - 5 });
      const fresh = await addSession(user);
      await addSession(user, { expiresAt: now });
      await addSession(user, { epoch: 7 });
      await addSession(other);
      const ended = await addSession(user);
      expect(await accounts().endSession(ended.id, user.id, 'logout')).toBe(true);
      expect((await accounts().sessionsOf(user.id, now)).map((each) => each.id)).toEqual([fresh.id, old.id]);
    });

    it('are ended by their own user, once', async () => {
      const [user, stranger] = [await addUser(), await addUser()];
      const session = await addSession(user);
      expect(await accounts().endSession(session.id, stranger.id, 'logout')).toBe(false);
      expect(await accounts().endSession(session.id, user.id, 'reuse')).toBe(true);
      expect(await accounts().endSession(session.id, user.id, 'logout')).toBe(false);
      expect((await accounts().sessionState(session.id))?.session.ended).toBe('reuse');
    });

    it('all end when the epoch rises', async () => {
      const user = await addUser();
      const ids = [(await addSession(user)).id, (await addSession(user)).id];
      await accounts().raiseEpoch(user.id);
      expect(await accounts().liveSessions(ids, now)).toEqual([]);
    });

    it('are moved on by use and dropped when long run out', async () => {
      const user = await addUser();
      const session = await addSession(user);
      await accounts().touchSession(session.id, now + 1, now + 2 * day);
      expect((await accounts().sessionState(session.id))?.session).toEqual({ ...session, lastUsedAt: now + 1, expiresAt: now + 2 * day });
      await accounts().dropSessions(user.id, now + 2 * day);
      expect(await accounts().sessionState(session.id)).not.toBeNull();
      await accounts().dropSessions(user.id, now + 3 * day);
      expect(await accounts().sessionState(session.id)).toBeNull();
      expect(await accounts().refreshToken(hashOf(`token-${session.id}`))).toBeNull();
    });
  });

  describe('refresh tokens', () => {
    it('get one successor', async () => {
      const session = await addSession(await addUser());
      const [first, next] = [hashOf(`token-${session.id}`), hashOf(`next-${session.id}`)];
      expect(await accounts().addSuccessor(first, next, session.id)).toBe(true);
      expect(await accounts().refreshToken(first)).toEqual({ hash: first, sessionId: session.id, successorHash: next });
      expect(await accounts().refreshToken(next)).toEqual({ hash: next, sessionId: session.id, successorHash: null });
      expect(await accounts().addSuccessor(next, first, session.id)).toBe(false);
      expect((await accounts().refreshToken(next))?.successorHash).toBeNull();
    });
  });

  describe('backups', () => {
    it('refer to ten thousand objects and go on from there, within the time that a statement has', async () => {
      const user = await addUser();
      const ids = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(43, 'o'));
      const uploads = ids.map((objectId) => ({ blobKey: `${user.id}-${objectId}`, userId: user.id, objectId, bytes: 3, signed: true, expiresAt: now }));
      const change = <T>(work: (store: Database['backups']) => Promise<T>) =>
        open().transaction(async ({ backups }) => {
          await backups.lockAccount(user.id);
          return work(backups);
        });
      const keys = uploads.map(({ blobKey }) => blobKey);
      await change((store) => store.addUploads(user.id, uploads));
      expect((await change((store) => store.finishUploads(user.id, keys, now))).size).toBe(10_000);
      const row = { userId: user.id, repository: 'r', epoch: 1, mac: 'm', createdAt: now, bytes: 0, objects: 0 };
      for (const seq of [1, 2, 3]) {
        expect(await change((store) => store.refer(user.id, seq, ids.slice(seq)))).toEqual({ bytes: (10_000 - seq) * 3 });
        await change((store) => store.addBackup({ ...row, id: `b${seq}`, seq, generation: seq }, new Uint8Array(5)));
      }
      expect(await change((store) => store.refer(user.id, 4, ['nobody has this']))).toBeNull();
      await change((store) => store.removeBackups(user.id, { ids: ['b1'] }));
      await change((store) => store.condemn(user.id, now));
      // Object 0 was in none, object 1 in the one that went.
      expect(await open().backups.account(user.id)).toMatchObject({ usedBytes: 9_998 * 3 + 10, heldBytes: 30_010 });
      expect(await change((store) => store.recount(user.id))).toBe(false);
      expect((await change((store) => store.dropCondemned(user.id, now, 10))).sort()).toEqual(keys.slice(0, 2));
      expect(await open().backups.account(user.id)).toMatchObject({ heldBytes: 9_998 * 3 + 10 });
    });

    it('have a lease that one holds until it runs out', async () => {
      const { takeLease } = open().backups;
      const name = id();
      expect(await takeLease(name, 'a', now, now + 10)).toBe(true);
      expect(await takeLease(name, 'b', now + 9, now + 20)).toBe(false);
      expect(await takeLease(name, 'a', now + 9, now + 30)).toBe(true);
      expect(await takeLease(name, 'b', now + 30, now + 40)).toBe(true);
      const many = await Promise.all(Array.from({ length: 8 }, (_, index) => takeLease(`${name}-new`, String(index), now, now + 10)));
      expect(many.filter(Boolean)).toHaveLength(1);
    });
  });

  describe('payments', () => {
    const standing = { state: 'active', tier: 'team', seats: 4, renewsAt: now + day, endsAt: null, subscriptionId: 'sub', itemId: 'si' } as const;

    it('keep one customer for a user, also when two are made at once', async () => {
      const user = await addUser();
      const { billing } = open();
      expect(await billing.account(user.id)).toBeNull();
      const given = await Promise.all(['a', 'b', 'c'].map((name) => billing.giveCustomer(user.id, `${name}-${user.id}`)));
      expect(new Set(given).size).toBe(1);
      expect(await billing.userOfCustomer(given[0]!)).toBe(user.id);
      expect(await billing.userOfCustomer('nobody')).toBeNull();
      expect(await billing.customers(null, 10_000)).toContain(user.id);
      expect(await billing.customers(user.id, 10_000)).not.toContain(user.id);
    });

    it('write the tier with the state, and no answer of an earlier turn over one of a later', async () => {
      const user = await addUser();
      const { billing } = open();
      const [early, late] = [await billing.takeTurn(user.id), await billing.takeTurn(user.id)];
      await billing.settle(user.id, late, standing, now);
      await billing.settle(user.id, early, { ...standing, tier: 'pro' }, now + 1);
      expect(await billing.account(user.id)).toEqual({ userId: user.id, customerId: null, fetchedAt: now, ...standing });
      expect(await accounts().userById(user.id)).toEqual({ ...user, paidTier: 'team', seats: 4 });
      await billing.settle(user.id, await billing.takeTurn(user.id), { ...standing, state: 'cancelled', endsAt: null }, now);
      expect(await accounts().userById(user.id)).toEqual(user);
    });

    it('leave the seats that an operator gave', async () => {
      const user = await addUser({ grantedTier: 'team', seats: 40 });
      await open().billing.settle(user.id, await open().billing.takeTurn(user.id), { ...standing, endsAt: now + day }, now);
      expect(await accounts().userById(user.id)).toEqual({ ...user, paidTier: 'team', paidUntil: now + day });
    });

    it('hear an event once, and forget it when it is old', async () => {
      const { billing } = open();
      const event = id();
      const heard = await Promise.all([1, 2, 3].map(() => billing.addEvent(event, 'invoice.paid', now)));
      expect(heard.filter(Boolean)).toHaveLength(1);
      expect(await billing.knowsEvent(event)).toBe(true);
      await billing.dropEvents(now + 1);
      expect(await billing.knowsEvent(event)).toBe(false);
    });
  });

  describe('transactions', () => {
    it('keep all or nothing', async () => {
      const [kept, lost] = [someUser(), someUser()];
      await open().transaction(({ accounts: inside }) => inside.addUser(kept));
      const failing = open().transaction(async ({ accounts: inside }) => {
        await inside.addUser(lost);
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(await accounts().userById(kept.id)).toEqual(kept);
      expect(await accounts().userById(lost.id)).toBeNull();
    });

    it('hold a session against each other', async () => {
      const session = await addSession(await addUser());
      const addOne = () =>
        open().transaction(async ({ accounts: inside }) => {
          const state = await inside.lockSession(session.id);
          await inside.touchSession(session.id, state!.session.lastUsedAt + 1, now + day);
        });
      await Promise.all(Array.from({ length: 20 }, addOne));
      expect((await accounts().sessionState(session.id))?.session.lastUsedAt).toBe(now + 20);
    });
  });

  it('answers its probe', async () => {
    await open().probe();
  });
}
