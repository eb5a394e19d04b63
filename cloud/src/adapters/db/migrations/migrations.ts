import { sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { accounts } from './0001-accounts.ts';
import { backups } from './0002-backups.ts';
import { billing } from './0003-billing.ts';
import { playbooks } from './0004-playbooks.ts';

export interface Migration {
  /** From 1 without gaps; a number that was released is never edited. */
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export const migrations: readonly Migration[] = [accounts, backups, billing, playbooks];

type Handle = PgDatabase<PgQueryResultHKT>;

/** Any number, as long as every instance takes the same. */
const migrationLock = 4_021_764_311;

/**
 * Brings the database to the last migration, each in its own transaction. Several instances may start at once: one works, the others wait
 * for it.
 * @throws AdiuvaError `cloud.newer` when the database has a migration this version does not know; nothing is changed then
 */
export async function migrate(db: Handle, list: readonly Migration[] = migrations): Promise<void> {
  while (await applyNext(db, list));
}

async function applyNext(db: Handle, list: readonly Migration[]): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${migrationLock})`);
    const at = await appliedNumber(tx);
    if (at > list.length) throw new AdiuvaError('cloud.newer', { detail: `the database is at migration ${at}, this version knows ${list.length}` });
    const next = list[at];
    if (!next) return false;
    for (const statement of next.statements) await tx.execute(sql.raw(statement));
    await tx.execute(sql`insert into schema_migrations (number, name) values (${next.number}, ${next.name})`);
    return true;
  });
}

async function appliedNumber(tx: Handle): Promise<number> {
  await tx.execute(
    sql`create table if not exists schema_migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())`,
  );
  const answer = await tx.execute(sql`select coalesce(max(number), 0)::int as number from schema_migrations`);
  return (answer as unknown as { rows: [{ number: number }] }).rows[0].number;
}
