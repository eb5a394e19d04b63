import { and, count, desc, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { BackupStore } from './database.ts';
import { backupAccounts, backupObjects, backups, backupUploads, leases } from './schema.ts';

type Handle = PgDatabase<PgQueryResultHKT>;

/** Backups over any drizzle handle, of the pool or of one transaction. */
export function backupStore(db: Handle): BackupStore {
  return { ...accountPart(db), ...uploadPart(db), ...objectPart(db), ...historyPart(db), ...duePart(db) };
}

/**
 * A statement allows 65,535 values, so a list of ids travels as one; ids and keys have no commas. To be compared with `=`, never joined: of a list the planner
 * knows no length, and of a table that was just filled neither, and then it goes through all of one for each of the other. Sets are told apart here, not there.
 */
const each = (texts: readonly string[]) => sql`any(string_to_array(${texts.join(',')}, ','))`;
/** Rows as one value, for an insert. */
const records = (rows: readonly object[], columns: SQL) => sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as added(${columns})`;
const at = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;
const sum = (rows: readonly { bytes: number }[]) => rows.reduce((bytes, row) => bytes + row.bytes, 0);

async function rowsOf<T>(db: Handle, statement: SQL): Promise<T[]> {
  return ((await db.execute(statement)) as unknown as { rows: T[] }).rows;
}

/** SQLSTATE of a row whose key is there already. */
const taken = '23505';

function isTaken(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ((at as { code?: unknown }).code === taken) return true;
  return false;
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
  | 'reserve'
  | 'settle'
  | 'sumsWithout'
  | 'addUploads'
  | 'extendUploads'
  | 'signedUploads'
  | 'openUploads'
  | 'dropUploads'
  | 'dropExpiredUploads'
  | 'finishUploads'
  | 'knownKeys'
>;

function uploadPart(db: Handle): UploadPart {
  const mine = (userId: string, blobKeys: readonly string[]) => and(eq(backupUploads.userId, userId), sql`${backupUploads.blobKey} = ${each(blobKeys)}`);
  const take = (userId: string, blobKeys: readonly string[]) => db.delete(backupUploads).where(mine(userId, blobKeys)).returning();
  const giveBack = (userId: string, rows: readonly { bytes: number }[]) => addUsage(db, userId, { used: -sum(rows), held: -sum(rows) });
  const { pin } = objectPart(db);
  return {
    ...singlePart(db),
    addUploads: async (userId, uploads) => {
      if (uploads.length === 0) return;
      const rows = uploads.map(({ blobKey, objectId, bytes, signed, expiresAt }) => ({
        blobKey,
        objectId,
        bytes,
        signed,
        expires: new Date(expiresAt).toISOString(),
      }));
      await db.execute(
        sql`insert into backup_uploads (user_id, blob_key, object_id, bytes, signed, expires_at) select ${userId}::uuid, "blobKey", "objectId", bytes, signed, expires
          from ${records(rows, sql`"blobKey" text, "objectId" text, bytes integer, signed boolean, expires timestamptz`)}`,
      );
      await addUsage(db, userId, { used: sum(uploads), held: sum(uploads) });
    },
    extendUploads: async (userId, blobKeys, expiresAt) => void (await db.update(backupUploads).set({ expiresAt }).where(mine(userId, blobKeys))),
    signedUploads: (userId, objectIds) => {
      const wanted = sql`${backupUploads.objectId} = ${each(objectIds)}`;
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
      const rows = uploads.map(({ objectId, blobKey, bytes }) => ({ objectId, blobKey, bytes }));
      const added = await rowsOf<{ key: string }>(
        db,
        sql`insert into backup_objects (user_id, id, blob_key, bytes, pinned_until) select ${userId}::uuid, "objectId", "blobKey", bytes, ${at(pinnedUntil)}
          from ${records(rows, sql`"objectId" text, "blobKey" text, bytes integer`)} on conflict do nothing returning blob_key as key`,
      );
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
      const known = sql`select blob_key from ${backupObjects} where blob_key = ${wanted} union select blob_key from ${backupUploads} where blob_key = ${wanted}`;
      return (await rowsOf<{ blob_key: string }>(db, known)).map((row) => row.blob_key);
    },
  };
}

/** Changes of one statement each, which lock the account first as all others do: whoever comes in between is waited for, and counts. */
function singlePart(db: Handle): Pick<BackupStore, 'reserve' | 'settle' | 'sumsWithout'> {
  const within = (column: SQL, bytes: number, most: number | null) => (most === null ? sql`true` : sql`${column} + ${bytes}::bigint <= ${most}::bigint`);
  const going = (userId: string, ids: SQL) => sql`exists (select from backup_uploads where user_id = ${userId} and object_id = ${ids} and signed)`;
  const there = (userId: string, ids: SQL) => sql`exists (select from backup_objects where user_id = ${userId} and id = ${ids})`;
  return {
    reserve: async ({ blobKey, userId, objectId, bytes, signed, expiresAt }, room, most) => {
      const open = sql`(select count(*) from backup_uploads where user_id = ${userId})`;
      const added = await rowsOf(
        db,
        sql`with account as (
            update backup_accounts set used_bytes = used_bytes + ${bytes}::bigint, held_bytes = held_bytes + ${bytes}::bigint
            where user_id = ${userId} and ${within(sql`used_bytes`, bytes, room.usedBytes)} and ${within(sql`held_bytes`, bytes, room.heldBytes)}
              and not ${there(userId, sql`${objectId}`)} and not ${going(userId, sql`${objectId}`)} and ${open} < ${most}
            returning user_id)
          insert into backup_uploads (user_id, blob_key, object_id, bytes, signed, expires_at)
          select user_id, ${blobKey}, ${objectId}, ${bytes}, ${signed}, ${at(expiresAt)} from account returning 1`,
      );
      return added.length > 0;
    },
    settle: async (userId, blobKey, pinnedUntil) => {
      const added = await rowsOf(
        db,
        sql`with account as (select user_id from backup_accounts where user_id = ${userId} for update),
          done as (delete from backup_uploads u using account a where u.user_id = a.user_id and u.blob_key = ${blobKey} returning u.user_id, u.object_id, u.blob_key, u.bytes)
          insert into backup_objects (user_id, id, blob_key, bytes, pinned_until) select user_id, object_id, blob_key, bytes, ${at(pinnedUntil)} from done returning 1`,
      ).catch((error: unknown) => {
        // Another try was first: the statement took nothing away.
        if (isTaken(error)) return [];
        throw error;
      });
      return added.length > 0;
    },
    sumsWithout: async (userId, objectIds) => {
      const [found] = await db
        .select({ usedBytes: backupAccounts.usedBytes, heldBytes: backupAccounts.heldBytes })
        .from(backupAccounts)
        .where(sql`user_id = ${userId} and not ${there(userId, each(objectIds))} and not ${going(userId, each(objectIds))}`);
      return found ?? null;
    },
  };
}

type ObjectPart = Pick<BackupStore, 'objects' | 'pin' | 'refer' | 'condemn' | 'unpinBelow' | 'dropCondemned'>;

/** True of a reference `r` that a backup `b` with this property lies in. */
const liesIn = (property: SQL) =>
  sql`exists (select from backups b where b.user_id = r.user_id and b.seq >= r.first_seq and (r.last_seq is null or b.seq <= r.last_seq) and ${property})`;

function objectPart(db: Handle): ObjectPart {
  const mine = (userId: string) => eq(backupObjects.userId, userId);
  const read = (userId: string) =>
    db
      .select({ id: backupObjects.id, bytes: backupObjects.bytes, pinnedUntil: backupObjects.pinnedUntil, condemnedAt: backupObjects.condemnedAt })
      .from(backupObjects)
      .$dynamic()
      .where(mine(userId));
  /** Objects that a backup with this property refers to. */
  const referred = async (userId: string, property: SQL) => {
    const rows = await rowsOf<{ id: string }>(db, sql`select r.object_id as id from backup_refs r where r.user_id = ${userId} and ${liesIn(property)}`);
    return new Set(rows.map(({ id }) => id));
  };
  const setAll = async (userId: string, ids: readonly string[], change: SQL) => {
    if (ids.length > 0) await db.execute(sql`update backup_objects set ${change} where user_id = ${userId} and id = ${each(ids)}`);
  };
  /** Takes condemnations back. */
  const revive = async (userId: string, rows: readonly { id: string; bytes: number; condemnedAt: number | null }[], pinned: SQL) => {
    await setAll(
      userId,
      rows.map(({ id }) => id),
      sql`condemned_at = null, pinned_until = ${pinned}`,
    );
    await addUsage(db, userId, { used: sum(rows.filter(({ condemnedAt }) => condemnedAt !== null)), held: 0 });
  };
  return {
    objects: (userId, ids) =>
      db
        .select()
        .from(backupObjects)
        .where(and(mine(userId), sql`${backupObjects.id} = ${each(ids)}`)),
    pin: async (userId, ids, until) => {
      const found = await read(userId).where(and(mine(userId), sql`${backupObjects.id} = ${each(ids)}`));
      await revive(
        userId,
        found.filter(({ pinnedUntil, condemnedAt }) => condemnedAt !== null || (pinnedUntil ?? 0) < until),
        sql`greatest(pinned_until, ${at(until)})`,
      );
      return found.map(({ id, bytes }) => ({ id, bytes }));
    },
    refer: async (userId, seq, ids) => {
      const wanted = new Set(ids);
      const found = (await read(userId)).filter(({ id }) => wanted.has(id));
      if (found.length < wanted.size) return null;
      await revive(
        userId,
        found.filter(({ pinnedUntil, condemnedAt }) => condemnedAt !== null || pinnedUntil !== null),
        sql`null`,
      );
      const open = await rowsOf<{ id: string }>(db, sql`select object_id as id from backup_refs where user_id = ${userId} and last_seq is null`);
      const known = new Set(open.map(({ id }) => id));
      const ended = [...known].filter((id) => !wanted.has(id));
      const begun = [...wanted].filter((id) => !known.has(id));
      if (ended.length > 0)
        await db.execute(sql`update backup_refs set last_seq = ${seq - 1} where user_id = ${userId} and last_seq is null and object_id = ${each(ended)}`);
      if (begun.length > 0)
        await db.execute(
          sql`insert into backup_refs (user_id, object_id, first_seq) select ${userId}::uuid, unnest(string_to_array(${begun.join(',')}, ',')), ${seq}`,
        );
      return { bytes: sum(found) };
    },
    condemn: async (userId, now) => {
      const needed = await referred(userId, sql`b.deleted_at is null`);
      const unpinned = (await read(userId)).filter(({ pinnedUntil, condemnedAt }) => condemnedAt === null && (pinnedUntil === null || pinnedUntil <= now));
      const idle = unpinned.filter(({ id }) => !needed.has(id));
      const idsOf = (rows: typeof unpinned) => rows.map(({ id }) => id);
      await setAll(userId, idsOf(idle), sql`condemned_at = ${at(now)}, pinned_until = null`);
      await setAll(userId, idsOf(unpinned.filter(({ id, pinnedUntil }) => pinnedUntil !== null && needed.has(id))), sql`pinned_until = null`);
      await addUsage(db, userId, { used: -sum(idle), held: 0 });
    },
    unpinBelow: async (userId, epoch) => setAll(userId, [...(await referred(userId, sql`b.epoch < ${epoch}`))], sql`pinned_until = null`),
    dropCondemned: async (userId, before, limit) => {
      const condemned = await read(userId).where(and(mine(userId), sql`${backupObjects.condemnedAt} <= ${at(before)}`));
      if (condemned.length === 0) return [];
      const ids = condemned.map(({ id }) => id);
      const held = await rowsOf<{ id: string }>(db, sql`select object_id as id from backup_refs where user_id = ${userId} and object_id = ${each(ids)}`);
      const kept = new Set(held.map(({ id }) => id));
      const chosen = ids.filter((id) => !kept.has(id)).slice(0, limit);
      const gone = await rowsOf<{ blob_key: string; bytes: number }>(
        db,
        sql`delete from backup_objects where user_id = ${userId} and id = ${each(chosen)} returning blob_key, bytes`,
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
          ? sql`id = ${each(which.ids)}`
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
        union select user_id from backup_objects where condemned_at <= ${at(condemnedBefore)}`;
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
