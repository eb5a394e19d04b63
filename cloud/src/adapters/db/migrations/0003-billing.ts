/** What is paid for: the entitlement beside the user, what Stripe said of the customer, and the events that were heard. */
export const billing = {
  number: 3,
  name: 'billing',
  statements: [
    `alter table users
      add column paid_tier text check (paid_tier in ('pro', 'power', 'team')),
      add column paid_until timestamptz`,
    `create table billing_accounts (
      user_id uuid primary key references users (id) on delete cascade,
      customer_id text unique,
      subscription_id text,
      item_id text,
      state text not null default 'none' check (state in ('none', 'active', 'past_due', 'cancelled')),
      tier text check (tier in ('pro', 'power', 'team')),
      seats integer not null default 1 check (seats > 0),
      renews_at timestamptz,
      ends_at timestamptz,
      turn bigint not null default 0,
      settled_turn bigint not null default 0,
      fetched_at timestamptz
    )`,
    `create table billing_events (
      id text primary key,
      type text not null,
      received_at timestamptz not null
    )`,
    `create index billing_events_received_at on billing_events (received_at)`,
  ],
} as const;
