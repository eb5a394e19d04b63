import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdiuvaError, toProblem, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { cloudAddress, mayReach } from './address.ts';
import { createCloud, type Cloud } from './cloud.ts';
import { startPeer, type Peer } from './peer.suite.ts';
import type { TokenStore } from './session.ts';

/** Remembers what was waited for between tries, and does not wait. */
function noted(): { clock: Clock; waits: number[] } {
  const waits: number[] = [];
  return { waits, clock: { ...systemClock, sleep: (ms, signal) => (waits.push(ms), systemClock.sleep(0, signal)) } };
}
/** Limits of minutes are over in a moment. */
const impatient: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms / 1_000, fn), sleep: (ms, signal) => systemClock.sleep(ms / 1_000, signal) };

const tokens = (): TokenStore => {
  let row: unknown = null;
  return { load: async () => row, change: async (work) => void (row = work(row) ?? row) };
};

type Answer = (request: IncomingMessage, reply: ServerResponse, nth: number) => void;
let peer: Peer;
let cloud: Cloud;
let clock: Clock;
let waits: number[];
let requests: number;
beforeEach(async () => {
  peer = await startPeer();
  requests = 0;
  ({ clock, waits } = noted());
});
afterEach(async () => {
  cloud.close();
  await peer.close();
});

async function withAnswer(answer: Answer, more: { clock?: Clock } = {}): Promise<Cloud> {
  // Signing in is no part of what is looked at: it has all the time it needs.
  let after = systemClock.after;
  const given: Clock = { ...(more.clock ?? clock), after: (ms, work) => after(ms, work) };
  cloud = createCloud({ baseUrl: peer.url, fetch, clock: given, random: systemRandom, log: silentLog, tokens: tokens() });
  await cloud.session.register('marta@example.org', 'correct horse');
  after = (more.clock ?? clock).after;
  peer.intercept = (request, reply) => {
    if (!request.url!.startsWith('/api/v1/backup')) return false;
    answer(request, reply, ++requests);
    return true;
  };
  return cloud;
}
const refuse = (reply: ServerResponse, code: ErrorCode, headers: Record<string, string> = {}) => {
  const body = toProblem(new AdiuvaError(code));
  reply.writeHead(body.status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify(body));
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof AdiuvaError ? error.code : String(error)),
  );
const received = async (request: IncomingMessage) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};
const bytes = seededRandom(1)(1_000_000);

describe('bytes to the cloud', () => {
  it('arrive whole, with their length and the token', async () => {
    const seen: unknown[] = [];
    const { transfer } = await withAnswer((request, reply) => {
      void received(request).then((body) => {
        seen.push(
          Buffer.compare(body, bytes),
          request.headers['content-length'],
          request.headers['transfer-encoding'],
          request.headers.authorization?.slice(0, 7),
        );
        reply.writeHead(201).end();
      });
    });
    await transfer.upload('/backup/objects/a', bytes);
    expect(seen).toEqual([0, '1000000', undefined, 'Bearer ']);
  });

  it('go again while the reason may pass, five times more, and give up then', async () => {
    const { transfer } = await withAnswer((_, reply, nth) => (nth < 6 ? refuse(reply, 'dependency.unavailable') : reply.writeHead(201).end()));
    await transfer.upload('/backup/objects/a', bytes);
    expect([requests, waits.length]).toEqual([6, 5]);
    peer.intercept = (_, reply) => (requests++, reply.destroy(), true);
    expect([await codeOf(transfer.upload('/backup/objects/a', bytes)), requests]).toEqual(['cloud.offline', 12]);
  });

  it('do not go again where the answer is final', async () => {
    const final: ErrorCode[] = ['backup.quota', 'backup.object_exists', 'request.too_large', 'backup.head_moved', 'backup.objects_missing'];
    const { transfer } = await withAnswer((_, reply, nth) => refuse(reply, final[nth - 1]!));
    for (const code of final) expect(await codeOf(transfer.upload('/backup/objects/a', bytes))).toBe(code);
    expect([requests, waits]).toEqual([final.length, []]);
  });

  it('wait as long as they are asked to, up to a minute', async () => {
    const asked = ['7', '60', '61'];
    const { transfer } = await withAnswer((_, reply, nth) => refuse(reply, 'rate.limited', { 'retry-after': asked[nth - 1]! }));
    expect(await codeOf(transfer.upload('/backup/objects/a', bytes))).toBe('rate.limited');
    expect(waits).toEqual([7_000, 60_000]);
  });

  it('go with a fresh token where the first had expired', async () => {
    const { transfer } = await withAnswer((_, reply, nth) => (nth === 1 ? refuse(reply, 'auth.token_expired') : reply.writeHead(201).end()));
    await transfer.upload('/backup/objects/a', bytes);
    expect([requests, peer.refreshes(), waits]).toEqual([2, 1, []]);
  });

  it('are called off at once, between tries too', async () => {
    const calling = new AbortController();
    const { transfer } = await withAnswer((_, reply) => {
      refuse(reply, 'dependency.unavailable');
      calling.abort(new Error('enough'));
    });
    await expect(transfer.upload('/backup/objects/a', bytes, calling.signal)).rejects.toThrow('enough');
    expect(requests).toBe(1);
    await expect(transfer.download('/backup/objects/a', 10, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    expect(requests).toBe(1);
  });

  it('need somebody to be signed in', async () => {
    const { transfer, session } = await withAnswer((_, reply) => void reply.end());
    await session.logout();
    expect([await codeOf(transfer.upload('/backup/objects/a', bytes)), requests]).toEqual(['auth.required', 0]);
  });
});

describe('bytes from the cloud', () => {
  it('are read up to the limit and not one further, however many there are', async () => {
    let sent = 0;
    const { transfer } = await withAnswer((_, reply) => {
      reply.writeHead(200);
      const more = () => {
        sent += 65_536;
        if (!reply.destroyed && reply.write(Buffer.alloc(65_536))) setImmediate(more);
      };
      reply.on('drain', more);
      more();
    });
    expect(await codeOf(transfer.download('/backup/objects/a', 100_000))).toBe('cloud.bad_reply');
    // Six tries, each cut off after what the limit and the buffers of the sockets hold.
    expect([requests, sent < 64_000_000]).toEqual([6, true]);
  });

  it.each([
    ['exactly the limit', 100, 100, 'none'],
    ['one more', 101, 101, 'cloud.bad_reply'],
    ['more than announced', 200, 100, 'none'],
    ['less than announced', 50, 100, 'cloud.bad_reply'],
  ])('%s', async (_what, length, announced, code) => {
    const { transfer } = await withAnswer((_, reply) => {
      reply.socket!.end(`HTTP/1.1 200 OK\r\ncontent-length: ${announced}\r\nconnection: close\r\n\r\n${'a'.repeat(length)}`);
    });
    expect(await codeOf(transfer.download('/backup/objects/a', 100))).toBe(code);
  });

  it('that stop moving are given up', async () => {
    const { transfer } = await withAnswer((_, reply) => void reply.writeHead(200).write('a'), { clock: impatient });
    expect(['cloud.bad_reply', 'cloud.offline']).toContain(await codeOf(transfer.download('/backup/objects/a', 100)));
    expect(requests).toBe(6);
  });

  it('that drip for ever are given up too', async () => {
    const { transfer } = await withAnswer(
      (_, reply) => {
        reply.writeHead(200);
        const timer = setInterval(() => void reply.write('a'), 10);
        reply.on('close', () => clearInterval(timer));
      },
      { clock: impatient },
    );
    expect(['cloud.bad_reply', 'cloud.offline']).toContain(await codeOf(transfer.download('/backup/objects/a', 100_000)));
    expect(requests).toBe(6);
  });

  it('are not looked for where a redirect points', async () => {
    const { transfer } = await withAnswer((_, reply) => void reply.writeHead(302, { location: `${peer.url}/elsewhere` }).end());
    expect(await codeOf(transfer.download('/backup/objects/a', 100))).toBe('cloud.offline');
  });

  it('of a page of some network on the way are no refusal of ours', async () => {
    const { transfer } = await withAnswer((_, reply) => void reply.writeHead(511, { 'content-type': 'text/html' }).end('<h1>Pay first</h1>'));
    expect(await codeOf(transfer.download('/backup/objects/a', 100))).toBe('cloud.bad_reply');
    expect(cloud.connectivity()).toBe('offline');
  });
});

describe('signed addresses', () => {
  it('are https, or this machine where the cloud is on it', () => {
    const [here, there] = [cloudAddress('http://127.0.0.1:4000'), cloudAddress('https://cloud.example')];
    const cases: [string, boolean, boolean][] = [
      ['https://s3.example/a?sig=1', true, true],
      ['http://s3.example/a', false, false],
      ['http://127.0.0.1:9000/a', true, false],
      ['http://localhost:9000/a', true, false],
      ['https://127.0.0.1/a', true, false],
      ['http://[::1]:9000/a', true, false],
      ['http://127.0.0.1.example/a', false, false],
      ['https://user:secret@s3.example/a', false, false],
      ['file:///etc/passwd', false, false],
      ['ftp://127.0.0.1/a', false, false],
      ['nonsense', false, false],
    ];
    expect(cases.map(([url]) => [url, mayReach(here, url), mayReach(there, url)])).toEqual(cases);
  });

  it('get the bytes with the given headers and without our token; 412 means that they are there', async () => {
    const seen: unknown[] = [];
    const statuses = [200, 412, 403];
    const store = createServer((request, reply) => {
      seen.push(request.headers.authorization, request.headers['x-given'], request.headers['content-length']);
      request.resume().on('end', () => reply.writeHead(statuses.shift() ?? 503).end('<Error/>'));
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const { transfer } = await withAnswer((_, reply) => void reply.end());
    const place = { url: `http://127.0.0.1:${(store.address() as AddressInfo).port}/a`, headers: { 'x-given': 'yes' } };
    expect([await transfer.uploadTo(place, bytes), await transfer.uploadTo(place, bytes), await transfer.uploadTo(place, bytes)]).toEqual([true, true, false]);
    expect(seen.slice(0, 3)).toEqual([undefined, 'yes', '1000000']);
    expect([await codeOf(transfer.uploadTo(place, bytes)), waits.length]).toEqual(['dependency.unavailable', 5]);
    store.close();
    store.closeAllConnections();
    expect(await transfer.uploadTo(place, bytes)).toBe(false);
    expect(await transfer.uploadTo({ ...place, url: 'http://s3.example/a' }, bytes)).toBe(false);
  });
});

describe('questions', () => {
  it('are asked again while the reason may pass', async () => {
    const { transfer } = await withAnswer((_, reply, nth) => {
      if (nth === 1) return void reply.destroy();
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}');
    });
    expect(await transfer.ask({ method: 'PUT', path: '/backup', body: {}, reply: z.object({ a: z.number() }) })).toEqual({ a: 1 });
    expect(requests).toBe(2);
  });
});
