import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { entropyToMnemonic, mnemonicToEntropy, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { afterAll, describe, expect, it } from 'vitest';
import { argon2id, hkdf, key, mac, open, openMessage, same, seal, sealMessage } from './crypto.ts';
import { canonicalPhrase, newPhrase } from './store/slots.ts';

/** Every published vector that lies beside the repository: each is run, or counted in the output with the reason why not. */

const folder = new URL('../../../../shared/vectors/crypto/', import.meta.url);
const chunkedFile = 'wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json';
const missing = !existsSync(folder);
const lines: string[] = missing ? ['skipped: the crypto test vectors are not beside the repository'] : [];
const tell = (file: string, run: number, skipped: Map<string, number> = new Map()) => {
  lines.push(`${file}: ${run} vectors passed${[...skipped].map(([why, count]) => `, ${count} not run (${why})`).join('')}`);
};
afterAll(() => void process.stderr.write(lines.map((line) => `vectors: ${line}\n`).join('')));

/** Files whose algorithm is not used here at all. */
const unused: Record<string, string> = {
  'wycheproof/chacha20_poly1305_test.json': 'no ChaCha20 here',
  'wycheproof/xchacha20_poly1305_test.json': 'no ChaCha20 here',
  'wycheproof/x25519_test.json': 'no key agreement here',
  'wycheproof/ed25519_test.json': 'signatures are those of the cloud’s tokens',
  'wycheproof/json_web_crypto_test.json': 'tokens are the cloud’s',
  'wycheproof/json_web_encryption_test.json': 'tokens are the cloud’s',
  'wycheproof/json_web_key_test.json': 'tokens are the cloud’s',
  'wycheproof/json_web_signature_test.json': 'tokens are the cloud’s',
  'wycheproof/pbkdf2_hmacsha256_test.json': 'no PBKDF2 over SHA-256 here',
  'wycheproof/pbkdf2_hmacsha512_test.json': 'PBKDF2 only makes the MAC key of pages, checked against files of both engines',
};
const used = [
  'argon2/kats.json',
  'argon2/reference-hashes.json',
  'bip39/vectors.json',
  'bip39/wordlist-english.txt',
  'wycheproof/aes_gcm_test.json',
  'wycheproof/hkdf_sha256_test.json',
  'wycheproof/hmac_sha256_test.json',
  chunkedFile,
];

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const read = <T>(name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;
const text = (value: string) => new TextEncoder().encode(value);

interface Wycheproof<Group, Test> {
  numberOfTests: number;
  testGroups: (Group & { tests: (Test & { tcId: number; result: 'valid' | 'invalid' | 'acceptable' })[] })[];
}
const flat = <Group, Test>({ testGroups }: Wycheproof<Group, Test>) => testGroups.flatMap((group) => group.tests.map((test) => ({ ...group, ...test })));

/** Parts a list by the reason why not; undefined is run. */
function sift<T>(all: readonly T[], whyNot: (each: T) => string | undefined): { run: T[]; skipped: Map<string, number> } {
  const skipped = new Map<string, number>();
  const run = all.filter((each) => {
    const why = whyNot(each);
    if (why !== undefined) skipped.set(why, (skipped.get(why) ?? 0) + 1);
    return why === undefined;
  });
  return { run, skipped };
}

describe.skipIf(missing)('published vectors', () => {
  it('has a place for every file', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(json|txt)$/.test(name));
    expect(files.filter((name) => !used.includes(name) && !(name in unused))).toEqual([]);
    for (const [file, why] of Object.entries(unused)) lines.push(`${file}: not run (${why})`);
  });

  it('AES-256-GCM of Wycheproof: seals the valid, opens nothing invalid', () => {
    type Test = Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag', string>;
    const all = flat(read<Wycheproof<{ ivSize: number; keySize: number; tagSize: number }, Test>>('wycheproof/aes_gcm_test.json'));
    const { run, skipped } = sift(all, ({ keySize, ivSize }) => {
      if (keySize !== 256) return 'keys of 128 and 192 bits';
      return ivSize === 96 ? undefined : 'nonces of other lengths than 96 bits';
    });
    for (const each of run) {
      const sealed = Buffer.concat([hex(each.iv), hex(each.ct), hex(each.tag)]);
      const opened = open(key(hex(each.key)), sealed, hex(each.aad));
      expect([each.tcId, opened && toHex(opened)]).toEqual([each.tcId, each.result === 'valid' ? each.msg : null]);
      if (each.result === 'valid') expect(toHex(seal(key(hex(each.key)), hex(each.msg), hex(each.aad), () => hex(each.iv)))).toBe(toHex(sealed));
    }
    expect(run.length).toBe(66);
    tell('wycheproof/aes_gcm_test.json', run.length, skipped);
  });

  it('refuses keys of other lengths, which Wycheproof has too', () => {
    type Test = Record<'key', string>;
    for (const each of flat(read<Wycheproof<{ keySize: number }, Test>>('wycheproof/aes_gcm_test.json')))
      if (each.keySize !== 256) expect(() => key(hex(each.key))).toThrow(RangeError);
  });

  it('HKDF-SHA-256 of Wycheproof', () => {
    const all = flat(read<Wycheproof<object, Record<'ikm' | 'salt' | 'info' | 'okm', string> & { size: number }>>('wycheproof/hkdf_sha256_test.json'));
    for (const each of all) {
      const derive = () => toHex(hkdf(hex(each.ikm), hex(each.salt), hex(each.info), each.size));
      if (each.result === 'valid') expect([each.tcId, derive()]).toEqual([each.tcId, each.okm]);
      else expect(derive).toThrow();
    }
    tell('wycheproof/hkdf_sha256_test.json', all.length);
  });

  it('HMAC-SHA-256 of Wycheproof, cut tags too', () => {
    const all = flat(read<Wycheproof<{ tagSize: number }, Record<'key' | 'msg' | 'tag', string>>>('wycheproof/hmac_sha256_test.json'));
    for (const each of all) {
      const [start, rest] = [hex(each.msg).subarray(0, 5), hex(each.msg).subarray(5)];
      const made = mac(hex(each.key), start, rest).subarray(0, each.tagSize / 8);
      expect([each.tcId, same(made, hex(each.tag))]).toEqual([each.tcId, each.result === 'valid']);
    }
    tell('wycheproof/hmac_sha256_test.json', all.length);
  });

  it('BIP39 in English: words of 128 bits are phrases, longer ones are refused', () => {
    const all = read<{ english: [entropy: string, words: string, ...rest: string[]][] }>('bip39/vectors.json').english;
    for (const [entropy, words] of all) {
      expect([entropyToMnemonic(hex(entropy), wordlist), toHex(mnemonicToEntropy(words, wordlist)), validateMnemonic(words, wordlist)]).toEqual([
        words,
        entropy,
        true,
      ]);
      if (entropy.length === 32) expect([newPhrase(() => hex(entropy)), canonicalPhrase(` ${words.toUpperCase()}\n`)]).toEqual([words, words]);
      else expect(() => canonicalPhrase(words)).toThrow('not a phrase of twelve known words');
    }
    const others = Object.entries(read<Record<string, unknown[]>>('bip39/vectors.json')).filter(([name]) => name !== 'english');
    tell('bip39/vectors.json', all.length, new Map([['word lists of other languages', others.reduce((sum, [, list]) => sum + list.length, 0)]]));
    const words = readFileSync(new URL('bip39/wordlist-english.txt', folder), 'utf8').trim().split('\n');
    expect(words).toEqual(wordlist);
    tell('bip39/wordlist-english.txt', words.length);
  });

  it('Argon2id of the reference implementation', async () => {
    const onlyOurs = (each: { type: string; version: number }) => {
      if (each.type !== 'argon2id') return `${each.type} is not used`;
      return each.version === 0x13 ? undefined : 'version 0x10 is not used';
    };
    type Kat = Record<'type' | 'password_hex' | 'salt_hex' | 'secret_hex' | 'ad_hex' | 'tag_hex', string> &
      Record<'version' | 'memory_kib' | 'iterations' | 'parallelism' | 'tag_length', number>;
    const kats = sift(read<{ vectors: Kat[] }>('argon2/kats.json').vectors, onlyOurs);
    for (const kat of kats.run) {
      const cost = { timeCost: kat.iterations, memoryKiB: kat.memory_kib, parallelism: kat.parallelism };
      const more = { length: kat.tag_length, keyed: hex(kat.secret_hex), data: hex(kat.ad_hex) };
      expect(toHex(await argon2id(hex(kat.password_hex), hex(kat.salt_hex), cost, more))).toBe(kat.tag_hex);
    }
    expect(kats.run.length).toBe(1);
    tell('argon2/kats.json', kats.run.length, kats.skipped);
    type Reference = Record<'type' | 'password' | 'salt' | 'tag_hex', string> & Record<'version' | 'memory_log2_kib' | 'iterations' | 'parallelism', number>;
    const references = sift(read<{ vectors: Reference[] }>('argon2/reference-hashes.json').vectors, onlyOurs);
    for (const each of references.run) {
      const cost = { timeCost: each.iterations, memoryKiB: 2 ** each.memory_log2_kib, parallelism: each.parallelism };
      expect(toHex(await argon2id(text(each.password), text(each.salt), cost, { length: each.tag_hex.length / 2 }))).toBe(each.tag_hex);
    }
    expect(references.run.length).toBe(8);
    tell('argon2/reference-hashes.json', references.run.length, references.skipped);
  });
});

type Chunked = Record<'key' | 'ctx' | 'ct' | 'msgSha512' | 'comment', string> & { msgLength: number; flags: string[] };

describe('C2SP chunked encryption of Wycheproof', () => {
  const beside = new URL(chunkedFile, folder);
  const path = existsSync(beside) ? beside : process.env['ADIUVA_CHUNKED_VECTORS'];
  if (path === undefined) lines.push(`${chunkedFile}: not there, and ADIUVA_CHUNKED_VECTORS names no other place`);

  it('opens the valid to their messages, seals them to the same bytes, opens nothing invalid', ({ skip }) => {
    if (path === undefined) skip('the file is not beside the other vectors, and ADIUVA_CHUNKED_VECTORS names no other place');
    const all = flat(JSON.parse(readFileSync(path!, 'utf8')) as Wycheproof<{ aead: string; sha: string }, Chunked>);
    expect([...new Set(all.map(({ aead, sha }) => `${aead} ${sha}`))]).toEqual(['AEAD_AES_256_GCM SHA-512']);
    for (const each of all) expect([each.tcId, judge(each)]).toEqual([each.tcId, each.result]);
    expect(all.length).toBeGreaterThan(30);
    tell(chunkedFile, all.length);
  });

  function judge(each: Chunked): 'valid' | 'invalid' {
    const [sealed, context] = [inflateSync(hex(each.ct)), hex(each.ctx)];
    if (each.flags.includes('InvalidKeySize')) {
      expect(() => key(hex(each.key))).toThrow(RangeError);
      return 'invalid';
    }
    const secret = key(hex(each.key));
    const opened = openMessage(secret, sealed, context);
    if (opened === null || opened === 'wrong_key') return 'invalid';
    expect([opened.length, createHash('sha512').update(opened).digest('hex')]).toEqual([each.msgLength, each.msgSha512]);
    expect(
      Buffer.compare(
        sealMessage(secret, opened, context, () => sealed.subarray(0, 24)),
        sealed,
      ),
    ).toBe(0);
    return 'valid';
  }
});
