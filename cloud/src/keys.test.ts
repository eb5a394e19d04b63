import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { rotateKeys } from './keys.ts';
import { testCloud, type TestCloud } from './cloud.suite.ts';

describe('the keys that sign access tokens', { concurrent: false }, () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await testCloud();
  });
  afterAll(() => cloud.close());

  const me = async (token: string) => {
    const { status, body } = await cloud.call('GET', '/api/v1/auth/me', { token });
    return status === 200 ? 'in' : (body.code as string);
  };
  const kidOf = (token: string) => (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
  const signIn = async ({ email, password }: { email: string; password: string }) =>
    (await cloud.call('POST', '/api/v1/auth/login', { body: { email, password } })).body as { accessToken: string; refreshToken: string };
  const published = async () => ((await cloud.call('GET', '/.well-known/jwks.json')).body.keys as { kid: string }[]).map(({ kid }) => kid);
  /** What an operator does beside the running service, and the time until it is seen. */
  const rotate = async (compromised = false) => {
    const made = await rotateKeys(cloud.deps.config, { modelKeys: {} }, compromised);
    await cloud.clock.advance(31_000);
    return made;
  };

  it('are in a file of their own that nobody else reads', async () => {
    await cloud.register();
    expect(statSync(join(cloud.deps.config.dataDir, 'jwt-keys.json')).mode & 0o777).toBe(0o600);
  });

  it('change without anybody being signed out, and everybody knows the next key before it signs', async () => {
    const user = await cloud.register();
    const [current, next] = await published();
    expect(kidOf(user.accessToken)).toBe(current);
    expect((await rotate()).kids[0]).toBe(next);
    expect(await me(user.accessToken)).toBe('in');
    const later = await signIn(user);
    expect([kidOf(later.accessToken), await me(later.accessToken)]).toEqual([next, 'in']);
    expect(await published()).toContain(current);
    await rotate();
    expect(await me(user.accessToken)).toBe('auth.token_invalid');
    expect(await published()).not.toContain(current);
  });

  it('go all at once when one was stolen: tokens that were right are refused, sessions go on', async () => {
    const user = await cloud.register();
    expect(await me(user.accessToken)).toBe('in');
    await rotate(true);
    expect(await me(user.accessToken)).toBe('auth.token_invalid');
    const { status, body } = await cloud.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: user.refreshToken } });
    expect([status, await me(body.accessToken)]).toEqual([200, 'in']);
  });

  it('are told, not written, where they come from the configuration', async () => {
    await cloud.register();
    const file = join(cloud.deps.config.dataDir, 'jwt-keys.json');
    const set = readFileSync(file, 'utf8');
    rmSync(file);
    const { config, secrets } = loadConfig({ ADIUVA_HOME: join(cloud.deps.config.dataDir, '..'), JWT_SIGNING_KEYS: set });
    const { kids, next } = await rotateKeys(config, secrets, false);
    expect(next?.keys.map(({ kid }) => kid)).toEqual(kids);
    expect(() => statSync(file)).toThrow(/ENOENT/);
  });
});
