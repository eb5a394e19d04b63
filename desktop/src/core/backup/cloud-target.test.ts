import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectBytes } from '@adiuva/shared/contracts/backup.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { Blobs } from '../../../../cloud/src/adapters/blobs/blobs.ts';
import { openS3Blobs } from '../../../../cloud/src/adapters/blobs/s3.ts';
import { testCloud, type TestCloud } from '../../../../cloud/src/cloud.suite.ts';
import { startS3, type S3Server } from '../../../../tests/world/servers/s3.ts';
import { createCloud, type Cloud } from '../cloud/cloud.ts';
import type { TokenStore } from '../cloud/session.ts';
import { cheap, name, random, words } from './backup-world.suite.ts';
import { cloudTarget } from './cloud-target.ts';
import { makeRepository } from './keys.ts';
import type { Target } from './target.ts';
import { targetSuite, type Place } from './target.suite.ts';

/** Waits between tries pass a hundred times as fast. */
const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

function memoryTokens(): TokenStore {
  let row: unknown = null;
  return {
    load: () => Promise.resolve(structuredClone(row)),
    change: async (work) => {
      const next = work(structuredClone(row));
      if (next !== undefined) row = structuredClone(next);
    },
  };
}

/** A cloud of the test's own on a real port, with an account for each place. */
function cloudWith(blobs?: () => Promise<Blobs>) {
  const password = 'correct horse battery';
  const opened: Cloud[] = [];
  let cloud: TestCloud;
  let accounts = 0;
  let url = '';
  beforeAll(async () => {
    cloud = await testCloud({ tier: 'power', backupQuota: () => 1_000_000_000, ...(blobs && { blobs }) });
    await cloud.app.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(cloud.app.server.address() as { port: number }).port}`;
  });
  afterAll(async () => {
    opened.forEach((each) => each.close());
    await cloud.close();
  });
  return async (counting: typeof fetch = fetch): Promise<Place> => {
    const own = createCloud({ baseUrl: url, fetch: counting, clock: hurried, random: systemRandom, log: silentLog, tokens: memoryTokens() });
    opened.push(own);
    await own.session.register(`keeper-${++accounts}@example.org`, password);
    return { target: () => cloudTarget(own), advance: (ms) => void cloud.clock.advance(ms), password };
  };
}

describe('the real cloud', () => targetSuite('the cloud', cloudWith()));

describe('the real cloud over S3', () => {
  let store: S3Server;
  beforeAll(async () => void (store = await startS3()));
  afterAll(() => store.stop());
  const open = cloudWith(() => openS3Blobs(store.options));

  /** Offers each object before it is put, as a backup does: only then is there a signed address. */
  const offering = (target: Target): Target => {
    const put = target.put.bind(target);
    const offered: Target['put'] = async (id, sealed, signal) => {
      const bytes = Math.min(Math.max(sealed.length, 1), objectBytes);
      if ((await target.missing([{ id, bytes }], signal).catch(() => new Set([id]))).has(id)) await put(id, sealed, signal);
    };
    return Object.assign(target, { put: offered });
  };

  targetSuite('the cloud, put to signed addresses', async () => {
    const place = await open();
    return { ...place, target: () => offering(place.target()) };
  });

  it('puts to the signed address without our token, and to the cloud where that address cannot be reached', async () => {
    const asked: { host: string; authorized: boolean }[] = [];
    let broken = false;
    const counting: typeof fetch = async (input, init) => {
      const { host } = new URL(String(input));
      if (init?.method === 'PUT') asked.push({ host, authorized: new Headers(init.headers).has('authorization') });
      if (broken && host === new URL(store.options.endpoint).host) throw new TypeError('fetch failed');
      return await fetch(input, init);
    };
    const target = (await open(counting)).target();
    const { envelope } = await makeRepository(words, random, cheap);
    await target.putEnvelope(envelope, null);
    const sealed = seededRandom(1)(5_192);
    const offer = async (id: string) => expect((await target.missing([{ id, bytes: sealed.length }])).size).toBe(1);
    await offer(name(1));
    await target.put(name(1), sealed);
    await offer(name(2));
    broken = true;
    await target.put(name(2), sealed);
    expect([Buffer.compare(await target.get(name(1)), sealed), Buffer.compare(await target.get(name(2)), sealed)]).toEqual([0, 0]);
    const s3 = new URL(store.options.endpoint).host;
    expect(asked.slice(1).map(({ host, authorized }) => [host === s3, authorized])).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ]);
  });
});
