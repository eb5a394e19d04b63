import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, migrations } from './migrations.ts';

const snapshot = fileURLToPath(new URL('../../../../../.cache/pglite-0.5.16.tar.zst', import.meta.url));

describe('migration 2', () => {
  let client: PGlite;
  let owner: string;
  beforeAll(async () => {
    client = await PGlite.create(existsSync(snapshot) ? { loadDataDir: new Blob([zstdDecompressSync(readFileSync(snapshot))]) } : {});
    await migrate(drizzle(client), migrations.slice(0, 1));
    const { rows } = await client.query(
      `insert into users (id, email, password_hash, created_at) values (gen_random_uuid(), 'a@b.co', 'h', now()) returning id`,
    );
    owner = (rows[0] as { id: string }).id;
    await migrate(drizzle(client), migrations.slice(0, 2));
  });
  afterAll(() => client.close());

  const count = async (table: string) => ((await client.query(`select count(*)::int as n from ${table}`)).rows[0] as { n: number }).n;

  it('is noted with its number, and leaves the users who were there', async () => {
    const { rows } = await client.query('select number, name from schema_migrations order by number');
    expect(rows).toEqual([
      { number: 1, name: 'accounts' },
      { number: 2, name: 'backups' },
    ]);
    expect(await count('users')).toBe(1);
  });

  it('cannot lose an object that a backup refers to, nor count below nothing', async () => {
    await client.query('insert into backup_accounts (user_id) values ($1)', [owner]);
    await client.query(`insert into backup_objects (user_id, id, blob_key, bytes) values ($1, 'o', 'k', 1)`, [owner]);
    await client.query(`insert into backup_refs (user_id, object_id, first_seq) values ($1, 'o', 1)`, [owner]);
    await expect(client.query(`delete from backup_objects`)).rejects.toThrow(/foreign key/);
    await expect(client.query(`update backup_accounts set used_bytes = -1`)).rejects.toThrow(/check constraint/);
    await expect(client.query(`update backup_accounts set used_bytes = 1`)).rejects.toThrow(/check constraint/);
  });

  it('deletes everything with the user', async () => {
    await client.query(
      `insert into backups (user_id, id, seq, repository, epoch, generation, mac, created_at, bytes, objects, manifest) values ($1, 'b', 1, 'r', 1, 1, 'm', now(), 1, 1, '')`,
      [owner],
    );
    await client.query(`insert into backup_uploads (blob_key, user_id, object_id, bytes, signed, expires_at) values ('u', $1, 'p', 1, false, now())`, [owner]);
    await client.query('delete from users');
    for (const table of ['backup_accounts', 'backup_objects', 'backup_refs', 'backup_uploads', 'backups'])
      expect([table, await count(table)]).toEqual([table, 0]);
  });
});
