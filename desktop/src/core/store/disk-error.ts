import { statfs } from 'node:fs/promises';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { storeError } from './database.ts';
import { EngineError } from './engine.ts';
import { folderError } from './vault-file.ts';

/** Below this a disk counts as full. */
const least = 256 * 1024;

/** The store's words for a failure on the disk. SQLite says no more than "input/output" for some of its files when the disk is full: then the disk is asked. */
export async function diskError(error: unknown, folder: string): Promise<unknown> {
  const said = storeError(folderError(error));
  const cause = said instanceof AdiuvaError ? said.cause : said;
  if (!(cause instanceof EngineError) || !['io', 'cannot_open', 'other'].includes(cause.fault)) return said;
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: Infinity, bsize: 1 }));
  return bavail * bsize < least ? new AdiuvaError('vault.disk_full', { cause: error }) : said;
}
