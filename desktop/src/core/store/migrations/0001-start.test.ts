import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../engine.ts';
import { migrate, migrations, schemaNumber, schemaOf } from '../migrate.ts';
import { engines, scratchFolder, testKey } from '../scratch.suite.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

async function fresh(load: (typeof engines)[number], work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await (await load()).open(join(scratchFolder(), 'm.db'), { key: testKey, mode: 'create' });
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

const names = async (connection: Connection) =>
  (await connection.all("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like 'words%' order by name")).map(
    ({ name }) => name,
  );

describe.each(engines.map((load) => [load.name, load] as const))('migration 1 on %s', (_name, load) => {
  it('leads from nothing to the first schema, and once only', () =>
    fresh(load, async (connection) => {
      await migrate(connection, migrations.slice(0, 1));
      await migrate(connection, migrations.slice(0, 1));
      expect([await schemaOf(connection), await names(connection)]).toEqual([
        1,
        ['activity', 'documents', 'message_parts', 'messages', 'plans', 'queue', 'records', 'runs', 'sent', 'sessions', 'settings', 'word_counts'],
      ]);
    }));

  it('is undone as a whole when a step fails', () =>
    fresh(load, async (connection) => {
      const broken = [...migrations.slice(0, 1), { number: 2, up: 'create table half (x); insert into nowhere values (1);' }];
      expect(await codeOf(migrate(connection, broken))).not.toBe('done');
      expect([await schemaOf(connection), await names(connection)]).toEqual([0, []]);
    }));

  it('does not touch a newer schema', () =>
    fresh(load, async (connection) => {
      await connection.exec('create table theirs (x); pragma user_version = 999');
      expect(await codeOf(migrate(connection))).toBe('vault.newer');
      expect([await schemaOf(connection), await names(connection)]).toEqual([999, ['theirs']]);
    }));

  it('refuses rows that refer to nothing', () =>
    fresh(load, async (connection) => {
      await migrate(connection);
      await connection.exec("pragma foreign_keys = off; insert into messages (id, session_id, state, text, body) values ('m', 'nowhere', 'done', '', '{}')");
      expect(await codeOf(migrate(connection))).toBe('vault.corrupt');
    }));

  it('numbers are gapless', () => {
    expect([migrations.map(({ number }) => number), schemaNumber]).toEqual([migrations.map((_, index) => index + 1), migrations.length]);
  });
});
