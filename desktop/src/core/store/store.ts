import type { SearchHit } from '../../bridge/shapes.ts';
import { activityTable, type ActivityTable } from './activity.ts';
import type { Database, Sql } from './database.ts';
import { countsOf, digestOf } from './digest.ts';
import { documentsTable, type DocumentsTable } from './documents.ts';
import type { RawKey } from './engine.ts';
import { messagesTable, type MessagesTable } from './messages.ts';
import type { Pages } from './pages.ts';
import { playbooksTable, type PlaybooksTable } from './playbooks.ts';
import { plansTable, type PlansTable } from './plans.ts';
import { queueTable, type QueueTable } from './queue.ts';
import { recordsTable, type RecordsTable } from './records.ts';
import { runsTable, type RunsTable } from './runs.ts';
import { countEntries, createSearch, type SearchOptions } from './search.ts';
import { sentTable, type SentTable } from './sent.ts';
import { sessionsTable, type SessionsTable } from './sessions.ts';
import { settingsTable, type SettingsTable } from './settings.ts';

export type { StoredDocument } from './documents.ts';
export type { CachedPlaybook } from './playbooks.ts';
export type { StoredPlan } from './plans.ts';
export type { StoredJob } from './queue.ts';
export type { RecordQuery } from './records.ts';
export type { StoredRun } from './runs.ts';

/** Everything the vault holds, one file of this room a table. */
export interface Tables {
  readonly records: RecordsTable;
  readonly documents: DocumentsTable;
  readonly sessions: SessionsTable;
  readonly messages: MessagesTable;
  readonly plans: PlansTable;
  readonly runs: RunsTable;
  readonly activity: ActivityTable;
  readonly queue: QueueTable;
  readonly settings: SettingsTable;
  readonly sent: SentTable;
  readonly playbooks: PlaybooksTable;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * The open store. A promise of a write resolves once the write survives a power cut; one that rejects changed nothing. Failures that are nobody's fault
 * in particular: `vault.disk_full`, `vault.in_use` (another process kept it busy for ten seconds), `vault.corrupt`, `vault.locked` (closed meanwhile).
 */
export interface Store {
  readonly vaultId: string;
  readonly engine: { readonly name: string; readonly version: string };
  /** One transaction over everything in `work`; a throw rolls all back. Never nested, never interleaved with another writer; reads of others go on. */
  tx<T>(work: (t: Tables) => Promise<T>): Promise<T>;
  /** The same tables, each call for itself. Writes of one tick share a commit; one that fails fails alone. Not for use inside {@link tx}. */
  readonly t: Tables;
  /** By words over records, messages, documents and titles of conversations, best first. Any text is a valid query. */
  search(query: string, options: SearchOptions): Promise<SearchHit[]>;
  /** How many records, messages and documents there are to find. */
  entries(): Promise<number>;
  /** Hex; equal for stores with equal content, on whatever device. Device secrets, order and index do not count. */
  digest(): Promise<string>;
  /** Rows of each table that the digest covers, by its name. */
  counts(sql?: Pick<Sql, 'all'>): Promise<Readonly<Record<string, number>>>;
  /** The file's pages, for backups. */
  readonly pages: Pages;
  /** A copy of the key the pages are under; whoever takes it wipes it. */
  dataKey(): RawKey;
  /** Proofs about the files as they lie there now; never throws for what it finds. */
  selfCheck(): Promise<Check[]>;
  close(): Promise<void>;
}

export function tablesOf(sql: Sql): Tables {
  return {
    records: recordsTable(sql),
    documents: documentsTable(sql),
    sessions: sessionsTable(sql),
    messages: messagesTable(sql),
    plans: plansTable(sql),
    runs: runsTable(sql),
    activity: activityTable(sql),
    queue: queueTable(sql),
    settings: settingsTable(sql),
    sent: sentTable(sql),
    playbooks: playbooksTable(sql),
  };
}

/** Parts of a store that its vault gives: what to check of the folder, and what else to close. */
export interface StoreParts {
  readonly vaultId: string;
  selfCheck(): Promise<Check[]>;
  close(): Promise<void>;
}

export function createStore(database: Database, parts: StoreParts): Store {
  const t = tablesOf(database);
  return {
    vaultId: parts.vaultId,
    engine: { name: database.engine.name, version: database.engine.version },
    t,
    tx: (work) => database.tx((sql) => work(tablesOf(sql))),
    search: createSearch(database),
    entries: () => countEntries(database),
    digest: () => database.snapshot(digestOf),
    counts: (sql) => (sql ? countsOf(sql) : database.snapshot(countsOf)),
    pages: { freeze: (signal) => database.freeze(signal) },
    dataKey: () => database.dataKey(),
    selfCheck: () => parts.selfCheck(),
    close: () => parts.close(),
  };
}
