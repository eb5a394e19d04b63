import { writeSync } from 'node:fs';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { Database } from './database.ts';
import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import { killKey, time } from './kill.suite.ts';
import { tablesOf } from './store.ts';

/**
 * Another process that writes to the store while its pages are tracked or held still.
 *
 * `node pages.suite.ts FILE ENGINE SEED STEPS HOW`, where HOW is `tracked`, `untracked` (as an older version, which knows of no tracker), `quiet` (the same,
 * without changing the size of the file) or `pushing` (tries to copy the log into the file after every write).
 */
export const pagesKey = killKey;
export const engineOf = (name: string) => (name === 'journeyapps' ? journeyapps() : multipleCiphers());

/** A row whose value always has five digits. */
export const quietKey = 'quiet';

const text = (random: (bytes: number) => Uint8Array, bytes: number) => Buffer.from(random(bytes)).toString('hex');
const put = 'insert into settings (key, body) values (?, ?) on conflict (key) do update set body = excluded.body';

/** One change of a random kind: rows with their index, replacements, large values, deletions of one or many. */
export async function changeSomething(database: Database, random: (bytes: number) => Uint8Array): Promise<void> {
  const [kind, a, b] = random(3) as unknown as [number, number, number];
  const note = (id: string, version = 1) => ({
    id,
    type: 'note' as const,
    fields: { title: `n ${id}`, body: text(random, 40 + a * 4), tags: [] },
    version,
    createdAt: time,
    updatedAt: time,
  });
  if (kind < 90) await database.tx(async (sql) => tablesOf(sql).records.insertMany(Array.from({ length: 1 + (a % 30) }, () => note(text(random, 8)))));
  else if (kind < 150) {
    const [row] = await database.all<{ id: string; version: number }>('select id, version from records where seq >= ? limit 1', [a * 4 + b]);
    // Another process may have been faster.
    const replaced = row && database.tx(async (sql) => tablesOf(sql).records.replace(note(row.id, row.version + 1)));
    await replaced?.catch((error: unknown) => ((error as { code?: string }).code === 'run.conflict' ? undefined : Promise.reject(error)));
  } else if (kind < 190) await database.run(put, [`blob ${a % 6}`, JSON.stringify(text(random, b * 400))]);
  else if (kind < 230) await database.run('delete from records where seq in (select seq from records where seq >= ? limit ?)', [a * 2, 1 + (b % 40)]);
  else await database.run('delete from settings where key = ?', [`blob ${a % 6}`]);
}

async function writeOn(file: string, engineName: string, seed: number, steps: number, how: string): Promise<void> {
  const engine = await engineOf(engineName);
  const database = await (how === 'untracked' || how === 'quiet'
    ? Database.open(engine, file, pagesKey, systemClock, 'write', null)
    : Database.open(engine, file, pagesKey, systemClock));
  const pusher = how === 'pushing' ? await engine.open(file, { key: pagesKey, mode: 'write' }) : null;
  await pusher?.exec('pragma busy_timeout = 0');
  const random = seededRandom(seed);
  writeSync(1, 'ready\n');
  for (let step = 0; step < steps; step++) {
    if (how === 'quiet') await database.run('update settings set body = ? where key = ?', [String(10_000 + seed), quietKey]);
    else await changeSomething(database, random);
    await pusher?.all('pragma wal_checkpoint(truncate)').catch(() => undefined);
    if (step % 10 === 9) writeSync(1, `${step}\n`);
  }
  await pusher?.close();
  await database.close();
}

const [, script, file, engine, seed, steps, how] = process.argv;
if (script?.endsWith('pages.suite.ts') && file && engine && how) await writeOn(file, engine, Number(seed), Number(steps), how);
