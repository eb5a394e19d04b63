import type { Sql } from './database.ts';
import { parsed } from './json.ts';

/** What went out with a message: kept so that the user can look at it. */
export interface SentTable {
  get(messageId: string): Promise<{ host: string; request: unknown } | null>;
  /** The last one counts. */
  put(messageId: string, host: string, request: unknown): Promise<void>;
}

export function sentTable(sql: Sql): SentTable {
  return {
    async get(messageId) {
      const [row] = await sql.all('select host, body from sent where message_id = ?', [messageId]);
      return row ? { host: String(row['host']), request: parsed<unknown>(row['body']) } : null;
    },
    async put(messageId, host, request) {
      await sql.run(
        'insert into sent (message_id, host, body) values (?, ?, ?) on conflict (message_id) do update set host = excluded.host, body = excluded.body',
        [messageId, host, JSON.stringify(request ?? null)],
      );
    },
  };
}
