import { customType, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';

/** `timestamptz` outside, milliseconds since the epoch inside. */
const instant = customType<{ data: number; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  toDriver: (ms) => new Date(ms).toISOString(),
  fromDriver: (stored) => new Date(stored).getTime(),
});

export const users = pgTable('users', {
  id: uuid('id').primaryKey(),
  email: text('email').notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  grantedTier: text('granted_tier').$type<TierName>(),
  seats: integer('seats').notNull(),
  epoch: integer('epoch').notNull(),
  createdAt: instant('created_at').notNull(),
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
