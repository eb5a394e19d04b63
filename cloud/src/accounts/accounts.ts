import type { TierName } from '@adiuva/shared/contracts/billing.ts';
import type { AccountExport, TokenReply } from '@adiuva/shared/contracts/auth.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newId, newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Counters } from '../adapters/counters/counters.ts';
import type { Database, SessionRow, UserRow } from '../adapters/db/database.ts';
import type { Caller } from '../http/access.ts';
import { exportAccount } from './export.ts';
import { loginThrottle } from './login-throttle.ts';
import type { Passwords } from './passwords.ts';
import { rotate, sessionMs, type RefreshRequest } from './refresh.ts';
import { Sessions } from './sessions.ts';
import { signBytes, type SigningKeys } from './signing-keys.ts';
import { accessSeconds, signAccess, tokenHash, TokenChecker } from './tokens.ts';

export interface AccountsDeps {
  readonly db: () => Promise<Database>;
  readonly counters: Pick<Counters, 'hit'>;
  readonly keys: () => Promise<SigningKeys>;
  readonly passwords: Passwords;
  readonly tierOf: (user: UserRow) => TierName;
  /** Ends what other services still do for a user who leaves; a fault keeps the account. */
  readonly leave: (userId: string) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly deviceName?: string | undefined;
}

/** Accounts and their sessions. Every error is an `AdiuvaError` with an `auth.…` code, or `rate.limited` from the throttle of sign-ins. */
export type Accounts = ReturnType<typeof openAccounts>;

export function openAccounts(deps: AccountsDeps) {
  const { clock, random } = deps;
  const tokenDeps = { keys: deps.keys, now: clock.now, random };
  const checker = new TokenChecker(tokenDeps);
  const sessions = new Sessions({ store: async () => (await deps.db()).accounts, clock, log: deps.log, tierOf: deps.tierOf });
  const throttle = loginThrottle(deps.counters, clock.now);

  const ended = async (which: { sessionId: string } | { userId: string }) => {
    checker.forget((claims) => ('sessionId' in which ? claims.sessionId === which.sessionId : claims.userId === which.userId));
    await sessions.ended(which);
  };
  const reply = async (user: UserRow, sessionId: string, refreshToken: string | null): Promise<TokenReply> => ({
    user: { id: user.id, email: user.email, tier: deps.tierOf(user) },
    accessToken: await signAccess(tokenDeps, { userId: user.id, sessionId }),
    refreshToken,
    expiresIn: accessSeconds,
  });
  const newSession = (user: UserRow, deviceName: string | undefined): SessionRow => {
    const now = clock.now();
    const times = { createdAt: now, lastUsedAt: now, expiresAt: now + sessionMs };
    return { id: newId(now, random), userId: user.id, deviceName: deviceName ?? null, epoch: user.epoch, ended: null, ...times };
  };
  const begin = async (user: UserRow, deviceName: string | undefined): Promise<TokenReply> => {
    const [session, refreshToken] = [newSession(user, deviceName), newToken(random)];
    await (
      await deps.db()
    ).transaction(async ({ accounts }) => {
      await accounts.dropSessions(user.id, clock.now());
      await accounts.addSession(session, tokenHash(refreshToken));
    });
    return reply(user, session.id, refreshToken);
  };
  /** Checks a password the same way whether or not there is such an account. */
  const provePassword = async (email: string, user: UserRow | null, password: string, address: string): Promise<UserRow> => {
    await throttle.admit(email, address);
    const right = await deps.passwords.verify(user?.passwordHash ?? null, password);
    if (!right || !user) throw new AdiuvaError('auth.invalid_credentials');
    await throttle.succeeded(email, address);
    return user;
  };

  return {
    register: async ({ email, password, deviceName }: Credentials): Promise<TokenReply> => {
      const passwordHash = await deps.passwords.hash(password);
      const user = {
        id: newId(clock.now(), random),
        email,
        passwordHash,
        grantedTier: null,
        seats: 1,
        epoch: 0,
        createdAt: clock.now(),
        paidTier: null,
        paidUntil: null,
      };
      if (!(await (await deps.db()).accounts.addUser(user))) throw new AdiuvaError('auth.email_taken');
      return begin(user, deviceName);
    },

    login: async ({ email, password, deviceName }: Credentials, address: string): Promise<TokenReply> => {
      const { accounts } = await deps.db();
      const user = await provePassword(email, await accounts.userByEmail(email), password, address);
      if (deps.passwords.isOutdated(user.passwordHash)) await accounts.upgradePasswordHash(user.id, user.passwordHash, await deps.passwords.hash(password));
      return begin(user, deviceName);
    },

    refresh: async (request: RefreshRequest): Promise<TokenReply> => {
      try {
        const { state, refreshToken } = await rotate(await deps.db(), request, clock.now(), random);
        return await reply(state.user, state.session.id, refreshToken);
      } catch (error) {
        if (error instanceof AdiuvaError && error.code === 'auth.refresh_reused') await endFamily(request.refreshToken);
        throw error;
      }
    },

    /** Ends the session a refresh token belongs to; an unknown token is as good as ended. */
    logout: async (refreshToken: string): Promise<void> => {
      const { accounts } = await deps.db();
      const sessionId = (await accounts.refreshToken(tokenHash(refreshToken)))?.sessionId;
      const state = sessionId && (await accounts.sessionState(sessionId));
      if (!state) return;
      await accounts.endSession(sessionId, state.user.id, 'logout');
      await ended({ sessionId });
    },

    logoutAll: async ({ userId }: Caller): Promise<void> => {
      await (await deps.db()).accounts.raiseEpoch(userId);
      await ended({ userId });
    },

    /** Ends every session and begins a new one for the caller's device. */
    changePassword: async (
      caller: Caller,
      { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
      address: string,
    ): Promise<TokenReply> => {
      const { accounts } = await deps.db();
      const known = await accounts.userById(caller.userId);
      const user = await provePassword(known?.email ?? '', known, currentPassword, address);
      const deviceName = (await accounts.sessionState(caller.sessionId))?.session.deviceName ?? undefined;
      const passwordHash = await deps.passwords.hash(newPassword);
      const epoch = await accounts.changePassword(user.id, user.passwordHash, passwordHash);
      // Someone else changed it meanwhile: what the caller knew is no longer the password.
      if (epoch === null) throw new AdiuvaError('auth.invalid_credentials');
      await ended({ userId: user.id });
      return begin({ ...user, passwordHash, epoch }, deviceName);
    },

    /** Proves that the caller knows the password now, for what a stolen token must not do. Tries are throttled like sign-ins. */
    confirmPassword: async ({ userId }: Caller, password: string, address: string): Promise<void> => {
      const user = await (await deps.db()).accounts.userById(userId);
      await provePassword(user?.email ?? '', user, password, address);
    },

    /** Deletes the caller's account with everything in it. */
    deleteOwn: async ({ userId }: Caller, password: string, address: string): Promise<void> => {
      const user = await (await deps.db()).accounts.userById(userId);
      await provePassword(user?.email ?? '', user, password, address);
      await remove(userId);
    },

    /** What an operator may do, who names accounts by their email. @throws AdiuvaError `auth.account_not_found` */
    operator: {
      grant: async (email: string, tier: TierName | null, seats: number): Promise<void> => {
        const { id } = await byEmail(email);
        await (await deps.db()).accounts.grant(id, tier, seats);
        await sessions.forget(id);
      },
      revoke: async (email: string): Promise<void> => {
        const { id } = await byEmail(email);
        await (await deps.db()).accounts.raiseEpoch(id);
        await ended({ userId: id });
      },
      remove: async (email: string): Promise<void> => remove((await byEmail(email)).id),
    },

    export: async (caller: Caller): Promise<AccountExport> => exportAccount(await deps.db(), caller, { tierOf: deps.tierOf, now: clock.now() }),

    me: async ({ userId }: Caller) => {
      const user = await (await deps.db()).accounts.userById(userId);
      if (!user) throw new AdiuvaError('auth.token_invalid');
      return { id: user.id, email: user.email, tier: deps.tierOf(user) };
    },

    sessions: async ({ userId }: Caller): Promise<SessionRow[]> => (await deps.db()).accounts.sessionsOf(userId, clock.now()),

    endSession: async ({ userId }: Caller, sessionId: string): Promise<void> => {
      if (!(await (await deps.db()).accounts.endSession(sessionId, userId, 'logout'))) throw new AdiuvaError('auth.session_not_found');
      await ended({ sessionId });
    },

    /** The caller behind an access token. @throws AdiuvaError `auth.token_invalid` · `auth.token_expired` */
    authenticate: async (token: string): Promise<Caller> => {
      const { sessionId, userId } = await checker.check(token);
      const caller = await sessions.caller(sessionId);
      if (caller?.userId !== userId) throw new AdiuvaError('auth.token_invalid');
      return caller;
    },

    /** For open sockets: calls `onEnd` within a minute after the session ended, wherever. @returns a function that stops watching */
    watchSession: ({ sessionId }: Caller, onEnd: () => void): (() => void) => sessions.watch(sessionId, onEnd),

    /** To be called when the tier of a user changed: it counts from the next request on here, within half a minute elsewhere. */
    tierChanged: (userId: string): Promise<void> => sessions.forget(userId),

    /** Of bytes that begin with words of their own. */
    sign: async (bytes: Uint8Array) => signBytes(await deps.keys(), bytes),
    /** What `/.well-known/jwks.json` shows. */
    publicKeys: async () => (await deps.keys()).publicSet,

    close: () => sessions.close(),
  };

  async function byEmail(email: string): Promise<UserRow> {
    const user = await (await deps.db()).accounts.userByEmail(email.toLowerCase());
    if (!user) throw new AdiuvaError('auth.account_not_found');
    return user;
  }

  async function remove(userId: string): Promise<void> {
    await deps.leave(userId);
    await (await deps.db()).accounts.deleteUser(userId);
    await ended({ userId });
    deps.log.info('account deleted', { userId });
  }

  async function endFamily(refreshToken: string): Promise<void> {
    const token = await (await deps.db()).accounts.refreshToken(tokenHash(refreshToken));
    if (token) await ended({ sessionId: token.sessionId });
  }
}
