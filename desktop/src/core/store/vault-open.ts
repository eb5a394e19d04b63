import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { same, wipe } from '../crypto.ts';
import { Database, storeError } from './database.ts';
import { diskError } from './disk-error.ts';
import type { Engine, RawKey } from './engine.ts';
import { lockFolder } from './folder-lock.ts';
import { holdFile, type HeldFile } from './held-file.ts';
import { migrate, schemaNumber, schemaOf } from './migrate.ts';
import { selfCheck } from './self-check.ts';
import { settingsTable } from './settings.ts';
import { createStore, type Store } from './store.ts';
import { settleSwap } from './swap.ts';
import { placeStore } from './vault-create.ts';
import { readHead, vaultFiles, writeHead, type VaultHead } from './vault-file.ts';
import { faultOf } from './vault-state.ts';
import type { VaultOptions } from './vault.ts';

export interface OpenVault {
  readonly store: Store;
  readonly database: Database;
  readonly key: RawKey;
  readonly close: () => Promise<void>;
}

/** The store of the folder, with the newest schema. `key` is wiped when it closes, and where it does not open. */
export async function openStore(engine: Engine, options: VaultOptions, head: VaultHead, key: RawKey, closed: () => void): Promise<OpenVault> {
  const { dataDir, clock } = options;
  try {
    if (existsSync(join(dataDir, `${vaultFiles.store}.new`))) await placeStore(dataDir);
    await settleSwap(engine, dataDir, clock);
    return (await openIfCurrent(engine, options, head, key, closed)) ?? (await migrated());
  } catch (error) {
    wipe(key.key, key.salt);
    throw await diskError(error, dataDir);
  }

  async function migrated(): Promise<OpenVault> {
    await migrateAlone(engine, options, head, key);
    const opened = await openIfCurrent(engine, options, head, key, closed);
    if (!opened) throw new AdiuvaError('vault.corrupt', { detail: 'The store did not take the newest schema.' });
    return opened;
  }
}

/** Null where the schema is an older one. The folder's lock comes first: only with it the file keeps its place. */
async function openIfCurrent(engine: Engine, options: VaultOptions, head: VaultHead, key: RawKey, closed: () => void): Promise<OpenVault | null> {
  const { dataDir, clock } = options;
  const path = join(dataDir, vaultFiles.store);
  const undo: (() => Promise<void>)[] = [];
  const undoAll = async () => {
    for (const each of undo.toReversed()) await each();
  };
  try {
    const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'shared', clock);
    undo.push(lock.release);
    const file = await held(path);
    undo.push(file.release);
    await refuseForeign(file, key);
    await refuseNewerLog(engine, path, key);
    const database = await Database.open(engine, path, key, clock);
    undo.push(() => database.close());
    const schema = await database.alone((connection) => schemaOf(connection));
    if (schema > schemaNumber) throw new AdiuvaError('vault.newer');
    if (schema < schemaNumber) {
      await undoAll();
      return null;
    }
    const close = async () => {
      await undoAll();
      wipe(key.key, key.salt);
      closed();
    };
    const store = createStore(database, { vaultId: head.vaultId, selfCheck: () => selfCheck({ engine, database, dataDir, file }), close });
    return { store, database, key, close };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

const held = (path: string) =>
  holdFile(path).catch((error: unknown) => Promise.reject(new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is missing.', cause: error })));

async function refuseForeign(file: HeldFile, key: RawKey): Promise<void> {
  const header = await file.read(0, 16);
  const fault = faultOf(header);
  if (fault) throw fault;
  // SQLCipher's files begin with their salt: another file than the key was made for.
  if (!same(header, key.salt)) throw new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is not the one this key belongs to.' });
}

/**
 * Closing the last connection copies a log that was left behind into the file. Whoever may not touch the file must therefore not open it for writing: where there
 * is a log, a connection that cannot write looks first.
 */
async function refuseNewerLog(engine: Engine, path: string, key: RawKey): Promise<void> {
  if (!existsSync(`${path}-wal`)) return;
  try {
    const connection = await engine.open(path, { key, mode: 'read' });
    const schema = await schemaOf(connection).finally(() => connection.close());
    if (schema > schemaNumber) throw new AdiuvaError('vault.newer');
  } catch (error) {
    throw storeError(error);
  }
}

async function migrateAlone(engine: Engine, options: VaultOptions, { vaultId }: VaultHead, key: RawKey): Promise<void> {
  const { dataDir, clock, beforeMigration } = options;
  const path = join(dataDir, vaultFiles.store);
  const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'alone', clock);
  try {
    const file = await held(path);
    const database = await Database.open(engine, path, key, clock).catch(async (error: unknown) => {
      await file.release();
      throw error;
    });
    try {
      const schema = await database.alone((connection) => schemaOf(connection));
      if (beforeMigration && schema > 0 && schema < schemaNumber)
        await beforeMigration({
          vaultId,
          schema,
          sql: database,
          settings: (work) => database.tx((sql) => work(settingsTable(sql))),
          pages: { freeze: (signal) => database.freeze(signal) },
          dataKey: () => database.dataKey(),
        });
      const head = await readHead(dataDir);
      if (head && head.schema < schemaNumber) await writeHead(dataDir, { ...head, schema: schemaNumber });
      await database.alone((connection) => migrate(connection));
    } finally {
      await database.close();
      await file.release();
    }
  } finally {
    await lock.release();
  }
}
