import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { base64url, seededRandom } from '@adiuva/shared/kit/ids.ts';
import { sha256 } from '../crypto.ts';
import { cheap, keysFor, name, otherWords, random, words } from './backup-world.suite.ts';
import { openObject, sealObject } from './format.ts';
import { checkHead, headOf, keysOf, makeRepository, nextEpoch, openEnvelope, openEscrow, parseEnvelope, rewrap, sealEscrow } from './keys.ts';

const codeOf = (work: Promise<unknown> | (() => unknown)): Promise<string> =>
  (typeof work === 'function' ? new Promise((resolve) => resolve(work())) : work).then(
    () => 'none',
    (error: unknown) => (error instanceof AdiuvaError ? error.code : String(error)),
  );

describe('the envelope', () => {
  const made = makeRepository(words, random, cheap);

  it('gives the master key to the words, however they are typed', async () => {
    const { envelope, ...repository } = await made;
    for (const typed of [words, ` ${words.toUpperCase().replaceAll(' ', '\n  ')} `])
      expect(await openEnvelope(envelope, typed)).toEqual({ ...repository, bmk: Buffer.from(repository.bmk) });
  });

  it('has four ways to fail, and a fifth for what is no phrase', async () => {
    const { envelope } = await made;
    expect(await codeOf(openEnvelope(null, words))).toBe('backup.missing');
    expect(await codeOf(openEnvelope({ ...envelope, version: 2, more: 1 }, words))).toBe('backup.newer');
    expect(await codeOf(openEnvelope(envelope, otherWords))).toBe('backup.wrong_phrase');
    expect(await codeOf(openEnvelope({ ...envelope, sealed: `${envelope.sealed.startsWith('B') ? 'C' : 'B'}${envelope.sealed.slice(1)}` }, words))).toBe(
      'backup.corrupt',
    );
    expect(await codeOf(openEnvelope(envelope, words.replace('about', 'abandon')))).toBe('vault.phrase_invalid');
  });

  it('is corrupt with any character of any part changed', async () => {
    const { envelope } = await made;
    const text = JSON.stringify(envelope);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'x' ? 'y' : 'x';
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      const data = await Promise.resolve(changed)
        .then((json) => JSON.parse(json) as unknown)
        .catch(() => 'no json');
      // The format's own name may be damaged into one that is not ours at all.
      expect([at, await codeOf(() => parseEnvelope(data))]).toEqual([at, 'backup.corrupt']);
    }
  });

  it('with a right sum and changed bytes gives nobody a key', async () => {
    const { envelope } = await made;
    const resealed = (change: object) => {
      const { sum: _sum, ...rest } = { ...envelope, ...change };
      return { ...rest, sum: base64url(sha256(canonicalJson(rest))) };
    };
    const bytes = Buffer.from(envelope.sealed, 'base64url');
    const flipped = (at: number) => base64url(Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte)));
    expect(await codeOf(openEnvelope(resealed({}), words))).toBe('none');
    for (const at of [0, 23, 24, 55]) expect(await codeOf(openEnvelope(resealed({ sealed: flipped(at) }), words))).toBe('backup.wrong_phrase');
    for (const at of [56, 87, 88, 103]) expect(await codeOf(openEnvelope(resealed({ sealed: flipped(at) }), words))).toBe('backup.corrupt');
    for (const change of [{ epoch: 2 }, { repository: name(1).slice(0, 22) }, { argon: { ...envelope.argon, timeCost: 3 } }])
      expect(await codeOf(openEnvelope(resealed(change), words))).toBe('backup.wrong_phrase');
  });

  it('refuses parameters out of bounds before it spends anything on them', async () => {
    const { envelope } = await made;
    const weird = [
      { timeCost: 1 },
      { timeCost: 11 },
      { memoryKiB: 8 },
      { memoryKiB: 2 ** 24 },
      { parallelism: 0 },
      { parallelism: 5 },
      { version: 0x10 },
      { salt: '' },
    ];
    for (const change of weird) expect(await codeOf(openEnvelope({ ...envelope, argon: { ...envelope.argon, ...change } }, words))).toBe('backup.corrupt');
    for (const data of ['', 5, [], {}, { ...envelope, more: 1 }]) expect(await codeOf(openEnvelope(data, words))).toBe('backup.corrupt');
  });
});

describe('the life of the words', () => {
  it('lost: other words for the same keys', async () => {
    const { envelope, ...repository } = await makeRepository(words, random, cheap);
    const next = await rewrap(repository, otherWords, random, cheap);
    expect((await openEnvelope(next, otherWords)).bmk).toEqual(Buffer.from(repository.bmk));
    expect(await codeOf(openEnvelope(next, words))).toBe('backup.wrong_phrase');
    expect(next.sum).not.toBe(envelope.sum);
  });

  it('exposed: other keys of the next epoch, which share nothing with the old', async () => {
    const first = await makeRepository(words, random, cheap);
    const next = await nextEpoch(first, otherWords, random, cheap);
    expect([next.repository, next.epoch]).toEqual([first.repository, 2]);
    expect(await codeOf(openEnvelope(next.envelope, words))).toBe('backup.wrong_phrase');
    const [a, b] = [keysOf(first), keysOf(next)];
    expect(a.blob.equals(b.blob)).toBe(false);
    // Also with the very same master key, keys of two epochs differ.
    expect(keysOf({ ...first, epoch: 2 }).blob.equals(a.blob)).toBe(false);
  });
});

describe('heads and escrow', () => {
  const keys = keysFor(1);

  it('a head is taken from its maker only', async () => {
    const head = headOf(keys, 3, name(1));
    expect(checkHead(keys, head)).toEqual(head);
    const others = [
      { ...head, generation: 4 },
      { ...head, manifest: name(2) },
      { ...head, mac: name(3) },
      { ...head, epoch: 2 },
      { ...head, repository: keysFor(2).repository },
      { ...head, more: 1 },
      null,
    ];
    for (const other of others) expect(await codeOf(() => checkHead(keys, other))).toBe('backup.corrupt');
    expect(await codeOf(() => checkHead(keysFor(2), head))).toBe('backup.corrupt');
  });

  it('the key of the pages opens for its own vault only', async () => {
    const raw = { key: seededRandom(1)(32), salt: seededRandom(2)(16) };
    const escrow = sealEscrow(keys, 'a-vault', raw, random);
    expect(escrow).toHaveLength(160);
    expect(openEscrow(keys, 'a-vault', escrow)).toEqual({ key: Buffer.from(raw.key), salt: Buffer.from(raw.salt) });
    expect(await codeOf(() => openEscrow(keys, 'another', escrow))).toBe('backup.corrupt');
    expect(await codeOf(() => openEscrow(keysFor(2), 'a-vault', escrow))).toBe('backup.corrupt');
  });
});

describe('keys', () => {
  it('can be posted to a worker as they are', () => {
    const { port1, port2 } = new MessageChannel();
    const keys = keysFor(1);
    port1.postMessage(keys);
    const { message } = receiveMessageOnPort(port2) as { message: typeof keys };
    port1.close();
    const { id, sealed } = sealObject(keys, 'base', new Uint8Array(5), random);
    expect([message.repository, openObject(message, 'base', id, sealed)]).toEqual([keys.repository, Buffer.alloc(5)]);
  });
});
