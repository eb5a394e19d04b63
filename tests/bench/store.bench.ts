import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Database } from '@adiuva/desktop/core/store/database.ts';
import { journeyapps } from '@adiuva/desktop/core/store/engine-journeyapps.ts';
import { keyLiteral, type SqlValue } from '@adiuva/desktop/core/store/engine.ts';
import { migrate } from '@adiuva/desktop/core/store/migrate.ts';
import { pragmas } from '@adiuva/desktop/core/store/pragmas.ts';
import { createStore, type Store } from '@adiuva/desktop/core/store/store.ts';
import { openVault } from '@adiuva/desktop/core/store/vault.ts';
import { argonBounds } from '@adiuva/shared/contracts/backup.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { median, percentile } from './measure.ts';

/* oxlint-disable no-console -- a benchmark prints */
/**
 * The store against its engines used bare, on the same file format, the same settings and the same rows, in turns within one run. Each figure is the median of
 * the rounds; the ratio is what counts. `ROUNDS` (5) and `NOTES` (100000) change the size.
 */
const rounds = Number(process.env['ROUNDS'] ?? 5);
const notes = Number(process.env['NOTES'] ?? 100_000);
const need = createRequire(new URL('../../desktop/package.json', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'adiuva-bench-'));
const rawKey = { key: new Uint8Array(32).fill(7), salt: new Uint8Array(16).fill(9) };
const at = '2026-11-20T09:00:00.000Z';
// Who checkpoints is part of the comparison: bare engines do it as SQLite does by itself, every 1,000 pages.
const settings = pragmas
  .filter(({ name }) => name !== 'wal_autocheckpoint')
  .map(({ name, set }) => `pragma ${name} = ${set};`)
  .join(' ');

interface Bare {
  exec(sql: string): Promise<void>;
  prepare(sql: string): { run(...values: SqlValue[]): Promise<void>; all(...values: SqlValue[]): Promise<unknown[]> };
  close(): Promise<void>;
}

type Callback = (error: Error | null, rows?: unknown[]) => void;
/** A handle or a statement of the callback binding, by the names of its methods. */
type Callable = Record<string, (...given: unknown[]) => Callable>;

const answer = (target: Callable, name: string, ...given: unknown[]): Promise<unknown[]> =>
  new Promise((ok, no) => {
    const done: Callback = (error, rows) => (error ? no(error) : ok(rows ?? []));
    target[name]!(...given, done);
  });

async function bareJourneyapps(file: string): Promise<Bare> {
  const { Database: Driver } = need('@journeyapps/sqlcipher') as { Database: new (file: string, done: Callback) => Callable };
  const db = await new Promise<Callable>((ok, no) => {
    const made: Callable = new Driver(file, (error) => (error ? no(error) : ok(made)));
  });
  const made: Callable[] = [];
  await answer(db, 'exec', `pragma key = ${keyLiteral(rawKey)}; ${settings}`);
  return {
    exec: async (sql) => void (await answer(db, 'exec', sql)),
    prepare(sql) {
      const statement = db['prepare']!(sql);
      made.push(statement);
      return { run: async (...values) => void (await answer(statement, 'run', values)), all: (...values) => answer(statement, 'all', values) };
    },
    async close() {
      for (const statement of made) await answer(statement, 'finalize');
      await answer(db, 'close');
    },
  };
}

interface SyncStatement {
  run(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
}
type SyncDriver = new (file: string) => { exec(sql: string): void; prepare(sql: string): SyncStatement; close(): void };

/** Synchronous: measured without promises. */
interface BareSync {
  exec(sql: string): void;
  prepare(sql: string): SyncStatement;
  close(): void;
}

function bareMultipleCiphers(file: string): BareSync {
  const db = new (need('better-sqlite3-multiple-ciphers') as SyncDriver)(file);
  db.exec(`pragma cipher = 'sqlcipher'; pragma legacy = 4; pragma key = ${keyLiteral(rawKey)}; ${settings}`);
  return db;
}

async function openStore(file: string): Promise<{ store: Store; database: Database }> {
  const database = await Database.open(await journeyapps(), file, rawKey, systemClock, 'create');
  await database.alone((connection) => migrate(connection));
  return { store: createStore(database, { vaultId: 'bench', selfCheck: async () => [], close: () => database.close() }), database };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Many short turns rather than a few long ones: what else the machine does then hits both sides alike. */
async function slices(turn: () => Promise<void>): Promise<void> {
  for (let slice = 0; slice < rounds * 8; slice++) await turn();
}

const results: { name: string; ours: number; peer: number | null; peerName: string; unit: string; ratio: number | null; goal: string }[] = [];

function report(name: string, unit: string, ours: number, peerName: string, peer: number | null, goal: string): void {
  const ratio = peer === null ? null : ours / peer;
  results.push({ name, ours, peer, peerName, unit, ratio, goal });
  const beside = peer === null ? '' : `${peerName} ${peer.toFixed(3)} ${unit}, ratio ${ratio!.toFixed(2)}`;
  console.log(`${name.padEnd(46)} ours ${ours.toFixed(3)} ${unit}  ${beside}  (goal ${goal})`);
}

const random = seededRandom(3);
const syllables = 'ka lo mi ter on ver sta pro en di ra tu ci po men te gra fi so li bu har qui zen al or ix um ny es'.split(' ');
const words = Array.from({ length: 20_000 }, () => Array.from({ length: 1 + (random(1)[0]! % 4) }, () => syllables[random(1)[0]! % syllables.length]).join(''));
const fraction = () => {
  const [a, b, c] = random(3);
  return (a! * 65_536 + b! * 256 + c!) / 16_777_216;
};
const prose = (count: number) => Array.from({ length: count }, () => words[Math.floor(fraction() ** 3 * words.length)]).join(' ');
const bodies = Array.from({ length: 1_000 }, () => prose(60));

const activityRow = (id: string, index: number) => ({
  id,
  at,
  kind: 'records',
  verb: 'created',
  recordType: 'task' as const,
  recordId: `r${index % 50}`,
  label: bodies[index % 1_000]!,
  runId: null,
});
// Each a minute after the one before, as notes are written.
let minute = 0;
const note = (id: string, title: string, body: string) => {
  const now = new Date(Date.parse(at) + 60_000 * minute++).toISOString();
  return { id, type: 'note' as const, fields: { title, body, tags: [] }, version: 1, createdAt: now, updatedAt: now };
};

async function main(): Promise<void> {
  const file = join(folder, 'ours.db');
  const { store, database } = await openStore(file);
  for (const name of ['jrn', 'mc']) await (await openStore(join(folder, `${name}.db`))).store.close();
  const jrn = await bareJourneyapps(join(folder, 'jrn.db'));
  const mc = bareMultipleCiphers(join(folder, 'mc.db'));
  const insert = 'insert into activity (id, record_id, body) values (?, ?, ?)';

  await single(store, database, jrn, insert);
  await batch(store, mc, insert);
  await fill(store, mc, jrn);
  await points(store, jrn);
  await search(store, mc);
  await stalls(store);
  await jrn.close();
  mc.close();
  await store.close();
  await opening();
}

/** S1, at the durability the store has (an fsync a commit) and without it, where only the code counts. */
async function single(store: Store, database: Database, jrn: Bare, insert: string): Promise<void> {
  const raw = jrn.prepare(insert);
  let n = 0;
  for (const [level, count] of [
    ['full', 40],
    ['normal', 150],
  ] as const) {
    await database.alone((connection) => connection.exec(`pragma synchronous = ${level}`));
    await jrn.exec(`pragma synchronous = ${level}`);
    const [ours, theirs]: [number[], number[]] = [[], []];
    await slices(async () => {
      ours.push(
        await timed(async () => {
          for (let i = 0; i < count; i++) {
            const row = activityRow(`s${n++}`, i);
            await store.t.activity.insert(row);
          }
        }),
      );
      theirs.push(
        await timed(async () => {
          for (let i = 0; i < count; i++) {
            const row = activityRow(`s${n++}`, i);
            await raw.run(row.id, row.recordId, JSON.stringify(row));
          }
        }),
      );
    });
    report(
      `S1 one row, own commit, synchronous=${level}`,
      'µs',
      (median(ours) * 1_000) / count,
      'journeyapps prepared',
      (median(theirs) * 1_000) / count,
      '≤ 1.15',
    );
  }
  await database.alone((connection) => connection.exec('pragma synchronous = full'));
  await jrn.exec('pragma synchronous = full');
}

async function batch(store: Store, mc: BareSync, insert: string): Promise<void> {
  const raw = mc.prepare(insert);
  const [ours, theirs, records]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const rows = Array.from({ length: 10_000 }, (_, i) => activityRow(`b${round}-${i}`, i));
    ours.push(await timed(() => store.tx((t) => t.activity.insertMany(rows))));
    theirs.push(
      await timed(async () => {
        mc.exec('begin');
        for (const row of rows) raw.run(row.id, row.recordId, JSON.stringify(row));
        mc.exec('commit');
      }),
    );
    records.push(await timed(() => store.tx((t) => t.records.insertMany(rows.slice(0, 2_000).map((row, i) => note(row.id, `title ${i}`, row.label))))));
  }
  report('S2 10,000 rows in one batch', 'ms', median(ours), 'multiple-ciphers, a row a call', median(theirs), '≤ 1.00');
  report('   2,000 notes of 60 words with their index', 'ms', median(records), '', null, 'none');
}

async function fill(store: Store, mc: BareSync, jrn: Bare): Promise<void> {
  mc.exec('create virtual table f using fts5(title, body)');
  const raw = mc.prepare('insert into f (rowid, title, body) values (?, ?, ?)');
  const bare = jrn.prepare('insert into records (id, type, version, body, rank, at, created_at, updated_at) values (?, ?, 1, ?, 0, 0, ?, ?)');
  for (let from = 0; from < notes; from += 5_000) {
    const rows = Array.from({ length: 5_000 }, (_, i) => note(`n${from + i}`, prose(4), prose(40)));
    await store.tx((t) => t.records.insertMany(rows));
    mc.exec('begin');
    for (const [i, { fields }] of rows.entries()) raw.run(from + i + 1, fields.title, fields.body);
    mc.exec('commit');
    await jrn.exec('begin');
    for (const { id, type, fields } of rows) await bare.run(id, type, JSON.stringify(fields), at, at);
    await jrn.exec('commit');
  }
}

/** S3 and S4: the same table, the same columns, the same work on each row. */
async function points(store: Store, jrn: Bare): Promise<void> {
  const raw = jrn.prepare('select id, type, version, body, created_at, updated_at from records where id = ?');
  // Rows that fit the cache on both sides: otherwise it is the cipher that is measured.
  const hot = Math.min(notes, 20_000);
  const any = () => `n${Math.floor(fraction() * hot)}`;
  // Both with a warm cache: what was filled last lies in it by chance.
  for (let i = 0; i < hot; i += 500) await Promise.all(Array.from({ length: 500 }, (_, k) => store.t.records.get(`n${i + k}`)));
  for (let i = 0; i < hot; i++) await raw.all(`n${i}`);
  const [many, one, bare]: [number[], number[], number[]] = [[], [], []];
  await slices(async () => {
    const ids = Array.from({ length: 400 }, any);
    many.push(
      await timed(async () => {
        for (let i = 0; i < ids.length; i += 100) await Promise.all(ids.slice(i, i + 100).map((id) => store.t.records.get(id)));
      }),
    );
    one.push(
      await timed(async () => {
        for (const id of ids) await store.t.records.get(id);
      }),
    );
    bare.push(
      await timed(async () => {
        for (const id of ids) {
          const [row] = (await raw.all(id)) as { body: string }[];
          JSON.parse(row!.body);
        }
      }),
    );
  });
  const us = (values: number[]) => (median(values) * 1_000) / 400;
  report('S3 100 point reads in one tick, per row', 'µs', us(many), 'journeyapps one by one', us(bare), '≤ 0.15');
  report('S4 one point read', 'µs', us(one), 'journeyapps prepared', us(bare), '≤ 1.10');
}

/** The words part of V3: three words, common ones too. */
async function search(store: Store, mc: BareSync): Promise<void> {
  const raw = mc.prepare('select rowid, bm25(f) from f where f match ? order by rank limit 20');
  const pick = () => [words[Math.floor(fraction() ** 3 * 2_000)]!, words[200 + Math.floor(fraction() * 3_000)]!, words[200 + Math.floor(fraction() * 3_000)]!];
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let i = 0; i < 220; i++) {
    const query = pick();
    const mine = await timed(() => store.search(query.join(' '), { limit: 20 }));
    const other = await timed(async () => raw.all(query.map((word) => `"${word}"`).join(' OR ')));
    if (i >= 20) {
      ours.push(mine);
      theirs.push(other);
    }
  }
  report('V3 (words only) search of three words, p50', 'ms', median(ours), 'FTS5 OR by rank', median(theirs), '≤ 0.25');
  report('V3 (words only) search of three words, p95', 'ms', percentile(ours, 0.95), 'FTS5 OR by rank', percentile(theirs, 0.95), '≤ 0.20');
}

async function stalls(store: Store): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const calls: [string, () => Promise<unknown>][] = [
    ['50 rows', () => store.t.records.list({ type: 'note', limit: 50 })],
    ['1,000 rows', () => store.t.records.list({ type: 'note', limit: 1_000 })],
    ['search', () => store.search('kalo mi', { limit: 20 })],
    ['list by word', () => store.t.records.list({ type: 'note', query: words[5]!, limit: 50 })],
    ['insert', () => store.t.records.insert(note(`x${fraction()}`, 'title', bodies[0]!))],
    ['counts', () => store.t.records.counts()],
  ];
  let worst = 0;
  for (const [name, call] of calls) {
    await call();
    const took: number[] = [];
    const longest: number[] = [];
    for (let i = 0; i < 21; i++) {
      delay.reset();
      delay.enable();
      took.push(await timed(call));
      await new Promise((go) => setTimeout(go, 3));
      delay.disable();
      longest.push(delay.max / 1e6 - 1);
    }
    // The longest stall of one call; the median over the calls, because the machine stalls us too.
    const stall = median(longest);
    worst = Math.max(worst, stall);
    console.log(`   ${name.padEnd(16)} median ${median(took).toFixed(2)} ms, stall ${stall.toFixed(1)} ms`);
  }
  report('S6 longest stall of the loop by a call of the screen', 'ms', worst, '', null, '≤ 15 ms');
}

/** S5: what comes after the key is derived, on a vault of the same content. */
async function opening(): Promise<void> {
  const dataDir = join(folder, 'vault');
  const slotCost = { timeCost: argonBounds.timeCost.min, memoryKiB: argonBounds.memoryKiB.min, parallelism: 1 };
  let sealed = new Uint8Array();
  const secrets = { backend: 'bench', encrypt: async (plain: Uint8Array) => (sealed = plain.slice()), decrypt: async () => sealed.slice() };
  const vault = openVault({ dataDir, clock: systemClock, random: systemRandom, log: silentLog, secrets, slotCost });
  const { store } = await vault.create('a passphrase to bench with');
  await vault.setOsSlot(true);
  for (let from = 0; from < notes; from += 5_000)
    await store.tx((t) =>
      t.records.insertMany(Array.from({ length: 5_000 }, (_, i) => note(`n${from + i}`, bodies[i % 1_000]!.slice(0, 30), bodies[(i * 7) % 1_000]!))),
    );
  await vault.lock();
  const file = join(dataDir, 'store.db');
  const [ours, mc] = [[] as number[], [] as number[]];
  for (let round = 0; round < rounds * 3; round++) {
    ours.push(await timed(async () => (await vault.unlock({ with: 'os' })).t.records.list({ type: 'note', limit: 50 })));
    await vault.lock();
    mc.push(
      await timed(async () => {
        const db = new (need('better-sqlite3-multiple-ciphers') as SyncDriver)(file);
        db.exec("pragma cipher = 'sqlcipher'; pragma legacy = 4; pragma key = 'a passphrase'");
        try {
          db.prepare('select 1 from sqlite_schema').all();
        } catch {
          /* the wait for its own derivation is what is measured */
        }
        db.close();
      }),
    );
  }
  report('S5 unlock by key store to first 50 rows', 'ms', median(ours), "a passphrase of SQLCipher's own", median(mc), '≤ 2 ms');
}

try {
  await main();
  const out = fileURLToPath(new URL('../../bench/out/', import.meta.url));
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'store.json'), `${JSON.stringify({ rounds, notes, node: process.version, results }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
