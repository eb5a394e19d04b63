import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import {
  key,
  mac,
  macStream,
  open,
  openMessage,
  openPage,
  pageBytes,
  pageKeys,
  print,
  recipherPages,
  seal,
  sealedBytes,
  sealMessage,
  sealOverhead,
  sha256,
  wipe,
} from './crypto.ts';
import { engines, scratchFolder } from './store/scratch.suite.ts';

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const text = (value: string) => new TextEncoder().encode(value);

describe('sealing', () => {
  const secret = key(seededRandom(1)(32));
  const context = text('what it is for');

  it('opens to what was sealed, at sizes around the cipher block', () => {
    for (const size of [0, 1, 15, 16, 17, 4_096]) {
      const plain = seededRandom(size)(size);
      const sealed = seal(secret, plain, context, systemRandom);
      expect([sealed.length, toHex(open(secret, sealed, context)!)]).toEqual([size + sealOverhead, toHex(plain)]);
    }
  });

  it('does not open with any bit flipped, any length cut, another key or another context', () => {
    const sealed = seal(secret, text('user content'), context, seededRandom(2));
    for (let at = 0; at < sealed.length; at++) {
      const flipped = Uint8Array.from(sealed);
      flipped[at]! ^= 1 << (at % 8);
      expect(open(secret, flipped, context)).toBeNull();
      expect(open(secret, sealed.subarray(0, at), context)).toBeNull();
    }
    expect(open(key(seededRandom(3)(32)), sealed, context)).toBeNull();
    expect(open(secret, sealed, text('something else'))).toBeNull();
  });

  it('takes a fresh nonce from the given source each time', () => {
    const random = seededRandom(4);
    const [a, b] = [seal(secret, text('same'), context, random), seal(secret, text('same'), context, random)];
    expect(toHex(a)).not.toBe(toHex(b));
  });

  it('refuses a key of any other size', () => {
    for (const size of [0, 16, 31, 33]) expect(() => key(new Uint8Array(size))).toThrow(RangeError);
  });
});

describe('messages', () => {
  const secret = key(seededRandom(5)(32));
  const context = text('a place');
  const edges = [0, 1, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769];

  it('open to what was sealed, at sizes around the chunk, in parts or whole, in fresh or given memory', () => {
    const room = new Uint8Array(sealedBytes(40_000));
    for (const size of edges) {
      const plain = seededRandom(size)(size);
      const sealed = sealMessage(secret, plain, context, seededRandom(6));
      expect([sealed.length, Buffer.compare(openMessage(secret, sealed, context) as Uint8Array, plain)]).toEqual([sealedBytes(size), 0]);
      const parts = [plain.subarray(0, 4), new Uint8Array(), plain.subarray(4, 20_000), plain.subarray(20_000)];
      expect(Buffer.compare(sealMessage(secret, parts, context, seededRandom(6), room), sealed)).toBe(0);
      expect(Buffer.compare(openMessage(secret, Uint8Array.from(sealed), context, room) as Uint8Array, plain)).toBe(0);
    }
    expect(() => sealMessage(secret, new Uint8Array(16), context, systemRandom, new Uint8Array(87))).toThrow(RangeError);
    expect(() => openMessage(secret, sealMessage(secret, new Uint8Array(16), context, systemRandom), context, new Uint8Array(15))).toThrow(RangeError);
  });

  it('do not open with any byte changed, cut at any length, continued, or with chunks in another order', () => {
    const plain = seededRandom(7)(300);
    const sealed = sealMessage(secret, plain, context, systemRandom);
    for (let at = 0; at < sealed.length; at++) {
      const flipped = Uint8Array.from(sealed);
      flipped[at]! ^= 1 << (at % 8);
      // Salt and commitment decide whether the key is right; what follows only whether the message is whole.
      expect([at, openMessage(secret, flipped, context)]).toEqual([at, at < 56 ? 'wrong_key' : null]);
      expect(openMessage(secret, sealed.subarray(0, at), context)).toBeNull();
    }
    expect(openMessage(secret, Buffer.concat([sealed, new Uint8Array(1)]), context)).toBeNull();
    const long = sealMessage(secret, seededRandom(8)(3 * 16_384), context, systemRandom);
    const [head, a, b, rest] = [long.subarray(0, 56), long.subarray(56, 56 + 16_400), long.subarray(56 + 16_400, 56 + 32_800), long.subarray(56 + 32_800)];
    expect(openMessage(secret, Buffer.concat([head, a, b, rest]), context)).toHaveLength(3 * 16_384);
    for (const other of [
      [head, b, a, rest],
      [head, a, rest],
      [head, a, b, b, rest],
      [head, a, b, rest.subarray(0, 16_400)],
    ])
      expect(openMessage(secret, Buffer.concat(other), context)).toBeNull();
  });

  it('leave nothing in given memory when the end does not hold', () => {
    const sealed = sealMessage(secret, new Uint8Array(20_000).fill(7), context, systemRandom);
    sealed[sealed.length - 1]! ^= 1;
    const room = new Uint8Array(20_000);
    expect([openMessage(secret, sealed, context, room), room.some((byte) => byte === 7)]).toEqual([null, false]);
  });

  it('tell another key, context or salt apart from damage', () => {
    const sealed = sealMessage(secret, text('words'), context, systemRandom);
    expect(openMessage(key(seededRandom(9)(32)), sealed, context)).toBe('wrong_key');
    expect(openMessage(secret, sealed, text('another place'))).toBe('wrong_key');
    expect(Buffer.compare(sealed, sealMessage(secret, text('words'), context, systemRandom))).not.toBe(0);
  });
});

describe('pages of SQLCipher', () => {
  const raw = (seed: number) => ({ key: seededRandom(seed)(32), salt: seededRandom(seed + 1)(16) });
  const [mine, theirs] = [raw(20), raw(30)];
  const [from, to] = [pageKeys(mine.key, mine.salt), pageKeys(theirs.key, theirs.salt)];

  it.each(engines.map((load, index) => [index, load] as const))('of engine %i go over to another key, which both engines open then', async (_, load) => {
    const engine = await load();
    const file = join(scratchFolder(), 'a.db');
    const made = await engine.open(file, { key: mine, mode: 'create' });
    await made.exec('create table t (id integer primary key, a text)');
    for (let id = 1; id <= 50; id++) await made.run('insert into t values (?, ?)', [id, `row ${id} `.repeat(200)]);
    await made.close();
    const pages = readFileSync(file);
    expect(Buffer.from(openPage(pages.subarray(0, pageBytes), 0, from)!.subarray(0, 21)).toString('latin1')).toMatch(/^SQLite format 3\0[^]{4}P$/);
    expect(openPage(pages.subarray(0, pageBytes), 0, to)).toBeNull();
    const before = Array.from({ length: pages.length / pageBytes }, (__, n) =>
      toHex(openPage(pages.subarray(n * pageBytes, (n + 1) * pageBytes), n, from)!.subarray(0, 4_016)),
    );
    expect(recipherPages(pages, 0, from, to, systemRandom)).toBeNull();
    const after = before.map((__, n) => toHex(openPage(pages.subarray(n * pageBytes, (n + 1) * pageBytes), n, to)!.subarray(0, 4_016)));
    expect(after).toEqual(before);
    const other = join(scratchFolder(), 'b.db');
    writeFileSync(other, pages);
    for (const each of engines) {
      const read = await (await each()).open(other, { key: theirs, mode: 'write' });
      expect(await read.all('pragma cipher_integrity_check').catch(() => [])).toEqual([]);
      expect(await read.all('select count(*) as n, sum(length(a)) as l from t')).toEqual([
        { n: 50, l: [...Array(50).keys()].reduce((sum, i) => sum + `row ${i + 1} `.length * 200, 0) },
      ]);
      await read.close();
    }
  });

  it('refuse another number, a changed byte anywhere, and stay as they are then', () => {
    const page = seededRandom(40)(pageBytes);
    const run = Buffer.concat([new Uint8Array(pageBytes), page]);
    expect(recipherPages(run, 5, from, to, systemRandom)).toBe(6);
    expect(Buffer.compare(run.subarray(pageBytes), page)).toBe(0);
  });

  it('of zeros were never written and stay so', () => {
    const zero = new Uint8Array(pageBytes);
    expect([recipherPages(zero, 262_144, from, to, systemRandom), zero.every((byte) => byte === 0)]).toEqual([null, true]);
    expect(openPage(new Uint8Array(pageBytes), 262_144, from)).toEqual(new Uint8Array(pageBytes));
  });
});

describe('hashes', () => {
  it('gives the same number for a stream and for the whole', () => {
    const running = macStream(text('key'));
    running.add('one ');
    running.add(text('two'));
    expect(toHex(running.end())).toBe(toHex(mac(text('key'), text('one two'))));
    expect(toHex(sha256('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('prints data: every bit, its length and the key count', () => {
    // The first test case of the GCM specification: nothing under a key and a nonce of zeros.
    expect(toHex(print(key(new Uint8Array(32)), new Uint8Array()))).toBe('530f8afbc74536b9a963b4f1c4cb738b');
    const secret = key(seededRandom(3)(32));
    const data = Uint8Array.from(seededRandom(4)(100));
    const others = Array.from({ length: data.length * 8 }, (_, bit) => {
      const other = Uint8Array.from(data);
      other[bit >> 3]! ^= 1 << (bit & 7);
      return other;
    });
    const longer = Uint8Array.from([...data, 0]);
    const prints = [data, longer, data.subarray(1), ...others].map((each) => toHex(print(secret, each)));
    expect(new Set(prints).size).toBe(prints.length);
    expect(toHex(print(secret, Uint8Array.from(data)))).toBe(prints[0]);
    expect(toHex(print(key(seededRandom(5)(32)), data))).not.toBe(prints[0]);
  });

  it('wipes', () => {
    const secret = text('secret');
    wipe(secret);
    expect([...secret]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
