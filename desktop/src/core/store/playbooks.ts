import type { PlaybookResult } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import { parsed } from './json.ts';

/** A playbook as the cloud gave it: parse it and verify its signature before anything is made of it. */
export interface CachedPlaybook {
  readonly id: string;
  readonly version: number;
  /** ISO 8601; when the cloud gave it, or last said that it is still the newest. */
  readonly fetchedAt: string;
  readonly body: unknown;
}

/** Results of which older ones go. */
const kept = 100;

export interface PlaybooksTable {
  /** By id. */
  cached(): Promise<CachedPlaybook[]>;
  /** These and no others are in the cache from now on. */
  replaceCache(playbooks: readonly CachedPlaybook[]): Promise<void>;
  /** Everything in the cache is still the newest. */
  confirmCache(fetchedAt: string): Promise<void>;
  result(runId: string): Promise<PlaybookResult | null>;
  /** Newest first; of one playbook where it is named. */
  results(page: { readonly limit: number; readonly playbookId?: string | undefined }): Promise<PlaybookResult[]>;
  /** A run twice is the later one. The last 100 are kept. */
  putResult(result: PlaybookResult): Promise<void>;
}

export function playbooksTable(sql: Sql): PlaybooksTable {
  return {
    async cached() {
      const rows = await sql.all('select id, version, fetched_at, body from playbooks order by id');
      return rows.map((row) => ({
        id: String(row['id']),
        version: Number(row['version']),
        fetchedAt: String(row['fetched_at']),
        body: parsed<unknown>(row['body']),
      }));
    },
    async replaceCache(playbooks) {
      await sql.run('delete from playbooks');
      for (const { id, version, fetchedAt, body } of playbooks)
        await sql.run('insert into playbooks (id, version, fetched_at, body) values (?, ?, ?, ?)', [id, version, fetchedAt, JSON.stringify(body)]);
    },
    async confirmCache(fetchedAt) {
      await sql.run('update playbooks set fetched_at = ?', [fetchedAt]);
    },
    async result(runId) {
      const [row] = await sql.all('select body from playbook_results where id = ?', [runId]);
      return row ? parsed<PlaybookResult>(row['body']) : null;
    },
    async results({ limit, playbookId }) {
      const where = playbookId === undefined ? '' : 'where playbook_id = ?';
      const rows = await sql.all(
        `select body from playbook_results ${where} order by seq desc limit ?`,
        playbookId === undefined ? [limit] : [playbookId, limit],
      );
      return rows.map((row) => parsed<PlaybookResult>(row['body']));
    },
    async putResult(result) {
      await sql.run('insert into playbook_results (id, playbook_id, body) values (?, ?, ?) on conflict (id) do update set body = excluded.body', [
        result.runId,
        result.playbookId,
        JSON.stringify(result),
      ]);
      await sql.run('delete from playbook_results where seq <= (select seq from playbook_results order by seq desc limit 1 offset ?)', [kept]);
    },
  };
}
