import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { argon2id, hkdf, key, mac, macStream, open, same, seal, sealOverhead, sha256, wipe } from './crypto.ts';

const vectors = new URL('../../../../shared/vectors/crypto/', import.meta.url);
const missing = !existsSync(vectors);
if (missing) process.stderr.write('skipped: the crypto test vectors are not beside the repository\n');

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const read = <T>(name: string) => JSON.parse(readFileSync(new URL(name, vectors), 'utf8')) as T;
const text = (value: string) => new TextEncoder().encode(value);

interface Wycheproof<Group, Test> {
  testGroups: (Group & { tests: (Test & { tcId: number; result: 'valid' | 'invalid' | 'acceptable' })[] })[];
}

describe.skipIf(missing)('published vectors', () => {
  it('AES-256-GCM of Wycheproof: seals the valid, opens nothing invalid', () => {
    const { testGroups } =
      read<Wycheproof<{ ivSize: number; keySize: number; tagSize: number }, Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag', string>>>(
        'wycheproof/aes_gcm_test.json',
      );
    const ours = testGroups.filter(({ ivSize, keySize, tagSize }) => ivSize === 96 && keySize === 256 && tagSize === 128).flatMap(({ tests }) => tests);
    expect(ours.length).toBeGreaterThan(50);
    for (const each of ours) {
      const sealed = Buffer.concat([hex(each.iv), hex(each.ct), hex(each.tag)]);
      const opened = open(key(hex(each.key)), sealed, hex(each.aad));
      expect([each.tcId, opened && toHex(opened)]).toEqual([each.tcId, each.result === 'valid' ? each.msg : null]);
      if (each.result === 'valid') expect(toHex(seal(key(hex(each.key)), hex(each.msg), hex(each.aad), () => hex(each.iv)))).toBe(toHex(sealed));
    }
  });

  it('HKDF-SHA-256 of Wycheproof', () => {
    const { testGroups } = read<Wycheproof<object, Record<'ikm' | 'salt' | 'info' | 'okm', string> & { size: number }>>('wycheproof/hkdf_sha256_test.json');
    for (const each of testGroups.flatMap(({ tests }) => tests)) {
      const derive = () => toHex(hkdf(hex(each.ikm), hex(each.salt), hex(each.info), each.size));
      if (each.result === 'valid') expect([each.tcId, derive()]).toEqual([each.tcId, each.okm]);
      else expect(derive).toThrow();
    }
  });

  it('HMAC-SHA-256 of Wycheproof', () => {
    const { testGroups } = read<Wycheproof<{ tagSize: number }, Record<'key' | 'msg' | 'tag', string>>>('wycheproof/hmac_sha256_test.json');
    for (const each of testGroups.filter(({ tagSize }) => tagSize === 256).flatMap(({ tests }) => tests)) {
      expect([each.tcId, same(mac(hex(each.key), hex(each.msg)), hex(each.tag))]).toEqual([each.tcId, each.result === 'valid']);
    }
  });

  it('Argon2id of the reference implementation', async () => {
    type Kat = Record<'type' | 'password_hex' | 'salt_hex' | 'secret_hex' | 'ad_hex' | 'tag_hex', string> &
      Record<'version' | 'memory_kib' | 'iterations' | 'parallelism' | 'tag_length', number>;
    const kats = read<{ vectors: Kat[] }>('argon2/kats.json').vectors.filter(({ type, version }) => type === 'argon2id' && version === 0x13);
    expect(kats.length).toBeGreaterThan(0);
    for (const kat of kats) {
      const cost = { timeCost: kat.iterations, memoryKiB: kat.memory_kib, parallelism: kat.parallelism };
      expect(
        toHex(await argon2id(hex(kat.password_hex), hex(kat.salt_hex), cost, { length: kat.tag_length, keyed: hex(kat.secret_hex), data: hex(kat.ad_hex) })),
      ).toBe(kat.tag_hex);
    }
    type Reference = Record<'type' | 'password' | 'salt' | 'tag_hex', string> & Record<'version' | 'memory_log2_kib' | 'iterations' | 'parallelism', number>;
    const references = read<{ vectors: Reference[] }>('argon2/reference-hashes.json').vectors.filter(
      (each) => each.type === 'argon2id' && each.version === 0x13 && each.memory_log2_kib <= 16,
    );
    expect(references.length).toBeGreaterThan(3);
    for (const each of references) {
      const cost = { timeCost: each.iterations, memoryKiB: 2 ** each.memory_log2_kib, parallelism: each.parallelism };
      expect(toHex(await argon2id(text(each.password), text(each.salt), cost, { length: each.tag_hex.length / 2 }))).toBe(each.tag_hex);
    }
  });
});

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

describe('hashes', () => {
  it('gives the same number for a stream and for the whole', () => {
    const running = macStream(text('key'));
    running.add('one ');
    running.add(text('two'));
    expect(toHex(running.end())).toBe(toHex(mac(text('key'), text('one two'))));
    expect(toHex(sha256('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('wipes', () => {
    const secret = text('secret');
    wipe(secret);
    expect([...secret]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
