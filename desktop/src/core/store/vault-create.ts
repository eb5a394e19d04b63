import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { newId } from '@adiuva/shared/kit/ids.ts';
import { wipe } from '../crypto.ts';
import { Database } from './database.ts';
import { countsOf, digestOf } from './digest.ts';
import { diskError } from './disk-error.ts';
import type { Engine, RawKey } from './engine.ts';
import { lockFolder } from './folder-lock.ts';
import { migrate, schemaNumber } from './migrate.ts';
import { openRestored, removeStoreFile, syncFile } from './restored-file.ts';
import { nobodyKnows, parkJobs } from './restored-jobs.ts';
import type { BuildStore, FreshStore } from './restored.ts';
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
  const plan = { vaultId: newId(clock.now(), random), phrase: newPhrase(random), passphrase, phraseConfirmed: false };
  return await makeVault(engine, options, plan, (path, key) => buildEmpty(engine, path, key, options));
}

export interface RestoredVault {
  readonly vaultId: string;
  readonly phrase: string;
  readonly passphrase: string;
  readonly build: BuildStore;
  /** Proves the store and gives it this device's rows; what it throws leaves no vault. */
  readonly settle?: (store: FreshStore) => Promise<void>;
}

/** @throws as {@link createVault}; `backup.corrupt`, `backup.newer`; what `build` throws */
export async function createVaultFrom(engine: Engine, options: VaultOptions, how: RestoredVault): Promise<MadeVault> {
  const plan = { ...how, phrase: canonicalPhrase(how.phrase), phraseConfirmed: true };
  return await makeVault(engine, options, plan, async (path, key) => {
    const theirs = copyKey(key);
    await how.build(path, theirs).finally(() => wipe(theirs.key, theirs.salt));
    await options.reached?.('built');
    const database = await openRestored(engine, path, key, options.clock);
    try {
      await how.settle?.({
        digest: () => database.snapshot(digestOf),
        counts: () => database.snapshot(countsOf),
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

/**
 * Makes the folder's files so that a crash leaves no vault or a whole one: the store is finished under another name, the key file's rename is the commit,
 * and {@link placeStore} finishes the store's own rename now or at the next opening.
 */
async function makeVault(
  engine: Engine,
  options: VaultOptions,
  plan: { readonly vaultId: string; readonly phrase: string; readonly passphrase: string; readonly phraseConfirmed: boolean },
  build: BuildStore,
): Promise<MadeVault> {
  const { dataDir, clock, random, reached } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => Promise.reject(folderError(error)));
  await refuseExisting(dataDir);
  const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'alone', clock).catch(async (error: unknown) => {
    await refuseExisting(dataDir);
    throw error;
  });
  const path = join(dataDir, vaultFiles.store);
  try {
    await refuseExisting(dataDir);
    if (existsSync(path)) throw new AdiuvaError('vault.corrupt', { detail: 'There is a data file store.db whose key file vault.json is missing.' });
    const key: RawKey = { key: random(32), salt: random(16) };
    await removeStoreFile(`${path}.new`);
    await build(`${path}.new`, key);
    const head = await newHead(options, plan, key);
    await writeHead(dataDir, head);
    await reached?.('key file written');
    await placeStore(dataDir);
    await reached?.('store placed');
    return { head, key, phrase: plan.phrase };
  } catch (error) {
    // Without its key file the store is noise; with it the vault is there, and the next opening finishes.
    if (!(await readHead(dataDir).catch(() => true))) await removeStoreFile(`${path}.new`).catch(() => undefined);
    throw await diskError(error, dataDir);
  } finally {
    await lock.release();
  }
}

async function newHead(
  options: VaultOptions,
  plan: { readonly vaultId: string; readonly phrase: string; readonly passphrase: string; readonly phraseConfirmed: boolean },
  key: RawKey,
): Promise<VaultHead> {
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
