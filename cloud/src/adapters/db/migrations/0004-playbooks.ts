/** Playbooks: those of the service, without an owner, and those an account shares with its team. */
export const playbooks = {
  number: 4,
  name: 'playbooks',
  statements: [
    `create table playbooks (
      owner uuid references users (id) on delete cascade,
      id text not null,
      version integer not null check (version > 0),
      document text not null,
      unique nulls not distinct (owner, id)
    )`,
  ],
} as const;
