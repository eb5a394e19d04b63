import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { testCloud, type TestCloud } from '../../../../cloud/src/cloud.suite.ts';
import { codeOf, digestOf, fill, home, livedIn, passphrase, type HomeOptions } from './two-homes.suite.ts';

const password = 'correct horse battery';
const target = { kind: 'cloud' } as const;
/** Waits between tries pass a hundred times as fast. */
const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

describe('backups in the cloud', () => {
  let cloud: TestCloud;
  let url = '';
  let accounts = 0;
  beforeAll(async () => {
    cloud = await testCloud({ tier: 'power', backupQuota: () => 1_000_000_000 });
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(cloud.app.server.address() as { port: number }).port}`;
  });
  afterAll(() => cloud.close());

  const online = (more: NonNullable<HomeOptions['host']> = {}): HomeOptions => ({ host: { cloudUrl: url, fetch, clock: hurried, ...more } });

  async function account() {
    const email = `device-${++accounts}@example.org`;
    const one = await livedIn(online());
    await one.api['account.register']({ email, password });
    return { email, one };
  }

  it('go there and back to another device with account and words alone', async () => {
    const { email, one } = await account();
    await fill(one, 20);
    expect(await one.api['backup.create']({ target, full: false })).toMatchObject({ kind: 'base', generation: 1 });
    expect(await one.api['backup.create']({ target, full: false })).toMatchObject({ kind: 'none' });
    await fill(one, 1);
    expect(await one.api['backup.create']({ target, full: false })).toMatchObject({ kind: 'increment', generation: 2 });
    expect(await one.api['backup.verify']({ target, full: true })).toMatchObject({ ok: true });
    expect(await one.api['backup.list']({ target })).toMatchObject({
      backups: [{ generation: 2, newest: true }, { generation: 1 }],
      usedBytes: expect.any(Number),
    });
    const two = await home(online());
    expect(await codeOf(two.api['backup.open']({ target, phrase: one.words, email, password: 'another password' }))).toBe('auth.invalid_credentials');
    expect((await two.api['backup.open']({ target, phrase: one.words, email, password })).backups).toHaveLength(2);
    expect((await two.api['backup.restoreHere']({ passphrase })).vault.state).toBe('open');
    expect(await digestOf(two)).toBe(await digestOf(one));
    expect((await two.api['account.state'](undefined)).account?.email).toBe(email);
    expect((await two.api['backup.state'](undefined)).automatic).toMatchObject({ every: 'daily', target });
    await fill(two, 1);
    expect(await two.api['backup.create']({ target, full: false })).toMatchObject({ generation: 3 });
    expect(await codeOf(one.api['backup.create']({ target, full: false }))).toBe('backup.forked');
  });

  it('try each request six times and no more', async () => {
    let refused: RegExp | null = null;
    const asked: string[] = [];
    const failing: typeof fetch = async (input, init) => {
      const what = `${init?.method} ${new URL(String(input)).pathname}`;
      if (!refused?.test(what)) return await fetch(input, init);
      asked.push(what);
      throw new TypeError('fetch failed');
    };
    const one = await livedIn(online({ fetch: failing }));
    await one.api['account.register']({ email: `device-${++accounts}@example.org`, password });
    for (const request of [/GET .*\/backup$/, /POST .*\/missing$/, /PUT .*\/objects\//, /PUT .*\/backup$/]) {
      refused = request;
      asked.length = 0;
      expect([request, await codeOf(one.api['backup.create']({ target, full: true }))]).toEqual([request, 'cloud.offline']);
      expect([request, asked]).toEqual([request, Array<string>(6).fill(asked[0]!)]);
      refused = null;
    }
    expect(await codeOf(one.api['backup.create']({ target, full: true }))).toBe('nothing thrown');
  });

  it('survive a line that fails, and an answer that is lost', async () => {
    let left = 0;
    const flaky: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (String(input).includes('/backup') && left-- > 0) {
        await answer.body?.cancel();
        throw new TypeError('fetch failed');
      }
      return answer;
    };
    const one = await livedIn(online({ fetch: flaky }));
    await one.api['account.register']({ email: `device-${++accounts}@example.org`, password });
    await fill(one, 5);
    await one.api['backup.create']({ target, full: false });
    await fill(one, 1);
    left = 3;
    expect(await one.api['backup.create']({ target, full: false })).toMatchObject({ kind: 'increment', generation: 2 });
    await fill(one, 1);
    left = 100;
    expect(await codeOf(one.api['backup.create']({ target, full: false }))).toBe('cloud.offline');
    left = 0;
    expect(await one.api['backup.create']({ target, full: false })).toMatchObject({ generation: 3 });
    expect((await one.api['backup.state'](undefined)).places).toMatchObject([{ lastProblem: null }]);
  });

  it('take new keys in one step, and delete with the password', async () => {
    const { email, one } = await account();
    await fill(one, 3);
    await one.api['backup.create']({ target, full: false });
    const { recoveryPhrase } = await one.api['backup.newPhrase']({ passphrase, because: 'exposed' });
    const two = await home(online());
    expect(await codeOf(two.api['backup.open']({ target, phrase: one.words, email, password }))).toBe('backup.wrong_phrase');
    const { backups } = await two.api['backup.open']({ target, phrase: recoveryPhrase, email, password });
    expect(backups).toMatchObject([{ generation: 2 }]);
    expect(await codeOf(one.api['backup.delete']({ target, id: backups[0]!.id, password: 'another password' }))).toBe('auth.invalid_credentials');
    await one.api['backup.delete']({ target, id: backups[0]!.id, password });
    expect((await one.api['backup.list']({ target })).backups).toEqual([]);
    expect(await one.api['backup.create']({ target, full: false })).toMatchObject({ kind: 'base', generation: 3 });
  });

  it('tell how much room they take after a backup, a deletion and a sign-in', async () => {
    const { email, one } = await account();
    const told = () => one.events.flatMap((event) => (event.type === 'backup.changed' ? [event.data.places[0]?.usedBytes] : []));
    const listed = async () => (await one.api['backup.list']({ target })).usedBytes;
    await fill(one, 1);
    const { id } = await one.api['backup.create']({ target, full: false });
    expect([told().at(-1), (await one.api['backup.state'](undefined)).places[0]?.usedBytes]).toEqual([await listed(), await listed()]);
    await one.api['backup.delete']({ target, id, password });
    expect(told().at(-1)).toBe(await listed());
    const counted = told().length;
    await listed();
    expect(told()).toHaveLength(counted);
    await one.api['account.logout'](undefined);
    const { one: other } = await account();
    await other.api['account.logout'](undefined);
    await other.api['account.login']({ email, password });
    await other.api['backup.schedule']({ every: 'daily', target });
    await other.api['account.logout'](undefined);
    await other.api['account.login']({ email, password });
    await expect.poll(async () => (await other.api['backup.state'](undefined)).places[0]?.quotaBytes, { timeout: 20_000 }).toBe(1_000_000_000);
  });

  it('that are automatic say that nobody is signed in, until somebody is', async () => {
    const { email, one } = await account();
    const problem = async () =>
      (await one.api['backup.state'](undefined)).places.map(({ lastProblem }) => lastProblem && [lastProblem.code, lastProblem.detail]);
    await one.api['backup.schedule']({ every: 'daily', target });
    expect(await problem()).toEqual([]);
    await one.api['account.logout'](undefined);
    expect((await one.api['backup.state'](undefined)).places).toMatchObject([{ target, last: null, lastProblem: { code: 'auth.required', status: 401 } }]);
    await expect
      .poll(() => one.events.filter((event) => event.type === 'backup.changed').at(-1)?.data.places[0]?.lastProblem?.code, { timeout: 20_000 })
      .toBe('auth.required');
    await one.api['account.login']({ email, password });
    await expect.poll(problem, { timeout: 20_000 }).toEqual([null]);
    await one.api['backup.create']({ target, full: false });
    await one.api['account.logout'](undefined);
    expect((await one.api['backup.state'](undefined)).places).toMatchObject([{ last: { generation: 1 }, lastProblem: { code: 'auth.required' } }]);
    await one.api['backup.schedule']({ every: 'off', target: null });
    expect((await one.api['backup.state'](undefined)).places).toMatchObject([{ last: { generation: 1 }, lastProblem: null }]);
  });

  it('need an account', async () => {
    const one = await livedIn(online());
    expect(await codeOf(one.api['backup.create']({ target, full: false }))).toBe('auth.required');
    expect((await one.api['backup.state'](undefined)).places).toEqual([]);
  });
});
