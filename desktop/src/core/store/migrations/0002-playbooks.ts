import type { Migration } from './migration.ts';

/** Playbooks that the cloud gave, as they came, and what runs of playbooks found. */
export const playbooks: Migration = {
  number: 2,
  up: `
create table playbooks (id text primary key, version integer not null, fetched_at text not null, body text not null) without rowid;
create table playbook_results (seq integer primary key, id text not null unique, playbook_id text not null, body text not null);
create index playbook_results_of on playbook_results (playbook_id, seq);
`,
};
