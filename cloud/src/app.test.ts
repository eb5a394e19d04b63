import { Validator } from '@seriousme/openapi-schema-validator';
import { once } from 'node:events';
import { request } from 'node:http';
import { rmSync } from 'node:fs';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenReply } from '@adiuva/shared/contracts/auth.ts';
import { tiers } from '@adiuva/shared/contracts/billing.ts';
import { temporaryFolder } from '../../tests/world/servers/process.ts';
import { createApp } from './app.ts';
import { testCloud, type TestCloud } from './cloud.suite.ts';
import type { Owned } from './http/access.ts';
import { builtIn } from './plans/catalogue.ts';

/** One thing of each kind, made by its owner over the routes; the id that a stranger then tries. */
const sealed = Buffer.alloc(100, 7);
const objectName = 'o'.repeat(43);
const putObject = (cloud: TestCloud, token: string, id = objectName) =>
  cloud.call('PUT', `/api/v1/backup/objects/${id}`, { token, body: sealed, headers: { 'content-type': 'application/octet-stream' } });

const makers: Record<Owned, (cloud: TestCloud, owner: TokenReply) => Promise<string>> = {
  session: async (cloud, { accessToken }) => (await cloud.call('GET', '/api/v1/auth/sessions', { token: accessToken })).body.sessions[0].id,
  run: async (cloud, { accessToken }) => {
    const context = { userProfile: { timeZone: 'UTC', locale: 'en', now: '2026-11-20T09:00:00Z' } };
    const { body } = await cloud.call('POST', '/api/v1/chat', {
      token: accessToken,
      body: { message: 'Remind me to call Bob', executionMode: 'plan', context },
    });
    return body.requestId;
  },
  object: async (cloud, { accessToken }) => {
    await putObject(cloud, accessToken);
    return objectName;
  },
  playbook: async (cloud, { user }) => {
    const { signature: _none, ...document } = builtIn[0]!;
    const shared = { ...document, id: `shared-${user.id}`, set: 'shared' };
    await (await cloud.deps.db()).playbooks.putPlaybook({ owner: user.id, id: shared.id, version: 1, document: JSON.stringify(shared) });
    return shared.id;
  },
  backup: async (cloud, { accessToken: token }) => {
    const [repository, name] = ['r'.repeat(22), 'm'.repeat(43)];
    const argon = { version: 0x13, timeCost: 3, memoryKiB: 65_536, parallelism: 1, salt: 'A'.repeat(22) };
    const envelope = { format: 'adiuva-backup-envelope', version: 1, repository, epoch: 1, argon, sealed: 'A'.repeat(139), sum: 's'.repeat(43) };
    const head = { repository, epoch: 1, generation: 1, manifest: name, mac: 'h'.repeat(43) };
    const { body } = await cloud.call('PUT', '/api/v1/backup', {
      token,
      body: { expected: null, head, manifest: 'AAAA', objects: [], envelope: { expected: null, envelope } },
    });
    return body.manifest;
  },
};

/** What routes want to be sent before they look for the object. */
const bodies: Readonly<Record<string, object>> = { 'DELETE /api/v1/backup/:id': { password: 'correct horse battery' } };

describe('every route of the cloud', () => {
  let cloud: TestCloud;
  const routes: RouteOptions[] = [];
  beforeAll(async () => {
    cloud = await testCloud({ tier: 'team' });
    const listed = createApp(cloud.deps);
    // HEAD comes by itself with every GET and has no body to look at.
    listed.addHook('onRoute', (route) => void (route.method !== 'HEAD' && routes.push(route)));
    await listed.ready();
    await listed.close();
  });
  afterAll(() => cloud.close());

  const call = ({ method, url }: RouteOptions, id: string, token?: string) => {
    const body = bodies[`${String(method)} ${url}`];
    return cloud.call([method].flat()[0] as 'GET', url.replace(/:\w+/g, id), { ...(token !== undefined && { token }), ...(body && { body }) });
  };
  const named = () => routes.flatMap((route) => (typeof route.config?.access === 'object' ? [{ route, access: route.config.access }] : []));
  const owned = () => named().flatMap(({ route, access }) => ('owned' in access ? [{ route, access }] : []));

  it('names the object in its path that it says it touches', () => {
    expect(owned().length).toBeGreaterThanOrEqual(6);
    for (const { route, access } of named()) expect(route.url).toContain(`:${access.param}`);
    for (const route of routes.filter(({ config }) => typeof config?.access === 'string')) expect(route.url).not.toContain('/:');
  });

  it('says 404 to a stranger with the id of another, as to an id that nobody has', async () => {
    const stranger = await cloud.register();
    for (const { route, access } of owned()) {
      const owner = await cloud.register();
      const theirs = await call(route, await makers[access.owned](cloud, owner), stranger.accessToken);
      const nobodys = await call(route, '01a1fae5-0000-7000-8000-000000000000', stranger.accessToken);
      expect.soft([route.method, route.url, theirs.status, theirs.body?.code]).toEqual([route.method, route.url, 404, access.missing]);
      expect({ ...theirs.body, requestId: '' }).toEqual({ ...nobodys.body, requestId: '' });
    }
  });

  it('makes what a stranger puts under the id of another for the stranger alone', async () => {
    expect(named().flatMap(({ access }) => ('makes' in access ? [access.makes] : []))).toEqual(['object']);
    const [owner, stranger] = [await cloud.register(), await cloud.register()];
    await putObject(cloud, owner.accessToken);
    const get = (token: string) => cloud.call('GET', `/api/v1/backup/objects/${objectName}`, { token });
    expect((await get(stranger.accessToken)).status).toBe(404);
    const theirs = Buffer.alloc(50, 1);
    const headers = { 'content-type': 'application/octet-stream' };
    const { status } = await cloud.call('PUT', `/api/v1/backup/objects/${objectName}`, { token: stranger.accessToken, body: theirs, headers });
    expect([status, (await get(owner.accessToken)).body, (await get(stranger.accessToken)).body]).toEqual([201, sealed, theirs]);
  });

  it('knows the same object of its owner', async () => {
    for (const { route, access } of owned()) {
      const owner = await cloud.register();
      const { status } = await call(route, await makers[access.owned](cloud, owner), owner.accessToken);
      expect.soft([route.method, route.url, Math.floor(status / 100)]).toEqual([route.method, route.url, 2]);
    }
  });

  it('asks for a token, but for those that are for anyone', async () => {
    const open = routes.filter(({ config }) => config?.access === 'anyone' || config?.access === 'optional');
    expect(open.map(({ method, url }) => `${String(method)} ${url}`).sort()).toEqual([
      'GET /.well-known/jwks.json',
      'GET /api/v1/chat/stream',
      'GET /api/v1/health',
      'GET /api/v1/health/live',
      'GET /api/v1/health/ready',
      'GET /api/v1/openapi.json',
      'GET /billing/back',
      'GET /billing/done',
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/logout',
      'POST /api/v1/auth/refresh',
      'POST /api/v1/auth/register',
      'POST /api/v1/billing/webhook',
    ]);
    for (const route of routes.filter((each) => !open.includes(each))) expect((await call(route, 'x'.repeat(12))).status).toBe(401);
  });

  it('says where the caller stands with the limits', async () => {
    for (const route of routes.filter(({ url }) => url !== '/api/v1/chat/stream')) {
      // A new account each: some of the routes end sessions.
      const { accessToken } = await cloud.register();
      const { headers } = await call(route, 'x'.repeat(12), accessToken);
      expect
        .soft([route.url, Object.keys(headers)])
        .toEqual([route.url, expect.arrayContaining(['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'x-request-id'])]);
    }
  });

  it('cannot be registered without saying whose things it touches', async () => {
    const app = createApp(cloud.deps);
    expect(() => app.get('/new', () => 'x')).toThrow('does not say whose things it touches');
    await app.close();
  });

  describe('in the OpenAPI document', () => {
    it('stands with its schemas, and the document is valid', async () => {
      const { status, body } = await cloud.call('GET', '/api/v1/openapi.json');
      expect(status).toBe(200);
      expect(await new Validator().validate(body)).toEqual({ valid: true });
      const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      const wanted = routes.filter(({ url }) => url !== '/api/v1/chat/stream').map(({ method, url }) => `${String(method)} ${url.replace(/:(\w+)/g, '{$1}')}`);
      expect(described.sort()).toEqual(wanted.sort());
    });

    it('has the rules of what it takes, and the problem that refuses it', async () => {
      const { body } = await cloud.call('GET', '/api/v1/openapi.json');
      const register = body.paths['/api/v1/auth/register'].post;
      expect(register.requestBody.content['application/json'].schema).toMatchObject({
        type: 'object',
        required: ['email', 'password'],
        additionalProperties: false,
        properties: { email: { type: 'string', format: 'email', maxLength: 254 } },
      });
      expect(register.responses['201'].content['application/json'].schema.required).toEqual(['user', 'accessToken', 'refreshToken', 'expiresIn']);
      expect(register.responses.default.content['application/problem+json'].schema.required).toEqual(['type', 'title', 'status', 'code']);
      expect(body.paths['/api/v1/auth/me'].get.security).toEqual([{ bearer: [] }]);
      expect(register.security).toEqual([]);
    });
  });
});

describe('the upgrade to a socket', () => {
  it('is limited like a request, and refused with a problem', async () => {
    const cloud = await testCloud({ limits: { tiers, anonymousPerMinute: 2 } });
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = cloud.app.server.address() as { port: number };
    const upgrade = async (headers: Record<string, string> = {}) => {
      const asked = request({
        port,
        path: '/api/v1/chat/stream',
        headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'MTIzNDU2Nzg5MDEyMzQ1Ng==', ...headers },
      }).end();
      const opened = once(asked, 'upgrade').then(([answer, socket]) => (socket.destroy(), answer.statusCode));
      const refused = once(asked, 'response').then(([answer]) => (answer.resume(), answer.statusCode));
      return (await Promise.race([opened, refused])) as number;
    };
    expect(await upgrade({ authorization: 'Bearer a.b.c' })).toBe(401);
    expect(await upgrade()).toBe(101);
    expect(await upgrade()).toBe(429);
    await cloud.close();
  });
});

describe('the app', () => {
  it('opens nothing on the way up: neither database nor folder', async () => {
    const home = temporaryFolder('idle');
    const cloud = await testCloud({
      env: { ADIUVA_HOME: home },
      db: () => Promise.reject(new Error('was opened')),
      blobs: () => Promise.reject(new Error('was opened')),
    });
    expect((await cloud.call('GET', '/api/v1/health/live')).status).toBe(200);
    await cloud.close();
    rmSync(home, { recursive: true });
  });
});
