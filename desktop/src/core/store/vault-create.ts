import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { newId } from '@adiuva/shared/kit/ids.ts';
import { wipe } from '../crypto.ts';
import { compareWithNothing } from './compare.ts';
import { Database } from './database.ts';
import { countsOf, digestOf } from './digest.ts';
import { diskError } from './disk-error.ts';
import type { Engine, RawKey } from './engine.ts';
import { lockFolder } from './folder-lock.ts';
import { migrate, schemaNumber } from './migrate.ts';
import { openRestored, removeStoreFile, syncFile } from './restored-file.ts';
import { nobodyKnows, parkJobs } from './restored-jobs.ts';
import type { BuildStore, FreshStore } from './restored.ts';
import { leftOf, setAside, type SetAside } from './set-aside.ts';
import { settingsTable } from './settings.ts';
import { canonicalPhrase, makeSecretSlot, newPhrase, slotCost, type SecretSlot } from './slots.ts';
import { copyKey } from './staged.ts';
import { folderError, readHead, syncFolder, vaultFiles, writeHead, type VaultHead } from './vault-file.ts';
import type { VaultOptions } from './vault.ts';

export interface MadeVault {
  readonly head: VaultHead;
  readonly key: RawKey;
  readonly phrase: string;
}

/** @throws AdiuvaError `vault.exists`, `vault.in_use`, `vault.disk_full` */
export async function createVault(engine: Engine, options: VaultOptions, passphrase: string): Promise<MadeVault> {
  const { clock, random } = options;
  const plan: Plan = { vaultId: newId(clock.now(), random), phrase: newPhrase(random), passphrase, phraseConfirmed: false, instead: 'of nothing' };
  return await makeVault(engine, options, plan, (path, key) => buildEmpty(engine, path, key, options));
}

export interface RestoredVault {
  readonly vaultId: string;
  readonly phrase: string;
  readonly passphrase: string;
  /** The vault in the folder is damaged: what is left of it is set aside. */
  readonly damaged?: boolean;
  readonly build: BuildStore;
  /** Proves the store and gives it this device's rows; what it throws leaves no vault. */
  readonly settle?: (store: FreshStore) => Promise<void>;
}

/** @throws as {@link createVault}; `backup.corrupt`, `backup.newer`; what `build` throws */
export async function createVaultFrom(engine: Engine, options: VaultOptions, how: RestoredVault): Promise<MadeVault> {
  const instead = how.damaged ? 'of a damaged vault' : 'of a stray store';
  const plan: Plan = { ...how, phrase: canonicalPhrase(how.phrase), phraseConfirmed: true, instead };
  return await makeVault(engine, options, plan, async (path, key) => {
    const theirs = copyKey(key);
    await how.build(path, theirs).finally(() => wipe(theirs.key, theirs.salt));
    await options.reached?.('built');
    const database = await openRestored(engine, path, key, options.clock);
    try {
      await how.settle?.({
        digest: () => database.snapshot(digestOf),
        counts: () => database.snapshot(countsOf),
        compare: () => database.snapshot(compareWithNothing),
        set: (name, value) => database.tx((sql) => settingsTable(sql).set(name, value)),
      });
      await parkJobs(database, nobodyKnows);
    } finally {
      await database.close();
    }
    await syncFile(path);
    await options.reached?.('checked');
  });
}

interface Plan {
  readonly vaultId: string;
  readonly phrase: string;
  readonly passphrase: string;
  readonly phraseConfirmed: boolean;
  /** What may be set aside: nothing, a store that has lost its key files, or a vault. */
  readonly instead: 'of nothing' | 'of a stray store' | 'of a damaged vault';
}

/**
 * Makes the folder's files so that a crash leaves no vault or a whole one: the store is finished under another name, the key file's rename is the commit,
 * and {@link placeStore} finishes the store's own rename now or at the next opening.
 */
async function makeVault(engine: Engine, options: VaultOptions, plan: Plan, build: BuildStore): Promise<MadeVault> {
  const { dataDir, clock, random, reached } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => Promise.reject(folderError(error)));
  if (plan.instead !== 'of a damaged vault') await refuseExisting(dataDir);
  const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'alone', clock).catch(async (error: unknown) => {
    if (plan.instead !== 'of a damaged vault') await refuseExisting(dataDir);
    throw error;
  });
  const path = join(dataDir, vaultFiles.store);
  let aside: SetAside | null = null;
  try {
    const left = await whatIsInTheWay(dataDir, plan);
    const key: RawKey = { key: random(32), salt: random(16) };
    // Until it is whole nothing of the old one is touched, whatever its files are called.
    const fresh = left ? join(dataDir, vaultFiles.restored) : `${path}.new`;
    await removeStoreFile(fresh);
    await build(fresh, key);
    const head = await newHead(options, plan, key);
    if (left) {
      aside = await setAside(dataDir, left, clock.now());
      await reached?.('set aside');
      await rename(fresh, `${path}.new`);
      await syncFolder(dataDir);
      await reached?.('incoming store moved');
    }
    await writeHead(dataDir, head);
    await reached?.('key file written');
    await placeStore(dataDir);
    await reached?.('store placed');
    return { head, key, phrase: plan.phrase };
  } catch (error) {
    // Without its key file the store is noise; with it the vault is there, and the next opening finishes.
    const there = await readHead(dataDir).catch(() => null);
    if (there?.vaultId !== plan.vaultId) await clear(dataDir, there !== null, aside).catch(() => undefined);
    throw await diskError(error, dataDir);
  } finally {
    await lock.release();
  }
}

/** Null where nothing is. @throws AdiuvaError `vault.exists`, `vault.corrupt` where it may not be set aside */
async function whatIsInTheWay(dataDir: string, { instead }: Plan): Promise<string[] | null> {
  if (instead === 'of a damaged vault') return await leftOf(dataDir);
  await refuseExisting(dataDir);
  const stray = existsSync(join(dataDir, vaultFiles.store));
  if (stray && instead === 'of nothing')
    throw new AdiuvaError('vault.corrupt', { detail: 'There is a data file store.db whose key file vault.json is missing.' });
  return stray ? await leftOf(dataDir) : null;
}

/** Takes back what {@link makeVault} began. */
async function clear(dataDir: string, otherVault: boolean, aside: SetAside | null): Promise<void> {
  const path = join(dataDir, vaultFiles.store);
  await removeStoreFile(join(dataDir, vaultFiles.restored));
  // Beside a vault whose store is not set aside, it is that vault's own.
  if (aside || !otherVault) await removeStoreFile(`${path}.new`);
  await aside?.putBack();
}

async function newHead(options: VaultOptions, plan: Plan, key: RawKey): Promise<VaultHead> {
  const { clock, random } = options;
  const make = (kind: SecretSlot['kind'], secret: string) => makeSecretSlot(kind, secret, plan.vaultId, key, random, options.slotCost ?? slotCost);
  return {
    format: 'adiuva-vault',
    version: 1,
    vaultId: plan.vaultId,
    createdAt: new Date(clock.now()).toISOString(),
    schema: schemaNumber,
    phraseConfirmed: plan.phraseConfirmed,
    slots: await Promise.all([make('passphrase', plan.passphrase), make('phrase', plan.phrase)]),
    strange: [],
  };
}

async function refuseExisting(dataDir: string): Promise<void> {
  if ((await readHead(dataDir)) !== null) throw new AdiuvaError('vault.exists');
}

async function buildEmpty(engine: Engine, path: string, key: RawKey, { clock }: VaultOptions): Promise<void> {
  const database = await Database.open(engine, path, key, clock, 'create', null);
  await database.alone((connection) => migrate(connection));
  await database.close();
}

/** Finishes what a crash right after the commit of {@link makeVault} left. */
export async function placeStore(dataDir: string): Promise<void> {
  const path = join(dataDir, vaultFiles.store);
  if (existsSync(path) || !existsSync(`${path}.new`)) return;
  await rename(`${path}.new`, path);
  await syncFolder(dataDir);
}
