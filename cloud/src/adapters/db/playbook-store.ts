import { and, eq, isNull, lt, notInArray } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { PlaybookRow, PlaybookStore } from './database.ts';
import { playbooks } from './schema.ts';

type Handle = PgDatabase<PgQueryResultHKT>;

/** Playbooks over any drizzle handle, of the pool or of one transaction. */
export function playbookStore(db: Handle): PlaybookStore {
  const ownedBy = (owner: string | null) => (owner === null ? isNull(playbooks.owner) : eq(playbooks.owner, owner));
  return {
    playbooksOf: (owner): Promise<PlaybookRow[]> => db.select().from(playbooks).where(ownedBy(owner)).orderBy(playbooks.id),
    async putPlaybook(row) {
      const older = and(ownedBy(row.owner), eq(playbooks.id, row.id), lt(playbooks.version, row.version));
      const { version, document } = row;
      const raised = await db.update(playbooks).set({ version, document }).where(older).returning({ id: playbooks.id });
      return raised.length > 0 || (await db.insert(playbooks).values(row).onConflictDoNothing().returning({ id: playbooks.id })).length > 0;
    },
    async keepPlaybooks(owner, ids) {
      await db.delete(playbooks).where(ids.length === 0 ? ownedBy(owner) : and(ownedBy(owner), notInArray(playbooks.id, [...ids])));
    },
  };
}
