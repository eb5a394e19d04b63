import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { RawKey } from './engine.ts';
import type { HostSecrets } from '../host.ts';
import { Database } from './database.ts';
import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import { lockFolder } from './folder-lock.ts';
import { schemaNumber } from './migrate.ts';
import { canonicalPhrase } from './slots.ts';
import { passphrase, scratchFolder, scratchVault, task } from './scratch.suite.ts';
import { openVault, type Vault } from './vault.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
const withPassphrase = { with: 'passphrase', passphrase } as const;

/** A key store like an operating system's, which can lose what it was given. */
function keyStore(): HostSecrets & { lost: boolean } {
  const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xa5);
  return {
    backend: 'test_store',
    lost: false,
    encrypt: async (plain) => flip(plain),
    async decrypt(sealed) {
      if (this.lost) throw new Error('no such key');
      return flip(sealed);
    },
  };
}

interface Made {
  dataDir: string;
  phrase: string;
  vaultId: string;
}

/** A closed vault with one task in it. */
async function made(engine = journeyapps): Promise<Made> {
  const dataDir = scratchFolder();
  const vault = scratchVault(dataDir, { engines: [engine] });
  const { vaultId, recoveryPhrase, store } = await vault.create(passphrase);
  await store.t.records.insert(task('kept'));
  await vault.lock();
  return { dataDir, phrase: recoveryPhrase, vaultId };
}

const head = (dataDir: string) => join(dataDir, 'vault.json');
const copy = (dataDir: string) => join(dataDir, 'vault.copy.json');
const storeFile = (dataDir: string) => join(dataDir, 'store.db');
const changeHead = (dataDir: string, change: (data: Record<string, unknown>) => void) => {
  const data = JSON.parse(readFileSync(head(dataDir), 'utf8')) as Record<string, unknown>;
  change(data);
  writeFileSync(head(dataDir), JSON.stringify(data));
};
const bytesOf = (dataDir: string) => ['vault.json', 'store.db'].map((name) => readFileSync(join(dataDir, name)).toString('base64')).join();
const opens = async (vault: Vault, secret: Parameters<Vault['unlock']>[0] = withPassphrase) => (await (await vault.unlock(secret)).t.records.get('kept'))?.id;

describe('a new vault', () => {
  it('is made once, opens by passphrase and by its twelve words, on either engine', async () => {
    const { dataDir, phrase, vaultId } = await made();
    expect(phrase.split(' ')).toHaveLength(12);
    for (const engine of [journeyapps, multipleCiphers]) {
      const vault = scratchVault(dataDir, { engines: [engine] });
      expect(await vault.state()).toEqual({ state: 'locked', vaultId, slots: ['passphrase', 'phrase'], phraseConfirmed: false, problem: null });
      expect(await opens(vault)).toBe('kept');
      expect((await vault.state()).state).toBe('open');
      await vault.lock();
      expect(await opens(vault, { with: 'phrase', phrase: `  ${phrase.toUpperCase().replaceAll(' ', '\n')} ` })).toBe('kept');
      await vault.lock();
    }
    expect(await codeOf(scratchVault(dataDir).create(passphrase))).toBe('vault.exists');
  });

  it('says what is missing, locked or too weak', async () => {
    const dataDir = scratchFolder();
    const vault = scratchVault(join(dataDir, 'deeper', 'still'));
    expect(await vault.state()).toEqual({ state: 'missing', vaultId: null, slots: [], phraseConfirmed: false, problem: null });
    expect(await codeOf(vault.unlock(withPassphrase))).toBe('vault.missing');
    expect(() => vault.store()).toThrow(expect.objectContaining({ code: 'vault.missing' }));
    for (const weak of ['', '        ', '1234567']) expect(await codeOf(vault.create(weak))).toBe('vault.passphrase_weak');
    expect(readdirSync(dataDir)).toEqual([]);
    const { store } = await vault.create('12345678');
    await vault.lock();
    expect(() => vault.store()).toThrow(expect.objectContaining({ code: 'vault.locked' }));
    expect(await codeOf((async () => store.t.records.get('x'))())).toBe('vault.locked');
  });

  it('is readable by its owner alone', async () => {
    const { dataDir } = await made();
    expect(statSync(head(dataDir)).mode & 0o077).toBe(0);
  });

  it('takes a passphrase in composed or decomposed letters', async () => {
    const dataDir = scratchFolder();
    const vault = scratchVault(dataDir);
    await vault.create('Zürich und Genf'.normalize('NFD'));
    await vault.lock();
    expect(await codeOf(vault.unlock({ with: 'passphrase', passphrase: 'Zürich und Genf'.normalize('NFC') }))).toBe('done');
  });

  it('is not there or whole after a crash at any step of making it', async () => {
    const { dataDir, phrase } = await made();
    renameSync(storeFile(dataDir), `${storeFile(dataDir)}.new`);
    expect((await scratchVault(dataDir).state()).problem).toBeNull();
    const vault = scratchVault(dataDir);
    expect(await opens(vault, { with: 'phrase', phrase })).toBe('kept');
    await vault.lock();
    const before = scratchFolder();
    copyFileSync(storeFile(dataDir), join(before, 'store.db.new'));
    writeFileSync(join(before, 'vault.json.new'), '{"half');
    const again = scratchVault(before);
    expect([(await again.state()).state, await codeOf(again.create(passphrase))]).toEqual(['missing', 'done']);
  });

  it('is not made over a store whose key file is gone', async () => {
    const { dataDir } = await made();
    rmSync(head(dataDir));
    expect(await codeOf(scratchVault(dataDir).create(passphrase))).toBe('vault.exists');
    rmSync(copy(dataDir));
    expect(await codeOf(scratchVault(dataDir).create(passphrase))).toBe('vault.corrupt');
    expect(existsSync(storeFile(dataDir))).toBe(true);
  });

  it('opens from the copy where the key file is lost or damaged, and makes it anew', async () => {
    const { dataDir, phrase } = await made();
    const whole = readFileSync(head(dataDir), 'utf8');
    for (const hurt of [
      () => rmSync(head(dataDir)),
      () => writeFileSync(head(dataDir), whole.slice(0, 50)),
      () => rmSync(copy(dataDir)),
      () => writeFileSync(copy(dataDir), '{}'),
    ]) {
      hurt();
      const vault = scratchVault(dataDir);
      expect((await vault.state()).slots).toEqual(['passphrase', 'phrase']);
      expect(await opens(vault, { with: 'phrase', phrase })).toBe('kept');
      await vault.lock();
      expect([readFileSync(head(dataDir), 'utf8'), readFileSync(copy(dataDir), 'utf8')]).toEqual([whole, whole]);
    }
  });

  it('shows the words again until they were confirmed', async () => {
    const { dataDir, phrase } = await made();
    const vault = scratchVault(dataDir);
    await vault.unlock(withPassphrase);
    expect(await vault.phrase()).toBe(phrase);
    const words = phrase.split(' ');
    expect(await vault.confirmPhrase([0, 5, 11].map((index) => ({ index, word: words[index]! })))).toBe(true);
    expect(await vault.phrase()).toBeNull();
    await vault.lock();
  });
});

describe('a wrong secret', () => {
  it('has its own error and changes nothing', async () => {
    const { dataDir, phrase } = await made();
    const before = bytesOf(dataDir);
    const vault = scratchVault(dataDir);
    const words = phrase.split(' ');
    // One word in sixteen passes the checksum: only the key envelope tells that it is wrong.
    const valid = wordlist.map((word) => [...words.slice(0, 11), word].join(' ')).find((each) => each !== phrase && passesChecksum(each))!;
    const cases: [Parameters<Vault['unlock']>[0], string][] = [
      [{ with: 'passphrase', passphrase: `${passphrase} ` }, 'vault.wrong_secret'],
      [{ with: 'passphrase', passphrase: '' }, 'vault.wrong_secret'],
      [{ with: 'passphrase', passphrase: phrase }, 'vault.wrong_secret'],
      [{ with: 'phrase', phrase: valid }, 'vault.wrong_phrase'],
      [{ with: 'phrase', phrase: words.toReversed().join(' ') }, passesChecksum(words.toReversed().join(' ')) ? 'vault.wrong_phrase' : 'vault.phrase_invalid'],
      [{ with: 'phrase', phrase: words.slice(1).join(' ') }, 'vault.phrase_invalid'],
      [{ with: 'phrase', phrase: [...words.slice(0, 11), 'notaword'].join(' ') }, 'vault.phrase_invalid'],
      [{ with: 'phrase', phrase: '' }, 'vault.phrase_invalid'],
      [{ with: 'os' }, 'vault.slot_unavailable'],
    ];
    for (const [secret, code] of cases) expect([secret, await codeOf(vault.unlock(secret))]).toEqual([secret, code]);
    expect([bytesOf(dataDir), (await vault.state()).state]).toEqual([before, 'locked']);
  });

  it('passes the checksum once in sixteen words, and never more is said of it', async () => {
    const words = (await made()).phrase.split(' ');
    const passing = wordlist.filter((word) => passesChecksum([...words.slice(0, 11), word].join(' ')));
    expect(passing).toHaveLength(2_048 / 16);
  });
});

function passesChecksum(phrase: string): boolean {
  try {
    return canonicalPhrase(phrase) === phrase;
  } catch {
    return false;
  }
}

describe('a damaged or foreign file', () => {
  it('opens no slot with any byte changed, and leaves the store alone', async () => {
    const { dataDir } = await made();
    const whole = readFileSync(head(dataDir));
    const store = readFileSync(storeFile(dataDir));
    const [from, to] = [whole.indexOf('{', whole.indexOf('"slots"')), whole.indexOf('}', whole.indexOf('"sealed"')) + 1];
    const outcomes = new Set<string>();
    for (let at = from; at < to; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1 << (at % 7);
      // Blanks between the parts may change into other blanks; everything else has to be noticed.
      writeFileSync(head(dataDir), changed);
      rmSync(copy(dataDir), { force: true });
      const outcome = await codeOf(scratchVault(dataDir).unlock(withPassphrase));
      outcomes.add(outcome);
      if (outcome === 'done') expect([at, JSON.stringify(JSON.parse(changed.toString()))]).toEqual([at, JSON.stringify(JSON.parse(whole.toString()))]);
    }
    outcomes.delete('done');
    for (const outcome of outcomes) expect(['vault.corrupt', 'vault.wrong_secret', 'vault.slot_unavailable', 'vault.newer']).toContain(outcome);
    expect(readFileSync(storeFile(dataDir)).equals(store)).toBe(true);
  }, 120_000);

  it('loses one slot, not the vault: the other still opens and the lost one can be set again', async () => {
    const { dataDir, phrase } = await made();
    changeHead(dataDir, (data) => ((data['slots'] as Record<string, unknown>[])[0]!['sealed'] = 'A'.repeat(102)));
    const vault = scratchVault(dataDir);
    expect(await codeOf(vault.unlock(withPassphrase))).toBe('vault.wrong_secret');
    expect(await opens(vault, { with: 'phrase', phrase })).toBe('kept');
    await vault.setPassphrase({ with: 'phrase', phrase }, 'another passphrase');
    await vault.lock();
    expect(await opens(vault, { with: 'passphrase', passphrase: 'another passphrase' })).toBe('kept');
  });

  it('asks for no memory that a slot demands beyond the bounds', async () => {
    const { dataDir, phrase } = await made();
    for (const [name, value] of [
      ['memoryKiB', 16 * 1024 * 1024],
      ['memoryKiB', 8],
      ['timeCost', 1_000_000],
      ['parallelism', 1_000],
      ['version', 0x10],
    ] as const) {
      changeHead(dataDir, (data) => ((data['slots'] as { argon: Record<string, number> }[])[0]!.argon[name] = value));
      const before = process.memoryUsage.rss();
      expect(await codeOf(scratchVault(dataDir).unlock(withPassphrase))).toBe('vault.slot_unavailable');
      expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
    }
    expect(await opens(scratchVault(dataDir), { with: 'phrase', phrase })).toBe('kept');
  });

  it('names a key file that is no key file, of a newer version or cut off', async () => {
    const { dataDir } = await made();
    const whole = readFileSync(head(dataDir), 'utf8');
    const cases: [string, string][] = [
      ['', 'vault.corrupt'],
      [whole.slice(0, 40), 'vault.corrupt'],
      ['[]', 'vault.corrupt'],
      ['{}', 'vault.corrupt'],
      ['x'.repeat(100_000), 'vault.corrupt'],
      [whole.replace('"version": 1', '"version": 2'), 'vault.newer'],
      [whole.replace(`"schema": ${schemaNumber}`, '"schema": 999'), 'vault.newer'],
    ];
    for (const [text, code] of cases) {
      writeFileSync(head(dataDir), text);
      rmSync(copy(dataDir), { force: true });
      const vault = scratchVault(dataDir);
      const state = await vault.state();
      expect([await codeOf(vault.unlock(withPassphrase)), state.state, state.problem?.code, await codeOf(vault.create(passphrase))]).toEqual([
        code,
        'locked',
        code,
        code === 'vault.newer' && text.includes('"schema": 999') ? 'vault.exists' : code,
      ]);
      expect(readFileSync(head(dataDir), 'utf8')).toBe(text);
    }
  });

  it('refuses a plaintext store by name, before and after the passphrase', async () => {
    const { dataDir } = await made();
    const plain = await (await multipleCiphers()).open(join(dataDir, 'plain.db'), { key: null, mode: 'create' });
    await plain.exec('create table records (x); pragma user_version = 1');
    await plain.close();
    renameSync(join(dataDir, 'plain.db'), storeFile(dataDir));
    const before = bytesOf(dataDir);
    const vault = scratchVault(dataDir);
    expect([(await vault.state()).problem?.code, await codeOf(vault.unlock(withPassphrase)), bytesOf(dataDir) === before]).toEqual([
      'vault.plaintext',
      'vault.plaintext',
      true,
    ]);
  });

  it('refuses a store that is missing, cut off, empty, noise, or of another vault', async () => {
    const { dataDir } = await made();
    const other = await made();
    const whole = readFileSync(storeFile(dataDir));
    const foreign = Buffer.concat([whole.subarray(0, 16), readFileSync(storeFile(other.dataDir)).subarray(16)]);
    const damaged = Buffer.from(whole);
    damaged[100]! ^= 1;
    for (const bytes of [
      Buffer.alloc(0),
      whole.subarray(0, 10),
      whole.subarray(0, 2_000),
      Buffer.alloc(whole.length, 7),
      readFileSync(storeFile(other.dataDir)),
      foreign,
      damaged,
    ]) {
      writeFileSync(storeFile(dataDir), bytes);
      expect(await codeOf(scratchVault(dataDir).unlock(withPassphrase))).toBe('vault.corrupt');
      expect(readFileSync(storeFile(dataDir)).equals(bytes)).toBe(true);
    }
    rmSync(storeFile(dataDir));
    expect([
      (await scratchVault(dataDir).state()).problem?.code,
      await codeOf(scratchVault(dataDir).unlock(withPassphrase)),
      existsSync(storeFile(dataDir)),
    ]).toEqual(['vault.corrupt', 'vault.corrupt', false]);
  });

  it.each([journeyapps, multipleCiphers])('refuses a newer schema without touching a byte (%o)', async (load) => {
    const { dataDir } = await made(load);
    const engine = await load();
    const vault = scratchVault(dataDir, { engines: [load] });
    let key: RawKey | null = null;
    const spying = { ...engine, open: (...given: Parameters<typeof engine.open>) => ((key = structuredClone(given[1].key) ?? key), engine.open(...given)) };
    const knowing = scratchVault(dataDir, { engines: [async () => spying] });
    await knowing.unlock(withPassphrase);
    const database = await Database.open(engine, storeFile(dataDir), key!, systemClock);
    await database.alone((connection) => connection.exec('pragma user_version = 999'));
    await database.close();
    await knowing.lock();
    const before = bytesOf(dataDir);
    expect([await codeOf(vault.unlock(withPassphrase)), bytesOf(dataDir) === before]).toEqual(['vault.newer', true]);
  });
});

describe('slots', () => {
  it('opens by the key store once that is set up, and asks for another way when it has lost the key', async () => {
    const { dataDir } = await made();
    const secrets = keyStore();
    const vault = scratchVault(dataDir, { secrets });
    await vault.unlock(withPassphrase);
    await vault.setOsSlot(true);
    expect((await vault.state()).slots).toEqual(['passphrase', 'phrase', 'os']);
    await vault.lock();
    expect(await opens(vault, { with: 'os' })).toBe('kept');
    await vault.lock();
    secrets.lost = true;
    expect([await codeOf(vault.unlock({ with: 'os' })), await opens(vault)]).toEqual(['vault.slot_unavailable', 'kept']);
    await vault.setOsSlot(false);
    expect((await vault.state()).slots).toEqual(['passphrase', 'phrase']);
    expect(await codeOf(scratchVault(dataDir).setOsSlot(true))).toBe('vault.slot_unavailable');
    expect(() => scratchVault(dataDir).store()).toThrow(expect.objectContaining({ code: 'vault.locked' }));
  });

  it('changes the passphrase with the old one or the words, and with nothing else', async () => {
    const { dataDir, phrase } = await made();
    const vault = scratchVault(dataDir);
    expect(await codeOf(vault.setPassphrase(withPassphrase, 'new passphrase'))).toBe('vault.locked');
    await vault.unlock(withPassphrase);
    expect(await codeOf(vault.setPassphrase({ with: 'passphrase', passphrase: 'wrong' }, 'new passphrase'))).toBe('vault.wrong_secret');
    expect(await codeOf(vault.setPassphrase(withPassphrase, 'short'))).toBe('vault.passphrase_weak');
    await vault.setPassphrase(withPassphrase, 'new passphrase');
    await vault.setPassphrase({ with: 'phrase', phrase }, 'newest passphrase');
    await vault.lock();
    expect(await codeOf(vault.unlock(withPassphrase))).toBe('vault.wrong_secret');
    expect(await opens(vault, { with: 'passphrase', passphrase: 'newest passphrase' })).toBe('kept');
  });

  it('forgets the phrase once three of its words are confirmed', async () => {
    const { dataDir, phrase } = await made();
    const words = phrase.split(' ');
    const vault = scratchVault(dataDir);
    const store = await vault.unlock(withPassphrase);
    const pick = (...indexes: number[]) => indexes.map((index) => ({ index, word: ` ${words[index]!.toUpperCase()} ` }));
    const wrong = [[...pick(0, 1), { index: 2, word: 'zoo' === words[2] ? 'zone' : 'zoo' }], pick(0, 0, 0), pick(0, 1), []];
    for (const each of wrong) expect(await vault.confirmPhrase(each)).toBe(false);
    expect((await vault.state()).phraseConfirmed).toBe(false);
    expect(await vault.confirmPhrase(pick(11, 4, 7))).toBe(true);
    expect([(await vault.state()).phraseConfirmed, await store.t.settings.get('device.recovery-phrase'), await vault.confirmPhrase(pick(0, 1, 2))]).toEqual([
      true,
      undefined,
      true,
    ]);
    await vault.lock();
    expect((await vault.state()).phraseConfirmed).toBe(true);
  });

  it('cost what they should by default', async () => {
    const dataDir = scratchFolder();
    await openVault({ dataDir, clock: systemClock, random: systemRandom, log: silentLog, secrets: null })
      .create(passphrase)
      .then(({ store }) => store.close());
    const { slots } = JSON.parse(readFileSync(head(dataDir), 'utf8')) as { slots: { argon: Record<string, unknown> }[] };
    expect(slots.map(({ argon }) => ({ ...argon, salt: '' }))).toEqual(
      Array(2).fill({ version: 0x13, timeCost: 3, memoryKiB: 65_536, parallelism: 1, salt: '' }),
    );
    expect(slots[0]!.argon['salt']).not.toBe(slots[1]!.argon['salt']);
  });

  it('never shows a key or a secret in its file', async () => {
    const { dataDir, phrase } = await made();
    const text = readFileSync(head(dataDir), 'utf8');
    expect(text).not.toContain(passphrase);
    // A single word may be a name of the file's own, as `version` is; two neighbours may not stand near each other.
    const words = phrase.split(' ');
    for (const [index, word] of words.slice(1).entries()) expect(text).not.toMatch(new RegExp(`${words[index]}\\W{0,4}${word}`, 'i'));
  });
});

describe('two at once', () => {
  it('share the store: each sees what the other wrote', async () => {
    const { dataDir } = await made();
    const [window, command] = [scratchVault(dataDir), scratchVault(dataDir)];
    const [a, b] = [await window.unlock(withPassphrase), await command.unlock(withPassphrase)];
    await Promise.all([a, b].flatMap((store, who) => Array.from({ length: 40 }, (_, index) => store.t.records.insert(task(`${who}-${index}`)))));
    expect([await a.t.records.counts(), await a.digest()]).toEqual([{ task: 81 }, await b.digest()]);
  });

  it('cannot make a vault twice, and wait for who needs the folder alone', async () => {
    const dataDir = scratchFolder();
    const outcomes = await Promise.all([scratchVault(dataDir), scratchVault(dataDir)].map((vault) => codeOf(vault.create(passphrase))));
    expect(outcomes.sort()).toEqual(['done', 'vault.exists']);
    const { dataDir: other } = await made();
    const engine = await journeyapps();
    const alone = await lockFolder(engine, join(other, 'vault.lock'), 'alone', systemClock);
    const vault = scratchVault(other);
    expect(await codeOf(vault.unlock(withPassphrase))).toBe('vault.in_use');
    await alone.release();
    expect(await opens(vault)).toBe('kept');
    expect(await codeOf(lockFolder(engine, join(other, 'vault.lock'), 'alone', systemClock))).toBe('vault.in_use');
    expect(statSync(join(other, 'vault.lock')).size).toBe(0);
  });

  it('use the engine that loads, and say when none does', async () => {
    const broken = () => Promise.reject(new Error('not compiled'));
    const vault = scratchVault(scratchFolder(), { engines: [broken, multipleCiphers] });
    expect((await vault.create(passphrase)).store.engine.name).toBe('multiple-ciphers');
    expect(await codeOf(scratchVault(scratchFolder(), { engines: [broken] }).create(passphrase))).toBe('internal');
  });
});
