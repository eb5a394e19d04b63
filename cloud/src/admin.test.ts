import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/world/servers/process.ts';
import { admin } from './admin.ts';
import { cheapPasswords, snapshot } from './cloud.suite.ts';
import { createApp } from './app.ts';
import { loadConfig } from './config.ts';
import { createDeps, type Deps } from './deps.ts';
import { openPglite } from './adapters/db/pglite.ts';

describe('the command line of whoever runs the service', { concurrent: false, timeout: 120_000 }, () => {
  let home: string;
  const env = () => ({ PATH: process.env['PATH'] ?? '', ADIUVA_HOME: home });
  const run = async (...args: string[]) => {
    const said = { out: '', err: '' };
    const code = await admin(args, env(), { out: (text) => void (said.out += text), err: (text) => void (said.err += text) });
    return { code, ...said };
  };
  /** The service, for as long as `work` takes: the embedded database is one process's at a time. */
  const serving = async <T>(
    work: (
      call: (method: 'GET' | 'POST', path: string, body?: object, token?: string) => Promise<{ status: number; body: Record<string, unknown> }>,
    ) => Promise<T>,
  ) => {
    const { config, secrets } = loadConfig(env());
    const deps: Deps = createDeps(config, secrets, { passwords: cheapPasswords, db: async () => openPglite({ dir: config.dataDir, snapshot }) });
    const app = createApp(deps);
    try {
      return await work(async (method, path, body, token) => {
        const answer = await app.inject({
          method,
          url: `/api/v1${path}`,
          ...(body && { payload: body }),
          headers: token ? { authorization: `Bearer ${token}` } : {},
        });
        return { status: answer.statusCode, body: answer.body === '' ? {} : answer.json() };
      });
    } finally {
      await app.close();
      await deps.close();
    }
  };
  const account = { email: 'ada@example.org', password: 'correct horse battery' };
  const signIn = () => serving(async (call) => call('POST', '/auth/login', account));

  beforeAll(async () => {
    home = temporaryFolder('admin');
    await serving((call) => call('POST', '/auth/register', account));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('grants a tier and takes it back', async () => {
    const granted = await run('tier', 'Ada@example.org', 'team', '5');
    expect([granted.code, JSON.parse(granted.out)]).toMatchObject([0, { tier: 'team', seats: 5 }]);
    expect((await signIn()).body).toMatchObject({ user: { tier: 'team' } });
    expect((await run('tier', account.email, 'none')).code).toBe(0);
    expect((await signIn()).body).toMatchObject({ user: { tier: 'free' } });
  });

  it('ends sessions, changes keys, deletes an account', async () => {
    const refreshToken = (await signIn()).body['refreshToken'];
    expect((await run('sessions', 'revoke', account.email)).code).toBe(0);
    expect((await serving((call) => call('POST', '/auth/refresh', { refreshToken }))).status).toBe(401);
    expect(JSON.parse((await run('keys', 'rotate')).out)).toMatchObject({
      current: expect.any(String),
      next: expect.any(String),
      retired: [expect.any(String)],
    });
    expect(JSON.parse((await run('keys', 'rotate', '--compromised')).out)).toMatchObject({ retired: [] });
    expect((await run('user', 'delete', account.email)).code).toBe(0);
    expect((await signIn()).status).toBe(401);
  });

  it('says what it did not understand, or whom it does not know, with a code and an exit', async () => {
    for (const [args, code, name] of [
      [['tier', account.email, 'gold'], 2, 'usage.invalid'],
      [['tier', 'nobody@example.org', 'pro'], 1, 'auth.account_not_found'],
      [['reconcile'], 0, null],
    ] as const) {
      const answer = await run(...args);
      expect([args, answer.code]).toEqual([args, code]);
      if (name) expect(JSON.parse(answer.err)).toMatchObject({ error: { code: name } });
    }
    expect(await run('paint', 'blue')).toMatchObject({ code: 2, err: expect.stringMatching(/user delete EMAIL/) });
  });

  it('does not touch the embedded database of a service that runs, but changes its keys', async () => {
    const { config, secrets } = loadConfig(env());
    const deps = createDeps(config, secrets);
    expect(await run('user', 'delete', account.email)).toMatchObject({ code: 1, err: expect.stringMatching(/cloud\.in_use/) });
    expect((await run('keys', 'rotate')).code).toBe(0);
    await deps.close();
  });
});
