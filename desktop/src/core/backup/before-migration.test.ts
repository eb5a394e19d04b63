import { expect, it, vi } from 'vitest';
import type * as Migrate from '../store/migrate.ts';
import { fill, livedIn, passphrase, place } from './two-homes.suite.ts';

/** As if this version had one schema more than the one that made the vault. */
const later = vi.hoisted(() => ({ more: 0 }));

vi.mock('../store/migrate.ts', async (load) => {
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

it('a store is backed up as it was before it takes a newer schema, and comes back into the newer one', async () => {
  const there = place();
  const one = await livedIn();
  const [id] = await fill(one, 3);
  await one.api['backup.schedule']({ every: 'weekly', target: there });
  await one.api['vault.lock'](undefined);
  expect((await one.api['vault.unlock']({ with: 'passphrase', passphrase })).state).toBe('open');
  await expect(one.api['backup.list']({ target: there })).resolves.toMatchObject({ backups: [] });
  await one.api['vault.lock'](undefined);
  later.more = 1;
  await one.api['vault.unlock']({ with: 'passphrase', passphrase });
  expect(one.lines.filter((line) => line.includes('before_failed'))).toEqual([]);
  expect((await one.api['backup.list']({ target: there })).backups).toMatchObject([{ generation: 1 }]);
  await one.api['records.delete']({ id: id! });
  expect(await one.api['backup.prepare']({ target: there })).toMatchObject({ won: { total: 1 } });
  await one.api['backup.restore'](undefined);
  expect((await one.api['records.get']({ id: id! })).id).toBe(id);
  expect(await one.api['backup.verify']({ target: there, full: true })).toMatchObject({ ok: true });
});
