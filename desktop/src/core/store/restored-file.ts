import { open, rm, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { same } from '../crypto.ts';
import { Database, storeError, type Sql } from './database.ts';
import { EngineError, type Engine, type RawKey, type Row } from './engine.ts';
import { migrate, schemaNumber, schemaOf } from './migrate.ts';
import { rebuildWords, wordsAreWhole } from './rebuild-words.ts';
import { devicePrefix } from './settings.ts';

/** Checks that make a file that was restored into a store of this device. */

const damaged = (detail: string, cause?: unknown) => new AdiuvaError('backup.corrupt', { detail, cause });

/** Of a store that nobody has open, with what SQLite keeps beside it. */
export async function removeStoreFile(path: string): Promise<void> {
  for (const end of ['', '-wal', '-shm', '-journal']) await rm(path + end, { force: true });
}

/** Makes what was written last a power cut. Nobody has the file open in SQLite. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Opens the file, checks it as a whole, brings it to the newest schema, drops the rows that belonged to its device alone, and sees to its full-text index.
 * @throws AdiuvaError `backup.corrupt`, `backup.newer`, `vault.disk_full`
 */
export async function openRestored(engine: Engine, path: string, key: RawKey, clock: Clock): Promise<Database> {
  await refuseOddFile(path, key);
  const database = await Database.open(engine, path, key, clock, 'write', null).catch((error: unknown) => Promise.reject(inBackupWords(error)));
  try {
    await database.alone(async (connection) => {
      if ((await schemaOf(connection)) > schemaNumber) throw new AdiuvaError('backup.newer');
    });
    const sound = await isSound(database);
    await refuseBrokenReferences(database);
    await database.alone((connection) => migrate(connection));
    await replaceDeviceRows(database, []);
    if (!sound || !(await wordsAreWhole(database))) await rebuildWords(database);
    // What does not hold may have been the index alone, which SQLite checks with the rest.
    if (!sound && !(await isSound(database))) throw damaged('A page of the restored store does not hold.');
    return database;
  } catch (error) {
    await database.close();
    throw inBackupWords(error);
  }
}

async function refuseOddFile(path: string, key: RawKey): Promise<void> {
  const { size } = await stat(path).catch((error: unknown) => Promise.reject(damaged('No store was written.', error)));
  if (size === 0 || size % 4096 !== 0) throw damaged('The restored store is cut off.');
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
    if (!same(buffer, key.salt)) throw damaged('The restored store is not under the key of this device.');
  } finally {
    await file.close();
  }
}

/**
 * Every page in use is decrypted and authenticated by it. Table by table, because the check of the whole file also goes through the full-text index, which takes
 * longer than all the rest and is looked at by itself; and so that a synchronous engine lets the event loop go in between.
 */
async function isSound(database: Database): Promise<boolean> {
  const tables = await database.all("select name from sqlite_schema where type = 'table' and sql not like 'create virtual%'");
  for (const name of ['sqlite_schema', ...tables.map((row) => String(row['name']))]) {
    const [check] = await database.all(`pragma integrity_check('${name.replaceAll("'", "''")}')`);
    if (check?.['integrity_check'] !== 'ok') return false;
    await setImmediate();
  }
  return true;
}

async function refuseBrokenReferences(database: Database): Promise<void> {
  const broken = await database.all('select * from pragma_foreign_key_check limit 1');
  if (broken.length > 0) throw damaged('A row of the restored store refers to one that does not exist.');
}

function inBackupWords(error: unknown): unknown {
  const said = storeError(error);
  // SQLCipher has no name of its own for a page that fails: out of memory, or just an error.
  if (said instanceof EngineError) return damaged('The restored store does not hold.', said);
  if (!(said instanceof AdiuvaError)) return said;
  if (said.code === 'vault.newer') return new AdiuvaError('backup.newer', { cause: said });
  return said.code === 'vault.corrupt' ? damaged('The restored store does not open or does not hold.', said) : said;
}

/** This device's own settings: secrets, tokens, the state of backups. */
export async function deviceRows(sql: Pick<Sql, 'all'>): Promise<Row[]> {
  return await sql.all('select key, body from settings where substr(key, 1, ?) = ?', [devicePrefix.length, devicePrefix]);
}

/** All of them for others, in one transaction. */
export async function replaceDeviceRows(database: Database, rows: readonly Row[]): Promise<void> {
  await database.tx(async (sql) => {
    await sql.run('delete from settings where substr(key, 1, ?) = ?', [devicePrefix.length, devicePrefix]);
    for (const row of rows) await sql.run('insert into settings (key, body) values (?, ?)', [row['key']!, row['body']!]);
  });
}
