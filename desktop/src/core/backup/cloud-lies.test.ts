import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectBytes } from '@adiuva/shared/contracts/backup.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { base64url, seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { createCloud, type Cloud } from '../cloud/cloud.ts';
import { startPeer, type Peer } from '../cloud/peer.suite.ts';
import { cheap, keysFor, manifest, name, otherWords, random, words } from './backup-world.suite.ts';
import { cloudTarget } from './cloud-target.ts';
import { openObject, sealObject } from './format.ts';
import { openManifest, sealManifest } from './manifest.ts';
import { checkHead, headOf, keysOf, makeRepository, openEnvelope, rewrap } from './keys.ts';
import type { Target } from './target.ts';
import { codeOf, commitOf } from './target.suite.ts';

/** A cloud that answers what it likes; what is asked and believed of it is what a backup and a restore ask and believe. */

const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 1_000, signal) };
let peer: Peer;
let cloud: Cloud;
let target: Target;
/** Answers by `METHOD path`. */
let lies: Record<string, (reply: ServerResponse) => void>;
const json = (data: unknown) => (reply: ServerResponse) => void reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(data));
const octets = (data: Uint8Array) => (reply: ServerResponse) => void reply.writeHead(200, { 'content-type': 'application/octet-stream' }).end(data);

beforeEach(async () => {
  peer = await startPeer();
  lies = {};
  let row: unknown = null;
  const tokens = { load: async () => row, change: async (work: (stored: unknown) => unknown) => void (row = work(row) ?? row) };
  cloud = createCloud({ baseUrl: peer.url, fetch, clock: hurried, random: systemRandom, log: silentLog, tokens });
  await cloud.session.register('marta@example.org', 'correct horse');
  peer.intercept = (request, reply) => {
    const lie = lies[`${request.method} ${request.url!.replace('/api/v1', '')}`];
    if (lie) request.resume().on('end', () => lie(reply));
    return lie !== undefined;
  };
  target = cloudTarget(cloud);
});
afterEach(async () => {
  cloud.close();
  await peer.close();
});

const keys = keysFor(1);
const content = (seed: number) => seededRandom(seed)(9_000);
const read = async (id: string) => openObject(keys, 'base', id, await target.get(id));

describe('a cloud that lies about objects', () => {
  it('gives others, cut ones, changed ones, those of another repository or epoch, or of any length: all corrupt', async () => {
    const { id, sealed } = sealObject(keys, 'base', content(1), random);
    const path = `GET /backup/objects/${id}`;
    lies[path] = octets(sealed);
    expect(Buffer.compare(await read(id), content(1))).toBe(0);
    const other = sealObject(keys, 'base', content(2), random);
    const changed = Uint8Array.from(sealed, (byte, at) => (at === 5_000 ? byte ^ 1 : byte));
    const wrong = [
      other.sealed,
      changed,
      sealed.subarray(0, sealed.length - 1),
      sealed.subarray(0, 56),
      new Uint8Array(),
      Buffer.concat([sealed, sealed]),
      Buffer.concat([sealed, new Uint8Array(1)]),
      sealObject(keysFor(2), 'base', content(1), random, { id }).sealed,
      sealObject(keysFor(1, 2), 'base', content(1), random, { id }).sealed,
      sealObject(keys, 'list', content(1), random, { id }).sealed,
      Buffer.alloc(objectBytes),
    ];
    for (const bytes of wrong) {
      lies[path] = octets(bytes);
      expect([bytes.length, await codeOf(read(id))]).toEqual([bytes.length, 'backup.corrupt']);
    }
    lies[path] = octets(Buffer.alloc(objectBytes + 1));
    expect(await codeOf(read(id))).toBe('cloud.bad_reply');
    lies[path] = (reply) =>
      void reply
        .writeHead(404, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ type: 'x', title: 'x', status: 404, code: 'backup.object_not_found' }));
    expect(await codeOf(read(id))).toBe('backup.object_not_found');
  });

  it('asks for what was not offered', async () => {
    lies['POST /backup/objects/missing'] = json({ missing: [{ id: name(9), upload: null }] });
    expect(await codeOf(target.missing([{ id: name(1), bytes: 5_192 }]))).toBe('cloud.bad_reply');
    lies['POST /backup/objects/missing'] = json({ missing: [{ id: '../x', upload: null }] });
    expect(await codeOf(target.missing([{ id: '../x', bytes: 5_192 }]))).toBe('cloud.bad_reply');
  });

  it('sends the bytes elsewhere: to no address in the clear, and with no token', async () => {
    let received = 0;
    const places = ['http://s3.example/a', 'file:///tmp/a', 'http://user:secret@127.0.0.1:9/a'];
    for (const [at, url] of places.entries()) {
      const id = name(at);
      lies['POST /backup/objects/missing'] = json({ missing: [{ id, upload: { url, headers: {} } }] });
      lies[`PUT /backup/objects/${id}`] = (reply) => {
        received++;
        reply.writeHead(201).end();
      };
      await target.missing([{ id, bytes: 100 }]);
      await target.put(id, content(at).subarray(0, 100));
    }
    expect(received).toBe(places.length);
  });
});

describe('a cloud that lies about backups', () => {
  const sealed = sealManifest(keys, manifest(keys), random);
  const entry = { ...headOf(keys, 1, sealed.id), createdAt: '2026-11-20T09:00:00.000Z', bytes: 1, objects: 1 };
  const newest = async () => {
    const found = (await target.newest())!;
    checkHead(keys, headOnly(found.entry));
    const opened = openManifest(keys, found.entry.manifest, found.manifest);
    if (opened.generation !== found.entry.generation) throw new Error('another generation');
    return opened;
  };
  const headOnly = ({ repository, epoch, generation, manifest: id, mac }: typeof entry) => ({ repository, epoch, generation, manifest: id, mac });

  it('is believed where head and manifest were made with the keys, and nowhere else', async () => {
    const reply = { entry, manifest: base64url(sealed.sealed) };
    lies['GET /backup'] = json(reply);
    expect(await newest()).toEqual(manifest(keys));
    const stranger = keysFor(2);
    const strange = sealManifest(stranger, manifest(stranger), random);
    const wrong: [object, string][] = [
      [{ ...reply, entry: { ...entry, generation: 2 } }, 'backup.corrupt'],
      [{ ...reply, entry: { ...entry, manifest: name(1) } }, 'backup.corrupt'],
      [{ ...reply, entry: { ...entry, ...headOf(keys, 1, name(1)) } }, 'backup.corrupt'],
      [{ ...reply, entry: { ...entry, ...headOf(keys, 2, sealed.id) } }, 'Error: another generation'],
      [{ entry: { ...entry, ...headOf(stranger, 1, strange.id) }, manifest: base64url(strange.sealed) }, 'backup.corrupt'],
      [{ ...reply, manifest: base64url(sealed.sealed.subarray(0, 5_000)) }, 'backup.corrupt'],
      [{ ...reply, manifest: '' }, 'backup.corrupt'],
      [{ ...reply, manifest: 'A'.repeat(1_500_000) }, 'cloud.bad_reply'],
      [{ entry }, 'cloud.bad_reply'],
      [{ ...reply, entry: { ...entry, generation: 0 } }, 'cloud.bad_reply'],
    ];
    for (const [lie, code] of wrong) {
      lies['GET /backup'] = json(lie);
      expect([JSON.stringify(lie).slice(0, 150), await codeOf(newest())]).toEqual([JSON.stringify(lie).slice(0, 150), code]);
    }
  });

  it('gives another backup than the one asked for, or keeps another than the one sent', async () => {
    lies[`GET /backup/${name(1)}`] = json({ entry, manifest: base64url(sealed.sealed) });
    expect(await codeOf(target.backup(name(1)))).toBe('cloud.bad_reply');
    lies['PUT /backup'] = json(entry);
    expect(await codeOf(target.commit(commitOf(keys, 1, [], null)))).toBe('cloud.bad_reply');
  });

  it('weakens the envelope, swaps it, or keeps another', async () => {
    const { envelope, ...repository } = await makeRepository(words, random, cheap);
    lies['GET /backup/envelope'] = json({ ...envelope, argon: { ...envelope.argon, memoryKiB: 8 } });
    expect(await codeOf(target.envelope().then((data) => openEnvelope(data, words)))).toBe('backup.corrupt');
    lies['GET /backup/envelope'] = json({ ...envelope, argon: { ...envelope.argon, memoryKiB: 2 ** 24 } });
    expect(await codeOf(target.envelope().then((data) => openEnvelope(data, words)))).toBe('backup.corrupt');
    lies['GET /backup/envelope'] = json((await makeRepository(otherWords, random, cheap)).envelope);
    expect(await codeOf(target.envelope().then((data) => openEnvelope(data, words)))).toBe('backup.wrong_phrase');
    lies['PUT /backup/envelope'] = json(envelope);
    expect(await codeOf(target.putEnvelope(await rewrap(repository, otherWords, random, cheap), envelope.sum))).toBe('cloud.bad_reply');
    expect(keysOf(repository).epoch).toBe(1);
  });
});
