import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, migrations } from './migrations.ts';

const snapshot = fileURLToPath(new URL('../../../../../.cache/pglite-0.5.16.tar.zst', import.meta.url));

describe('migration 1', () => {
  let client: PGlite;
  beforeAll(async () => {
    client = await PGlite.create(existsSync(snapshot) ? { loadDataDir: new Blob([zstdDecompressSync(readFileSync(snapshot))]) } : {});
    await migrate(drizzle(client), migrations.slice(0, 1));
  });
  afterAll(() => client.close());

  const user = (email: string, tier: string | null = null) =>
    client.query(`insert into users (id, email, password_hash, granted_tier, created_at) values (gen_random_uuid(), $1, 'h', $2, now()) returning id`, [
      email,
      tier,
    ]);

  it('is noted with its number', async () => {
    const { rows } = await client.query('select number, name from schema_migrations');
    expect(rows).toEqual([{ number: 1, name: 'accounts' }]);
  });

  it('does nothing the second time', async () => {
    await migrate(drizzle(client), migrations.slice(0, 1));
  });

  it('takes an email once, in lower case, and only tiers that exist', async () => {
    await user('a@example.org', 'team');
    await expect(user('a@example.org')).rejects.toThrow(/unique/);
    await expect(user('B@example.org')).rejects.toThrow(/check constraint/);
    await expect(user('c@example.org', 'gold')).rejects.toThrow(/check constraint/);
  });

  it('deletes sessions and tokens with their user', async () => {
    const { rows } = await user('d@example.org');
    const owner = (rows[0] as { id: string }).id;
    await client.query(`insert into sessions (id, user_id, epoch, created_at, last_used_at, expires_at) values ($1, $1, 0, now(), now(), now())`, [owner]);
    await client.query(`insert into refresh_tokens (hash, session_id) values ('x', $1)`, [owner]);
    await client.query('delete from users where id = $1', [owner]);
    expect((await client.query('select * from sessions where id = $1', [owner])).rows).toEqual([]);
    expect((await client.query(`select * from refresh_tokens where hash = 'x'`)).rows).toEqual([]);
  });
});

describe('the list of migrations', () => {
  it('is numbered from 1 without gaps', () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1));
  });
});
