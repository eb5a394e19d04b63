import type { TierName } from '@adiuva/shared/contracts/billing.ts';
import type { AccountExport } from '@adiuva/shared/contracts/auth.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Database, SessionRow, UserRow } from '../adapters/db/database.ts';
import type { Caller } from '../http/access.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));

/** A session as its user sees it. */
export const shownSession = (row: SessionRow, caller: Pick<Caller, 'sessionId'>): AccountExport['sessions'][number] => ({
  id: row.id,
  deviceName: row.deviceName,
  createdAt: iso(row.createdAt),
  lastUsedAt: iso(row.lastUsedAt),
  current: row.id === caller.sessionId,
});

/** All that the service knows of the caller, but hashes of secrets. @throws AdiuvaError `auth.token_invalid` when the account has gone */
export async function exportAccount(
  { accounts, billing, backups }: Database,
  caller: Caller,
  means: { tierOf: (user: UserRow) => TierName; now: number },
): Promise<AccountExport> {
  const { userId } = caller;
  const user = await accounts.userById(userId);
  if (!user) throw new AdiuvaError('auth.token_invalid');
  const [sessions, paid, kept, history] = await Promise.all([
    accounts.sessionsOf(userId, means.now),
    billing.account(userId),
    backups.account(userId),
    backups.history(userId),
  ]);
  return {
    account: { id: user.id, email: user.email, createdAt: iso(user.createdAt), tier: means.tierOf(user), grantedTier: user.grantedTier, seats: user.seats },
    sessions: sessions.map((row) => shownSession(row, caller)),
    subscription: {
      state: paid?.state ?? 'none',
      seats: paid?.seats ?? 1,
      renewsAt: isoOrNull(paid?.renewsAt ?? null),
      endsAt: isoOrNull(paid?.endsAt ?? null),
      customerId: paid?.customerId ?? null,
      subscriptionId: paid?.subscriptionId ?? null,
    },
    backups: {
      usedBytes: kept?.usedBytes ?? 0,
      envelope: kept?.envelope ?? null,
      history: history.map(({ id, createdAt, bytes, objects }) => ({ id, createdAt: iso(createdAt), bytes, objects })),
    },
  };
}
