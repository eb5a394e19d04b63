import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { Database } from './database.ts';
import { EngineError, type Engine, type EngineFault } from './engine.ts';
import { wrongPragmas } from './pragmas.ts';
import { engines, scratchDatabase, testKey } from './scratch.suite.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof EngineError ? error.fault : ((error as { code?: string }).code ?? String(error))),
  );
const put = 'insert into settings (key, body) values (?, ?)';
const keys = async (database: Pick<Database, 'all'>) => (await database.all('select key from settings order by key')).map(({ key }) => key);

/** The engine with its statements written down, or made to fail. */
function watched(engine: Engine, seen: (sql: string) => void): Engine {
  return {
    ...engine,
    async open(file, options) {
      const connection = await engine.open(file, options);
      return {
        all: (sql, params) => (seen(sql), connection.all(sql, params)),
        run: async (sql, params) => {
          seen(sql);
          return await connection.run(sql, params);
        },
        exec: (sql) => connection.exec(sql),
        close: () => connection.close(),
      };
    },
  };
}

describe.each(engines.map((load) => [load.name, load] as const))('database on %s', (_name, load) => {
  it('groups the writes of one tick into one commit, and a failing one fails alone', async () => {
    const seen: string[] = [];
    const database = await scratchDatabase(watched(await load(), (sql) => seen.push(sql)));
    await database.run(put, ['a', '1']);
    seen.length = 0;
    const answers = await Promise.all(['b', 'a', 'c', 'd'].map((key) => codeOf(database.run(put, [key, '1']))));
    expect(answers).toEqual(['done', 'constraint', 'done', 'done']);
    expect([seen.filter((sql) => sql === 'begin immediate').length, seen.filter((sql) => sql === 'commit').length]).toEqual([1, 1]);
    expect(await keys(database)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('answers a grouped write only after its commit', async () => {
    const seen: string[] = [];
    const database = await scratchDatabase(watched(await load(), (sql) => seen.push(sql)));
    await Promise.all(['a', 'b'].map((key) => database.run(put, [key, '1']).then(() => seen.push(`told ${key}`))));
    expect(seen.slice(-3)).toEqual(['commit', 'told a', 'told b']);
  });

  it('keeps a stray write out of a transaction that rolls back', async () => {
    const database = await scratchDatabase(await load());
    let stray: Promise<unknown> = Promise.resolve();
    const failing = database.tx(async (sql) => {
      await sql.run(put, ['inside', '1']);
      // Someone else's write, begun outside while this one is open.
      await new Promise<void>((go) => outside.push(go));
      throw new Error('changed my mind');
    });
    stray = database.run(put, ['stray', '1']);
    while (outside.length === 0) await new Promise((go) => setImmediate(go));
    outside.shift()!();
    expect(await codeOf(failing)).toContain('changed my mind');
    await stray;
    expect(await keys(database)).toEqual(['stray']);
  });
  const outside: (() => void)[] = [];

  it('reads the state before while a transaction is open, and the state after once it committed', async () => {
    const database = await scratchDatabase(await load());
    await database.run(put, ['a', '1']);
    let during: unknown;
    await database.tx(async (sql) => {
      await sql.run(put, ['b', '1']);
      during = [await keys(database), await keys(sql as Database)];
    });
    expect(during).toEqual([['a'], ['a', 'b']]);
    expect(await keys(database)).toEqual(['a', 'b']);
  });

  it('never interleaves transactions', async () => {
    const database = await scratchDatabase(await load());
    await database.run(put, ['n', '0']);
    const add = () =>
      database.tx(async (sql) => {
        const [row] = await sql.all("select body from settings where key = 'n'");
        await new Promise((go) => setImmediate(go));
        await sql.run("update settings set body = ? where key = 'n'", [String(Number(row!['body']) + 1)]);
      });
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await database.all("select body from settings where key = 'n'")).toEqual([{ body: '20' }]);
  });

  it('refuses a write of its own and a transaction inside a transaction instead of waiting for itself', async () => {
    const database = await scratchDatabase(await load());
    expect(await codeOf(database.tx(() => database.run(put, ['a', '1'])))).toBe('internal');
    expect(await codeOf(database.tx(() => database.tx(async () => {})))).toBe('internal');
    expect(await keys(database)).toEqual([]);
  });

  it('lets what was begun inside a transaction write once that is over', async () => {
    const database = await scratchDatabase(await load());
    let later: Promise<unknown> = Promise.resolve();
    await database.tx(async (sql) => {
      await sql.run(put, ['a', '1']);
      later = systemClock.sleep(20).then(() => database.run(put, ['b', '1']));
    });
    await later;
    expect(await keys(database)).toEqual(['a', 'b']);
  });

  it('lets nothing into a transaction that is over, and waits for what was begun in it', async () => {
    const database = await scratchDatabase(await load());
    let kept: Pick<Database, 'run'> | undefined;
    await database.tx(async (sql) => {
      kept = sql;
      void sql.run(put, ['not awaited', '1']);
    });
    expect(await keys(database)).toEqual(['not awaited']);
    expect(await codeOf(kept!.run(put, ['late', '1']))).toContain('over');
  });

  it('loses nothing to a full disk: what was confirmed stays, the rest is refused, later writes work', async () => {
    const database = await scratchDatabase(await load());
    await database.run(put, ['before', '1']);
    const [{ page_count: pages }] = (await database.all('pragma page_count')) as [{ page_count: number }];
    await database.alone((connection) => connection.exec(`pragma max_page_count = ${pages + 4}`));
    const big = JSON.stringify('x'.repeat(200_000));
    expect(await codeOf(database.run(put, ['big', big]))).toBe('vault.disk_full');
    expect(await Promise.all(['p', 'q'].map((key) => codeOf(database.run(put, [key, big]))))).toEqual(['vault.disk_full', 'vault.disk_full']);
    const swallowed = database.tx(async (sql) => {
      await sql.run(put, ['in tx', '1']);
      await sql.run(put, ['big', big]).catch(() => undefined);
    });
    expect(await codeOf(swallowed)).toBe('vault.disk_full');
    await database.alone((connection) => connection.exec('pragma max_page_count = 1000000'));
    await database.run(put, ['after', big]);
    expect(await keys(database)).toEqual(['after', 'before']);
    expect(await database.all('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('names what the disk refuses, and forgets a transaction that it lost', async () => {
    const engine = await load();
    let broken: EngineFault | null = null;
    const failing = watched(engine, (sql) => {
      if (broken && sql === put) throw new EngineError(broken, 'injected');
    });
    const database = await scratchDatabase(failing);
    for (const [fault, code] of [
      ['io', 'internal'],
      ['full', 'vault.disk_full'],
      ['corrupt', 'vault.corrupt'],
      ['read_only', 'permission.denied'],
      ['constraint', 'constraint'],
    ] as const) {
      broken = fault;
      const swallowed = codeOf(database.tx(async (sql) => void (await sql.run(put, ['lost', '1']).catch(() => undefined))));
      expect([
        await codeOf(database.run(put, ['a', '1'])),
        await codeOf(Promise.all([1, 2].map((n) => database.run(put, [`g${n}`, '1'])))),
        await swallowed,
      ]).toEqual([code, code, fault === 'constraint' || fault === 'read_only' ? 'done' : code]);
    }
    broken = null;
    await database.run(put, ['b', '1']);
    expect(await keys(database)).toEqual(['b']);
  });

  it('finishes what was begun before it closes, and refuses what comes later', async () => {
    const database = await scratchDatabase(await load());
    const begun = database.run(put, ['a', '1']);
    const snapshot = database.snapshot(async (sql) => (await sql.all('select count(*) as n from records'))[0]!['n']);
    const closed = database.close();
    expect([await codeOf(begun), await snapshot, await codeOf((async () => database.run(put, ['b', '1']))())]).toEqual(['done', 0, 'vault.locked']);
    await closed;
  });

  it('copies the log into the database before it grows without end', async () => {
    const database = await scratchDatabase(await load());
    // Another text each time: SQLite leaves a page alone that would not change.
    const text = (index: number) => JSON.stringify(String(index).repeat(200_000));
    for (let index = 0; index < 150; index++)
      await database.run('insert into settings (key, body) values (?, ?) on conflict (key) do update set body = excluded.body', [`k${index % 5}`, text(index)]);
    expect(statSync(`${database.file}-wal`).size).toBeLessThan(24 * 1024 * 1024);
    expect(statSync(database.file).size).toBeGreaterThan(1024 * 1024);
  });

  it('sets every connection up as it must be, and notices when one is not', async () => {
    const database = await scratchDatabase(await load());
    expect(await database.alone(wrongPragmas)).toEqual([]);
    expect(await database.snapshot((sql) => wrongPragmas(sql))).toEqual([]);
    await database.alone((connection) => connection.exec('pragma temp_store = file; pragma synchronous = off'));
    expect(await database.alone(wrongPragmas)).toEqual(['temp_store is 1', 'synchronous is 0']);
  });

  it('waits for another process that writes, then goes on', async () => {
    const engine = await load();
    const database = await scratchDatabase(engine);
    const other = await Database.open(engine, database.file, testKey, systemClock);
    let release = () => {};
    const holding = other.tx(() => new Promise<void>((go) => (release = go)));
    const mine = database.run(put, ['mine', '1']);
    await systemClock.sleep(60);
    release();
    await Promise.all([holding, mine]);
    expect(await keys(other)).toEqual(['mine']);
    await other.close();
  });
});
