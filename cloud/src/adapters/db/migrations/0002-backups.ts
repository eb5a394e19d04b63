/**
 * Sealed backups: what an account has, its objects, the uploads under way, the backups and what they refer to. `backup_refs` holds ranges of backups,
 * because most objects of one are those of the one before.
 */
export const backups = {
  number: 2,
  name: 'backups',
  statements: [
    `create table backup_accounts (
      user_id uuid primary key references users (id) on delete cascade,
      repository text,
      epoch integer not null default 0,
      envelope text,
      envelope_sum text,
      last_generation bigint not null default 0,
      last_seq bigint not null default 0,
      used_bytes bigint not null default 0 check (used_bytes >= 0),
      held_bytes bigint not null default 0 check (held_bytes >= used_bytes),
      changed_at timestamptz
    )`,
    `create table backup_objects (
      user_id uuid not null references backup_accounts (user_id) on delete cascade,
      id text not null,
      blob_key text not null unique,
      bytes integer not null check (bytes > 0),
      pinned_until timestamptz,
      condemned_at timestamptz,
      primary key (user_id, id)
    )`,
    `create index backup_objects_pinned on backup_objects (pinned_until) where pinned_until is not null`,
    `create index backup_objects_condemned on backup_objects (condemned_at) where condemned_at is not null`,
    `create table backup_uploads (
      blob_key text primary key,
      user_id uuid not null references backup_accounts (user_id) on delete cascade,
      object_id text not null,
      bytes integer not null check (bytes > 0),
      signed boolean not null,
      expires_at timestamptz not null
    )`,
    `create index backup_uploads_object on backup_uploads (user_id, object_id)`,
    `create index backup_uploads_expires on backup_uploads (expires_at)`,
    `create table backups (
      user_id uuid not null references backup_accounts (user_id) on delete cascade,
      id text not null,
      seq bigint not null,
      repository text not null,
      epoch integer not null,
      generation bigint not null,
      mac text not null,
      created_at timestamptz not null,
      bytes bigint not null,
      objects integer not null,
      manifest bytea not null,
      deleted_at timestamptz,
      envelope text,
      primary key (user_id, id),
      unique (user_id, seq)
    )`,
    `create index backups_deleted on backups (deleted_at) where deleted_at is not null`,
    // The second key is what makes it impossible to lose an object that something refers to.
    `create table backup_refs (
      user_id uuid not null references backup_accounts (user_id) on delete cascade,
      object_id text not null,
      first_seq bigint not null,
      last_seq bigint check (last_seq >= first_seq),
      primary key (user_id, object_id, first_seq),
      foreign key (user_id, object_id) references backup_objects (user_id, id)
    )`,
    `create table leases (
      name text primary key,
      holder text not null,
      until timestamptz not null
    )`,
  ],
} as const;
