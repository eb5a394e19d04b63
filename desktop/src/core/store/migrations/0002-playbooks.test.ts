import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../engine.ts';
import { migrate, migrations, schemaOf } from '../migrate.ts';
import { engines, scratchFolder, testKey } from '../scratch.suite.ts';

async function fresh(load: (typeof engines)[number], work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await (await load()).open(join(scratchFolder(), 'm.db'), { key: testKey, mode: 'create' });
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

describe.each(engines.map((load) => [load.name, load] as const))('migration 2 on %s', (_name, load) => {
  it('adds what playbooks need to a store of before, whose rows stay', () =>
    fresh(load, async (connection) => {
      await migrate(connection, migrations.slice(0, 1));
      await connection.exec(`insert into settings (key, body) values ('settings', '{"autoLockMinutes":7}')`);
      await migrate(connection, migrations.slice(0, 2));
      await migrate(connection, migrations.slice(0, 2));
      expect(await schemaOf(connection)).toBe(2);
      expect(await connection.all('select body from settings')).toEqual([{ body: '{"autoLockMinutes":7}' }]);
      expect(await connection.all('select count(*) as n from playbooks')).toEqual([{ n: 0 }]);
    }));

  it('keeps one row a playbook and one a run', () =>
    fresh(load, async (connection) => {
      await migrate(connection, migrations.slice(0, 2));
      await connection.exec(
        `insert into playbooks values ('daily-brief', 1, '', '{}'); insert into playbook_results (id, playbook_id, body) values ('r1', 'p', '{}')`,
      );
      await expect(connection.exec(`insert into playbooks values ('daily-brief', 2, '', '{}')`)).rejects.toThrow();
      await expect(connection.exec(`insert into playbook_results (id, playbook_id, body) values ('r1', 'p', '{}')`)).rejects.toThrow();
    }));
});
