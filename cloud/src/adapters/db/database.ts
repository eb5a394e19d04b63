import type { TierName } from '@adiuva/shared/contracts/billing.ts';

/** An account. Times everywhere in this port: milliseconds since the Unix epoch. */
export interface UserRow {
  readonly id: string;
  /** In lower case; unique. */
  readonly email: string;
  /** PHC string of Argon2id. */
  readonly passwordHash: string;
  /** Null: the tier that the configuration gives to everyone. */
  readonly grantedTier: TierName | null;
  readonly seats: number;
  /** Counts what ends all sessions at once: logout everywhere, password change. */
  readonly epoch: number;
  readonly createdAt: number;
}

/** A sign-in on one device and the family of refresh tokens that came of it. */
export interface SessionRow {
  readonly id: string;
  readonly userId: string;
  readonly deviceName: string | null;
  /** The user's epoch when the session began; it lives while both are equal. */
  readonly epoch: number;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly ended: 'logout' | 'reuse' | null;
}

/** A session with its user, read together because every request needs both. */
export interface SessionState {
  readonly session: SessionRow;
  readonly user: UserRow;
}

/** A refresh token by its hash (base64url of SHA-256). `successorHash` is set by its one use. */
export interface RefreshRow {
  readonly hash: string;
  readonly sessionId: string;
  readonly successorHash: string | null;
}

export interface AccountStore {
  /** False when the email is taken. */
  addUser(user: UserRow): Promise<boolean>;
  userByEmail(email: string): Promise<UserRow | null>;
  userById(id: string): Promise<UserRow | null>;
  /** Replaces a hash by one of the same password with newer parameters. */
  upgradePasswordHash(userId: string, from: string, to: string): Promise<void>;
  /** Sets a password if the hash is still `from` and ends every session. Null when it is not. @returns the new epoch */
  changePassword(userId: string, from: string, to: string): Promise<number | null>;
  /** Ends every session of a user. */
  raiseEpoch(userId: string): Promise<void>;

  addSession(session: SessionRow, refreshHash: string): Promise<void>;
  sessionState(sessionId: string): Promise<SessionState | null>;
  /** The same, held against other transactions until this one ends. */
  lockSession(sessionId: string): Promise<SessionState | null>;
  /** Those of `ids` that live at `now`. */
  liveSessions(ids: readonly string[], now: number): Promise<string[]>;
  /** Live ones, newest use first. */
  sessionsOf(userId: string, now: number): Promise<SessionRow[]>;
  /** False when the user has no such live session. */
  endSession(sessionId: string, userId: string, why: 'logout' | 'reuse'): Promise<boolean>;
  touchSession(sessionId: string, lastUsedAt: number, expiresAt: number): Promise<void>;
  /** Deletes a user's sessions that ran out before `before`. */
  dropSessions(userId: string, before: number): Promise<void>;

  refreshToken(hash: string): Promise<RefreshRow | null>;
  /** Gives `hash` its successor. False when that successor is a token already. */
  addSuccessor(hash: string, successorHash: string, sessionId: string): Promise<boolean>;
}

/** One store a room; all of them in one transaction inside {@link Database.transaction}. */
export interface Stores {
  readonly accounts: AccountStore;
}

/**
 * The database port. Faults of the connection are `AdiuvaError` `dependency.unavailable`; what else is thrown is a defect.
 * A transaction commits when `work` resolves and rolls back when it throws.
 */
export interface Database extends Stores {
  readonly engine: 'pglite' | 'postgres';
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** Asks the server something; rejects when it does not answer. */
  probe(): Promise<void>;
  close(): Promise<void>;
}
