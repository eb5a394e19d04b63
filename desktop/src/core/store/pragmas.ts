import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Connection } from './engine.ts';

interface Pragma {
  readonly name: string;
  readonly set: string;
  /** What reading it back must give. */
  readonly is: string;
}

/**
 * What every connection to the store is set to, and read back before anything else happens. The cipher's own settings stand in the engines, because
 * they come before the key.
 *
 * - `temp_store` memory: sorts and statement journals that spill to a temporary file would be plaintext.
 * - `synchronous` full: a commit the user was told about survives a power cut, not only `kill -9`. It costs one fsync a commit, which the store spreads
 *   by grouping the writes of a tick into one commit. `fullfsync` makes that true on macOS, where fsync alone stops at the drive's cache.
 * - `secure_delete`: what was deleted is overwritten inside the (encrypted) file as well.
 * - `cache_size` 64 MiB: 3.2 times on point reads, because a page that leaves the cache is decrypted again.
 * - `wal_autocheckpoint` off: the checkpoint belongs to `checkpoint.ts`, which reads the log's page numbers before they go.
 * - `journal_size_limit` 4 MiB: a log that had to grow (a long reader, a large import) is cut when it begins anew.
 * - `trusted_schema` off: a tampered schema cannot call functions with side effects.
 * - `busy_timeout` short: SQLite waits inside the call, which holds up the event loop with a synchronous engine; `database.ts` tries again.
 */
export const pragmas: readonly Pragma[] = [
  { name: 'temp_store', set: 'memory', is: '2' },
  { name: 'synchronous', set: 'full', is: '2' },
  { name: 'fullfsync', set: 'on', is: '1' },
  { name: 'checkpoint_fullfsync', set: 'on', is: '1' },
  { name: 'foreign_keys', set: 'on', is: '1' },
  { name: 'secure_delete', set: 'on', is: '1' },
  { name: 'cache_size', set: '-65536', is: '-65536' },
  { name: 'wal_autocheckpoint', set: '0', is: '0' },
  { name: 'journal_size_limit', set: '4194304', is: '4194304' },
  { name: 'trusted_schema', set: 'off', is: '0' },
  { name: 'busy_timeout', set: '10', is: '10' },
  { name: 'page_size', set: '4096', is: '4096' },
  { name: 'journal_mode', set: 'wal', is: 'wal' },
];

/** A reader cannot change the journal mode; it finds what the writer set. */
const settable = (readOnly: boolean) => pragmas.filter(({ name }) => !readOnly || name !== 'journal_mode');

export async function setPragmas(connection: Connection, readOnly: boolean): Promise<void> {
  await connection.exec(
    settable(readOnly)
      .map(({ name, set }) => `pragma ${name} = ${set};`)
      .join(' ') + (readOnly ? ' pragma query_only = on;' : ''),
  );
  const wrong = await wrongPragmas(connection);
  if (wrong.length > 0) throw new AdiuvaError('internal', { detail: `the store could not be set up safely: ${wrong.join(', ')}` });
}

// SQLite has this one not as a table.
const alone = 'wal_autocheckpoint';
// One round trip for the others; `busy_timeout` calls its column `timeout`.
const readBack = `select ${pragmas
  .filter(({ name }) => name !== alone)
  .map(({ name }) => `(select "${name === 'busy_timeout' ? 'timeout' : name}" from pragma_${name}) as ${name}`)
  .join(', ')}`;

/** Settings that read back as something else, as `name is value`. */
export async function wrongPragmas(connection: Pick<Connection, 'all'>): Promise<string[]> {
  const [most, one] = [await connection.all(readBack), await connection.all(`pragma ${alone}`)];
  const row = { ...most[0], ...one[0] };
  return pragmas.filter(({ name, is }) => String(row[name]) !== is).map(({ name }) => `${name} is ${String(row[name])}`);
}
