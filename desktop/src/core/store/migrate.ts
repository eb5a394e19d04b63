import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { EngineError, type Connection } from './engine.ts';
import { storeError } from './database.ts';
import type { Migration } from './migrations/migration.ts';
import { start } from './migrations/0001-start.ts';
import { playbooks } from './migrations/0002-playbooks.ts';

/** Every migration, in order; the last one's number is the schema this version writes. */
export const migrations: readonly Migration[] = [start, playbooks];

export const schemaNumber = migrations.at(-1)!.number;

/** Number of the last migration that the file went through; 0 for a new file. */
export async function schemaOf(connection: Pick<Connection, 'all'>): Promise<number> {
  const [row] = await connection.all('pragma user_version');
  return Number(row?.['user_version']);
}

/**
 * Brings the file to {@link schemaNumber}, all steps in one transaction.
 * @throws AdiuvaError `vault.newer` where a newer version wrote it, which is checked again inside the transaction
 */
export async function migrate(connection: Connection, steps: readonly Migration[] = migrations): Promise<void> {
  const target = steps.at(-1)!.number;
  await connection.exec('begin immediate');
  try {
    const from = await schemaOf(connection);
    if (from > target) throw new AdiuvaError('vault.newer');
    for (const step of steps.filter(({ number }) => number > from)) await connection.exec(step.up);
    if (from < target) await connection.exec(`pragma user_version = ${target}`);
    await refuseBrokenReferences(connection);
    await connection.exec('commit');
  } catch (error) {
    await connection.exec('rollback').catch(() => undefined);
    throw storeError(error);
  }
}

async function refuseBrokenReferences(connection: Connection): Promise<void> {
  const broken = await connection.all('pragma foreign_key_check');
  if (broken.length > 0) throw new EngineError('corrupt', 'a row refers to one that does not exist');
}
