import type { ActivityRow } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import type { SqlValue } from './engine.ts';
import { parsed } from './json.ts';

export interface ActivityTable {
  insert(row: ActivityRow): Promise<void>;
  /** As {@link insert}, in statements of 100 rows; whole or not at all only inside a transaction. */
  insertMany(rows: readonly ActivityRow[]): Promise<void>;
  /** Newest first; `after` is the id of the last one of the page before. */
  list(page: { recordId?: string | undefined; limit: number; after?: string | undefined }): Promise<ActivityRow[]>;
}

const insertSql = (rows: number) => `insert into activity (id, record_id, body) values ${Array(rows).fill('(?, ?, ?)').join(', ')}`;
const toRow = (row: ActivityRow): SqlValue[] => [row.id, row.recordId, JSON.stringify(row)];
const batch = 100;

export function activityTable(sql: Sql): ActivityTable {
  return {
    async insert(row) {
      await sql.run(insertSql(1), toRow(row));
    },
    async insertMany(rows) {
      for (let at = 0; at < rows.length; at += batch) {
        const some = rows.slice(at, at + batch);
        await sql.run(insertSql(some.length), some.flatMap(toRow));
      }
    },
    async list({ recordId, limit, after }) {
      const conditions: (readonly [string, ...SqlValue[]])[] = [];
      if (recordId !== undefined) conditions.push(['record_id = ?', recordId]);
      if (after !== undefined) conditions.push(['seq < (select seq from activity where id = ?)', after]);
      const where = conditions.length > 0 ? `where ${conditions.map(([text]) => text).join(' and ')}` : '';
      const rows = await sql.all(`select body from activity ${where} order by seq desc limit ?`, [...conditions.flatMap(([, ...params]) => params), limit]);
      return rows.map((row) => parsed<ActivityRow>(row['body']));
    },
  };
}
