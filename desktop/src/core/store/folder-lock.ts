import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { storeError } from './database.ts';
import { EngineError, type Connection, type Engine } from './engine.ts';
import { sleepAwake } from './stay-awake.ts';

/**
 * Who may use the folder. Everyone with the store open holds it shared, so that a command works while the window is open; making a vault, changing its schema
 * and replacing its file need it alone. It is SQLite's own lock on a file that stays empty: the operating system takes it back when a process dies, however it dies.
 */
export interface FolderLock {
  release(): Promise<void>;
}

/** A second in all. */
const patience = 20;
const wait = 50;

/** @throws AdiuvaError `vault.in_use` */
export async function lockFolder(engine: Engine, file: string, how: 'shared' | 'alone', clock: Clock, tries = patience): Promise<FolderLock> {
  const connection = await engine.open(file, { key: null, mode: 'create' }).catch((error: unknown) => Promise.reject(storeError(error)));
  try {
    await acquire(connection, how, clock, tries);
    return { release: () => connection.close() };
  } catch (error) {
    await connection.close();
    if (error instanceof EngineError && error.fault === 'busy') throw new AdiuvaError('vault.in_use', { cause: error });
    throw storeError(error);
  }
}

async function acquire(connection: Connection, how: 'shared' | 'alone', clock: Clock, tries: number): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      // Nothing is ever written, so the file stays empty; a read inside a transaction keeps the shared lock until the connection closes.
      if (how === 'alone') return await connection.exec('pragma busy_timeout = 10; begin exclusive');
      await connection.exec('pragma busy_timeout = 10; begin');
      await connection.all('select count(*) from sqlite_schema');
      return;
    } catch (error) {
      await connection.exec('rollback').catch(() => undefined);
      if (!(error instanceof EngineError) || error.fault !== 'busy' || tried >= tries) throw error;
    }
    await sleepAwake(clock, wait);
  }
}
