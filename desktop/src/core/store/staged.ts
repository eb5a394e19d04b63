import { join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { wipe } from '../crypto.ts';
import { compareStores } from './compare.ts';
import { Database } from './database.ts';
import { countsOf, digestOf } from './digest.ts';
import type { Engine, RawKey } from './engine.ts';
import { diskError } from './disk-error.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { openRestored, removeStoreFile } from './restored-file.ts';
import type { BuildStore, Staged, SwapHow } from './restored.ts';
import type { Store } from './store.ts';
import type { Reached } from './swap.ts';
import { vaultFiles } from './vault-file.ts';

export interface StagingParts {
  readonly engine: Engine;
  readonly dataDir: string;
  readonly clock: Clock;
  /** Copies of the current store's key and database; @throws AdiuvaError `vault.locked` */
  key(): RawKey;
  current(): Database;
  /** Puts the staged file, which is open, in the current one's place. */
  swap(database: Database, how: SwapHow): Promise<Store>;
  readonly reached: Reached;
}

export const copyKey = ({ key, salt }: RawKey): RawKey => ({ key: Uint8Array.from(key), salt: Uint8Array.from(salt) });

/** One at a time in a folder, also of several processes. @throws AdiuvaError `backup.running` */
async function restoreLock(engine: Engine, dataDir: string, clock: Clock, tries?: number): Promise<FolderLock> {
  return await lockFolder(engine, join(dataDir, vaultFiles.restoreLock), 'alone', clock, tries).catch((error: unknown) =>
    Promise.reject(error instanceof AdiuvaError && error.code === 'vault.in_use' ? new AdiuvaError('backup.running', { cause: error }) : error),
  );
}

/** Deletes what an interrupted restore left, unless one is running. */
export async function removeLeftStage(engine: Engine, dataDir: string, clock: Clock): Promise<void> {
  const lock = await restoreLock(engine, dataDir, clock, 1).catch(() => null);
  if (!lock) return;
  await removeStoreFile(join(dataDir, vaultFiles.restored)).finally(() => lock.release());
}

export async function stageStore(parts: StagingParts, build: BuildStore): Promise<Staged> {
  const { engine, dataDir, clock, reached } = parts;
  parts.current();
  const lock = await restoreLock(engine, dataDir, clock);
  const path = join(dataDir, vaultFiles.restored);
  const key = parts.key();
  try {
    await removeStoreFile(path);
    const theirs = copyKey(key);
    await build(path, theirs).finally(() => wipe(theirs.key, theirs.salt));
    await reached('built');
    const database = await openRestored(engine, path, key, clock);
    await reached('checked');
    return stagedOf(parts, path, key, database, lock);
  } catch (error) {
    await removeStoreFile(path).catch(() => undefined);
    await lock.release();
    wipe(key.key, key.salt);
    throw await diskError(error, dataDir);
  }
}

function stagedOf(parts: StagingParts, path: string, key: RawKey, opened: Database, lock: FolderLock): Staged {
  const { engine, clock } = parts;
  let database: Database | null = opened;
  let over = false;
  const there = async () => {
    if (over) throw new AdiuvaError('backup.not_found', { detail: 'This restore is over.' });
    return (database ??= await Database.open(engine, path, key, clock, 'write', null));
  };
  const end = async () => {
    if (over) return;
    over = true;
    await database?.close();
    await removeStoreFile(path);
    await lock.release();
    wipe(key.key, key.salt);
  };
  return {
    compare: async () => {
      const staged = await there();
      return await parts.current().snapshot((here) => staged.snapshot((other) => compareStores(here, other)));
    },
    digest: async () => (await there()).snapshot(digestOf),
    counts: async () => (await there()).snapshot(countsOf),
    async swap(how = {}) {
      const staged = await there();
      database = null;
      const store = await parts.swap(staged, how);
      await end();
      return store;
    },
    discard: end,
  };
}
