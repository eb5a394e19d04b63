import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupEntry, backupHistory, backupReply, manifestBytes, missingObjects, objectBytes } from '@adiuva/shared/contracts/backup.ts';
import type { Blobs } from '../adapters/blobs/blobs.ts';
import type { Database } from '../adapters/db/database.ts';
import { testCloud, type Answer, type TestCloud } from '../cloud.suite.ts';

const hour = 3_600_000;
const day = 24 * hour;
const password = 'correct horse battery';
const mega = 1_000_000;

const name = (text: string) => createHash('sha256').update(text).digest('base64url');
const bytes = (text: string, size = 1_000) => Buffer.alloc(size, createHash('sha256').update(text).digest());
const repository = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22);
const octets = { 'content-type': 'application/octet-stream' };

interface Account {
  readonly token: string;
  readonly userId: string;
  readonly repository: string;
}

/** The whole API of backups over real routes, on any database and any store of blobs. */
export function backupsSuite(open: { db: () => Database; blobs: () => Blobs }): void {
  let cloud: TestCloud;
  let port: number;
  const quota = 20 * mega;
  /** What the tier gives, for the test that is running. */
  let allowed: number | null = quota;
  beforeAll(async () => {
    const blobs = async () => ({ ...open.blobs(), close: async () => {} });
    cloud = await testCloud({ sharedDb: open.db(), blobs, tier: 'pro', backupQuota: () => allowed });
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    port = (cloud.app.server.address() as { port: number }).port;
  });
  afterAll(() => cloud.close());

  let names = 0;
  const account = async (): Promise<Account> => {
    const { accessToken, user } = await cloud.register({ password });
    return { token: accessToken, userId: user.id, repository: repository(`r${++names}`) };
  };
  const signed = () => open.blobs().links !== null;

  const put = ({ token }: Account, id: string, payload: Buffer) => cloud.call('PUT', `/api/v1/backup/objects/${id}`, { token, body: payload, headers: octets });
  const get = ({ token }: Account, id: string, headers: Record<string, string> = {}, query = '') =>
    cloud.call('GET', `/api/v1/backup/objects/${id}${query}`, { token, headers });
  const offer = async ({ token }: Account, objects: { id: string; bytes: number }[]): Promise<Answer> =>
    cloud.call('POST', '/api/v1/backup/objects/missing', { token, body: { objects } });
  const missing = async (who: Account, ids: string[], size = 1_000) => {
    const { status, body } = await offer(
      who,
      ids.map((id) => ({ id, bytes: size })),
    );
    expect([status, body.code]).toEqual([200, undefined]);
    return missingObjects.parse(body).missing.map(({ id }) => id);
  };
  const envelopeOf = (who: Account, more: { epoch?: number; wrapped?: string; repository?: string } = {}) => {
    const { epoch = 1, wrapped = 'first' } = more;
    const argon = { version: 0x13, timeCost: 3, memoryKiB: 65_536, parallelism: 1, salt: 'A'.repeat(22) };
    const plain = { format: 'adiuva-backup-envelope', version: 1, repository: more.repository ?? who.repository, epoch, argon };
    return { ...plain, sealed: name(wrapped).repeat(4).slice(0, 139), sum: name(`${JSON.stringify(plain)}${wrapped}`) };
  };
  const putEnvelope = ({ token }: Account, envelope: object, expected: string | null) =>
    cloud.call('PUT', '/api/v1/backup/envelope', { token, body: { expected, envelope } });
  const commitOf = (who: Account, generation: number, objects: string[], expected: string | null, more: { epoch?: number; manifest?: Buffer } = {}) => {
    const { epoch = 1, manifest = bytes(`m${generation}`, 500) } = more;
    const head = { repository: who.repository, epoch, generation, manifest: name(`${who.repository}-${epoch}-${generation}`), mac: name(`mac${generation}`) };
    return { expected, head, manifest: manifest.toString('base64url'), objects };
  };
  const commit = ({ token }: Account, body: object) => cloud.call('PUT', '/api/v1/backup', { token, body });
  const history = async ({ token }: Account) => backupHistory.parse((await cloud.call('GET', '/api/v1/backup/history', { token })).body);
  const newest = ({ token }: Account, headers: Record<string, string> = {}) => cloud.call('GET', '/api/v1/backup', { token, headers });
  const drop = ({ token }: Account, id: string, typed = password) => cloud.call('DELETE', `/api/v1/backup/${id}`, { token, body: { password: typed } });
  const code = ({ status, body }: Answer) => [status, body?.code];
  const keys = async (who: Account) => {
    const found: string[] = [];
    for await (const { key } of open.blobs().list(`backups/${who.userId}/`)) found.push(key);
    return found;
  };
  /** An account with an envelope and backups of one object each. */
  const withBackups = async (count: number) => {
    const who = await account();
    await putEnvelope(who, envelopeOf(who), null);
    const heads: string[] = [];
    for (let generation = 1; generation <= count; generation += 1) {
      await put(who, name(`o${generation}`), bytes(`o${generation}`));
      const answer = await commit(who, commitOf(who, generation, [name('o1'), name(`o${generation}`)], heads.at(-1) ?? null));
      expect(answer.status).toBe(201);
      heads.push(answer.body.manifest);
    }
    return { who, heads };
  };
  const later = async (ms: number) => {
    await cloud.clock.advance(ms);
    return cloud.deps.backups.collector.collect();
  };
  /** Tokens last 15 minutes, and tests move the clock. */
  const fresh = async (who: Account, email: string): Promise<Account> => {
    const { body } = await cloud.call('POST', '/api/v1/auth/login', { body: { email, password } });
    return { ...who, token: body.accessToken };
  };
  const lasting = async () => {
    const { accessToken, user, email } = await cloud.register({ password });
    const who = { token: accessToken, userId: user.id, repository: repository(`r${++names}`) };
    return { who, again: () => fresh(who, email) };
  };

  describe('the envelope', () => {
    it('is not there at first, is put where none is, and comes back as it was', async () => {
      const who = await account();
      expect(code(await cloud.call('GET', '/api/v1/backup/envelope', { token: who.token }))).toEqual([404, 'backup.missing']);
      const envelope = envelopeOf(who);
      expect((await putEnvelope(who, envelope, null)).body).toEqual(envelope);
      expect((await putEnvelope(who, envelope, null)).status).toBe(200);
      const { body, headers } = await cloud.call('GET', '/api/v1/backup/envelope', { token: who.token });
      expect([body, headers['etag']]).toEqual([envelope, `"${envelope.sum}"`]);
      const again = await cloud.call('GET', '/api/v1/backup/envelope', { token: who.token, headers: { 'if-none-match': String(headers['etag']) } });
      expect([again.status, again.body]).toEqual([304, '']);
    });

    it('is replaced only from the one that is there', async () => {
      const who = await account();
      const [first, second] = [envelopeOf(who), envelopeOf(who, { wrapped: 'second' })];
      await putEnvelope(who, first, null);
      expect(code(await putEnvelope(who, second, null))).toEqual([409, 'backup.head_moved']);
      expect(code(await putEnvelope(who, second, name('other')))).toEqual([409, 'backup.head_moved']);
      expect((await putEnvelope(who, second, first.sum)).status).toBe(200);
    });

    it('rises in epochs, also by more than one, never falls, and is of one repository while there are backups', async () => {
      const { who, heads } = await withBackups(1);
      const first = envelopeOf(who);
      const [later, other] = [envelopeOf(who, { epoch: 4 }), envelopeOf(who, { repository: repository('another') })];
      expect(code(await putEnvelope(who, other, first.sum))).toEqual([409, 'backup.forked']);
      const second = envelopeOf(who, { epoch: 2 });
      expect((await putEnvelope(who, second, first.sum)).status).toBe(200);
      expect(code(await putEnvelope(who, first, second.sum))).toEqual([409, 'backup.forked']);
      expect((await putEnvelope(who, later, second.sum)).status).toBe(200);
      expect(code(await putEnvelope(who, second, later.sum))).toEqual([409, 'backup.forked']);
      await drop(who, heads[0]!);
      expect((await putEnvelope(who, other, later.sum)).status).toBe(200);
      expect((await history(who)).nextGeneration).toBe(1);
    });

    it.each([
      ['few passes', { timeCost: 1 }],
      ['little memory', { memoryKiB: 8 }],
      ['endless memory', { memoryKiB: 16_777_216 }],
      ['another version', { version: 16 }],
    ])('is refused with %s', async (_name, weak) => {
      const who = await account();
      const envelope = envelopeOf(who);
      expect(code(await putEnvelope(who, { ...envelope, argon: { ...envelope.argon, ...weak } }, null))).toEqual([400, 'request.invalid']);
    });
  });

  describe('objects', () => {
    it('are missing until they are put, and come back as they were', async () => {
      const who = await account();
      const id = name('a');
      expect(await missing(who, [id])).toEqual([id]);
      expect((await put(who, id, bytes('a'))).status).toBe(201);
      expect(await missing(who, [id, name('b')])).toEqual([name('b')]);
      const answer = await get(who, id);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-length': '1000',
        'cache-control': 'private, max-age=31536000, immutable',
      });
      expect(answer.body).toEqual(bytes('a'));
    });

    it.each([1, 65_536, 65_537, objectBytes])('of %i bytes are taken whole', async (size) => {
      const who = await account();
      const payload = bytes(`size ${size}`, size);
      expect((await put(who, name('sized'), payload)).status).toBe(201);
      expect(payload.equals((await get(who, name('sized'))).body)).toBe(true);
      expect((await history(who)).usedBytes).toBe(size);
    });

    it('are written once: the first bytes stay', async () => {
      const who = await account();
      await put(who, name('once'), bytes('once'));
      expect(code(await put(who, name('once'), bytes('other')))).toEqual([409, 'backup.object_exists']);
      expect((await get(who, name('once'))).body).toEqual(bytes('once'));
      expect((await history(who)).usedBytes).toBe(1_000);
    });

    it('come from one of many at once, and are counted once', async () => {
      const who = await account();
      const answers = await Promise.all(Array.from({ length: 8 }, () => put(who, name('race'), bytes('race', 50_000))));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, ...Array<number>(7).fill(409)]);
      expect((await history(who)).usedBytes).toBe(50_000);
      expect(await keys(who)).toHaveLength(1);
    });

    it('can be read in part, and asked for without their bytes', async () => {
      const who = await account();
      const whole = bytes('part');
      await put(who, name('part'), whole);
      for (const [range, start, end] of [
        ['bytes=0-0', 0, 0],
        ['bytes=10-19', 10, 19],
        ['bytes=990-', 990, 999],
        ['bytes=-10', 990, 999],
        ['bytes=500-5000', 500, 999],
      ] as const) {
        const { status, headers, body } = await get(who, name('part'), { range });
        expect([range, status, headers['content-range'], headers['content-length']]).toEqual([
          range,
          206,
          `bytes ${start}-${end}/1000`,
          String(end - start + 1),
        ]);
        expect(body).toEqual(whole.subarray(start, end + 1));
      }
      for (const range of ['bytes=1000-', 'bytes=5-4', 'bytes=a-b', 'bytes=0-1,3-4', 'items=0-1'])
        expect((await get(who, name('part'), { range })).status).toBe(200);
      const head = await cloud.call('HEAD', `/api/v1/backup/objects/${name('part')}`, { token: who.token });
      expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '1000', 0]);
    });

    it('belong to one account: another has none of them', async () => {
      const [who, stranger] = [await account(), await account()];
      await put(who, name('mine'), bytes('mine'));
      expect(code(await get(stranger, name('mine')))).toEqual([404, 'backup.object_not_found']);
      expect(await missing(stranger, [name('mine')])).toEqual([name('mine')]);
      expect((await put(stranger, name('mine'), bytes('theirs'))).status).toBe(201);
      expect((await get(who, name('mine'))).body).toEqual(bytes('mine'));
    });

    it.each([
      ['no length', { 'transfer-encoding': 'chunked' }, 400, 'request.invalid'],
      ['nothing', { 'content-length': '0' }, 400, 'request.invalid'],
      ['one byte too many', { 'content-length': String(objectBytes + 1) }, 413, 'request.too_large'],
    ])('are refused with %s, before a byte is read', async (_name, headers, status, expected) => {
      const who = await account();
      const sent = request({
        port,
        method: 'PUT',
        path: `/api/v1/backup/objects/${name('x')}`,
        headers: { ...octets, ...headers, authorization: `Bearer ${who.token}` },
      });
      sent.on('error', () => {});
      sent.flushHeaders();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      const body = JSON.parse(Buffer.concat(await answer.toArray()).toString()) as { code: string };
      expect([answer.statusCode, body.code]).toEqual([status, expected]);
      sent.destroy();
      expect((await history(who)).usedBytes).toBe(0);
    });

    it.each(['short', 'x'.repeat(44), `${'x'.repeat(42)}!`])('are not put under the name %j', async (id) => {
      const who = await account();
      expect(code(await put(who, id, bytes('x')))).toEqual([400, 'request.invalid']);
    });

    it('that break off leave nothing, and their room is given back', async () => {
      const who = await account();
      const id = name('broken');
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `PUT /api/v1/backup/objects/${id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${who.token}\r\ncontent-type: application/octet-stream\r\ncontent-length: 2000000\r\n\r\n`,
      );
      socket.write(bytes('broken', 300_000));
      await expect.poll(async () => (await history(who)).usedBytes).toBe(2 * mega);
      socket.destroy();
      await expect.poll(async () => (await history(who)).usedBytes).toBe(0);
      expect(await keys(who)).toEqual([]);
      expect(await missing(who, [id])).toEqual([id]);
    });

    it('that stop coming are given up after half a minute', async () => {
      const who = await account();
      const sent = request({
        port,
        method: 'PUT',
        path: `/api/v1/backup/objects/${name('slow')}`,
        headers: { ...octets, 'content-length': '1000000', authorization: `Bearer ${who.token}` },
      });
      sent.on('error', () => {});
      sent.write(bytes('slow', 10_000));
      await expect.poll(async () => (await history(who)).usedBytes).toBe(mega);
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      await expect
        .poll(async () => {
          await cloud.clock.advance(31_000);
          return Promise.race([answered.then(([answer]) => answer.statusCode), new Promise((resolve) => setTimeout(resolve, 50))]);
        })
        .toBe(408);
      sent.destroy();
      await expect.poll(async () => (await history(who)).usedBytes).toBe(0);
    });

    it('offered with another length than they have are refused', async () => {
      const who = await account();
      await put(who, name('length'), bytes('length'));
      expect(code(await offer(who, [{ id: name('length'), bytes: 999 }]))).toEqual([400, 'request.invalid']);
    });
  });

  describe('signed addresses', () => {
    it('take the object past the server, once and of that size, and give it again', async () => {
      const who = await account();
      const [id, payload] = [name('past'), bytes('past', 70_000)];
      const { body } = await offer(who, [{ id, bytes: payload.length }]);
      const { upload } = missingObjects.parse(body).missing[0]!;
      if (!signed()) {
        // Without a store that signs, the same object goes through the server and is given by it.
        expect(upload).toBeNull();
        await put(who, id, payload);
        expect((await get(who, id, {}, '?redirect=1')).status).toBe(200);
        return;
      }
      expect((await history(who)).usedBytes).toBe(70_000);
      const send = async (data: Buffer) => {
        const headers = { ...upload!.headers, 'content-length': String(data.length) };
        return (await fetch(upload!.url, { method: 'PUT', headers, body: new Uint8Array(data) })).status;
      };
      expect(upload!.headers).toEqual({ 'content-length': '70000', 'if-none-match': '*' });
      expect(await send(payload.subarray(1))).toBe(403);
      expect((await fetch(upload!.url, { method: 'PUT', body: new Uint8Array(payload) })).status).toBe(403);
      expect((await offer(who, [{ id, bytes: payload.length }])).body.missing[0].upload.url).toContain(new URL(upload!.url).pathname);
      expect(await send(payload)).toBe(200);
      expect(await send(bytes('other', 70_000))).toBe(412);
      expect(await missing(who, [id], 70_000)).toEqual([]);
      expect((await history(who)).usedBytes).toBe(70_000);
      const { status, headers } = await get(who, id, {}, '?redirect=1');
      expect(status).toBe(302);
      expect(Buffer.from(await (await fetch(String(headers['location']))).arrayBuffer())).toEqual(payload);
      expect((await get(who, id)).body).toEqual(payload);
    });

    it('that are not used give their room back, and the way through the server stays open', async () => {
      const who = await account();
      const id = name('unused');
      await offer(who, [{ id, bytes: 1_000 }]);
      expect((await put(who, id, bytes('unused'))).status).toBe(201);
      expect((await history(who)).usedBytes).toBe(1_000);
      await offer(who, [{ id: name('never'), bytes: 5_000 }]);
      expect((await history(who)).usedBytes).toBe(signed() ? 6_000 : 1_000);
      await later(2 * hour);
      expect((await cloud.deps.backups.history({ userId: who.userId, quota })).usedBytes).toBe(1_000);
    });

    it('are noticed by a commit as well', async () => {
      const who = await account();
      await putEnvelope(who, envelopeOf(who), null);
      const id = name('quiet');
      const { upload } = missingObjects.parse((await offer(who, [{ id, bytes: 1_000 }])).body).missing[0]!;
      if (upload) await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: new Uint8Array(bytes('quiet')) });
      else await put(who, id, bytes('quiet'));
      expect((await commit(who, commitOf(who, 1, [id], null))).status).toBe(201);
    });
  });

  describe('a commit', () => {
    it('makes the newest, which says what restoring it reads', async () => {
      const { who, heads } = await withBackups(2);
      const { status, body, headers } = await newest(who);
      expect(status).toBe(200);
      const reply = backupReply.parse(body);
      expect(reply.entry).toMatchObject({ generation: 2, manifest: heads[1], objects: 2, bytes: 2_500, createdAt: new Date(cloud.clock.now()).toISOString() });
      expect(Buffer.from(reply.manifest, 'base64url')).toEqual(bytes('m2', 500));
      expect([headers['etag'], headers['last-modified']]).toEqual([`"${heads[1]}"`, new Date(cloud.clock.now()).toUTCString()]);
      const { backups, usedBytes, quotaBytes, nextGeneration } = await history(who);
      expect(backups.map(({ manifest }) => manifest)).toEqual([heads[1], heads[0]]);
      expect([usedBytes, quotaBytes, nextGeneration]).toEqual([3_000, quota, 3]);
      expect((await cloud.call('GET', `/api/v1/backup/${heads[0]}`, { token: who.token })).body.entry).toEqual(backups[1]);
    });

    it('that comes again is answered as before', async () => {
      const who = await account();
      await putEnvelope(who, envelopeOf(who), null);
      const body = commitOf(who, 1, [], null);
      const [first, second] = [await commit(who, body), await commit(who, body)];
      expect([first.status, second.status]).toEqual([201, 200]);
      expect(second.body).toEqual(first.body);
      backupEntry.parse(first.body);
      expect((await history(who)).usedBytes).toBe(500);
    });

    it('needs the newest, the envelope, its repository and epoch, the next number, and all objects', async () => {
      const who = await account();
      expect(code(await commit(who, commitOf(who, 1, [], null)))).toEqual([409, 'backup.not_set_up']);
      await putEnvelope(who, envelopeOf(who), null);
      expect(code(await commit(who, commitOf(who, 1, [], name('none'))))).toEqual([409, 'backup.head_moved']);
      expect(code(await commit({ ...who }, commitOf({ ...who, repository: repository('else') }, 1, [], null)))).toEqual([409, 'backup.forked']);
      expect(code(await commit(who, commitOf(who, 1, [], null, { epoch: 2 })))).toEqual([409, 'backup.forked']);
      expect(code(await commit(who, commitOf(who, 2, [], null)))).toEqual([400, 'request.invalid']);
      await put(who, name('here'), bytes('here'));
      expect(code(await commit(who, commitOf(who, 1, [name('here'), name('gone')], null)))).toEqual([409, 'backup.objects_missing']);
      expect((await history(who)).backups).toEqual([]);
      expect((await commit(who, commitOf(who, 1, [name('here'), name('here')], null))).body.objects).toBe(1);
    });

    it('is one of many at once', async () => {
      const { who, heads } = await withBackups(1);
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) => {
          const body = commitOf(who, 2, [], heads[0]!);
          return commit(who, { ...body, head: { ...body.head, manifest: name(`rival ${index}`) } });
        }),
      );
      expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
      expect(answers.filter(({ status }) => status === 409).map(({ body }) => body.code)).toEqual(Array<string>(5).fill('backup.head_moved'));
    });

    it('takes 65,536 names and the largest manifest, and not one more', { timeout: 60_000 }, async () => {
      const who = await account();
      await putEnvelope(who, envelopeOf(who), null);
      const many = Array.from({ length: 65_536 }, (_, index) => name(`many ${index}`));
      const manifest = bytes('large', manifestBytes);
      expect(code(await commit(who, commitOf(who, 1, many, null, { manifest })))).toEqual([409, 'backup.objects_missing']);
      expect(code(await commit(who, commitOf(who, 1, [...many, name('more')], null)))).toEqual([400, 'request.invalid']);
      expect((await commit(who, commitOf(who, 1, [], null, { manifest }))).status).toBe(201);
      expect((await commit(who, commitOf(who, 2, [], null, { manifest: Buffer.alloc(manifestBytes + 1) }))).status).not.toBe(201);
      expect(Buffer.from((await newest(who)).body.manifest, 'base64url').equals(manifest)).toBe(true);
    });

    it('of a new epoch takes the old ones away, with their objects', async () => {
      const { who: kept, again } = await lasting();
      await putEnvelope(kept, envelopeOf(kept), null);
      await put(kept, name('old'), bytes('old'));
      const first = await commit(kept, commitOf(kept, 1, [name('old')], null));
      await put(kept, name('new'), bytes('new'));
      const body = commitOf(kept, 2, [name('new')], first.body.manifest, { epoch: 2 });
      const envelope = envelopeOf(kept, { epoch: 2 });
      expect((await commit(kept, { ...body, envelope: { expected: envelopeOf(kept).sum, envelope } })).status).toBe(201);
      expect((await cloud.call('GET', '/api/v1/backup/envelope', { token: kept.token })).body).toEqual(envelope);
      expect((await history(kept)).backups.map(({ epoch }) => epoch)).toEqual([2]);
      expect((await history(kept)).usedBytes).toBe(1_500);
      expect(await keys(kept)).toHaveLength(2);
      await later(day + 1);
      expect(await keys(kept)).toHaveLength(1);
      expect((await get(await again(), name('new'))).body).toEqual(bytes('new'));
    });

    it('thins the history by days and months, never the newest', async () => {
      const { who, again } = await lasting();
      await putEnvelope(who, envelopeOf(who), null);
      let last: string | null = null;
      for (let generation = 1; generation <= 40; generation += 1) {
        const now = await again();
        await put(now, name(`t${generation}`), bytes(`t${generation}`));
        last = (await commit(now, commitOf(now, generation, [name(`t${generation}`)], last))).body.manifest as string;
        await cloud.clock.advance(generation <= 10 ? 25 * day : 6 * hour);
      }
      const { backups, usedBytes } = await history(await again());
      const generations = backups.map((entry) => entry.generation);
      expect(generations.slice(0, 10)).toEqual([40, 39, 38, 37, 36, 35, 34, 33, 32, 31]);
      // Of four a day one stays, of the older ones the newest of each month.
      expect(generations.length).toBeLessThan(28);
      expect(generations.at(-1)).toBeLessThan(4);
      expect(usedBytes).toBe(backups.length * 1_500);
    });
  });

  describe('asking for the newest again', () => {
    it('is answered shortly while it is the same', async () => {
      const { who, heads } = await withBackups(1);
      const { headers } = await newest(who);
      const [etag, modified] = [String(headers['etag']), String(headers['last-modified'])];
      expect((await newest(who, { 'if-none-match': etag })).status).toBe(304);
      expect((await newest(who, { 'if-none-match': `"x", W/${etag}` })).status).toBe(304);
      expect((await newest(who, { 'if-modified-since': modified })).status).toBe(304);
      expect((await newest(who, { 'if-none-match': '"x"', 'if-modified-since': modified })).status).toBe(200);
      expect((await newest(who, { 'if-modified-since': 'yesterday' })).status).toBe(200);
      await cloud.clock.advance(1_000);
      await commit(who, commitOf(who, 2, [], heads[0]!));
      for (const header of [{ 'if-none-match': etag }, { 'if-modified-since': modified }]) expect((await newest(who, header)).status).toBe(200);
    });

    it('notices that the newest was deleted', async () => {
      const { who, heads } = await withBackups(2);
      const modified = String((await newest(who)).headers['last-modified']);
      await cloud.clock.advance(2_000);
      expect((await drop(who, heads[1]!)).status).toBe(204);
      const { status, body } = await newest(who, { 'if-modified-since': modified });
      expect([status, body.entry.generation]).toEqual([200, 1]);
    });
  });

  describe('deleting', () => {
    it('asks for the password, and knows only what is there', async () => {
      const { who, heads } = await withBackups(1);
      expect(code(await drop(who, heads[0]!, 'wrong password'))).toEqual([401, 'auth.invalid_credentials']);
      expect((await history(who)).backups).toHaveLength(1);
      expect(code(await drop(who, name('none')))).toEqual([404, 'backup.not_found']);
      expect((await drop(who, heads[0]!)).status).toBe(204);
      expect(code(await drop(who, heads[0]!))).toEqual([404, 'backup.not_found']);
      expect(code(await newest(who))).toEqual([404, 'backup.missing']);
      expect(code(await cloud.call('GET', `/api/v1/backup/${heads[0]}`, { token: who.token }))).toEqual([404, 'backup.not_found']);
    });

    it('limits the tries', async () => {
      const { who, heads } = await withBackups(1);
      const tries: number[] = [];
      for (let index = 0; index < 12; index += 1) tries.push((await drop(who, heads[0]!, 'wrong password')).status);
      expect(tries.slice(-2)).toEqual([429, 429]);
    });

    it('gives the room back at once and no number twice, and takes the bytes after 30 days', async () => {
      const { who, heads } = await withBackups(2);
      await drop(who, heads[1]!);
      const after = await history(who);
      // The second object is still kept for the day in which it was put: nothing but a backup took its pin.
      expect([after.usedBytes, after.nextGeneration, after.backups.length]).toEqual([1_500, 3, 1]);
      expect((await commit(who, commitOf(who, 3, [name('o1')], heads[0]!))).status).toBe(201);
      await later(29 * day);
      expect(await keys(who)).toHaveLength(2);
      await later(day + 1);
      expect(await keys(who)).toHaveLength(1);
    });
  });

  describe('what nobody refers to', () => {
    it('is kept for a day after it was put, condemned for another, and revived by being offered', async () => {
      const { who, again } = await lasting();
      for (const id of ['forgotten', 'revived']) await put(who, name(id), bytes(id));
      await later(day + 1);
      expect((await history(await again())).usedBytes).toBe(0);
      expect(await keys(who)).toHaveLength(2);
      expect(await missing(await again(), [name('revived')])).toEqual([]);
      expect((await history(await again())).usedBytes).toBe(1_000);
      await later(day - 1);
      expect(await keys(who)).toHaveLength(2);
      await later(1);
      const now = await again();
      expect(await keys(who)).toHaveLength(1);
      expect(code(await get(now, name('forgotten')))).toEqual([404, 'backup.object_not_found']);
      expect((await get(now, name('revived'))).body).toEqual(bytes('revived'));
      expect((await put(now, name('forgotten'), bytes('forgotten'))).status).toBe(201);
    });

    it('is swept from the store as well where no row knows it', async () => {
      const { who } = await withBackups(1);
      const stray = `backups/${who.userId}/stray`;
      await open.blobs().put(
        stray,
        (async function* () {
          yield new Uint8Array(3);
        })(),
        3,
      );
      const before = await keys(who);
      await later(day);
      expect(before).toContain(stray);
      expect(await keys(who)).toEqual(before.filter((key) => key !== stray));
    });
  });

  describe('the quota', () => {
    it('is exact under 50 uploads at once', { timeout: 60_000 }, async () => {
      const who = await account();
      const size = mega;
      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => put(who, name(`p${index}`), bytes(`p${index}`, size))));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(quota / size);
      expect(answers.filter(({ status, body }) => status === 507 && body.code === 'backup.quota')).toHaveLength(50 - quota / size);
      expect((await history(who)).usedBytes).toBe(quota);
      expect(await keys(who)).toHaveLength(quota / size);
      expect(code(await put(who, name('p-more'), bytes('one', 1)))).toEqual([507, 'backup.quota']);
      await putEnvelope(who, envelopeOf(who), null);
      expect(code(await commit(who, commitOf(who, 1, [], null)))).toEqual([507, 'backup.quota']);
      expect((await history(who)).backups).toEqual([]);
    });

    it('refuses an offer that does not fit before anything travels', async () => {
      const who = await account();
      const half = Array.from({ length: 5 }, (_, index) => ({ id: name(`h${index}`), bytes: 4 * mega }));
      expect((await offer(who, half)).status).toBe(200);
      expect((await offer(who, half)).status).toBe(200);
      expect(code(await offer(who, [...half, { id: name('h5'), bytes: 1 }]))).toEqual([507, 'backup.quota']);
    });

    it('of nothing takes nothing and gives everything', async () => {
      const { who, heads } = await withBackups(1);
      allowed = 0;
      try {
        const refused = await put(who, name('lapsed'), bytes('lapsed'));
        expect(code(refused)).toEqual([507, 'backup.quota']);
        expect(refused.body.detail).toMatch(/folder.*free/);
        expect(code(await offer(who, [{ id: name('lapsed'), bytes: 1 }]))).toEqual([507, 'backup.quota']);
        expect(code(await commit(who, commitOf(who, 2, [name('o1')], heads[0]!)))).toEqual([507, 'backup.quota']);
        expect(await missing(who, [name('o1')])).toEqual([]);
        expect((await newest(who)).status).toBe(200);
        expect((await get(who, name('o1'))).body).toEqual(bytes('o1'));
        expect(await history(who)).toMatchObject({ quotaBytes: 0, usedBytes: 1_500 });
        await later(3 * day);
        expect(await keys(who)).toHaveLength(1);
      } finally {
        allowed = quota;
      }
    });

    it('refuses while the bytes are still coming, and the sender reads why', async () => {
      const who = await account();
      await put(who, name('first'), bytes('first', objectBytes));
      allowed = objectBytes;
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/backup/objects/${name('second')}`, {
          method: 'PUT',
          headers: { ...octets, authorization: `Bearer ${who.token}` },
          body: new Uint8Array(bytes('second', objectBytes)),
        });
        expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([507, 'backup.quota']);
      } finally {
        allowed = quota;
      }
    });

    it('has no end where the tier has none', async () => {
      const who = await account();
      allowed = null;
      try {
        expect((await put(who, name('team'), bytes('team'))).status).toBe(201);
        expect((await history(who)).quotaBytes).toBeNull();
      } finally {
        allowed = quota;
      }
    });
  });
}
