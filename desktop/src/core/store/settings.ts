import type { Sql } from './database.ts';
import { parsed } from './json.ts';

/**
 * Values by name. A name that begins with `device.` is this device's own secret (tokens, keys of providers): it counts for no digest and does not travel with a
 * backup's restore.
 */
export interface SettingsTable {
  /** The JSON value, or undefined where there is none. Parse it: an older version may have written it. */
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Beginning of the names that stay on this device. */
export const devicePrefix = 'device.';

export function settingsTable(sql: Sql): SettingsTable {
  return {
    async get(key) {
      const [row] = await sql.all('select body from settings where key = ?', [key]);
      return row ? parsed<unknown>(row['body']) : undefined;
    },
    async set(key, value) {
      await sql.run('insert into settings (key, body) values (?, ?) on conflict (key) do update set body = excluded.body', [
        key,
        JSON.stringify(value ?? null),
      ]);
    },
    async remove(key) {
      await sql.run('delete from settings where key = ?', [key]);
    },
  };
}
