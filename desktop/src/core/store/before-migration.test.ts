import { expect, it, onTestFinished, vi } from 'vitest';
import type * as Migrate from './migrate.ts';
import { schemaNumber } from './migrate.ts';
import { packed, secret, vaultAt } from './restore.suite.ts';
import { scratchFolder, task } from './scratch.suite.ts';
import type { UnmigratedStore } from './vault.ts';

/** As if this version had one schema more than the one that made the vault. */
const later = vi.hoisted(() => ({ more: 0 }));

vi.mock('./migrate.ts', async (load) => {
  const real = await load<typeof Migrate>();
  const steps = () => [...real.migrations, { number: real.migrations.length + 1, up: 'create table later (x)' }].slice(0, real.migrations.length + later.more);
  return {
    ...real,
    get schemaNumber() {
      return real.migrations.length + later.more;
    },
    migrate: (connection: Parameters<typeof real.migrate>[0]) => real.migrate(connection, steps()),
  };
});

const schemaSeen = async ({ sql }: UnmigratedStore) => Number((await sql.all('pragma user_version'))[0]!['user_version']);

it('a migration tells before it begins, with the pages as they are, and does not begin where that fails', async () => {
  const dataDir = scratchFolder();
  const first = vaultAt(dataDir, 'journeyapps');
  const { store } = await first.create(secret.passphrase);
  await store.t.records.insert(task('a'));
  await first.lock();
  later.more = 1;
  const told: unknown[] = [];
  const failing = vaultAt(dataDir, 'journeyapps', { beforeMigration: () => Promise.reject(new Error('no room for a backup')) });
  await expect(failing.unlock(secret)).rejects.toThrow('no room');
  const vault = vaultAt(dataDir, 'journeyapps', {
    beforeMigration: async (unmigrated) => {
      const { pages } = await packed({ ...store, pages: unmigrated.pages, dataKey: () => unmigrated.dataKey() });
      told.push(unmigrated.schema, unmigrated.vaultId === store.vaultId, await schemaSeen(unmigrated), pages.length > 20 * 4096);
    },
  });
  onTestFinished(() => vault.lock());
  const migrated = await vault.unlock(secret);
  expect([told, (await migrated.t.records.get('a'))?.id]).toEqual([[schemaNumber - 1, true, schemaNumber - 1, true], 'a']);
  await vault.lock();
  await vault.unlock(secret);
  expect(told.length).toBe(4);
});
