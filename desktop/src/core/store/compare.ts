import { setImmediate } from 'node:timers/promises';
import { labelOf } from '@adiuva/shared/contracts/records.ts';
import type { Sql } from './database.ts';
import { countsOf } from './digest.ts';
import type { Row } from './engine.ts';
import { recordOf } from './records.ts';
import type { ComparedRecord, Comparison } from './restored.ts';

type Reading = Pick<Sql, 'all'>;

const page = 500;
const shown = 200;

/** The first by title of any number of records. */
class FirstByTitle {
  total = 0;
  readonly first: ComparedRecord[] = [];

  add(row: Row): void {
    this.total++;
    const { id, type, fields } = recordOf(row);
    this.first.push({ type, id, title: labelOf(type, fields) });
    if (this.first.length >= shown * 2) this.cut();
  }

  cut(): { total: number; first: readonly ComparedRecord[] } {
    this.first.sort((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : a.id < b.id ? -1 : 1)).splice(shown);
    return { total: this.total, first: this.first };
  }
}

/**
 * What would be won and lost if `there` took the place of `here`, by id, version and time of the last change. Both are snapshots; a few hundred records of
 * each are in memory at a time.
 */
export async function compareStores(here: Reading, there: Reading): Promise<Comparison> {
  const [won, lost] = [new FirstByTitle(), new FirstByTitle()];
  const [ours, theirs] = [recordsById(here), recordsById(there)];
  let [mine, other] = [await ours.next(), await theirs.next()];
  while (!mine.done || !other.done) {
    const order = mine.done ? 1 : other.done ? -1 : idOrder(mine.value, other.value);
    const newer = order === 0 ? newerOf(mine.value as Row, other.value as Row) : -order;
    if (newer < 0) won.add(other.value as Row);
    if (newer > 0) lost.add(mine.value as Row);
    if (order <= 0) mine = await ours.next();
    if (order >= 0) other = await theirs.next();
  }
  return { counts: await countsBeside(here, there), won: won.cut(), lost: lost.cut() };
}

/** The same where there is nothing here yet. */
export async function compareWithNothing(there: Reading): Promise<Comparison> {
  const won = new FirstByTitle();
  for await (const row of recordsById(there)) won.add(row);
  const counts = Object.entries(await countsOf(there)).map(([table, rows]) => ({ table, here: 0, there: rows }));
  return { counts, won: won.cut(), lost: { total: 0, first: [] } };
}

async function* recordsById(sql: Reading): AsyncGenerator<Row, undefined> {
  for (let after = ''; ;) {
    const rows = await sql.all(`select id, type, version, body, created_at, updated_at from records where id > ? order by id limit ${page}`, [after]);
    yield* rows;
    if (rows.length < page) return undefined;
    after = String(rows.at(-1)!['id']);
    await setImmediate();
  }
}

/** SQLite orders text by its UTF-8 bytes, JavaScript by UTF-16 units. */
const idOrder = (a: Row, b: Row): number => Buffer.compare(Buffer.from(String(a['id'])), Buffer.from(String(b['id'])));

/** Above 0 where the first is newer, 0 where they are the same. */
function newerOf(a: Row, b: Row): number {
  const versions = Number(a['version']) - Number(b['version']);
  if (versions !== 0) return versions;
  const [first, second] = [String(a['updated_at']), String(b['updated_at'])];
  return first > second ? 1 : first < second ? -1 : 0;
}

async function countsBeside(here: Reading, there: Reading): Promise<Comparison['counts']> {
  const [ours, theirs] = [await countsOf(here), await countsOf(there)];
  return Object.keys(ours).map((table) => ({ table, here: ours[table] ?? 0, there: theirs[table] ?? 0 }));
}
