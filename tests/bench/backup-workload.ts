import type { Connection, SqlValue } from '@adiuva/desktop/core/store/engine.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';

/**
 * The content that backups are measured on: short notes in plain words, a vector of 1,536 bytes beside each, files of 16 to 196 KB of which half are noise.
 * It lies in tables of its own inside the store's file, because what counts is pages and bytes.
 */
const tables = `create table bench_notes (id integer primary key, project integer, title text, body text, updated integer);
create table bench_vectors (id integer primary key, note integer, e blob); create table bench_files (id integer primary key, name text, data blob);
create index bench_notes_order on bench_notes (project, updated);`;

/** Numbers from 0 up to 1 that a seed repeats. */
export function numbers(seed: number): () => number {
  const random = seededRandom(seed);
  return () => {
    const [a, b, c, d] = random(4);
    return (a! * 2 ** 24 + b! * 2 ** 16 + c! * 2 ** 8 + d!) / 2 ** 32;
  };
}

const syllables = 'ka lo mi ter on ver sta pro en di ra tu ci po men te gra fi so li bu har qui zen al or ix um ny es'.split(' ');
const vocabulary = (() => {
  const next = numbers(7);
  return Array.from({ length: 20_000 }, () =>
    Array.from({ length: 1 + Math.floor(next() * 4) }, () => syllables[Math.floor(next() * syllables.length)]).join(''),
  );
})();

export function prose(next: () => number, words: number): string {
  return Array.from({ length: words }, (_, at) => vocabulary[Math.floor(next() ** 3 * vocabulary.length)]! + (at % 13 === 12 ? '.' : '')).join(' ');
}

/** Bytes of noise without asking the system for each: windows into one block, so that none compresses by itself. */
function noise(): (size: number) => Uint8Array {
  const block = new Uint8Array(8 * 1024 * 1024);
  for (let at = 0; at < block.length; at += 65_536) crypto.getRandomValues(block.subarray(at, at + 65_536));
  let at = 0;
  return (size) => {
    const made = new Uint8Array(size);
    at = (at + 4_099) % (block.length - size);
    for (let index = 0, shift = at % 251; index < size; index++) made[index] = block[at + index]! ^ shift;
    return made;
  };
}

async function inserted(connection: Connection, into: string, width: number, rows: SqlValue[][]): Promise<void> {
  for (let from = 0; from < rows.length; from += 100) {
    const part = rows.slice(from, from + 100);
    const places = part.map(() => `(${Array.from({ length: width }, () => '?').join(',')})`).join(',');
    await connection.run(`insert into ${into} values ${places}`, part.flat());
  }
}

/** Fills the file up to about `bytes`. @param connection a writer with the store's key; its journal is left to the caller */
export async function fill(connection: Connection, bytes: number): Promise<void> {
  await connection.exec(tables);
  const next = numbers(42);
  const random = noise();
  for (let written = 0, made = 0; written < bytes;) {
    await connection.run('begin');
    const notes = Array.from({ length: 200 }, (_, at) => [
      (made + at) % 50,
      prose(next, 6),
      prose(next, 60 + Math.floor(next() * 300)),
      1_700_000_000 + made + at,
    ]);
    await inserted(connection, 'bench_notes (project, title, body, updated)', 4, notes);
    await inserted(
      connection,
      'bench_vectors (note, e)',
      2,
      notes.map((_, at) => [made + at, random(1_536)]),
    );
    const files = Array.from({ length: 4 }, (_, at) => {
      const size = 16_384 + Math.floor(next() * 180_000);
      return [`f${made + at}`, at % 2 ? random(size) : Buffer.from(prose(next, Math.floor(size / 7)))];
    });
    await inserted(connection, 'bench_files (name, data)', 2, files);
    await connection.run('commit');
    made += notes.length;
    written +=
      notes.reduce((sum, note) => sum + String(note[2]).length + 1_536 + 140, 0) + files.reduce((sum, file) => sum + (file[1] as Uint8Array).length, 0);
  }
}

/** The change sets of the goals: one row, a thousand random rows, one per cent more. */
export const changes = {
  one: (connection: Connection, seed: number) => rewrite(connection, 1, seed),
  thousand: (connection: Connection, seed: number) => rewrite(connection, 1_000, seed),
  append: async (connection: Connection, seed: number) => {
    const [row] = await connection.all('select page_count * 4096 as bytes from pragma_page_count');
    const next = numbers(seed);
    const random = noise();
    await connection.run('begin');
    for (let written = 0; written < Number(row!['bytes']) / 100;) {
      const body = prose(next, 60 + Math.floor(next() * 300));
      await connection.run('insert into bench_notes (project, title, body, updated) values (?, ?, ?, ?)', [
        Math.floor(next() * 50),
        prose(next, 6),
        body,
        1_800_000_000,
      ]);
      await connection.run('insert into bench_vectors (note, e) values (?, ?)', [1, random(1_536)]);
      written += body.length + 1_700;
    }
    await connection.run('commit');
  },
} as const;
export type Change = keyof typeof changes;

async function rewrite(connection: Connection, rows: number, seed: number): Promise<void> {
  const [row] = await connection.all('select max(id) as last from bench_notes');
  const next = numbers(seed);
  await connection.run('begin');
  for (let done = 0; done < rows; done++) {
    const id = 1 + Math.floor(next() * Number(row!['last']));
    const [note] = await connection.all('select body from bench_notes where id = ?', [id]);
    const body = String(note!['body']);
    const at = Math.floor(next() * (body.length - 10));
    await connection.run('update bench_notes set body = ? where id = ?', [`${body.slice(0, at)}zzqq${body.slice(at + 4)}`, id]);
  }
  await connection.run('commit');
}
