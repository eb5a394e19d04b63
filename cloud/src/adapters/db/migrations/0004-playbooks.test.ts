import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, migrations } from './migrations.ts';

const snapshot = fileURLToPath(new URL('../../../../../.cache/pglite-0.5.16.tar.zst', import.meta.url));

describe('migration 4', () => {
  let client: PGlite;
  beforeAll(async () => {
    client = await PGlite.create(existsSync(snapshot) ? { loadDataDir: new Blob([zstdDecompressSync(readFileSync(snapshot))]) } : {});
    await migrate(drizzle(client), migrations.slice(0, 4));
  });
  afterAll(() => client.close());

  const put = (owner: string | null, id: string) => client.query(`insert into playbooks (owner, id, version, document) values ($1, $2, 1, '{}')`, [owner, id]);

  it('keeps one playbook of a name for the service and one for each account', async () => {
    const { rows } = await client.query(
      `insert into users (id, email, password_hash, created_at) values (gen_random_uuid(), 'a@example.org', 'h', now()) returning id`,
    );
    const owner = (rows[0] as { id: string }).id;
    await put(null, 'daily-brief');
    await put(owner, 'daily-brief');
    await expect(put(null, 'daily-brief')).rejects.toThrow(/unique/);
    await expect(put(owner, 'daily-brief')).rejects.toThrow(/unique/);
    await client.query('delete from users where id = $1', [owner]);
    expect((await client.query('select owner from playbooks')).rows).toEqual([{ owner: null }]);
  });
});
