/** Accounts, their sessions and the refresh tokens of those, by hash. */
export const accounts = {
  number: 1,
  name: 'accounts',
  statements: [
    `create table users (
      id uuid primary key,
      email text not null unique check (email = lower(email)),
      password_hash text not null,
      granted_tier text check (granted_tier in ('free', 'pro', 'power', 'team')),
      seats integer not null default 1 check (seats > 0),
      epoch integer not null default 0,
      created_at timestamptz not null
    )`,
    `create table sessions (
      id uuid primary key,
      user_id uuid not null references users (id) on delete cascade,
      device_name text,
      epoch integer not null,
      created_at timestamptz not null,
      last_used_at timestamptz not null,
      expires_at timestamptz not null,
      ended text check (ended in ('logout', 'reuse'))
    )`,
    `create index sessions_user_id on sessions (user_id)`,
    `create table refresh_tokens (
      hash text primary key,
      session_id uuid not null references sessions (id) on delete cascade,
      successor_hash text unique
    )`,
    `create index refresh_tokens_session_id on refresh_tokens (session_id)`,
  ],
} as const;
