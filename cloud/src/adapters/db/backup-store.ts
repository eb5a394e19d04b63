import { and, count, desc, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { BackupStore } from './database.ts';
import { backupAccounts, backupObjects, backups, backupUploads, leases } from './schema.ts';

type Handle = PgDatabase<PgQueryResultHKT>;

/** Backups over any drizzle handle, of the pool or of one transaction. */
export function backupStore(db: Handle): BackupStore {
  return { ...accountPart(db), ...uploadPart(db), ...objectPart(db), ...historyPart(db), ...duePart(db) };
}

/** A statement allows 65,535 values, so a list of ids travels as one; ids and keys have no commas. */
const each = (texts: readonly string[]) => sql`(select unnest(string_to_array(${texts.join(',')}, ',')) as id)`;
const at = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;
const total = (column: SQL) => sql<number>`coalesce(sum(${column}), 0)::float8`;
const sum = (rows: readonly { bytes: number }[]) => rows.reduce((bytes, row) => bytes + row.bytes, 0);

async function rowsOf<T>(db: Handle, statement: SQL): Promise<T[]> {
  return ((await db.execute(statement)) as unknown as { rows: T[] }).rows;
}

/** Moves the two sums of an account. */
async function addUsage(db: Handle, userId: string, change: { used: number; held: number }): Promise<void> {
  if (change.used === 0 && change.held === 0) return;
  const moved = { usedBytes: sql`${backupAccounts.usedBytes} + ${change.used}::bigint`, heldBytes: sql`${backupAccounts.heldBytes} + ${change.held}::bigint` };
  await db.update(backupAccounts).set(moved).where(eq(backupAccounts.userId, userId));
}

type AccountPart = Pick<BackupStore, 'account' | 'lockAccount' | 'changeAccount' | 'recount'>;

function accountPart(db: Handle): AccountPart {
  const read = (userId: string) => db.select().from(backupAccounts).where(eq(backupAccounts.userId, userId)).$dynamic();
  return {
    account: async (userId) => (await read(userId))[0] ?? null,
    lockAccount: async (userId) => {
      const known = (await read(userId).for('update'))[0];
      if (known) return known;
      await db.insert(backupAccounts).values({ userId }).onConflictDoNothing();
      return (await read(userId).for('update'))[0]!;
    },
    recount: async (userId) => {
      const summed = (table: SQL, size: SQL, which: SQL) => sql`(select coalesce(sum(${size}), 0) from ${table} where user_id = ${userId} and ${which})`;
      const [all, manifests] = [sql`true`, sql`octet_length(manifest)`];
      const uploads = summed(sql`backup_uploads`, sql`bytes`, all);
      const used = sql`(${uploads} + ${summed(sql`backup_objects`, sql`bytes`, sql`condemned_at is null`)} + ${summed(sql`backups`, manifests, sql`deleted_at is null`)})::bigint`;
      const held = sql`(${uploads} + ${summed(sql`backup_objects`, sql`bytes`, all)} + ${summed(sql`backups`, manifests, all)})::bigint`;
      const changed = await rowsOf(
        db,
        sql`update backup_accounts set used_bytes = ${used}, held_bytes = ${held} where user_id = ${userId} and (used_bytes <> ${used} or held_bytes <> ${held}) returning 1`,
      );
      return changed.length > 0;
    },
    changeAccount: async (userId, change) => void (await db.update(backupAccounts).set(change).where(eq(backupAccounts.userId, userId))),
  };
}

type UploadPart = Pick<
  BackupStore,
  'addUploads' | 'extendUploads' | 'signedUploads' | 'openUploads' | 'dropUploads' | 'dropExpiredUploads' | 'finishUploads' | 'knownKeys'
>;

function uploadPart(db: Handle): UploadPart {
  const mine = (userId: string, blobKeys: readonly string[]) => and(eq(backupUploads.userId, userId), sql`${backupUploads.blobKey} in ${each(blobKeys)}`);
  const take = (userId: string, blobKeys: readonly string[]) => db.delete(backupUploads).where(mine(userId, blobKeys)).returning();
  const giveBack = (userId: string, rows: readonly { bytes: number }[]) => addUsage(db, userId, { used: -sum(rows), held: -sum(rows) });
  const { pin } = objectPart(db);
  return {
    addUploads: async (userId, uploads) => {
      if (uploads.length === 0) return;
      await db.insert(backupUploads).values([...uploads]);
      await addUsage(db, userId, { used: sum(uploads), held: sum(uploads) });
    },
    extendUploads: async (userId, blobKeys, expiresAt) => void (await db.update(backupUploads).set({ expiresAt }).where(mine(userId, blobKeys))),
    signedUploads: (userId, objectIds) => {
      const wanted = sql`${backupUploads.objectId} in ${each(objectIds)}`;
      return db
        .select()
        .from(backupUploads)
        .where(and(eq(backupUploads.userId, userId), eq(backupUploads.signed, true), wanted));
    },
    openUploads: async (userId) => (await db.select({ n: count() }).from(backupUploads).where(eq(backupUploads.userId, userId)))[0]?.n ?? 0,
    dropUploads: async (userId, blobKeys) => giveBack(userId, await take(userId, blobKeys)),
    dropExpiredUploads: async (userId, now, limit) => {
      const expired = sql`select blob_key from backup_uploads where user_id = ${userId} and expires_at <= ${at(now)} limit ${limit}`;
      const gone = await db
        .delete(backupUploads)
        .where(sql`${backupUploads.blobKey} in (${expired})`)
        .returning();
      await giveBack(userId, gone);
      return gone.map(({ blobKey }) => blobKey);
    },
    finishUploads: async (userId, blobKeys, pinnedUntil) => {
      const uploads = await take(userId, blobKeys);
      if (uploads.length === 0) return new Map();
      const made = uploads.map(({ objectId: id, blobKey, bytes }) => ({ userId, id, blobKey, bytes, pinnedUntil }));
      const added = await db.insert(backupObjects).values(made).onConflictDoNothing().returning({ key: backupObjects.blobKey });
      const stored = new Set(added.map(({ key }) => key));
      const second = uploads.filter(({ blobKey }) => !stored.has(blobKey));
      await giveBack(userId, second);
      if (second.length > 0)
        await pin(
          userId,
          second.map(({ objectId }) => objectId),
          pinnedUntil,
        );
      return new Map(uploads.map(({ blobKey }) => [blobKey, stored.has(blobKey) ? 'stored' : 'exists']));
    },
    knownKeys: async (keys) => {
      const wanted = each(keys);
      const known = sql`select blob_key from ${backupObjects} where blob_key in ${wanted} union select blob_key from ${backupUploads} where blob_key in ${wanted}`;
      return (await rowsOf<{ blob_key: string }>(db, known)).map((row) => row.blob_key);
    },
  };
}

type ObjectPart = Pick<BackupStore, 'objects' | 'pin' | 'refer' | 'condemn' | 'unpinBelow' | 'dropCondemned'>;

/** True of a reference `r` that a backup `b` with this property lies in. */
const liesIn = (property: SQL) =>
  sql`exists (select from backups b where b.user_id = r.user_id and b.seq >= r.first_seq and (r.last_seq is null or b.seq <= r.last_seq) and ${property})`;
const ofHistory = sql`b.deleted_at is null`;

function objectPart(db: Handle): ObjectPart {
  /** Takes condemnations back where `which` holds. @returns all of them, those that were condemned and those that were not */
  const revive = async (userId: string, ids: readonly string[], pinnedUntil: SQL) => {
    const found = await rowsOf<{ id: string; bytes: number; revived: boolean }>(
      db,
      sql`select o.id, o.bytes, o.condemned_at is not null as revived from backup_objects o where o.user_id = ${userId} and o.id in ${each(ids)}`,
    );
    await db.execute(
      sql`update backup_objects o set condemned_at = null, pinned_until = ${pinnedUntil} where o.user_id = ${userId} and o.id in ${each(ids)}
        and (o.condemned_at is not null or o.pinned_until is distinct from ${pinnedUntil})`,
    );
    await addUsage(db, userId, { used: sum(found.filter((row) => row.revived)), held: 0 });
    return found.map(({ id, bytes }) => ({ id, bytes }));
  };
  const mine = (userId: string) => eq(backupObjects.userId, userId);
  return {
    objects: (userId, ids) =>
      db
        .select()
        .from(backupObjects)
        .where(and(mine(userId), sql`${backupObjects.id} in ${each(ids)}`)),
    pin: (userId, ids, until) => revive(userId, ids, sql`greatest(o.pinned_until, ${at(until)})`),
    refer: async (userId, seq, ids) => {
      const [found] = await rowsOf<{ there: number; bytes: number }>(
        db,
        sql`select count(*)::int as there, ${total(sql`bytes`)} as bytes from backup_objects where user_id = ${userId} and id in ${each(ids)}`,
      );
      if (found!.there < ids.length) return null;
      await revive(userId, ids, sql`null::timestamptz`);
      await db.execute(
        sql`update backup_refs r set last_seq = ${seq - 1} where r.user_id = ${userId} and r.last_seq is null
          and not exists (select from ${each(ids)} w where w.id = r.object_id)`,
      );
      await db.execute(
        sql`insert into backup_refs (user_id, object_id, first_seq) select ${userId}::uuid, w.id, ${seq} from ${each(ids)} w
          where not exists (select from backup_refs r where r.user_id = ${userId} and r.object_id = w.id and r.last_seq is null)`,
      );
      return { bytes: found!.bytes };
    },
    condemn: async (userId, now) => {
      const idle = sql`o.user_id = ${userId} and o.condemned_at is null and (o.pinned_until is null or o.pinned_until <= ${at(now)})`;
      const referred = sql`exists (select from backup_refs r where r.user_id = o.user_id and r.object_id = o.id and ${liesIn(ofHistory)})`;
      const condemned = await rowsOf<{ bytes: number }>(
        db,
        sql`update backup_objects o set condemned_at = ${at(now)}, pinned_until = null where ${idle} and not ${referred} returning o.bytes`,
      );
      await db.execute(sql`update backup_objects o set pinned_until = null where ${idle} and o.pinned_until is not null`);
      await addUsage(db, userId, { used: -sum(condemned), held: 0 });
    },
    unpinBelow: async (userId, epoch) => {
      const old = sql`exists (select from backup_refs r where r.user_id = o.user_id and r.object_id = o.id and ${liesIn(sql`b.epoch < ${epoch}`)})`;
      await db.execute(sql`update backup_objects o set pinned_until = null where o.user_id = ${userId} and o.pinned_until is not null and ${old}`);
    },
    dropCondemned: async (userId, before, limit) => {
      const gone = await rowsOf<{ blob_key: string; bytes: number }>(
        db,
        sql`delete from backup_objects where user_id = ${userId} and id in (
          select o.id from backup_objects o where o.user_id = ${userId} and o.condemned_at <= ${at(before)}
          and not exists (select from backup_refs r where r.user_id = o.user_id and r.object_id = o.id) limit ${limit}) returning blob_key, bytes`,
      );
      await addUsage(db, userId, { used: 0, held: -sum(gone) });
      return gone.map((row) => row.blob_key);
    },
  };
}

type HistoryPart = Pick<BackupStore, 'history' | 'newest' | 'backup' | 'wasThere' | 'addBackup' | 'deleteBackup' | 'removeBackups'>;

/** What is shown of a backup: a manifest may have a megabyte. */
const shown = {
  userId: backups.userId,
  id: backups.id,
  seq: backups.seq,
  repository: backups.repository,
  epoch: backups.epoch,
  generation: backups.generation,
  mac: backups.mac,
  createdAt: backups.createdAt,
  bytes: backups.bytes,
  objects: backups.objects,
};

function historyPart(db: Handle): HistoryPart {
  const live = (userId: string) => and(eq(backups.userId, userId), isNull(backups.deletedAt));
  const newestFirst = (userId: string) => db.select(shown).from(backups).where(live(userId)).orderBy(desc(backups.seq)).$dynamic();
  return {
    history: (userId) => newestFirst(userId),
    newest: async (userId) => (await newestFirst(userId).limit(1))[0] ?? null,
    backup: async (userId, id) => {
      const [found] = await db
        .select({ ...shown, manifest: backups.manifest })
        .from(backups)
        .where(and(live(userId), eq(backups.id, id)));
      if (!found) return null;
      const { manifest: bytes, ...row } = found;
      return { row, manifest: bytes };
    },
    wasThere: async (userId, id) =>
      (
        await db
          .select({ id: backups.id })
          .from(backups)
          .where(and(eq(backups.userId, userId), eq(backups.id, id)))
      ).length > 0,
    addBackup: async (row, bytes) => {
      await db.insert(backups).values({ ...row, manifest: bytes });
      await addUsage(db, row.userId, { used: bytes.byteLength, held: bytes.byteLength });
    },
    deleteBackup: async (userId, id, when, envelope) => {
      const size = sql<number>`octet_length(${backups.manifest})`;
      const [gone] = await db
        .update(backups)
        .set({ deletedAt: when, envelope })
        .where(and(live(userId), eq(backups.id, id)))
        .returning({ bytes: size });
      if (gone) await addUsage(db, userId, { used: -gone.bytes, held: 0 });
      return gone !== undefined;
    },
    removeBackups: async (userId, which) => {
      const condition =
        'ids' in which
          ? sql`id in ${each(which.ids)}`
          : 'belowEpoch' in which
            ? sql`epoch < ${which.belowEpoch}`
            : sql`deleted_at is not null and deleted_at <= ${at(which.deletedBefore)}`;
      const gone = await rowsOf<{ bytes: number; live: boolean }>(
        db,
        sql`delete from backups where user_id = ${userId} and ${condition} returning octet_length(manifest) as bytes, deleted_at is null as live`,
      );
      if (gone.length === 0) return 0;
      await addUsage(db, userId, { used: -sum(gone.filter((row) => row.live)), held: -sum(gone) });
      await db.execute(sql`delete from backup_refs r where r.user_id = ${userId} and not ${liesIn(sql`true`)}`);
      return gone.length;
    },
  };
}

type DuePart = Pick<BackupStore, 'accountsDue' | 'takeLease'>;

function duePart(db: Handle): DuePart {
  return {
    accountsDue: async ({ now, condemnedBefore, deletedBefore }, after, limit) => {
      // From the few rows that are due, each by its own index, not from all accounts.
      const due = sql`select user_id from backup_uploads where expires_at <= ${at(now)}
        union select user_id from backup_objects where pinned_until <= ${at(now)}
        union select user_id from backups where deleted_at <= ${at(deletedBefore)}
        union select o.user_id from backup_objects o where o.condemned_at <= ${at(condemnedBefore)}
          and not exists (select from backup_refs r where r.user_id = o.user_id and r.object_id = o.id)`;
      const past = after === null ? sql`true` : sql`user_id > ${after}::uuid`;
      const found = await rowsOf<{ user_id: string }>(db, sql`select user_id from (${due}) due where ${past} order by user_id limit ${limit}`);
      return found.map((row) => row.user_id);
    },
    takeLease: async (name, holder, now, until) => {
      const taken = await db
        .insert(leases)
        .values({ name, holder, until })
        .onConflictDoUpdate({ target: leases.name, set: { holder, until }, setWhere: sql`${leases.holder} = ${holder} or ${leases.until} <= ${at(now)}` })
        .returning({ name: leases.name });
      return taken.length > 0;
    },
  };
}
