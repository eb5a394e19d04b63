import type { PaidTier, SubscriptionState, TierName } from '@adiuva/shared/contracts/billing.ts';

/** An account. Times everywhere in this port: milliseconds since the Unix epoch. */
export interface UserRow {
  readonly id: string;
  /** In lower case; unique. */
  readonly email: string;
  /** PHC string of Argon2id. */
  readonly passwordHash: string;
  /** By an operator. Null: what is paid for decides. */
  readonly grantedTier: TierName | null;
  readonly seats: number;
  /** Counts what ends all sessions at once: logout everywhere, password change. */
  readonly epoch: number;
  readonly createdAt: number;
  /** What is paid for; null, nothing. */
  readonly paidTier: PaidTier | null;
  /** When that ends; null while no end is known. */
  readonly paidUntil: number | null;
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
  /** What an operator grants; null takes it back. */
  grant(userId: string, tier: TierName | null, seats: number): Promise<void>;
  /** Deletes a user with everything that belongs to it; blobs are found and taken away later. */
  deleteUser(userId: string): Promise<void>;

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

/** What an account has of backups. Its row is the lock that every change of its backups holds. */
export interface BackupAccountRow {
  readonly userId: string;
  /** Null before the first envelope. */
  readonly repository: string | null;
  /** Of the envelope; 0 before the first. */
  readonly epoch: number;
  /** JSON as it came. */
  readonly envelope: string | null;
  readonly envelopeSum: string | null;
  /** The highest one ever of this repository. */
  readonly lastGeneration: number;
  /** Counts the commits of the account; never begins anew. */
  readonly lastSeq: number;
  /** Objects that are not condemned, uploads under way, and manifests of the history. */
  readonly usedBytes: number;
  /** All that there is: with the condemned and the deleted. */
  readonly heldBytes: number;
  /** When the newest backup became the newest; null where there never was one. */
  readonly changedAt: number | null;
}

/** A whole object. Condemned: no backup of the history refers to it, and nobody was told that it is there. */
export interface ObjectRow {
  readonly userId: string;
  readonly id: string;
  /** One a try to upload, so that no key is ever used twice. */
  readonly blobKey: string;
  readonly bytes: number;
  readonly pinnedUntil: number | null;
  readonly condemnedAt: number | null;
}

/** A try to upload an object. The row is there before the first byte of its blob. */
export interface UploadRow {
  readonly blobKey: string;
  readonly userId: string;
  readonly objectId: string;
  readonly bytes: number;
  /** The bytes go past this server. */
  readonly signed: boolean;
  readonly expiresAt: number;
}

/** The most that the two sums of an account may become; null is unlimited. */
export interface Room {
  readonly usedBytes: number | null;
  readonly heldBytes: number | null;
}

/** A backup without its manifest; `id` is the manifest's name. */
export interface BackupRow {
  readonly userId: string;
  readonly id: string;
  readonly seq: number;
  readonly repository: string;
  readonly epoch: number;
  readonly generation: number;
  readonly mac: string;
  readonly createdAt: number;
  readonly bytes: number;
  readonly objects: number;
}

/**
 * Changes belong in a transaction that holds {@link BackupStore.lockAccount}; they keep `usedBytes` and `heldBytes` right by themselves. `reserve` and `settle` are
 * whole changes, a statement each, of what nearly every upload needs: they stand alone, and where more has to happen they do nothing and say so.
 */
export interface BackupStore {
  account(userId: string): Promise<BackupAccountRow | null>;
  /** Makes the row where there is none and holds it against other transactions until this one ends. */
  lockAccount(userId: string): Promise<BackupAccountRow>;
  changeAccount(userId: string, change: Partial<Omit<BackupAccountRow, 'userId' | 'usedBytes' | 'heldBytes'>>): Promise<void>;

  /**
   * Adds an upload and counts its bytes, exactly also beside others of the same account, where that is all there is to do. False where it is not: the account has no
   * row, the object is there or going past this server, `room` ends, or `most` uploads are open.
   */
  reserve(upload: UploadRow, room: Room, most: number): Promise<boolean>;
  /** Makes an object of an upload, pinned. False, and nothing changed, where the upload had expired or another try was first. */
  settle(userId: string, blobKey: string, pinnedUntil: number): Promise<boolean>;
  /** The sums of an account that has none of `objectIds`, neither whole nor on their way past this server; null of any other. */
  sumsWithout(userId: string, objectIds: readonly string[]): Promise<Pick<BackupAccountRow, 'usedBytes' | 'heldBytes'> | null>;
  /** All of one account; counts their bytes. */
  addUploads(userId: string, uploads: readonly UploadRow[]): Promise<void>;
  extendUploads(userId: string, blobKeys: readonly string[], expiresAt: number): Promise<void>;
  /** Those whose bytes go past this server. */
  signedUploads(userId: string, objectIds: readonly string[]): Promise<UploadRow[]>;
  openUploads(userId: string): Promise<number>;
  /** Gives their bytes back. */
  dropUploads(userId: string, blobKeys: readonly string[]): Promise<void>;
  /** @returns the keys of their blobs, which now belong to nobody */
  dropExpiredUploads(userId: string, now: number, limit: number): Promise<string[]>;
  /** Makes objects of them, pinned. Key by key: `exists`, another try was first and that object is pinned; absent, the upload had expired. */
  finishUploads(userId: string, blobKeys: readonly string[], pinnedUntil: number): Promise<ReadonlyMap<string, 'stored' | 'exists'>>;

  objects(userId: string, ids: readonly string[]): Promise<ObjectRow[]>;
  /** Keeps those of `ids` that are there, also condemned ones, until then at least. @returns those that are there */
  pin(userId: string, ids: readonly string[], until: number): Promise<{ id: string; bytes: number }[]>;
  /**
   * Refers to `ids` (each once) and to nothing else from the backup `seq` on, and takes their pins off. Null when one of them is not there: nothing is changed then.
   */
  refer(userId: string, seq: number, ids: readonly string[]): Promise<{ bytes: number } | null>;
  /** Condemns what no backup of the history refers to and no pin holds; takes off pins that ended. */
  condemn(userId: string, now: number): Promise<void>;
  /** Takes off all pins of objects that backups below this epoch refer to. */
  unpinBelow(userId: string, epoch: number): Promise<void>;
  /** Deletes objects condemned before that nothing refers to any more. @returns the keys of their blobs, which now belong to nobody */
  dropCondemned(userId: string, before: number, limit: number): Promise<string[]>;
  /** Those of `keys` that belong to an object or an upload. */
  knownKeys(keys: readonly string[]): Promise<string[]>;

  /** Sets both sums from what there is. True when they were others, which is a defect of this program. */
  recount(userId: string): Promise<boolean>;

  /** Newest first, without deleted ones. */
  history(userId: string): Promise<BackupRow[]>;
  newest(userId: string): Promise<BackupRow | null>;
  backup(userId: string, id: string): Promise<{ row: BackupRow; manifest: Uint8Array } | null>;
  /** True also of a deleted one. */
  wasThere(userId: string, id: string): Promise<boolean>;
  addBackup(row: BackupRow, manifest: Uint8Array): Promise<void>;
  /** Takes it out of the history, with the envelope that opens it. False when it is not in the history. */
  deleteBackup(userId: string, id: string, at: number, envelope: string | null): Promise<boolean>;
  /** Takes backups away for good; what only they refer to can be condemned after. */
  removeBackups(userId: string, which: { ids: readonly string[] } | { belowEpoch: number } | { deletedBefore: number }): Promise<number>;

  /** Accounts, past `after` in order of their ids, in which something is due: an upload or a pin that ended, an object or a backup to take away. */
  accountsDue(due: { now: number; condemnedBefore: number; deletedBefore: number }, after: string | null, limit: number): Promise<string[]>;
  /** Takes or prolongs a lease. False while another holds it. */
  takeLease(name: string, holder: string, now: number, until: number): Promise<boolean>;
}

/** What the payment provider said last of an account's subscription. */
export interface Standing {
  readonly state: SubscriptionState;
  /** What the subscription is for, also when it gives nothing any more; null without one. */
  readonly tier: PaidTier | null;
  readonly seats: number;
  /** When it is paid for again. Null: never. */
  readonly renewsAt: number | null;
  /** When the tier ends: cancelled at the end of the period, or payment overdue. Null: no end is known. */
  readonly endsAt: number | null;
  readonly subscriptionId: string | null;
  /** The line of the subscription that holds the tier. */
  readonly itemId: string | null;
}

export interface BillingRow extends Standing {
  readonly userId: string;
  readonly customerId: string | null;
  /** When the provider said so; null before the first time. */
  readonly fetchedAt: number | null;
}

export interface BillingStore {
  account(userId: string): Promise<BillingRow | null>;
  userOfCustomer(customerId: string): Promise<string | null>;
  /** Gives the account a customer if it has none. @returns the one it has */
  giveCustomer(userId: string, customerId: string): Promise<string>;
  /** To be taken before the provider is asked. */
  takeTurn(userId: string): Promise<number>;
  /** Writes what was heard in that turn, and the tier of the user with it; nothing where a later turn has written already. */
  settle(userId: string, turn: number, standing: Standing, at: number): Promise<void>;
  /** False when it was heard before. */
  addEvent(id: string, type: string, at: number): Promise<boolean>;
  knowsEvent(id: string): Promise<boolean>;
  dropEvents(before: number): Promise<void>;
  /** Accounts with a customer, past `after` in order of their ids. */
  customers(after: string | null, limit: number): Promise<string[]>;
}

/** A playbook as its JSON text; without an owner it is the service's. */
export interface PlaybookRow {
  readonly owner: string | null;
  readonly id: string;
  readonly version: number;
  readonly document: string;
}

export interface PlaybookStore {
  /** By id. Null: those of the service. */
  playbooksOf(owner: string | null): Promise<PlaybookRow[]>;
  /** Adds it, or takes the place of a lower version. False where this version or a higher one is there. */
  putPlaybook(row: PlaybookRow): Promise<boolean>;
  /** Takes away all of an owner but these. */
  keepPlaybooks(owner: string | null, ids: readonly string[]): Promise<void>;
}

/** One store a room; all of them in one transaction inside {@link Database.transaction}. */
export interface Stores {
  readonly accounts: AccountStore;
  readonly backups: BackupStore;
  readonly billing: BillingStore;
  readonly playbooks: PlaybookStore;
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
