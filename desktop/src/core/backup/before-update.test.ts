import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { testCloud, type TestCloud } from '../../../../cloud/src/cloud.suite.ts';
import type * as Migrate from '../store/migrate.ts';
import { fill, folder, home, passphrase, place, type Home, type HomeOptions } from './two-homes.suite.ts';

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

/** Waits between tries pass a hundred times as fast. */
const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };
/** And what has a minute has a moment. */
const impatient: Clock = { ...hurried, after: (ms, fn) => systemClock.after(ms === 60_000 ? 300 : ms, fn) };
/** Everything is answered but what is asked about backups. */
const silentOnBackups: typeof fetch = (url, init) =>
  String(url).includes('/backup')
    ? new Promise((_ok, no) => init?.signal?.addEventListener('abort', () => no(init.signal!.reason as Error)))
    : fetch(url, init);
const inCloud = { kind: 'cloud' } as const;
const until = { timeout: 30_000 };

async function opened(options: HomeOptions): Promise<Home> {
  const made = await home(options);
  await made.api['vault.unlock']({ with: 'passphrase', passphrase });
  return made;
}
const problems = async ({ api }: Home) => (await api['backup.state'](undefined)).places.map(({ lastProblem }) => [lastProblem?.code, lastProblem?.detail]);

describe('before a store takes a newer schema', { timeout: 120_000 }, () => {
  let cloud: TestCloud;
  let url = '';
  let accounts = 0;
  beforeAll(async () => {
    cloud = await testCloud({ tier: 'power', backupQuota: () => 1_000_000_000 });
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(cloud.app.server.address() as { port: number }).port}`;
  });
  afterAll(() => cloud.close());

  const at = (dataDir: string, host: NonNullable<HomeOptions['host']> = {}): HomeOptions => ({
    dataDir,
    host: { cloudUrl: url, fetch, clock: hurried, ...host },
  });

  /** The folder of a vault whose backups go to the cloud, closed. */
  async function lived(): Promise<string> {
    later.more = 0;
    const dataDir = folder();
    const one = await home(at(dataDir));
    await one.api['vault.create']({ passphrase });
    await one.api['account.register']({ email: `device-${++accounts}@example.org`, password: 'correct horse battery' });
    await fill(one, 3);
    await one.api['backup.schedule']({ every: 'daily', target: inCloud });
    await one.core.close();
    later.more = 1;
    return dataDir;
  }

  it('it is backed up to the cloud, and stays signed in', async () => {
    const dataDir = await lived();
    const after = await opened(at(dataDir));
    expect(after.lines.filter((line) => line.includes('before_failed'))).toEqual([]);
    expect((await after.api['backup.list']({ target: inCloud })).backups).toMatchObject([{ generation: 1 }]);
    expect(await after.api['backup.verify']({ target: inCloud, full: true })).toMatchObject({ ok: true });
    expect(await after.api['backup.create']({ target: inCloud, full: false })).toMatchObject({ generation: 2 });
  });

  it('one that cannot be reached, or does not answer in time, is noted with the place, and the vault opens', async () => {
    for (const [host, detail] of [
      [{ fetch: () => Promise.reject(new TypeError('fetch failed')) }, 'Before the migration: The cloud cannot be reached.'],
      [
        {
          clock: impatient,
          fetch: silentOnBackups,
        },
        'Before the migration: It took too long.',
      ],
    ] as const) {
      const after = await opened(at(await lived(), host));
      expect(await problems(after)).toEqual([['backup.skipped', detail]]);
      expect((await after.api['doctor.run'](undefined)).checks.find(({ name }) => name === 'newest backup is recent')).toMatchObject({ ok: false });
      await after.core.close();
    }
  });
});

describe('before another version of the program goes on', { timeout: 120_000 }, () => {
  const as = (dataDir: string, version: string, name: 'web' | 'cli' = 'web'): HomeOptions => ({ dataDir, name, host: { version, clock: hurried } });

  it('the store is backed up once, by a window', async () => {
    later.more = 0;
    const [dataDir, there] = [folder(), place()];
    const first = await home(as(dataDir, '1.0.0'));
    await first.api['vault.create']({ passphrase });
    await fill(first, 2);
    await first.api['backup.schedule']({ every: 'daily', target: there });
    await first.core.close();
    const generations = async ({ api }: Home) => (await api['backup.list']({ target: there })).backups.map(({ generation }) => generation);

    for (const [version, name] of [
      ['1.0.0', 'web'],
      ['2.0.0', 'cli'],
    ] as const) {
      const same = await opened(as(dataDir, version, name));
      expect(await generations(same)).toEqual([]);
      await same.core.close();
    }
    const updated = await opened(as(dataDir, '2.0.0'));
    await expect.poll(() => generations(updated), until).toEqual([1]);
    await expect.poll(async () => (await updated.api['backup.state'](undefined)).running, until).toBeNull();
    await fill(updated, 1);
    await updated.core.close();
    const again = await opened(as(dataDir, '2.0.0'));
    expect(await generations(again)).toEqual([1]);
  });
});
