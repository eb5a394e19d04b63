import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken, seededRandom } from '@adiuva/shared/kit/ids.ts';
import type { Database } from '../adapters/db/database.ts';
import { testCloud, type TestCloud } from '../cloud.suite.ts';
import { tokenHash } from './tokens.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Sign-ins, sessions and refreshes over real routes, on any database. */
export function accountsSuite(open: () => Database): void {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await testCloud({ sharedDb: open() });
  });
  afterAll(() => cloud.close());

  const random = seededRandom(7);
  const post = (path: string, body: unknown, token?: string) => cloud.call('POST', `/api/v1/auth/${path}`, { body, ...(token !== undefined && { token }) });
  const refresh = (refreshToken: string, nextRefreshTokenHash?: string) =>
    post('refresh', { refreshToken, ...(nextRefreshTokenHash && { nextRefreshTokenHash }) });
  const me = (token: string) => cloud.call('GET', '/api/v1/auth/me', { token });
  const next = () => {
    const token = newToken(random);
    return { token, hash: tokenHash(token) };
  };

  describe('registering and signing in', () => {
    it('gives a user, both tokens and fifteen minutes', async () => {
      const { status, body, headers } = await post('register', { email: 'Ada@Example.org', password: 'correct horse', deviceName: 'laptop' });
      expect(status).toBe(201);
      expect(body).toEqual({
        user: { id: expect.any(String), email: 'ada@example.org', tier: 'free' },
        accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        refreshToken: expect.stringMatching(/^[\w-]{43}$/),
        expiresIn: 900,
      });
      expect(headers['cache-control']).toBe('no-store');
      expect((await me(body.accessToken)).body).toEqual({ user: body.user });
    });

    it('knows an email whatever its case, and takes it once', async () => {
      const { user } = await cloud.register({ email: 'grace@example.org' });
      expect((await post('login', { email: 'GRACE@example.org', password: 'correct horse battery' })).body.user).toEqual(user);
      expect((await post('register', { email: 'Grace@Example.ORG', password: 'something else' })).body).toMatchObject({
        status: 409,
        code: 'auth.email_taken',
      });
    });

    it('answers an unknown account with the same bytes as a wrong password', async () => {
      const { email } = await cloud.register();
      const headers = { 'x-request-id': 'same-for-both' };
      const wrong = await cloud.call('POST', '/api/v1/auth/login', { body: { email, password: 'wrong password' }, headers });
      const unknown = await cloud.call('POST', '/api/v1/auth/login', { body: { email: 'nobody@example.org', password: 'wrong password' }, headers });
      expect(wrong.status).toBe(401);
      expect(unknown.body).toEqual(wrong.body);
      expect(Object.keys(unknown.headers).sort()).toEqual(Object.keys(wrong.headers).sort());
    });

    it.each([
      ['seven bytes', 'short12'],
      ['a byte too many', 'x'.repeat(1_025)],
      ['257 emoji, 1,028 bytes', '😀'.repeat(257)],
      ['nothing', ''],
    ])('refuses a password of %s under its own code', async (_name, password) => {
      expect((await post('register', { email: 'length@example.org', password })).body).toMatchObject({ status: 400, code: 'auth.password_length' });
    });

    it.each([
      ['8 bytes', '12345678'],
      ['1,024 bytes', 'x'.repeat(1_024)],
      ['256 emoji', '😀'.repeat(256)],
      ['control characters', 'a\u0000b\u001bcdefgh'],
    ])('takes a password of %s', async (_name, password) => {
      const { email } = await cloud.register({ password });
      expect((await post('login', { email, password })).status).toBe(200);
    });
  });

  describe('refreshing', () => {
    it('makes a successor and returns it, once', async () => {
      const { refreshToken, user } = await cloud.register();
      const first = await refresh(refreshToken!);
      expect(first.body).toMatchObject({ user, refreshToken: expect.stringMatching(/^[\w-]{43}$/), expiresIn: 900 });
      expect((await refresh(first.body.refreshToken)).status).toBe(200);
    });

    it('takes the successor that the client named and does not repeat it', async () => {
      const { refreshToken } = await cloud.register();
      const { token, hash } = next();
      expect((await refresh(refreshToken!, hash)).body.refreshToken).toBeNull();
      expect((await refresh(token)).status).toBe(200);
    });

    it('repeats a lost answer: same token, same named successor', async () => {
      const { refreshToken } = await cloud.register();
      const { token, hash } = next();
      for (let tries = 0; tries < 3; tries++) expect((await refresh(refreshToken!, hash)).status).toBe(200);
      expect((await refresh(token, next().hash)).status).toBe(200);
    });

    it.each([
      ['a second use with another successor', (hash: string) => [hash, next().hash]],
      ['a second use that names none', (hash: string) => [hash, undefined]],
      ['a second use after one that named none', () => [undefined, undefined]],
    ])('ends the family after %s', async (_name, uses) => {
      const { refreshToken, accessToken } = await cloud.register();
      const { token, hash } = next();
      const [first, second] = uses(hash);
      const rotated = await refresh(refreshToken!, first);
      expect(rotated.status).toBe(200);
      expect((await refresh(refreshToken!, second)).body).toMatchObject({ status: 401, code: 'auth.refresh_reused' });
      expect((await refresh(rotated.body.refreshToken ?? token)).body.code).toBe('auth.refresh_reused');
      expect((await me(accessToken)).body.code).toBe('auth.token_invalid');
      expect((await me(rotated.body.accessToken)).body.code).toBe('auth.token_invalid');
    });

    it('ends the family after the use of a token older than the parent, even with the right successor', async () => {
      const { refreshToken } = await cloud.register();
      const [second, third] = [next(), next()];
      await refresh(refreshToken!, second.hash);
      await refresh(second.token, third.hash);
      expect((await refresh(refreshToken!, second.hash)).body.code).toBe('auth.refresh_reused');
      expect((await refresh(third.token)).body.code).toBe('auth.refresh_reused');
    });

    it('leaves other sessions of the user alone when a family ends', async () => {
      const { refreshToken, email, password } = await cloud.register();
      const other = (await post('login', { email, password })).body;
      await refresh(refreshToken!);
      await refresh(refreshToken!);
      expect((await me(other.accessToken)).status).toBe(200);
      expect((await refresh(other.refreshToken)).status).toBe(200);
    });

    it('refuses a successor that is a token already, and keeps the session', async () => {
      const [mine, theirs] = [await cloud.register(), await cloud.register()];
      expect((await refresh(mine.refreshToken!, tokenHash(theirs.refreshToken!))).body).toMatchObject({ status: 400, code: 'request.invalid' });
      expect((await refresh(mine.refreshToken!, tokenHash(mine.refreshToken!))).body.code).toBe('request.invalid');
      expect((await refresh(mine.refreshToken!)).status).toBe(200);
      expect((await refresh(theirs.refreshToken!)).status).toBe(200);
    });

    it('gives 100 parallel refreshes that name the same successor that one', async () => {
      const { refreshToken } = await cloud.register();
      const { token, hash } = next();
      const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(refreshToken!, hash)));
      expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
      expect(await open().accounts.refreshToken(tokenHash(refreshToken!))).toMatchObject({ successorHash: hash });
      expect((await refresh(token)).status).toBe(200);
    });

    it('gives 100 parallel refreshes that name none one successor, and treats the rest as theft', async () => {
      const { refreshToken } = await cloud.register();
      const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(refreshToken!)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ body }) => body.code === 'auth.refresh_reused')).toHaveLength(99);
    });

    it('logs nobody out in 1,000 lost answers', { timeout: 120_000 }, async () => {
      let current = (await cloud.register()).refreshToken!;
      const falseLogouts: unknown[] = [];
      for (let round = 0; round < 500; round++) {
        const { token, hash } = next();
        // Two answers lost, the third arrives.
        for (let tries = 0; tries < 3; tries++) {
          const { status, body } = await refresh(current, hash);
          if (status !== 200) falseLogouts.push(body);
        }
        current = token;
      }
      expect(falseLogouts).toEqual([]);
      expect((await refresh(current)).status).toBe(200);
    });

    it('ends a session that nobody refreshed for sixty days, and not before', async () => {
      const { refreshToken } = await cloud.register();
      await cloud.clock.advance(60 * day - minute);
      const answer = await refresh(refreshToken!);
      expect(answer.status).toBe(200);
      await cloud.clock.advance(60 * day);
      expect((await refresh(answer.body.refreshToken)).body).toMatchObject({ status: 401, code: 'auth.refresh_invalid' });
    });

    it('says of an unknown token that the session has ended', async () => {
      expect((await refresh(newToken(random))).body).toMatchObject({ status: 401, code: 'auth.refresh_invalid' });
    });
  });

  describe('ending sessions', () => {
    it('logs out with the refresh token alone, twice the same', async () => {
      const { refreshToken, accessToken } = await cloud.register();
      expect((await me(accessToken)).status).toBe(200);
      expect((await post('logout', { refreshToken })).status).toBe(204);
      expect((await post('logout', { refreshToken })).status).toBe(204);
      expect((await post('logout', { refreshToken: newToken(random) })).status).toBe(204);
      expect((await me(accessToken)).body.code).toBe('auth.token_invalid');
      expect((await refresh(refreshToken!)).body.code).toBe('auth.refresh_invalid');
    });

    it('logs out everywhere', async () => {
      const { accessToken, refreshToken, email, password } = await cloud.register();
      const other = (await post('login', { email, password })).body;
      await me(other.accessToken);
      expect((await post('logout-all', undefined, accessToken)).status).toBe(204);
      for (const token of [accessToken, other.accessToken]) expect((await me(token)).body.code).toBe('auth.token_invalid');
      for (const token of [refreshToken!, other.refreshToken]) expect((await refresh(token)).body.code).toBe('auth.refresh_invalid');
      expect((await post('login', { email, password })).status).toBe(200);
    });

    it('changes the password from the right one, ends every session and begins one for this device', async () => {
      const { accessToken, refreshToken, email, password } = await cloud.register({ deviceName: 'tower' });
      expect((await post('password', { currentPassword: 'not it at all', newPassword: 'a new password' }, accessToken)).body.code).toBe(
        'auth.invalid_credentials',
      );
      const changed = await post('password', { currentPassword: password, newPassword: 'a new password' }, accessToken);
      expect(changed.status).toBe(200);
      expect((await me(accessToken)).body.code).toBe('auth.token_invalid');
      expect((await refresh(refreshToken!)).body.code).toBe('auth.refresh_invalid');
      expect((await post('login', { email, password })).body.code).toBe('auth.invalid_credentials');
      expect((await post('login', { email, password: 'a new password' })).status).toBe(200);
      const { body } = await cloud.call('GET', '/api/v1/auth/sessions', { token: changed.body.accessToken });
      expect(body.sessions.find((each: { current: boolean }) => each.current).deviceName).toBe('tower');
    });

    it('lists sessions and ends one of them', async () => {
      const { accessToken, email, password } = await cloud.register({ deviceName: 'laptop' });
      await cloud.clock.advance(1_000);
      const other = (await post('login', { email, password, deviceName: 'phone' })).body;
      const list = await cloud.call('GET', '/api/v1/auth/sessions', { token: accessToken });
      expect(list.body.sessions.map(({ deviceName, current }: { deviceName: string; current: boolean }) => [deviceName, current])).toEqual([
        ['phone', false],
        ['laptop', true],
      ]);
      const [phone] = list.body.sessions;
      expect((await cloud.call('DELETE', `/api/v1/auth/sessions/${phone.id}`, { token: accessToken })).status).toBe(204);
      expect((await cloud.call('DELETE', `/api/v1/auth/sessions/${phone.id}`, { token: accessToken })).body).toMatchObject({
        status: 404,
        code: 'auth.session_not_found',
      });
      expect((await me(other.accessToken)).body.code).toBe('auth.token_invalid');
      expect((await me(accessToken)).status).toBe(200);
    });
  });

  describe('another instance', () => {
    let other: TestCloud;
    beforeAll(async () => {
      const keys = JSON.stringify(await sharedKeys());
      await cloud.close();
      cloud = await testCloud({ sharedDb: open(), env: { JWT_SIGNING_KEYS: keys } });
      other = await testCloud({ sharedDb: open(), env: { JWT_SIGNING_KEYS: keys } });
    });
    afterAll(() => other.close());

    it('sees within a minute that a session ended here, on requests and on open sockets', async () => {
      const { accessToken } = await cloud.register();
      const elsewhere = () => other.call('GET', '/api/v1/auth/me', { token: accessToken });
      expect((await elsewhere()).status).toBe(200);
      let ended = false;
      other.deps.accounts.watchSession(await other.deps.accounts.authenticate(accessToken), () => (ended = true));
      await post('logout-all', undefined, accessToken);
      expect((await me(accessToken)).status).toBe(401);
      await other.clock.advance(minute / 2);
      await expect.poll(() => ended).toBe(true);
      expect((await elsewhere()).status).toBe(401);
    });

    it('tells an open socket of this instance at once', async () => {
      const { accessToken } = await cloud.register();
      const caller = await cloud.deps.accounts.authenticate(accessToken);
      const seen: string[] = [];
      cloud.deps.accounts.watchSession(caller, () => seen.push('ended'));
      const stop = cloud.deps.accounts.watchSession(caller, () => seen.push('stopped watching, must not be told'));
      stop();
      await post('logout-all', undefined, accessToken);
      expect(seen).toEqual(['ended']);
    });
  });

  describe('leaving', () => {
    it('deletes everything of the account with the password alone, and frees the email', async () => {
      const { accessToken, refreshToken, email, password } = await cloud.register();
      const leave = (typed: string) => cloud.call('DELETE', '/api/v1/auth/me', { token: accessToken, body: { password: typed } });
      expect((await leave('another password')).body.code).toBe('auth.invalid_credentials');
      expect((await me(accessToken)).status).toBe(200);
      expect((await leave(password)).status).toBe(204);
      expect((await me(accessToken)).body.code).toBe('auth.token_invalid');
      expect((await refresh(refreshToken!)).body.code).toBe('auth.refresh_invalid');
      expect((await post('login', { email, password })).body.code).toBe('auth.invalid_credentials');
      expect((await post('register', { email, password })).status).toBe(201);
    });

    it('gives everything that is known before, and no secret', async () => {
      const { accessToken, email, user } = await cloud.register({ deviceName: 'laptop' });
      const { status, body, headers } = await cloud.call('GET', '/api/v1/auth/export', { token: accessToken });
      expect([status, headers['content-disposition']]).toEqual([200, expect.stringContaining('adiuva-account.json')]);
      expect(body).toEqual({
        account: { id: user.id, email, createdAt: expect.any(String), tier: 'free', grantedTier: null, seats: 1 },
        sessions: [{ id: expect.any(String), deviceName: 'laptop', createdAt: expect.any(String), lastUsedAt: expect.any(String), current: true }],
        subscription: { state: 'none', seats: 1, renewsAt: null, endsAt: null, customerId: null, subscriptionId: null },
        backups: { usedBytes: 0, envelope: null, history: [] },
      });
    });
  });
}

async function sharedKeys() {
  const { makeKeySet } = await import('./signing-keys.ts');
  return makeKeySet();
}
