import { describe, expect, it } from 'vitest';
import { manifestBytes, objectBytes } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { openMessage, sealedBytes, sealMessage } from '../crypto.ts';
import { keysFor, manifest, name, random } from './backup-world.suite.ts';
import {
  contentMax,
  contextOf,
  decodeDelta,
  decodeList,
  deltaPages,
  encodeDelta,
  encodeList,
  fileDigest,
  listNames,
  nameOf,
  openObject,
  padded,
  plainSizes,
  sealedSizes,
  sealObject,
  tagsOf,
  unpadded,
  type BlobType,
} from './format.ts';
import { manifestMax, openManifest, previousOf, sealManifest } from './manifest.ts';

const keys = keysFor(1);
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof AdiuvaError ? error.code : String(error);
  }
};
const text = (value: string) => new TextEncoder().encode(value);

describe('padding', () => {
  it('has the sizes of the format, all of which fit into a sealed object', () => {
    expect(plainSizes.map((size) => (size - 1_024) / 4_096)).toEqual([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024]);
    expect([contentMax, Math.max(...sealedSizes) <= objectBytes]).toEqual([4_195_324, true]);
    expect([manifestMax, sealedBytes(manifestMax + 4) <= manifestBytes]).toEqual([787_452, true]);
  });

  it('gives back what went in, at every edge of every size', () => {
    const edges = [0, 1, 16_379, 16_383, 16_384, 16_385, ...plainSizes.flatMap((size) => [size - 5, size - 4, size - 3])].filter((size) => size <= contentMax);
    for (const size of edges) {
      const content = Buffer.alloc(size, 7);
      const plain = Buffer.concat(padded(content));
      expect([size, plain.length]).toEqual([size, plainSizes.find((each) => each >= size + 4)]);
      expect(Buffer.compare(unpadded(plain)!, content)).toBe(0);
    }
    expect(() => padded(Buffer.alloc(contentMax + 1))).toThrow(RangeError);
  });

  it('refuses another size, a length that does not fit, and anything but zeros behind', () => {
    const plain = Buffer.concat(padded(text('content')));
    const changed = (change: (bytes: Buffer) => void) => {
      const copy = Buffer.from(plain);
      change(copy);
      return unpadded(copy);
    };
    expect(changed(() => undefined)).toHaveLength(7);
    expect(unpadded(plain.subarray(1))).toBeNull();
    expect(unpadded(Buffer.concat([plain, Buffer.alloc(1)]))).toBeNull();
    expect(unpadded(new Uint8Array())).toBeNull();
    expect(changed((bytes) => bytes.writeUInt32BE(plain.length - 3))).toBeNull();
    expect(changed((bytes) => bytes.writeUInt32BE(0xffff_ffff))).toBeNull();
    expect(changed((bytes) => bytes.writeUInt32BE(6))).toBeNull();
    // Well formed, but padded further than it had to be.
    expect(unpadded(Buffer.concat([plain, Buffer.alloc(4_096)]))).toBeNull();
    for (const at of [11, 12, 3_000, plain.length - 1]) expect(changed((bytes) => (bytes[at] = 1))).toBeNull();
  });
});

describe('objects', () => {
  it('open to their content at every edge, into given memory too', () => {
    const room = new Uint8Array(objectBytes);
    for (const size of [0, 1, 5_116, 5_117, 16_383, 16_384, 16_385, 4_194_304, contentMax]) {
      const content = Buffer.alloc(size, 3);
      const { id, sealed } = sealObject(keys, 'base', content, random, { into: room });
      expect(Buffer.compare(openObject(keys, 'base', id, Buffer.from(sealed), new Uint8Array(objectBytes)), content)).toBe(0);
    }
  });

  it('do not open with any byte changed or cut at any length', () => {
    const { id, sealed } = sealObject(keys, 'delta', text('content'), random);
    for (let at = 0; at < sealed.length; at++) {
      const flipped = Uint8Array.from(sealed);
      flipped[at]! ^= 1 << (at % 8);
      expect([at, codeOf(() => openObject(keys, 'delta', id, flipped))]).toEqual([at, 'backup.corrupt']);
      expect([at, codeOf(() => openObject(keys, 'delta', id, sealed.subarray(0, at)))]).toEqual([at, 'backup.corrupt']);
    }
  });

  it('do not open as another: name, type, repository, epoch, key', () => {
    const types: BlobType[] = ['base', 'delta', 'list'];
    const made = types.flatMap((type) => [1, 2].map((n) => ({ type, n, ...sealObject(keys, type, text(`${n}`), random) })));
    for (const a of made) for (const b of made) expect(codeOf(() => openObject(keys, b.type, b.id, a.sealed))).toBe(a === b ? 'none' : 'backup.corrupt');
    const { id, sealed } = made[0]!;
    const others = [keysFor(2), { ...keys, epoch: 2 }, { ...keys, repository: keysFor(2).repository }, { ...keys, blob: keys.name }];
    for (const other of others) expect(codeOf(() => openObject(other, 'base', id, sealed))).toBe('backup.corrupt');
  });

  it('of a size that the format does not have are refused, though well sealed', () => {
    const sealed = sealMessage(keys.blob, new Uint8Array(100), contextOf(keys.repository, keys.epoch, 'base', name(1)), random);
    expect(codeOf(() => openObject(keys, 'base', name(1), sealed))).toBe('backup.corrupt');
  });

  it('of the same content have one name in one repository and epoch, and another everywhere else', () => {
    const content = text('page');
    const names = [keys, keysFor(1, 2), keysFor(2)].flatMap((each) =>
      (['base', 'delta', 'list', 'manifest'] as const).map((type) => nameOf(each, type, content)),
    );
    expect(new Set(names).size).toBe(12);
    expect(nameOf(keys, 'base', content)).toBe(sealObject(keys, 'base', content, random).id);
    expect(Buffer.compare(sealObject(keys, 'base', content, random).sealed, sealObject(keys, 'base', content, random).sealed)).not.toBe(0);
  });
});

describe('deltas and lists', () => {
  const page = (n: number) => seededRandom(n)(4_096);

  it('give back their pages and names, one and the most', () => {
    const one = [{ number: 4_294_967_290, page: page(1) }];
    expect(decodeDelta(encodeDelta(one))).toEqual(
      [{ number: 4_294_967_290, page: Uint8Array.from(page(1)) }].map((each) => ({ ...each, page: Buffer.from(each.page) })),
    );
    const most = Array.from({ length: deltaPages }, (_, n) => ({ number: n * 2, page: new Uint8Array(4_096).fill(n) }));
    const content = encodeDelta(most);
    expect([content.length, decodeDelta(content).map(({ number }) => number)]).toEqual([4_194_304, most.map(({ number }) => number)]);
    const names = [name(1), name(2), name(1)];
    expect(decodeList(encodeList(names))).toEqual(names);
    expect(listNames).toBe(131_103);
    for (const wrong of [0, deltaPages + 1])
      expect(() => encodeDelta(Array.from({ length: wrong }, (_, number) => ({ number, page: page(1) })))).toThrow(RangeError);
  });

  it('refuse counts, lengths and orders that do not hold', () => {
    const content = Buffer.from(encodeDelta([1, 2, 3].map((number) => ({ number, page: page(number) }))));
    const changed = (change: (bytes: Buffer) => void) => {
      const copy = Buffer.from(content);
      change(copy);
      return codeOf(() => decodeDelta(copy));
    };
    expect(changed(() => undefined)).toBe('none');
    for (const count of [0, 2, 4, 1_024, 0xffff_ffff]) expect(changed((bytes) => bytes.writeUInt32BE(count))).toBe('backup.corrupt');
    for (const number of [3, 4]) expect(changed((bytes) => bytes.writeUInt32BE(number, 4 + 4_100))).toBe('backup.corrupt');
    for (const cut of [0, 1, 3, 4, content.length - 1]) expect(codeOf(() => decodeDelta(content.subarray(0, cut)))).toBe('backup.corrupt');
    for (const size of [0, 1, 31, 33, 65]) expect(codeOf(() => decodeList(new Uint8Array(size)))).toBe('backup.corrupt');
  });
});

describe('the digest of a file', () => {
  it('is of the tags of all pages in order, in pieces of any length', () => {
    const pages = seededRandom(9)(3 * 4_096);
    const tags = Buffer.concat([0, 1, 2].map((n) => pages.subarray(n * 4_096 + 4_032, n * 4_096 + 4_048)));
    expect(Buffer.compare(tagsOf(pages), tags)).toBe(0);
    const whole = fileDigest(keys, [tags]);
    expect(fileDigest(keys, [tags.subarray(0, 5), tags.subarray(5)])).toBe(whole);
    expect(fileDigest(keys, [tags.subarray(16), tags.subarray(0, 16)])).not.toBe(whole);
    expect(fileDigest(keysFor(2), [tags])).not.toBe(whole);
  });
});

describe('manifests', () => {
  const data = manifest(keys);
  /** Sealed as it is, past our own checks. */
  const forged = (content: unknown) => sealObject(keys, 'manifest', typeof content === 'string' ? text(content) : text(canonicalJson(content)), random);
  const openForged = (content: unknown, schema?: number) => {
    const { id, sealed } = forged(content);
    return codeOf(() => openManifest(keys, id, sealed, schema));
  };

  it('open to what they say, and name the one before by its sealed bytes', () => {
    const first = sealManifest(keys, data, random);
    expect(openManifest(keys, first.id, first.sealed)).toEqual(data);
    const second = manifest(keys, { generation: 2, previous: previousOf(first), deltas: [{ generation: 2, objects: [name(3)], pages: 5 }] });
    const sealed = sealManifest(keys, second, random);
    expect(openManifest(keys, sealed.id, sealed.sealed)).toEqual(second);
    expect(previousOf(first).sha256).not.toBe(previousOf(sealManifest(keys, data, random)).sha256);
  });

  it('of a newer version or schema are newer, also where the rest is unknown', () => {
    expect(openForged({ ...data, version: 2, more: { unknown: true } })).toBe('backup.newer');
    expect(openForged({ ...data, schema: 8 }, 7)).toBe('backup.newer');
    expect(openForged({ ...data, schema: 7 }, 7)).toBe('none');
    expect(openForged({ ...data, version: 0 })).toBe('backup.corrupt');
  });

  it('that do not hold are corrupt', () => {
    const { app: _app, ...lacking } = data;
    const delta = { generation: 2, objects: [name(3)], pages: 5 };
    const wrong: unknown[] = [
      'no json',
      '[]',
      '['.repeat(300_000),
      lacking,
      { ...data, more: 1 },
      { ...data, format: 'another' },
      { ...data, pages: 0 },
      { ...data, pages: 2 ** 32 },
      { ...data, repository: keysFor(2).repository },
      { ...data, epoch: 2 },
      { ...data, previous: { manifest: name(1), sha256: name(2) } },
      { ...data, base: { ...data.base, list: ['../../etc/passwd'] } },
      { ...data, base: { ...data.base, generation: 2 } },
      { ...data, deltas: [delta] },
      { ...data, generation: 3, previous: { manifest: name(1), sha256: name(2) }, deltas: [{ ...delta, generation: 3 }, delta] },
      { ...data, generation: 2, previous: { manifest: name(1), sha256: name(2) }, deltas: [{ ...delta, pages: 1_024 }] },
      { ...data, counts: { ['x; drop']: 1 } },
      { ...data, counts: { records: -1 } },
      { ...data, deviceName: 'x'.repeat(201) },
    ];
    for (const each of wrong)
      expect([String(canonicalJson(each)).slice(0, 60), openForged(each)]).toEqual([String(canonicalJson(each)).slice(0, 60), 'backup.corrupt']);
  });

  it('are not those of another repository, epoch or name, and not another type', () => {
    const { id, sealed } = sealManifest(keys, data, random);
    for (const other of [keysFor(2), keysFor(1, 2)]) expect(codeOf(() => openManifest(other, id, sealed))).toBe('backup.corrupt');
    expect(codeOf(() => openManifest(keys, name(5), sealed))).toBe('backup.corrupt');
    expect(openMessage(keys.blob, sealed, contextOf(keys.repository, 1, 'manifest', id))).toBe('wrong_key');
  });

  it('that have grown too large are not sealed', () => {
    const objects = Array.from({ length: 18_000 }, (_, n) => name(n % 10));
    const large = manifest(keys, { generation: 2, previous: { manifest: name(1), sha256: name(2) }, deltas: [{ generation: 2, objects, pages: 18_000 }] });
    expect(() => sealManifest(keys, large, random)).toThrow(RangeError);
  });
});
