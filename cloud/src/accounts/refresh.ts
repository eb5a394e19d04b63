import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { AccountStore, Database, RefreshRow, SessionState } from '../adapters/db/database.ts';
import { isLive } from './sessions.ts';
import { tokenHash } from './tokens.ts';

/** A session without a refresh for this long has run out. */
export const sessionMs = 60 * 24 * 3_600_000;

export interface RefreshRequest {
  readonly refreshToken: string;
  readonly nextRefreshTokenHash?: string | undefined;
}

/** `refreshToken` is null when the client named the next one itself. */
export interface Rotated {
  readonly state: SessionState;
  readonly refreshToken: string | null;
}

type Outcome = Rotated | { readonly reused: SessionState } | 'invalid' | 'hash_taken';

/**
 * Exchanges a refresh token for its successor, in one transaction under the session's lock. The rules:
 * a token is used once; the same use with the same named successor may be repeated until that successor is used, because an answer can get
 * lost; any other second use is theft, and the whole family ends.
 * @throws AdiuvaError `auth.refresh_invalid` · `auth.refresh_reused` · `request.invalid`
 */
export async function rotate(db: Database, request: RefreshRequest, now: number, random: Random): Promise<Rotated> {
  // The end of a stolen family has to be kept, so the transaction returns it instead of throwing it.
  const outcome = await db.transaction(({ accounts }) => decide(accounts, request, now, random));
  if (outcome === 'invalid') throw new AdiuvaError('auth.refresh_invalid');
  if (outcome === 'hash_taken') throw new AdiuvaError('request.invalid', { detail: 'nextRefreshTokenHash: was used before' });
  if ('reused' in outcome) throw new AdiuvaError('auth.refresh_reused');
  return outcome;
}

async function decide(store: AccountStore, request: RefreshRequest, now: number, random: Random): Promise<Outcome> {
  const hash = tokenHash(request.refreshToken);
  const sessionId = (await store.refreshToken(hash))?.sessionId;
  const state = sessionId && (await store.lockSession(sessionId));
  // Read again: whoever held the lock before may have used it.
  const token = state && (await store.refreshToken(hash));
  if (!state || !token) return 'invalid';
  if (state.session.ended === 'reuse') return { reused: state };
  if (!isLive(state, now)) return 'invalid';
  if (token.successorHash === null) return advance(store, state, token, request, now, random);
  if (await isRepeat(store, token, request)) return { state, refreshToken: null };
  await store.endSession(state.session.id, state.user.id, 'reuse');
  return { reused: state };
}

async function advance(store: AccountStore, state: SessionState, token: RefreshRow, request: RefreshRequest, now: number, random: Random): Promise<Outcome> {
  const made = request.nextRefreshTokenHash === undefined ? newToken(random) : null;
  const added = await store.addSuccessor(token.hash, request.nextRefreshTokenHash ?? tokenHash(made!), state.session.id);
  if (!added) return 'hash_taken';
  await store.touchSession(state.session.id, now, now + sessionMs);
  return { state, refreshToken: made };
}

async function isRepeat(store: AccountStore, token: RefreshRow, { nextRefreshTokenHash }: RefreshRequest): Promise<boolean> {
  if (nextRefreshTokenHash === undefined || nextRefreshTokenHash !== token.successorHash) return false;
  return (await store.refreshToken(nextRefreshTokenHash))?.successorHash === null;
}
