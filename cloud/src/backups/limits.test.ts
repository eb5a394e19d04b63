import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tiers } from '@adiuva/shared/contracts/billing.ts';
import { testCloud, type TestCloud } from '../cloud.suite.ts';
import { superfluous } from './retention.ts';

const day = 86_400_000;

describe('requests for parts of a backup', () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await testCloud({ tier: 'pro', limits: { tiers, anonymousPerMinute: 1e6 } });
  });
  afterAll(() => cloud.close());

  it('are counted apart from all others', async () => {
    const { accessToken: token } = await cloud.register();
    const ask = (path: string) => cloud.call('GET', `/api/v1/backup${path}`, { token });
    for (let index = 0; index < tiers.pro.requestsPerMinute + 20; index += 1) await ask(`/objects/${'x'.repeat(43)}`);
    const part = await ask(`/objects/${'x'.repeat(43)}`);
    expect([part.status, part.headers['ratelimit-limit'], part.headers['ratelimit-remaining']]).toEqual([404, '6000', '5919']);
    const rest = await ask('/history');
    expect([rest.status, rest.headers['ratelimit-limit'], rest.headers['ratelimit-remaining']]).toEqual([200, '60', '59']);
  });

  it('have an end of their own', async () => {
    const { accessToken: token } = await cloud.register();
    const { userId } = await cloud.deps.accounts.authenticate(token);
    await cloud.deps.counters.hit(`rate:objects:${userId}`, 60_000, cloud.clock.now(), 6_000);
    const { status, body } = await cloud.call('POST', '/api/v1/backup/objects/missing', { token, body: { objects: [{ id: 'x'.repeat(43), bytes: 1 }] } });
    expect([status, body.code]).toEqual([429, 'rate.limited']);
    expect((await cloud.call('GET', '/api/v1/backup/history', { token })).status).toBe(200);
  });
});

describe('the collection', () => {
  it('comes by itself every hour, and ends with the service', async () => {
    const cloud = await testCloud({ tier: 'pro' });
    const { accessToken: token, user } = await cloud.register();
    const put = (id: string) =>
      cloud.call('PUT', `/api/v1/backup/objects/${id.repeat(43)}`, { token, body: Buffer.alloc(9), headers: { 'content-type': 'application/octet-stream' } });
    await put('a');
    const used = async () => (await cloud.deps.backups.history({ userId: user.id, quota: null })).usedBytes;
    cloud.deps.backups.collector.start();
    await cloud.clock.advance(60 * 60_000);
    expect(await used()).toBe(9);
    await expect.poll(async () => (await cloud.clock.advance(60 * 60_000), used()), { timeout: 20_000 }).toBe(0);
    await cloud.close();
    expect(cloud.clock.pending()).toBe(0);
  });
});

describe('a body that does not come', () => {
  it('is given up after half a minute where it is read whole', async () => {
    const cloud = await testCloud();
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((cloud.app.server.address() as { port: number }).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"email"');
    await expect.poll(() => cloud.clock.pending()).toBeGreaterThan(0);
    const answered = once(socket, 'data');
    await cloud.clock.advance(30_000);
    expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 408 [\s\S]*request\.timeout/);
    socket.destroy();
    await cloud.close();
  });

  it('is cut half a minute after an answer that did not wait for it', async () => {
    const cloud = await testCloud();
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((cloud.app.server.address() as { port: number }).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `PUT /api/v1/backup/objects/${'x'.repeat(43)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 100\r\n\r\nabc`,
    );
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 401 /);
    await expect.poll(() => cloud.clock.pending()).toBe(1);
    const closed = once(socket, 'close');
    await cloud.clock.advance(30_000);
    await closed;
    await cloud.close();
  });

  it('leaves no timer where it comes', async () => {
    const cloud = await testCloud();
    await cloud.register();
    expect(cloud.clock.pending()).toBe(0);
    await cloud.close();
  });
});

describe('a history that is thinned', () => {
  const now = Date.UTC(2026, 10, 20, 12);
  const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => ({ id: String(index), createdAt: now - index * ms }));
  const stays = (history: { id: string; createdAt: number }[]) => {
    const gone = new Set(superfluous(history, now));
    return history.filter(({ id }) => !gone.has(id)).map(({ createdAt }) => new Date(createdAt).toISOString().slice(0, 13));
  };

  it('keeps the newest ten, whatever their age', () => {
    expect(superfluous(every(400 * day, 10), now)).toEqual([]);
    expect(superfluous(every(400 * day, 11), now)).toEqual(['10']);
    expect(superfluous([], now)).toEqual([]);
  });

  it('keeps the newest of each day for thirty days', () => {
    const left = stays(every(6 * 3_600_000, 100));
    expect(left.slice(0, 10)).toEqual(every(6 * 3_600_000, 10).map(({ createdAt }) => new Date(createdAt).toISOString().slice(0, 13)));
    expect(left.slice(10)).toEqual(
      Array.from({ length: left.length - 10 }, (_, index) => `${new Date(now - (index + 3) * day).toISOString().slice(0, 10)}T18`),
    );
  });

  it('keeps the newest of each month for a year', () => {
    const left = stays(every(day, 800)).map((at) => at.slice(0, 10));
    expect(left.slice(30)).toEqual([
      '2026-09-30',
      '2026-08-31',
      '2026-07-31',
      '2026-06-30',
      '2026-05-31',
      '2026-04-30',
      '2026-03-31',
      '2026-02-28',
      '2026-01-31',
      '2025-12-31',
      '2025-11-30',
    ]);
  });
});
