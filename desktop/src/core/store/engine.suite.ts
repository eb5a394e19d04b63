import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineError, type Connection, type EngineFactory, type RawKey } from './engine.ts';
import { scratchFolder, testKey } from './scratch.suite.ts';

const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof EngineError ? error.fault : error),
  );

/** What every engine must do, and what the other must be able to read of it. */
export function engineSuite(name: string, load: EngineFactory, loadOther: EngineFactory): void {
  describe(`engine ${name}`, () => {
    const file = () => join(scratchFolder(), 'e.db');
    const create = async (path: string, key: RawKey | null = testKey): Promise<Connection> => {
      const connection = await (await load()).open(path, { key, mode: 'create' });
      await connection.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (id integer primary key, a text, b unique)');
      return connection;
    };

    it('keeps text with NUL, any script, 10 MB; whole numbers to 2^53; floats, null and bytes', async () => {
      const db = await create(file());
      const values = [
        '',
        'a\0b',
        'Grüße 会議 🎉 \u202e',
        'x'.repeat(10_000_000),
        0,
        -1,
        2 ** 31,
        -(2 ** 31) - 1,
        1_763_629_200_000,
        Number.MAX_SAFE_INTEGER,
        0.1,
        null,
      ];
      for (const value of values) await db.run('insert into t (a) values (?)', [value]);
      await db.run('insert into t (a) values (?)', [Buffer.from([0, 255])]);
      const rows = await db.all('select a from t order by id');
      expect(rows.slice(0, 4).map(({ a }) => a)).toEqual(values.slice(0, 4));
      // A TEXT column gives numbers back as text; without a column's affinity they stay numbers.
      expect(
        (
          await db.all(
            `select ${values
              .slice(4)
              .map((_, index) => `? as v${index}`)
              .join(', ')}`,
            values.slice(4) as (number | null)[],
          )
        ).flatMap((row) => Object.values(row)),
      ).toEqual(values.slice(4));
      expect(rows.at(-1)!['a']).toEqual(Buffer.from([0, 255]));
      await db.close();
    });

    it('tells how many rows a statement changed, without those of triggers', async () => {
      const db = await create(file());
      await db.exec('create table log (x); create trigger l after insert on t begin insert into log values (1); insert into log values (2); end;');
      expect(await db.run('insert into t (a) values (?), (?)', ['x', 'y'])).toBe(2);
      expect(await db.run("update t set a = 'z' where id > ?", [1])).toBe(1);
      expect(await db.run('delete from t where id = ?', [99])).toBe(0);
      await db.close();
    });

    it('runs statements in the order they were given, awaited or not', async () => {
      const db = await create(file());
      const wrote = Array.from({ length: 50 }, (_, index) => db.run(index % 2 ? 'insert into t (a) values (?)' : 'insert into t (b) values (?)', [index]));
      const rows = await db.all('select id, coalesce(a, b) as v from t order by id');
      await Promise.all(wrote);
      expect(rows.map(({ v }) => Number(v))).toEqual(Array.from({ length: 50 }, (_, index) => index));
      await db.close();
    });

    it('names failures, and goes on after them', async () => {
      const db = await create(file());
      await db.run('insert into t (b) values (?)', [1]);
      expect(await faultOf(db.run('insert into t (b) values (?)', [1]))).toBe('constraint');
      expect(await faultOf(db.run('insert into nowhere values (1)'))).toBe('other');
      expect(await faultOf(db.all('select from'))).toBe('other');
      expect(await faultOf(db.all('select ? as a', [1]))).toBe('none');
      await db.exec('pragma max_page_count = 8');
      expect(await faultOf(db.run('insert into t (a) values (?)', ['x'.repeat(100_000)]))).toBe('full');
      await db.exec('pragma max_page_count = 100000');
      expect(await db.run('insert into t (a) values (?)', ['x'])).toBe(1);
      await db.close();
    });

    it('refuses a wrong key, a missing key and an empty one at the first read', async () => {
      const path = file();
      await (await create(path)).close();
      const engine = await load();
      for (const key of [null, { ...testKey, key: new Uint8Array(32).fill(8) }]) {
        const db = await engine.open(path, { key, mode: 'write' });
        expect(await faultOf(db.all('select * from t'))).toBe('not_a_database');
        await db.close();
      }
      for (const key of [new Uint8Array(), new Uint8Array(32)])
        await expect(engine.open(path, { key: { ...testKey, key }, mode: 'write' })).rejects.toThrow(RangeError);
    });

    it('writes neither header nor text in the clear, not in the log either', async () => {
      const path = file();
      const db = await create(path);
      await db.run('insert into t (a) values (?)', ['canary of the user']);
      const bytes = Buffer.concat([path, `${path}-wal`].map((each) => readFileSync(each)));
      expect([
        bytes.includes('SQLite format 3'),
        bytes.includes('canary of the user'),
        readFileSync(path).subarray(0, 16).equals(Buffer.from(testKey.salt)),
      ]).toEqual([false, false, true]);
      await db.close();
    });

    it('writes what the other engine reads, checkpointed or left in the log', async () => {
      const path = file();
      const db = await create(path);
      await db.exec("create virtual table f using fts5(a, content='', contentless_delete=1)");
      await db.run('insert into t (a) values (?)', ['first']);
      await db.all('pragma wal_checkpoint(truncate)');
      await db.run('insert into t (a) values (?)', ['second']);
      await db.run('insert into f (rowid, a) values (7, ?)', ['words to find']);
      // What a killed process leaves: the file and its log, no clean close.
      const copy = join(scratchFolder(), 'c.db');
      for (const end of ['', '-wal']) copyFileSync(path + end, copy + end);
      await db.close();
      for (const left of [copy, path]) {
        const other = await (await loadOther()).open(left, { key: testKey, mode: 'write' });
        expect(await other.all('select a from t order by id')).toEqual([{ a: 'first' }, { a: 'second' }]);
        expect(await other.all('select rowid as r from f where f match ?', ['find'])).toEqual([{ r: 7 }]);
        expect(await other.all('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
        await other.run('insert into t (a) values (?)', ['third']);
        await other.close();
      }
    });

    it('opens no file that is not there unless told to create one, and writes nothing when told to read', async () => {
      const path = file();
      const engine = await load();
      for (const mode of ['read', 'write'] as const) expect(await faultOf(engine.open(path, { key: testKey, mode }))).toBe('cannot_open');
      expect(existsSync(path)).toBe(false);
      await (await create(path)).close();
      const reader = await engine.open(path, { key: testKey, mode: 'read' });
      expect(await faultOf(reader.run('insert into t (a) values (1)'))).toBe('read_only');
      await reader.close();
    });

    it('says busy while another connection writes', async () => {
      const path = file();
      const [a, b] = [await create(path), await (await load()).open(path, { key: testKey, mode: 'write' })];
      await b.exec('pragma busy_timeout = 1');
      await a.run('begin immediate');
      expect(await faultOf(b.run('begin immediate'))).toBe('busy');
      await a.run('commit');
      expect(await faultOf(b.run('begin immediate'))).toBe('none');
      await b.run('rollback');
      await a.close();
      await b.close();
    });

    it('keeps more statements than it holds prepared, and closes with all of them open', async () => {
      const db = await create(file());
      for (let index = 0; index < 350; index++) expect(await db.all(`select ${index} as n`)).toEqual([{ n: index }]);
      expect(await db.all('select 0 as n')).toEqual([{ n: 0 }]);
      await db.close();
    });
  });
}
