import { join } from 'node:path';
import type { Database } from './database.ts';
import { EngineError, type Engine, type RawKey } from './engine.ts';
import { scanFolder } from './folder-scan.ts';
import type { HeldFile } from './held-file.ts';
import { contentOf, Needles } from './needles.ts';
import { wrongPragmas } from './pragmas.ts';
import type { Check } from './store.ts';
import { vaultFiles } from './vault-file.ts';

export interface SelfCheckParts {
  readonly engine: Engine;
  readonly database: Database;
  readonly dataDir: string;
  /** The store's file, held. */
  readonly file: HeldFile;
}

type Finding = Pick<Check, 'ok' | 'detail'>;

const findings: readonly (readonly [name: string, find: (parts: SelfCheckParts) => Promise<Finding>])[] = [
  ['store file is encrypted', fileIsEncrypted],
  ['store opens only with its key', opensOnlyWithKey],
  ['store settings', settingsHold],
  ['store is whole', storeIsWhole],
  ['search index is whole', indexIsWhole],
  ['no readable content on disk', nothingReadable],
];

/** Proofs about the store and its folder as they are now. A check that cannot be made has failed. */
export async function selfCheck(parts: SelfCheckParts): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [name, find] of findings) checks.push({ name, ...(await find(parts).catch(failed)) });
  return checks;
}

const failed = (error: unknown): Finding => ({
  ok: false,
  detail: `the check could not be made: ${error instanceof EngineError ? error.fault : error instanceof Error ? error.name : 'error'}`,
});

async function fileIsEncrypted({ file }: SelfCheckParts): Promise<Finding> {
  const header = Buffer.from(await file.read(0, 16)).toString('latin1');
  const plain = header.startsWith('SQLite format 3');
  return {
    ok: !plain && header.length === 16,
    detail: plain ? 'the file begins like an unencrypted database' : `${vaultFiles.store} begins with its salt, not with a readable header`,
  };
}

async function opensOnlyWithKey({ engine, dataDir }: SelfCheckParts): Promise<Finding> {
  const path = join(dataDir, vaultFiles.store);
  const wrong: RawKey = { key: new Uint8Array(32).fill(0x5a), salt: new Uint8Array(16).fill(0x5a) };
  const opened = (await Promise.all([canRead(engine, path, null), canRead(engine, path, wrong)])).some((could) => could);
  return { ok: !opened, detail: opened ? 'it can be read without its key' : 'refused without a key and with a wrong one' };
}

async function canRead(engine: Engine, path: string, key: RawKey | null): Promise<boolean> {
  const connection = await engine.open(path, { key, mode: 'read' });
  try {
    await connection.all('select count(*) from sqlite_schema');
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.fault === 'not_a_database') return false;
    throw error;
  } finally {
    await connection.close();
  }
}

async function settingsHold({ database }: SelfCheckParts): Promise<Finding> {
  const wrong = await database.alone((connection) => wrongPragmas(connection));
  return { ok: wrong.length === 0, detail: wrong.join(', ') || 'every setting is as it should be' };
}

async function storeIsWhole({ database }: SelfCheckParts): Promise<Finding> {
  return await database.snapshot(async (sql) => {
    const [check] = await sql.all('pragma quick_check(1)');
    const broken = await sql.all('pragma foreign_key_check');
    const whole = check?.['quick_check'] === 'ok' && broken.length === 0;
    return { ok: whole, detail: whole ? 'every page and every reference is sound' : 'a page or a reference is damaged' };
  });
}

async function indexIsWhole({ database }: SelfCheckParts): Promise<Finding> {
  await database.alone((connection) => connection.run("insert into words (words) values ('integrity-check')"));
  const [row] = await database.snapshot((sql) =>
    sql.all(
      'select (select count(*) from words_docsize) as indexed, (select count(*) from records) + (select count(*) from messages) + (select count(*) from documents) + (select count(*) from sessions) as entries',
    ),
  );
  return { ok: row?.['indexed'] === row?.['entries'], detail: `${String(row?.['indexed'])} of ${String(row?.['entries'])} entries can be found` };
}

async function nothingReadable({ database, dataDir }: SelfCheckParts): Promise<Finding> {
  const needles = new Needles(await database.snapshot(contentOf));
  const { files, faults } = await scanFolder(dataDir, needles);
  const shown = faults.slice(0, 5).join('; ') + (faults.length > 5 ? `; and ${faults.length - 5} more` : '');
  return { ok: faults.length === 0, detail: shown || `${files} files searched for ${needles.count} passages of the store` };
}
