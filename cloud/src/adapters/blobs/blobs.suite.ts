import { describe, expect, it } from 'vitest';
import type { Blobs } from './blobs.ts';

/** The smallest and largest blobs the suite makes; the store is opened with this cap. */
export const suiteCap = 4 * 1024 * 1024;
/** Keys of a page, where a store lists in pages. */
export const suitePage = 10;

const chunked = async function* (bytes: Uint8Array, size = 64 * 1024) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
};
const pattern = (size: number) => Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 255);
const failing = async function* (bytes: Uint8Array) {
  yield bytes;
  throw new Error('the sender went away');
};

async function read(blobs: Blobs, key: string, range?: { start: number; end: number }): Promise<Buffer | null> {
  const found = await blobs.get(key, range);
  if (!found) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of found.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function keys(blobs: Blobs, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of blobs.list(prefix)) found.push(key);
  return found.sort();
}

/** What every blob store has to do. `open` gives the same store each time, in which only this suite writes. */
export function blobsSuite(open: () => Blobs): void {
  const put = (key: string, bytes: Uint8Array, size = bytes.length) => open().put(key, chunked(bytes), size);

  it.each([0, 1, 65_535, 65_536, 65_537, 1_000_003, suiteCap])('gives %i bytes back as they were', async (size) => {
    const key = `sizes/${size}`;
    expect(await put(key, pattern(size))).toBe('created');
    expect(await read(open(), key)).toEqual(Buffer.from(pattern(size)));
    expect(await open().head(key)).toEqual({ key, size });
  });

  it('has taken a piece when it asks for the next: the sender uses its memory again', async () => {
    const memory = new Uint8Array(100_000);
    const reusing = async function* () {
      for (let piece = 1; piece <= 20; piece++) yield memory.fill(piece);
      memory.fill(0);
    };
    await open().put('pieces/a', reusing(), 20 * memory.length);
    const wanted = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(memory.length, index + 1)));
    expect((await read(open(), 'pieces/a'))?.equals(wanted)).toBe(true);
  });

  it('gives the bytes of a range, both ends included, and cuts the end at the last byte', async () => {
    const bytes = pattern(1_000);
    await put('ranges/a', bytes);
    for (const [start, end] of [
      [0, 0],
      [0, 999],
      [10, 19],
      [999, 999],
      [990, 5_000],
    ] as const) {
      expect(await read(open(), 'ranges/a', { start, end })).toEqual(Buffer.from(bytes.subarray(start, end + 1)));
    }
  });

  it.each([
    { start: 1_000, end: 1_001 },
    { start: -1, end: 5 },
    { start: 5, end: 4 },
    { start: 0.5, end: 2 },
  ])('refuses the range %o', async (range) => {
    await put('ranges/b', pattern(1_000));
    await expect(open().get('ranges/b', range)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('writes a key once: the first bytes stay', async () => {
    expect(await put('once/a', pattern(10))).toBe('created');
    expect(await put('once/a', new Uint8Array(10))).toBe('exists');
    expect(await read(open(), 'once/a')).toEqual(Buffer.from(pattern(10)));
  });

  it('lets one of many writers at once win, whole', async () => {
    const bodies = Array.from({ length: 8 }, (_, index) => new Uint8Array(100_000).fill(index + 1));
    const outcomes = await Promise.all(bodies.map((body) => put('race/a', body)));
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await read(open(), 'race/a')).toEqual(Buffer.from(bodies[outcomes.indexOf('created')]!));
  });

  it('shows nothing of a body that is too long, too short or breaks off', async () => {
    await expect(put('partial/long', pattern(101), 100)).rejects.toMatchObject({ code: 'request.too_large' });
    await expect(put('partial/short', pattern(99), 100)).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(open().put('partial/broken', failing(pattern(50)), 100)).rejects.toThrow('the sender went away');
    expect(await keys(open(), 'partial/')).toEqual([]);
    expect(await put('partial/short', pattern(100))).toBe('created');
  });

  it('takes the largest size and refuses one byte more before reading it', async () => {
    let asked = false;
    const body = async function* () {
      asked = true;
      yield new Uint8Array(1);
    };
    await expect(open().put('large/a', body(), suiteCap + 1)).rejects.toMatchObject({ code: 'request.too_large' });
    expect(asked).toBe(false);
  });

  it('says null and false of what is not there', async () => {
    expect(await open().get('none/a')).toBeNull();
    expect(await open().head('none/a')).toBeNull();
    expect(await open().delete('none/a')).toBe(false);
  });

  it('deletes, after which the key is free', async () => {
    await put('gone/a', pattern(3));
    expect(await open().delete('gone/a')).toBe(true);
    expect(await open().head('gone/a')).toBeNull();
    expect(await put('gone/a', pattern(4))).toBe('created');
  });

  it('lists keys by their beginning, also where a key is the folder of others', async () => {
    for (const key of ['list/b/2', 'list/a', 'list/b/1', 'list/b', 'list/bc', 'listed']) await put(key, pattern(1));
    expect(await keys(open(), 'list/')).toEqual(['list/a', 'list/b', 'list/b/1', 'list/b/2', 'list/bc']);
    expect(await keys(open(), 'list/b/')).toEqual(['list/b/1', 'list/b/2']);
    expect(await keys(open(), 'list')).toEqual(['list/a', 'list/b', 'list/b/1', 'list/b/2', 'list/bc', 'listed']);
    expect(await keys(open(), 'nothing')).toEqual([]);
  });

  it('lists more than a page', async () => {
    const wanted = Array.from({ length: suitePage * 3 + 1 }, (_, index) => `pages/${String(index).padStart(5, '0')}`);
    for (const key of wanted) await put(key, new Uint8Array());
    expect(await keys(open(), 'pages/')).toEqual(wanted);
  });

  describe('keys that bend paths', () => {
    const bad = [
      '',
      '/',
      '/etc/passwd',
      '..',
      '../a',
      'a/../b',
      'a//b',
      'a/',
      '.hidden',
      'a.b',
      'a\\b',
      'a\0b',
      'a b',
      'ä',
      'a'.repeat(501),
      'a'.repeat(121),
      '%2e%2e',
    ];
    it.each(bad)('refuses %j', async (key) => {
      await expect(put(key, pattern(1))).rejects.toThrow('not a blob key');
      await expect(open().get(key)).rejects.toThrow('not a blob key');
      await expect(open().head(key)).rejects.toThrow('not a blob key');
      await expect(open().delete(key)).rejects.toThrow('not a blob key');
    });
  });

  it('signs addresses for one upload of one size and for reading, or says that it cannot', async () => {
    const { links, engine } = open();
    expect(links === null).toBe(engine === 'files');
    if (!links) return;
    const { url, headers } = await links.put('links/a', 1_000, 60);
    const send = async (to: string, body: Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) =>
      (await fetch(to, { method: 'PUT', headers: { ...headers, 'content-length': String(body.length), ...more }, body })).status;
    const wrong = url.replace(/(X-Amz-Signature=)[0-9a-f]{4}/, '$10000');
    const other = url.replace('links/a', 'links/b');
    const body = new Uint8Array(pattern(1_000));
    expect([await send(url, body.subarray(1)), await send(wrong, body), await send(other, body), await send(url, body, { 'if-none-match': '"x"' })]).toEqual(
      Array<number>(4).fill(403),
    );
    expect(await keys(open(), 'links/')).toEqual([]);
    expect([await send(url, body), await send(url, new Uint8Array(1_000))]).toEqual([200, 412]);
    expect(await read(open(), 'links/a')).toEqual(Buffer.from(body));
    const given = await fetch(await links.get('links/a', 60));
    expect(new Uint8Array(await given.arrayBuffer())).toEqual(body);
    expect((await fetch((await links.get('links/a', 60)).replace('links/a', 'links/b'))).status).toBe(403);
    await expect(links.put('../a', 10, 60)).rejects.toThrow('not a blob key');
    await expect(links.put('links/c', suiteCap + 1, 60)).rejects.toMatchObject({ code: 'request.too_large' });
  });

  it('answers its probe', async () => {
    await open().probe();
  });
}
