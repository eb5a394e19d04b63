import { bigint, boolean, customType, foreignKey, index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { PaidTier, SubscriptionState, TierName } from '@adiuva/shared/contracts/billing.ts';

/** `timestamptz` outside, milliseconds since the epoch inside. */
const instant = customType<{ data: number; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  toDriver: (ms) => new Date(ms).toISOString(),
  fromDriver: (stored) => new Date(stored).getTime(),
});

const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });
const count = (name: string) => bigint(name, { mode: 'number' });

export const users = pgTable('users', {
  id: uuid('id').primaryKey(),
  email: text('email').notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  grantedTier: text('granted_tier').$type<TierName>(),
  seats: integer('seats').notNull(),
  epoch: integer('epoch').notNull(),
  createdAt: instant('created_at').notNull(),
  paidTier: text('paid_tier').$type<PaidTier>(),
  paidUntil: instant('paid_until'),
});

export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    deviceName: text('device_name'),
    epoch: integer('epoch').notNull(),
    createdAt: instant('created_at').notNull(),
    lastUsedAt: instant('last_used_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    ended: text('ended').$type<'logout' | 'reuse'>(),
  },
  (table) => [index('sessions_user_id').on(table.userId)],
);

export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    hash: text('hash').primaryKey(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    successorHash: text('successor_hash').unique(),
  },
  (table) => [index('refresh_tokens_session_id').on(table.sessionId)],
);

export const backupAccounts = pgTable('backup_accounts', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  repository: text('repository'),
  epoch: integer('epoch').notNull().default(0),
  envelope: text('envelope'),
  envelopeSum: text('envelope_sum'),
  lastGeneration: count('last_generation').notNull().default(0),
  lastSeq: count('last_seq').notNull().default(0),
  usedBytes: count('used_bytes').notNull().default(0),
  heldBytes: count('held_bytes').notNull().default(0),
  changedAt: instant('changed_at'),
});

const owner = () =>
  uuid('user_id')
    .notNull()
    .references(() => backupAccounts.userId, { onDelete: 'cascade' });

export const backupObjects = pgTable(
  'backup_objects',
  {
    userId: owner(),
    id: text('id').notNull(),
    blobKey: text('blob_key').notNull().unique(),
    bytes: integer('bytes').notNull(),
    pinnedUntil: instant('pinned_until'),
    condemnedAt: instant('condemned_at'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] })],
);

export const backupUploads = pgTable(
  'backup_uploads',
  {
    blobKey: text('blob_key').primaryKey(),
    userId: owner(),
    objectId: text('object_id').notNull(),
    bytes: integer('bytes').notNull(),
    signed: boolean('signed').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('backup_uploads_object').on(table.userId, table.objectId), index('backup_uploads_expires').on(table.expiresAt)],
);

export const backups = pgTable(
  'backups',
  {
    userId: owner(),
    id: text('id').notNull(),
    seq: count('seq').notNull(),
    repository: text('repository').notNull(),
    epoch: integer('epoch').notNull(),
    generation: count('generation').notNull(),
    mac: text('mac').notNull(),
    createdAt: instant('created_at').notNull(),
    bytes: count('bytes').notNull(),
    objects: integer('objects').notNull(),
    manifest: bytea('manifest').notNull(),
    deletedAt: instant('deleted_at'),
    envelope: text('envelope'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] }), unique().on(table.userId, table.seq)],
);

export const backupRefs = pgTable(
  'backup_refs',
  {
    userId: owner(),
    objectId: text('object_id').notNull(),
    firstSeq: count('first_seq').notNull(),
    lastSeq: count('last_seq'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.objectId, table.firstSeq] }),
    foreignKey({ columns: [table.userId, table.objectId], foreignColumns: [backupObjects.userId, backupObjects.id] }),
  ],
);

export const billingAccounts = pgTable('billing_accounts', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  customerId: text('customer_id').unique(),
  subscriptionId: text('subscription_id'),
  itemId: text('item_id'),
  state: text('state').$type<SubscriptionState>().notNull().default('none'),
  tier: text('tier').$type<PaidTier>(),
  seats: integer('seats').notNull().default(1),
  renewsAt: instant('renews_at'),
  endsAt: instant('ends_at'),
  turn: count('turn').notNull().default(0),
  settledTurn: count('settled_turn').notNull().default(0),
  fetchedAt: instant('fetched_at'),
});

export const billingEvents = pgTable('billing_events', {
  id: text('id').primaryKey(),
  type: text('type').notNull(),
  receivedAt: instant('received_at').notNull(),
});

export const playbooks = pgTable('playbooks', {
  owner: uuid('owner').references(() => users.id, { onDelete: 'cascade' }),
  id: text('id').notNull(),
  version: integer('version').notNull(),
  document: text('document').notNull(),
});

export const leases = pgTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  until: instant('until').notNull(),
});
