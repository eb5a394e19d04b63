import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packed, secret, unpack, vaultAt, words, type Packed } from './restore.suite.ts';
import { scratchFolder, task } from './scratch.suite.ts';
import type { Vault, VaultOptions } from './vault.ts';

const vaultId = '01999999-0000-7000-8000-000000000001';
const engine = 'multiple-ciphers';
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

/** Sums of every file but the locks, by name. */
function sums(folder: string): Record<string, string> {
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => statSync(join(folder, name)).isFile() && !/\.lock$|-shm$/.test(name));
  return Object.fromEntries(
    names.toSorted().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

function opened(dataDir: string, more: Partial<VaultOptions> = {}): Vault {
  const vault = vaultAt(dataDir, engine, more);
  onTestFinished(() => vault.lock());
  return vault;
}

/** Ways in which a vault stops opening. */
const damages: Record<string, (dataDir: string) => void> = {
  'a store whose first page does not hold': (dataDir) => {
    const bytes = readFileSync(join(dataDir, 'store.db'));
    bytes[100]! ^= 1;
    writeFileSync(join(dataDir, 'store.db'), bytes);
  },
  'a store that is gone': (dataDir) => rmSync(join(dataDir, 'store.db')),
  'a store that is cut off': (dataDir) => writeFileSync(join(dataDir, 'store.db'), Buffer.alloc(10, 7)),
  'key files that are damaged': (dataDir) => ['vault.json', 'vault.copy.json'].forEach((name) => writeFileSync(join(dataDir, name), '{')),
  'a note of a swap that is damaged': (dataDir) => writeFileSync(join(dataDir, 'vault.swap.json'), '{'),
};

interface Damaged {
  readonly dataDir: string;
  readonly backup: Packed;
  readonly digest: string;
}

/** A vault that was backed up, with a kept store and places it remembers, and damaged then. */
async function damaged(how: (dataDir: string) => void): Promise<Damaged> {
  const dataDir = scratchFolder();
  const vault = opened(dataDir);
  const { store } = await vault.create(secret.passphrase);
  await store.t.records.insert(task('one'));
  const [backup, digest] = [await packed(store), await store.digest()];
  await (await vault.stage(unpack(backup))).swap();
  await vault.lock();
  cpSync(join(dataDir, 'kept'), join(dataDir, 'backups'), { recursive: true });
  how(dataDir);
  return { dataDir, backup, digest };
}

const create = (vault: Vault, backup: Packed) =>
  vault.createFrom({ vaultId, phrase: words, passphrase: 'another passphrase', damaged: true, build: unpack(backup) });

describe('a backup in the place of a damaged vault', () => {
  it.each(Object.entries(damages))('opens; what is left of it stays: %s', async (_name, how) => {
    const { dataDir, backup, digest } = await damaged(how);
    const before = sums(dataDir);
    const vault = opened(dataDir);
    expect(await codeOf(vault.unlock(secret))).toBe('vault.corrupt');
    const store = await create(vault, backup);
    expect(await store.digest()).toBe(digest);
    expect(await vault.kept()).toBeNull();
    const [place] = readdirSync(join(dataDir, 'damaged'));
    expect(sums(join(dataDir, 'damaged', place!))).toEqual(before);
    expect((await store.selfCheck()).filter(({ ok }) => !ok)).toEqual([]);
    expect(readdirSync(dataDir).filter((name) => /^(kept|store\.db\..*|vault\.swap\.json)$/.test(name))).toEqual([]);
    expect(readdirSync(join(dataDir, 'backups'))).toEqual([]);
    await vault.lock();
    expect(await codeOf(opened(dataDir).unlock({ with: 'phrase', phrase: words }))).toBe('done');
    expect(await vault.state()).toMatchObject({ state: 'locked', vaultId, problem: null });
  });

  it('is not made where the backup does not hold: everything is as it was, byte for byte', async () => {
    const { dataDir, backup } = await damaged(damages['a store whose first page does not hold']!);
    const before = sums(dataDir);
    const spoilt = { ...backup, pages: Buffer.from(backup.pages).fill(9, 5_000, 5_001) };
    expect(
      await codeOf(opened(dataDir).createFrom({ vaultId, phrase: words, passphrase: 'another passphrase', damaged: true, build: unpack(spoilt) })),
    ).not.toBe('done');
    expect(sums(dataDir)).toEqual(before);
  });

  it('cut off at any step leaves the old files, and it can be done again; one that fails takes itself back', async () => {
    const { dataDir, backup, digest } = await damaged(damages['a store whose first page does not hold']!);
    const before = sums(dataDir);
    const steps: string[] = [];
    const whole = scratchFolder();
    cpSync(dataDir, whole, { recursive: true });
    const cuts: string[] = [];
    await create(
      opened(whole, {
        reached: (step) => {
          const cut = scratchFolder();
          cpSync(whole, cut, { recursive: true });
          steps.push(step);
          cuts.push(cut);
        },
      }),
      backup,
    );
    expect(steps).toEqual(['built', 'checked', 'set aside', 'incoming store moved', 'key file written', 'store placed']);
    for (const [index, cut] of cuts.entries()) {
      const done = index >= steps.indexOf('key file written');
      const everything = new Set(Object.values(sums(cut)));
      expect([steps[index], Object.values(before).filter((sum) => !everything.has(sum))]).toEqual([steps[index], []]);
      const vault = opened(cut);
      expect([steps[index], (await vault.state()).state]).toEqual([steps[index], 'locked']);
      expect([steps[index], await codeOf(vault.unlock({ with: 'passphrase', passphrase: done ? 'another passphrase' : secret.passphrase }))]).toEqual([
        steps[index],
        done ? 'done' : 'vault.corrupt',
      ]);
      if (!done) expect(await (await create(vault, backup)).digest()).toBe(digest);
    }
    for (const at of steps.slice(0, 4)) {
      const failing = opened(dataDir, {
        reached: (step) => {
          if (step === at) throw new Error('the disk says no');
        },
      });
      expect(await codeOf(create(failing, backup))).toContain('the disk says no');
      expect([at, sums(dataDir)]).toEqual([at, before]);
    }
  });

  it('also takes the place of a store that lost its key files, and never that of one that opens', async () => {
    const { dataDir, backup, digest } = await damaged((folder) => ['vault.json', 'vault.copy.json'].forEach((name) => rmSync(join(folder, name))));
    const how = { vaultId, phrase: words, passphrase: 'another passphrase', build: unpack(backup) };
    const vault = opened(dataDir);
    expect(await codeOf(opened(dataDir).create('another passphrase'))).toBe('vault.corrupt');
    expect(await (await vault.createFrom(how)).digest()).toBe(digest);
    expect(await codeOf(vault.createFrom({ ...how, damaged: true }))).toBe('vault.exists');
    await vault.lock();
    expect(await codeOf(vault.createFrom(how))).toBe('vault.exists');
  });

  it('is told apart by the self-checks where what was set aside is readable', async () => {
    const { dataDir, backup } = await damaged(damages['a store that is gone']!);
    const vault = opened(dataDir);
    const store = await create(vault, backup);
    const [place] = readdirSync(join(dataDir, 'damaged'));
    await store.t.records.insert(task('planted', { title: 'A lighthouse that everybody reads', notes: 'harbour lantern and the keeper of the sea' }));
    appendFileSync(join(dataDir, 'damaged', place!, 'vault.json'), 'A lighthouse that everybody reads harbour lantern and the keeper of the sea');
    expect((await store.selfCheck()).filter(({ ok }) => !ok).length).toBeGreaterThan(0);
  });
});
