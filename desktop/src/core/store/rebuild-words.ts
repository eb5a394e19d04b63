import { setImmediate } from 'node:timers/promises';
import { labelOf } from '@adiuva/shared/contracts/records.ts';
import type { Database, Sql } from './database.ts';
import { EngineError, type Row } from './engine.ts';
import { unescaped } from './json.ts';
import { recordOf, textOf } from './records.ts';
import { indexed } from './words.ts';

interface Source {
  readonly rows: string;
  readonly words: (row: Row) => readonly [title: string, text: string];
}

/** What the index is made of; the place in this list is the kind in its rowids. */
const sources: readonly Source[] = [
  {
    rows: 'select seq, id, type, version, body, created_at, updated_at from records',
    words(row) {
      const { type, fields } = recordOf(row);
      return [labelOf(type, fields), textOf(type, fields)];
    },
  },
  { rows: 'select seq, text from messages', words: (row) => ['', unescaped(row['text'])] },
  { rows: 'select seq, title, text from documents', words: (row) => [unescaped(row['title']), unescaped(row['text'])] },
  { rows: 'select seq, title from sessions', words: (row) => [unescaped(row['title']), ''] },
];

const page = 200;

/** Whether the full-text index is sound in itself and has an entry for everything. */
export async function wordsAreWhole(database: Database): Promise<boolean> {
  try {
    await database.alone((connection) => connection.run("insert into words (words) values ('integrity-check')"));
    const [row] = await database.all(
      `select (select count(*) from words_docsize) as indexed, ${['records', 'messages', 'documents', 'sessions'].map((table) => `(select count(*) from ${table})`).join(' + ')} as entries`,
    );
    return row?.['indexed'] === row?.['entries'];
  } catch (error) {
    if (error instanceof EngineError && error.fault !== 'corrupt' && error.fault !== 'other') throw error;
    return false;
  }
}

/** Makes the full-text index anew from the tables, in one transaction. */
export async function rebuildWords(database: Database): Promise<void> {
  await database.tx(async (sql) => {
    await sql.run("insert into words (words) values ('delete-all')");
    for (const [kind, source] of sources.entries()) await indexAll(sql, kind, source);
  });
}

async function indexAll(sql: Sql, kind: number, { rows, words }: Source): Promise<void> {
  for (let after = 0; ;) {
    const found = await sql.all(`select * from (${rows}) where seq > ? order by seq limit ${page}`, [after]);
    for (const row of found) {
      const [title, text] = words(row);
      await sql.run('insert into words (rowid, title, text) values (?, ?, ?)', [Number(row['seq']) * 4 + kind, indexed(title), indexed(text)]);
    }
    if (found.length < page) return;
    after = Number(found.at(-1)!['seq']);
    await setImmediate();
  }
}
