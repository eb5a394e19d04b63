import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, migrations } from './migrations.ts';

const snapshot = fileURLToPath(new URL('../../../../../.cache/pglite-0.5.16.tar.zst', import.meta.url));

describe('migration 3', () => {
  let client: PGlite;
  beforeAll(async () => {
    client = await PGlite.create(existsSync(snapshot) ? { loadDataDir: new Blob([zstdDecompressSync(readFileSync(snapshot))]) } : {});
    await migrate(drizzle(client), migrations.slice(0, 2));
    await client.query(`insert into users (id, email, password_hash, created_at) values (gen_random_uuid(), 'a@b.co', 'h', now())`);
    await migrate(drizzle(client), migrations.slice(0, 3));
  });
  afterAll(() => client.close());

  it('is noted with its number, and the users who were there have paid for nothing', async () => {
    expect((await client.query('select name from schema_migrations where number = 3')).rows).toEqual([{ name: 'billing' }]);
    expect((await client.query('select paid_tier, paid_until from users')).rows).toEqual([{ paid_tier: null, paid_until: null }]);
  });

  it('takes only tiers that are paid for, and states that exist', async () => {
    await expect(client.query(`update users set paid_tier = 'free'`)).rejects.toThrow(/check constraint/);
    await expect(client.query(`insert into billing_accounts (user_id, state) select id, 'rich' from users`)).rejects.toThrow(/check constraint/);
  });

  it('deletes the account of payments with the user', async () => {
    await client.query(`insert into billing_accounts (user_id, customer_id) select id, 'cus_1' from users`);
    await client.query('delete from users');
    expect((await client.query('select * from billing_accounts')).rows).toEqual([]);
  });
});
