import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getTableConfig } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { postgresMissing, startPostgres, type PostgresServer } from '../../../../tests/world/servers/postgres.ts';
import { temporaryFolder } from '../../../../tests/world/servers/process.ts';
import type { Database } from './database.ts';
import { databaseSuite, someUser } from './db.suite.ts';
import { holdFolder } from './folder-lock.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import * as schema from './schema.ts';

const noPostgres = postgresMissing();
const snapshot = fileURLToPath(new URL('../../../../.cache/pglite-0.5.16.tar.zst', import.meta.url));

describe('the database in this process', () => {
  let db: Database;
  beforeAll(async () => {
    db = await openPglite({ snapshot });
  });
  afterAll(() => db.close());
  databaseSuite(() => db);
});

describe('the folder of the database', () => {
  it('keeps what was written, and starts over beside what a cut-off first start left', async () => {
    const dir = temporaryFolder('pglite');
    mkdirSync(join(dir, 'pglite'));
    writeFileSync(join(dir, 'pglite', 'PG_VERSION'), '18');
    const user = someUser();
    const first = await openPglite({ dir, snapshot });
    await first.accounts.addUser(user);
    await first.close();
    const second = await openPglite({ dir, snapshot });
    expect(await second.accounts.userById(user.id)).toEqual(user);
    await second.close();
    expect(readdirSync(dir).filter((name) => name.startsWith('pglite.unfinished'))).toHaveLength(1);
    rmSync(dir, { recursive: true });
  });

  it('belongs to one process at a time, and is free again after that one was killed', () => {
    const dir = temporaryFolder('lock');
    const release = holdFolder(dir);
    expect(() => holdFolder(dir)).toThrow(expect.objectContaining({ code: 'cloud.in_use' }));
    release();
    const file = fileURLToPath(new URL('./folder-lock.ts', import.meta.url));
    const code = `import { holdFolder } from ${JSON.stringify(file)}; holdFolder(${JSON.stringify(dir)}); process.kill(process.pid, 'SIGKILL');`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', code]);
    expect(child.signal).toBe('SIGKILL');
    holdFolder(dir)();
    rmSync(dir, { recursive: true });
  });
});

describe.skipIf(noPostgres)(`the database on a server${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let server: PostgresServer;
  let url: string;
  let db: Database;
  const open = (at: string, alone = false) => openPostgres({ url: at, alone, log: silentLog });
  beforeAll(async () => {
    server = await startPostgres();
    url = server.database('suite');
    db = await open(url);
  });
  afterAll(async () => {
    await db.close();
    await server.stop();
  });
  databaseSuite(() => db);

  it('is migrated by many instances that start at once', async () => {
    const fresh = server.database('many');
    const all = await Promise.all([1, 2, 3, 4].map(() => open(fresh)));
    for (const each of all) await each.probe();
    await Promise.all(all.map((each) => each.close()));
  });

  it('has exactly the columns that the code knows, nullable where the code says so', async () => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ is: string }>(
      `select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as is from information_schema.columns where table_schema = 'public' and table_name <> 'schema_migrations'`,
    );
    await client.end();
    const known = Object.values(schema).flatMap((table) => {
      const { name, columns } = getTableConfig(table);
      return columns.map((column) => `${name}.${column.name} ${column.getSQLType()} ${column.notNull ? 'NO' : 'YES'}`);
    });
    expect(rows.map((row) => row.is).sort()).toEqual(known.sort());
  });

  it('is not touched when a newer version wrote it', async () => {
    const newer = server.database('newer');
    await (await open(newer)).close();
    const client = new pg.Client(newer);
    await client.connect();
    await client.query(`insert into schema_migrations (number, name) values (999, 'future')`);
    await expect(open(newer)).rejects.toMatchObject({ code: 'cloud.newer' });
    await client.end();
  });

  it('takes one instance where counts are kept in memory, and another when that one has gone', async () => {
    const lone = server.database('lone');
    const first = await open(lone, true);
    await expect(open(lone, true)).rejects.toMatchObject({ code: 'cloud.in_use' });
    await first.close();
    await (await open(lone, true)).close();
  });

  it('says that it is not available when the server is gone', async () => {
    await expect(open('postgres://postgres@127.0.0.1:9/none')).rejects.toMatchObject({ code: 'dependency.unavailable' });
    const own = await startPostgres();
    const lost = await open(own.database('lost'));
    await own.stop();
    await expect(lost.accounts.userById(someUser().id)).rejects.toMatchObject({ code: 'dependency.unavailable' });
    await expect(lost.transaction(({ accounts }) => accounts.addUser(someUser()))).rejects.toMatchObject({ code: 'dependency.unavailable' });
    await lost.close();
  });
});
