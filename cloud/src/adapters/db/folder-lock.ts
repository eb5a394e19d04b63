import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';

/**
 * Takes a data folder for this process until the returned function is called or the process ends, however it ends: the lock is one of the
 * operating system's, held through SQLite, so there is never a stale one.
 * @throws AdiuvaError `cloud.in_use`
 */
export function holdFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = new DatabaseSync(join(dir, 'cloud.lock'));
  try {
    file.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode === 5) throw new AdiuvaError('cloud.in_use', { detail: `another Adiuva cloud is running on ${dir}` });
    throw error;
  }
  return () => file.close();
}
