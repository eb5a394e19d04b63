import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { generateKeyPair, exportJWK, SignJWT, UnsecuredJWT, importJWK, decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem } from '@adiuva/shared/contracts/problem.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import { testCloud, type TestCloud, type TestCloudOptions } from '../cloud.suite.ts';
import { makeKeySet } from '../accounts/signing-keys.ts';
import { addressPrefix } from './rate-limit.ts';

const year = 365 * 86_400_000;

describe('the cloud over HTTP', () => {
  const lines: string[] = [];
  let cloud: TestCloud;
  let port: number;
  beforeAll(async () => {
    cloud = await testCloud({
      log: jsonLog(
        (line) => lines.push(line),
        () => 0,
        'debug',
      ),
    });
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    port = (cloud.app.server.address() as { port: number }).port;
  });
  afterAll(() => cloud.close());

  const login = (body: unknown, headers: Record<string, string> = {}) => cloud.call('POST', '/api/v1/auth/login', { body, headers });
  const json = { 'content-type': 'application/json' };

  /** Every refusal is a problem that the contract describes, and shows nothing of the inside. */
  const expectProblem = (answer: { status: number; headers: Record<string, unknown>; body: unknown }, status: number, code: string) => {
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problem.strict().parse(answer.body)).toMatchObject({ status, code, type: `urn:adiuva:error:${code}` });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts\b|at \w+ \(|select |insert /i);
  };

  describe('errors', () => {
    it('are problems for an address that is not there, with and without a prefix', async () => {
      for (const path of ['/', '/api/v1', '/api/v1/nothing', '/api/v1/auth/sessions/a/b', '/%00', '/api/v1/health/'])
        expectProblem(await cloud.call('GET', path), 404, 'request.not_found');
    });

    it('are problems for a malformed address', async () => {
      expectProblem(await cloud.call('GET', '/api/v1/%zz'), 400, 'request.invalid');
    });

    it('name the methods an address takes', async () => {
      const answer = await cloud.call('PUT', '/api/v1/auth/me');
      expectProblem(answer, 405, 'request.method_not_allowed');
      expect(answer.headers['allow']).toBe('GET, HEAD, DELETE');
      expectProblem(await cloud.call('POST', '/api/v1/auth/sessions/some-id'), 405, 'request.method_not_allowed');
    });

    it.each([
      ['an empty body', '', 400, 'request.invalid'],
      ['half a body', '{"email":', 400, 'request.invalid'],
      ['binary', Buffer.from([0xff, 0xfe, 0x00, 0x80]), 400, 'request.invalid'],
      ['a number', '1', 400, 'request.invalid'],
      ['null', 'null', 400, 'request.invalid'],
      ['a list', '[]', 400, 'request.invalid'],
      ['a poisoned prototype', '{"__proto__":{"admin":true},"email":"a@b.co","password":"12345678"}', 400, 'request.invalid'],
      ['10 MB', JSON.stringify({ email: 'x'.repeat(10_000_000) }), 413, 'request.too_large'],
      ['very deep JSON', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 400, 'request.invalid'],
    ])('are problems for %s', async (_name, body, status, code) => {
      expectProblem(await login(body, json), status, code);
    });

    it('are problems for a content type that is not JSON', async () => {
      for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'nonsense'])
        expectProblem(await login('{}', { 'content-type': type }), 415, 'request.unsupported_media');
    });

    it.each([
      ['an unknown field', { email: 'a@b.co', password: '12345678', admin: true }, /Unrecognized key: "admin"/],
      ['a wrong type', { email: 1, password: ['a'] }, /email: .*; password: /],
      ['an email that is none', { email: 'nobody', password: '12345678' }, /email/],
      ['control characters in the name of a device', { email: 'a@b.co', password: '12345678', deviceName: 'a\u0000b' }, /deviceName/],
    ])('name the fields and rules of %s, never the values', async (_name, body, detail) => {
      const answer = await login(body);
      expectProblem(answer, 400, 'request.invalid');
      expect(answer.body.detail).toMatch(detail);
    });

    it('do not grow with what was sent', async () => {
      const { body } = await login(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}-${'k'.repeat(1_000)}`, 1])));
      expect(body.detail.length).toBeLessThanOrEqual(500);
    });

    it('are problems for bytes that never become a request', async () => {
      for (const [bytes, status] of [
        ['GARBAGE\r\n\r\n', 400],
        [`GET / HTTP/1.1\r\nhost: x\r\nbig: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ] as const) {
        const socket = connect(port, '127.0.0.1');
        let said = '';
        socket.on('data', (chunk) => (said += chunk.toString()));
        socket.write(bytes);
        await once(socket, 'close');
        expect(said).toContain(`HTTP/1.1 ${status} `);
        expect(problem.parse(JSON.parse(said.split('\r\n\r\n')[1]!)).status).toBe(status);
      }
    });

    it('of our own making say nothing of their cause, and our log says where but not what', async () => {
      const broken = await testCloud({
        log: jsonLog(
          (line) => lines.push(line),
          () => 0,
        ),
        db: async () => Promise.reject(new Error('secret words of the database')),
      });
      const answer = await broken.call('POST', '/api/v1/auth/login', { body: { email: 'a@b.co', password: 'hush-hush' } });
      expectProblem(answer, 500, 'internal');
      expect(JSON.stringify(answer.body)).not.toContain('secret');
      const line = lines.findLast((each) => each.includes('request failed'))!;
      expect(line).not.toContain('secret');
      expect(JSON.parse(line).frames[0]).toMatch(/http\.test\.ts:\d+/);
      await broken.close();
    });
  });

  describe('naughty strings', () => {
    const path = new URL('../../../../shared/vectors/strings/blns.json', import.meta.url);
    const strings = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as string[]) : [];
    if (strings.length === 0) process.stderr.write('\n*** SKIPPED: shared/vectors/strings/blns.json is not there\n\n');

    it.skipIf(strings.length === 0)('as an email or a token are refused or taken, never a fault of ours', { timeout: 120_000 }, async () => {
      const bad: unknown[] = [];
      for (const text of strings) {
        const registered = await cloud.call('POST', '/api/v1/auth/register', { body: { email: text, password: 'correct horse' } });
        const refreshed = await cloud.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: text } });
        if (![201, 400].includes(registered.status) || refreshed.status !== 400) bad.push([text, registered.status, refreshed.status]);
      }
      expect(bad).toEqual([]);
    });

    it.skipIf(strings.length === 0)('as a password and the name of a device are refused, or kept as they were', { timeout: 120_000 }, async () => {
      const { accounts } = await cloud.deps.db();
      let kept = 0;
      for (const [index, text] of strings.entries()) {
        const own = { email: `naughty-${index}@example.org`, password: `12345678${text}` };
        const { status, body } = await cloud.call('POST', '/api/v1/auth/register', { body: { ...own, deviceName: `d${text}` } });
        expect([201, 400]).toContain(status);
        if (status !== 201) continue;
        kept += 1;
        expect((await login(own)).status).toBe(200);
        const names = (await accounts.sessionsOf(body.user.id, 0)).map(({ deviceName }) => deviceName);
        expect(names).toContain(`d${text}`.trim().toWellFormed());
      }
      expect(kept).toBeGreaterThan(300);
    });
  });

  describe('request ids', () => {
    it('are echoed when they are plain and short', async () => {
      const { headers, body } = await cloud.call('GET', '/api/v1/nothing', { headers: { 'x-request-id': 'Abc-1.2_3' } });
      expect([headers['x-request-id'], body.requestId]).toEqual(['Abc-1.2_3', 'Abc-1.2_3']);
    });

    it.each(['', 'a b', 'x'.repeat(65), 'a"b', 'ä', '<script>'])('are made anew instead of %j', async (id) => {
      const { headers } = await cloud.call('GET', '/api/v1/health/live', { headers: { 'x-request-id': id } });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}\.[0-9a-z]+$/);
    });
  });

  describe('the log', () => {
    it('has a line a request, with the pattern of the route and nothing a user wrote', async () => {
      lines.length = 0;
      const { accessToken, refreshToken, email, password } = await cloud.register({ deviceName: 'canary-device' });
      await cloud.call('GET', '/api/v1/auth/me?canary-query=1', { token: accessToken });
      await cloud.call('DELETE', '/api/v1/auth/sessions/canary-id', { token: accessToken });
      await login({ email: 'canary@example.org', password: 'canary-password' });
      await cloud.call('GET', '/canary-path');
      await expect.poll(() => lines.length).toBe(5);
      const all = lines.join('\n');
      for (const secret of ['canary', accessToken, refreshToken!, email, password]) expect(all).not.toContain(secret);
      expect(lines.map((line) => JSON.parse(line).route)).toEqual([
        '/api/v1/auth/register',
        '/api/v1/auth/me',
        '/api/v1/auth/sessions/:id',
        '/api/v1/auth/login',
        'none',
      ]);
    });
  });

  describe('access tokens', () => {
    const me = (token: string) => cloud.call('GET', '/api/v1/auth/me', { token });
    const keys = async () => {
      const { readFile } = await import('node:fs/promises');
      return JSON.parse(await readFile(`${cloud.deps.config.dataDir}/jwt-keys.json`, 'utf8')).keys[0];
    };
    /** A token like ours, with our key, but for what is changed. */
    const forge = async (token: string, { header = {}, claims = {} }: { header?: object; claims?: object }, jwk?: object) => {
      const own = jwk ?? (await keys());
      const payload = { ...decodeJwt(token), ...claims };
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: (await keys()).kid, ...header } as { alg: string })
        .sign(await importJWK(own, 'EdDSA'));
    };

    it('are asked for', async () => {
      const answer = await cloud.call('GET', '/api/v1/auth/me');
      expectProblem(answer, 401, 'auth.required');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    });

    it('are taken as we make them', async () => {
      const { accessToken } = await cloud.register();
      expect((await me(await forge(accessToken, {}))).status).toBe(200);
    });

    it.each([
      ['another kid', { header: { kid: 'other' } }],
      ['no kid', { header: { kid: undefined } }],
      ['another type', { header: { typ: 'JWT' } }],
      ['a key of its own in the header', { header: { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'x' } } }],
      ['a place to fetch keys from', { header: { jku: 'http://127.0.0.1/keys' } }],
      ['a certificate to fetch', { header: { x5u: 'http://127.0.0.1/cert' } }],
      ['another issuer', { claims: { iss: 'someone' } }],
      ['another audience', { claims: { aud: 'someone' } }],
      ['no session', { claims: { sid: undefined } }],
      ['no id', { claims: { jti: undefined } }],
      ['no end', { claims: { exp: undefined } }],
      ['another user', { claims: { sub: '01a1fae5-0000-7000-8000-000000000000' } }],
      ['a session that is none', { claims: { sid: 'not-a-uuid' } }],
    ])('with %s are refused', async (_name, change) => {
      const { accessToken } = await cloud.register();
      expectProblem(await me(await forge(accessToken, change)), 401, 'auth.token_invalid');
    });

    it('signed by another key under our name, or by none, are refused', async () => {
      const { accessToken } = await cloud.register();
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
      expectProblem(await me(await forge(accessToken, {}, await exportJWK(privateKey))), 401, 'auth.token_invalid');
      expectProblem(await me(new UnsecuredJWT(decodeJwt(accessToken)).encode()), 401, 'auth.token_invalid');
      const [head, body, signature] = accessToken.split('.') as [string, string, string];
      for (const token of [
        `${head}.${body}.`,
        `${head}.${body}.${'A'.repeat(86)}`,
        `${head}.${body}`,
        `${body}.${head}.${signature}`,
        'a.b.c',
        'x'.repeat(4_000),
      ])
        expectProblem(await me(token), 401, 'auth.token_invalid');
    });

    it.each(['', 'Bearer', 'Bearer  ', 'Basic YTpi', 'Bearer a b', 'Bearer \u00e4', `Bearer ${'x'.repeat(5_000)}`])(
      'in the header form %j are refused',
      async (authorization) => {
        const { status, body } = await cloud.call('GET', '/api/v1/auth/me', { headers: { authorization } });
        expect([status, body.code]).toEqual([401, 'auth.token_invalid']);
      },
    );

    it('run out after fifteen minutes, also when they were seen to be right before', async () => {
      const own = await testCloud();
      const { accessToken } = await own.register();
      const answer = async () => (await own.call('GET', '/api/v1/auth/me', { token: accessToken })).body.code ?? 'ok';
      expect(await answer()).toBe('ok');
      await own.clock.advance(15 * 60_000 - 1);
      expect(await answer()).toBe('ok');
      await own.clock.advance(1);
      expect(await answer()).toBe('auth.token_expired');
      await own.close();
    });

    it('of a clock that was a year ahead or behind do no harm', async () => {
      const own = await testCloud();
      const { accessToken } = await own.register();
      await own.clock.advance(year);
      expect((await own.call('GET', '/api/v1/auth/me', { token: accessToken })).body.code).toBe('auth.token_expired');
      const late = await own.register();
      expect((await own.call('GET', '/api/v1/auth/me', { token: late.accessToken })).status).toBe(200);
      await own.close();
    });

    it('are verified by the published key, which has no private part', async () => {
      const { body } = await cloud.call('GET', '/.well-known/jwks.json');
      const key = { kty: 'OKP', crv: 'Ed25519', kid: expect.any(String), x: expect.any(String), alg: 'EdDSA', use: 'sig' };
      // The one that signs, and the next.
      expect(body).toEqual({ keys: [key, key] });
    });

    it('of the key before are taken after a rotation, and new ones use the new key', async () => {
      const [old, fresh] = [await makeKeySet(), await makeKeySet()];
      const options: TestCloudOptions = { sharedDb: await cloud.deps.db() };
      const before = await testCloud({ ...options, env: { JWT_SIGNING_KEYS: JSON.stringify(old) } });
      const { accessToken } = await before.register();
      const after = await testCloud({ ...options, env: { JWT_SIGNING_KEYS: JSON.stringify({ keys: [...fresh.keys, ...old.keys] }) } });
      expect((await after.call('GET', '/api/v1/auth/me', { token: accessToken })).status).toBe(200);
      expect((await after.call('GET', '/.well-known/jwks.json')).body.keys).toHaveLength(fresh.keys.length + old.keys.length);
      const later = await after.register();
      expect((await before.call('GET', '/api/v1/auth/me', { token: later.accessToken })).body.code).toBe('auth.token_invalid');
      await Promise.all([before.close(), after.close()]);
    });
  });

  describe('health', () => {
    it('tells of every part', async () => {
      for (const path of ['/api/v1/health', '/api/v1/health/ready']) {
        const { status, body } = await cloud.call('GET', path);
        expect([status, body]).toEqual([200, { status: 'ok', version: '0.1.0', dependencies: { database: 'ok', blobs: 'ok', counters: 'ok', models: 'ok' } }]);
      }
      expect((await cloud.call('GET', '/api/v1/health/live')).body).toEqual({ status: 'ok', version: '0.1.0' });
    });

    it('is degraded without blobs, down without a database, and alive all the same', async () => {
      const gone = () => Promise.reject(new Error('gone'));
      const degraded = await testCloud({ blobs: gone });
      expect((await degraded.call('GET', '/api/v1/health')).body).toMatchObject({ status: 'degraded', dependencies: { blobs: 'down' } });
      expect((await degraded.call('GET', '/api/v1/health/ready')).status).toBe(200);
      const down = await testCloud({ db: gone });
      expect(await down.call('GET', '/api/v1/health')).toMatchObject({ status: 503, body: { status: 'down', dependencies: { database: 'down' } } });
      expect((await down.call('GET', '/api/v1/health/ready')).status).toBe(503);
      expect((await down.call('GET', '/api/v1/health/live')).status).toBe(200);
      await Promise.all([degraded.close(), down.close()]);
    });

    it('asks the vendor of a model with its key, once a minute, and says when it refuses', async () => {
      const asked: string[] = [];
      let status = 200;
      const vendor = (async (url: string, { headers }: { headers: Record<string, string> }) => {
        asked.push(`${url} ${headers['authorization']}`);
        return Response.json({}, { status });
      }) as unknown as typeof fetch;
      const env = { ADIUVA_MODELS: 'openai:gpt-5-mini', OPENAI_API_KEY: 'key', OPENAI_BASE_URL: 'http://vendor.test/v1' };
      const own = await testCloud({ env, fetch: vendor });
      const models = async () => (await own.call('GET', '/api/v1/health')).body.dependencies.models;
      expect([await models(), await models()]).toEqual(['ok', 'ok']);
      expect(asked).toEqual(['http://vendor.test/v1/models Bearer key']);
      status = 401;
      await own.clock.advance(60_000);
      expect(await models()).toBe('down');
      await own.close();
    });

    it('does not wait for ever for a part that says nothing', async () => {
      const slow = await testCloud({ blobs: () => new Promise(() => {}) });
      const answer = slow.call('GET', '/api/v1/health');
      await expect.poll(() => slow.clock.pending()).toBeGreaterThan(0);
      await slow.clock.advance(10_000);
      expect((await answer).body.dependencies.blobs).toBe('down');
      await slow.app.close();
    });
  });

  describe('limits', () => {
    it('count each user by the tier and say where they stand', async () => {
      const own = await testCloud({
        limits: {
          tiers: {
            free: { requestsPerMinute: 3, perSeat: false },
            pro: { requestsPerMinute: 9, perSeat: false },
            power: { requestsPerMinute: 9, perSeat: false },
            team: { requestsPerMinute: 2, perSeat: true },
          },
          anonymousPerMinute: 100,
        },
      });
      const [mine, theirs] = [await own.register(), await own.register()];
      const ask = (token: string) => own.call('GET', '/api/v1/auth/me', { token });
      const answers = [];
      for (let count = 0; count < 4; count++) answers.push(await ask(mine.accessToken));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
      expect(answers[0]!.headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '2', 'ratelimit-reset': '60' });
      expect(answers[3]!.headers).toMatchObject({ 'ratelimit-remaining': '0', 'retry-after': '60' });
      expectProblem(answers[3]!, 429, 'rate.limited');
      expect((await ask(theirs.accessToken)).status).toBe(200);
      await own.clock.advance(60_000);
      expect((await ask(mine.accessToken)).status).toBe(200);
      await own.close();
    });

    it('are the seats times the tier for a team', async () => {
      const own = await testCloud({ env: { ADIUVA_DEFAULT_TIER: 'team' }, limits: { ...cloudLimits(), anonymousPerMinute: 100 } });
      const { accessToken, user } = await own.register();
      expect(user.tier).toBe('team');
      expect((await own.call('GET', '/api/v1/auth/me', { token: accessToken })).headers['ratelimit-limit']).toBe('200');
      await own.close();
    });

    it('count who has no token, or a wrong one, by address, on every address of ours', async () => {
      const own = await testCloud({ limits: { ...cloudLimits(), anonymousPerMinute: 4 } });
      await own.call('GET', '/api/v1/health/live');
      await own.call('GET', '/nothing');
      await own.call('GET', '/api/v1/auth/me');
      await own.call('GET', '/api/v1/auth/me', { token: 'a.b.c' });
      for (const path of ['/api/v1/health/live', '/nothing', '/api/v1/auth/me', '/.well-known/jwks.json', '/api/v1/openapi.json'])
        expectProblem(await own.call('GET', path), 429, 'rate.limited');
      await own.close();
    });

    it('of sign-ins slow down who guesses, without locking the account for anyone else', async () => {
      const own = await testCloud({ env: { ADIUVA_TRUSTED_PROXIES: '127.0.0.1' } });
      const { email, password } = await own.register();
      const from = async (address: string, guess: string) =>
        (await own.call('POST', '/api/v1/auth/login', { body: { email, password: guess }, headers: { 'x-forwarded-for': address } })).status;
      for (let count = 0; count < 10; count++) expect(await from('203.0.113.1', 'wrong wrong')).toBe(401);
      expect(await from('203.0.113.1', password)).toBe(429);
      expect(await from('203.0.113.2', password)).toBe(200);
      for (let host = 10; host < 60; host++) for (let count = 0; count < 3; count++) await from(`203.0.113.${host}`, 'wrong wrong');
      expect(await from('203.0.113.99', 'wrong wrong')).toBe(401);
      expect(await from('203.0.113.99', password)).toBe(200);
      for (let count = 0; count < 3; count++) await from('203.0.113.98', 'wrong wrong');
      expect(await from('203.0.113.98', password)).toBe(429);
      await own.clock.advance(15 * 60_000);
      expect(await from('203.0.113.1', password)).toBe(200);
      await own.close();
    });

    it('of sign-ins do not count those that were right', async () => {
      const own = await testCloud();
      const { email, password } = await own.register();
      for (let count = 0; count < 120; count++) expect((await own.call('POST', '/api/v1/auth/login', { body: { email, password } })).status).toBe(200);
      await own.close();
    });

    it.each([
      ['203.0.113.7', '203.0.113.7'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
      ['2001:DB8:0001:2::1', '2001:db8:1:2'],
      ['2001:db8::1', '2001:db8:0:0'],
      ['::1', '0:0:0:0'],
      ['fe80::1%eth0', 'fe80:0:0:0'],
      [undefined, 'none'],
    ])('take %s for the prefix %s', (address, prefix) => {
      expect(addressPrefix(address)).toBe(prefix);
    });
  });
});

function cloudLimits() {
  return {
    tiers: {
      free: { requestsPerMinute: 20, perSeat: false },
      pro: { requestsPerMinute: 60, perSeat: false },
      power: { requestsPerMinute: 120, perSeat: false },
      team: { requestsPerMinute: 200, perSeat: true },
    },
    anonymousPerMinute: 600,
  };
}
