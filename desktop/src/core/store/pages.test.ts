import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, readSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { PageTracker } from './page-tracker.ts';
import { parseTracked } from './page-tracker-file.ts';
import type { FrozenPages } from './pages.ts';
import { changeSomething, engineOf, pagesKey, quietKey } from './pages.suite.ts';
import { engines, scratchFolder } from './scratch.suite.ts';
import { readLog, type ReadLog } from './wal.ts';

const soak = process.env['ADIUVA_SOAK'] === '1';
const seed = Number(process.env['ADIUVA_SEED'] ?? 20_261_121);
const child = fileURLToPath(new URL('./pages.suite.ts', import.meta.url));

function writer(
  file: string,
  engine: string,
  childSeed: number,
  steps: number,
  how: string,
): { process: ChildProcess; ready: Promise<unknown>; done: Promise<unknown> } {
  const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, file, engine, String(childSeed), String(steps), how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void started.kill('SIGKILL'));
  return { process: started, ready: once(started.stdout!, 'data'), done: once(started, 'exit') };
}

async function created(name: string, tracker?: PageTracker | null): Promise<Database> {
  const file = join(scratchFolder(), 'store.db');
  const database = await Database.open(await engineOf(name), file, pagesKey, systemClock, 'create', tracker);
  onTestFinished(() => database.close());
  await database.alone((connection) => migrate(connection));
  return database;
}

function bytesOf({ fd, pages }: FrozenPages): Buffer {
  const bytes = Buffer.alloc(pages * 4096);
  for (let at = 0; at < bytes.length;) at += readSync(fd, bytes, at, bytes.length - at, at);
  return bytes;
}

function changedBetween(before: Buffer, after: Buffer): number[] {
  const found: number[] = [];
  for (let page = 0; page * 4096 < after.length; page++) {
    const at = page * 4096;
    if (at >= before.length || before.compare(after, at, at + 4096, at, at + 4096) !== 0) found.push(page);
  }
  return found;
}

const frozen = async <T>(database: Database, work: (pages: FrozenPages) => T | Promise<T>): Promise<T> => {
  const pages = await database.freeze();
  try {
    return await work(pages);
  } finally {
    await pages.release();
  }
};

type Mutant = 'none' | 'deaf after the log begins anew' | 'silent at close' | 'trusts the size';

/** The tracker, or one with a fault that a harness must find. */
class Planted extends PageTracker {
  closing = false;
  readonly #mutant: Mutant;

  constructor(file: string, mutant: Mutant) {
    let first = '';
    const deaf: ReadLog = (path, after, see) => {
      let salts = '';
      return readLog(path, after, (page, size) => (salts === '' || salts === first) && see(page, size)).then((place) => {
        salts = place?.salts ?? '';
        first ||= salts;
        return place;
      });
    };
    const half: ReadLog = async (path, after, see) => {
      const place = await readLog(path, null, () => undefined);
      first ||= place?.salts ?? '';
      return place && place.salts !== first ? place : await deaf(path, after, see);
    };
    super(
      file,
      mutant === 'deaf after the log begins anew' ? half : readLog,
      mutant === 'trusts the size' ? async (path) => ({ size: BigInt(statSync(path).size), mtimeNs: 0n, ctimeNs: 0n, ino: 0n, dev: 0n }) : undefined,
    );
    this.#mutant = mutant;
  }

  override async harvest(chance: Uint8Array): Promise<void> {
    if (!(this.closing && this.#mutant === 'silent at close')) await super.harvest(chance);
  }
}

interface Outcome {
  readonly missed: string[];
  readonly reported: number;
  readonly changed: number;
  readonly known: number;
  readonly lost: number;
}

/** Random changes by this process and others, restarts and deaths in between; at each freeze what was reported against what differs, for all marks before. */
async function compareAlongTheWay(steps: number, from: number, mutant: Mutant, only: readonly string[] = []): Promise<Outcome> {
  const random = seededRandom(from);
  let others = 0;
  const below = (most: number) => random(1)[0]! % most;
  const file = join(scratchFolder(), 'store.db');
  const names = ['journeyapps', 'multiple-ciphers'] as const;
  let tracker = new Planted(file, mutant);
  const open = async () => {
    tracker = new Planted(file, mutant);
    return await Database.open(await engineOf(names[below(2)]!), file, pagesKey, systemClock, 'create', tracker);
  };
  let database = await open();
  onTestFinished(() => database.close());
  await database.alone((connection) => migrate(connection));
  await database.run('insert into settings (key, body) values (?, ?)', [quietKey, '10000']);
  const close = async () => {
    tracker.closing = true;
    await database.close();
  };
  const other = async (how: string, most: number) => {
    const one = writer(file, names[below(2)]!, (from % 1_000) * 1_000 + others++, most, how);
    await one.ready;
    return one;
  };
  const write = async (most: number) => {
    for (let left = below(most); left >= 0; left--) await changeSomething(database, random);
  };
  const reopenAround = async (work: () => Promise<unknown>) => {
    await close();
    await work();
    database = await open();
  };
  const killedWriter = async () => {
    const one = await other('tracked', 100_000);
    await systemClock.sleep(5 + below(80));
    one.process.kill('SIGKILL');
    await one.done;
  };
  const everything: readonly (readonly [name: string, weight: number, act: () => Promise<unknown>])[] = [
    ['write', 40, () => write(30)],
    ['vacuum', 3, () => database.alone((connection) => connection.exec('vacuum'))],
    ['reopen', 12, () => reopenAround(async () => undefined)],
    [
      'another writes too',
      4,
      async () => {
        const one = await other('tracked', 25);
        await write(10);
        await one.done;
      },
    ],
    ['another dies beside', 4, killedWriter],
    ['another dies alone', 2, () => reopenAround(killedWriter)],
    ['a stranger alone', 2, () => reopenAround(async () => (await other('untracked', 6)).done)],
    ['a quiet stranger alone', 2, () => reopenAround(async () => (await other('quiet', 1)).done)],
    ['a stranger beside', 2, async () => (await other('untracked', 30)).done],
  ];
  const acts = everything.filter(([name]) => only.length === 0 || only.includes(name));
  const total = acts.reduce((sum, [, weight]) => sum + weight, 0);
  const marks: { mark: string; bytes: Buffer; step: number }[] = [];
  const outcome = { missed: [] as string[], reported: 0, changed: 0, known: 0, lost: 0 };
  for (let step = 0; step < steps; step++) {
    let pick = ((random(1)[0]! * 256 + random(1)[0]!) / 65_536) * total;
    await acts.find(([, weight]) => (pick -= weight) < 0)![2]();
    if (step % 2 === 0) continue;
    await frozen(database, (pages) => {
      const bytes = bytesOf(pages);
      for (const before of marks) {
        const reported = pages.changedSince(before.mark);
        if (!reported) {
          outcome.lost++;
          continue;
        }
        const set = new Set(reported);
        const truth = changedBetween(before.bytes, bytes);
        const missed = truth.filter((page) => !set.has(page));
        if (missed.length > 0) outcome.missed.push(`seed ${from}, mark of step ${before.step} at step ${step}: ${missed.length} of ${truth.length} missed`);
        if (reported.some((page, index) => page >= pages.pages || (index > 0 && page <= reported[index - 1]!))) outcome.missed.push('out of order');
        outcome.known++;
        outcome.reported += reported.length;
        outcome.changed += truth.length;
      }
      marks.push({ mark: pages.mark, bytes, step });
      if (marks.length > 5) marks.shift();
    });
    if (outcome.missed.length > 0) break;
  }
  await database.close();
  return outcome;
}

describe('pages that changed since a mark', () => {
  const rounds = soak ? 60 : 3;
  it(
    `are never left out, in ${rounds} random histories of several processes`,
    async () => {
      const all: Outcome[] = [];
      for (let round = 0; round < rounds; round++) all.push(await compareAlongTheWay(soak ? 80 : 36, seed + round, 'none'));
      const sum = (of: (outcome: Outcome) => number) => all.reduce((total, each) => total + of(each), 0);
      const ratio = sum(({ reported }) => reported) / sum(({ changed }) => changed);
      process.stderr.write(
        `seed ${seed}: ${sum(({ known }) => known)} comparisons, ${sum(({ lost }) => lost)} where tracking was lost, reported ${ratio.toFixed(3)} times what changed\n`,
      );
      expect(all.flatMap(({ missed }) => missed)).toEqual([]);
      expect(ratio).toBeLessThan(1.5);
      expect(sum(({ known }) => known)).toBeGreaterThan(sum(({ lost }) => lost));
    },
    60_000 + rounds * 60_000,
  );

  it.each<[Mutant, string[]]>([
    ['deaf after the log begins anew', ['write']],
    ['silent at close', ['write', 'reopen']],
    ['trusts the size', ['write', 'a quiet stranger alone']],
  ])(
    'are found missing by this test in a tracker with a fault: %s',
    async (mutant, acts) => {
      const missed: string[] = [];
      for (let round = 0; round < 12 && missed.length === 0; round++) missed.push(...(await compareAlongTheWay(36, seed + round, mutant, acts)).missed);
      expect(missed.join()).toMatch(/missed/);
    },
    400_000,
  );

  it('are those of one row and its index, and none where nothing happened', async () => {
    const database = await created('journeyapps');
    for (let count = 0; count < 40; count++) await changeSomething(database, seededRandom(count));
    const mark = await frozen(database, (pages) => pages.mark);
    expect(await frozen(database, (pages) => pages.changedSince(mark)?.length)).toBe(0);
    await database.run("insert into settings (key, body) values ('one', '1')");
    const after = await frozen(database, (pages) => pages.changedSince(mark)?.length);
    expect([after! > 0, after! < 4]).toEqual([true, true]);
    expect(await frozen(database, (pages) => pages.changedSince('00'.repeat(16)))).toBeNull();
  });

  it('are known across a restart, for every mark, and for none after the file was touched', async () => {
    let database = await created('journeyapps');
    const { file } = database;
    const again = async () => {
      await database.close();
      database = await Database.open(await engineOf('multiple-ciphers'), file, pagesKey, systemClock);
      onTestFinished(() => database.close());
    };
    const put = "insert into settings (key, body) values (?, '1')";
    const marks: string[] = [];
    for (const key of ['a', 'b', 'c']) {
      marks.push(await frozen(database, (pages) => pages.mark));
      await database.run(put, [key]);
      await again();
    }
    const known = () => frozen(database, (pages) => marks.map((mark) => (pages.changedSince(mark)?.length ?? 0) > 0));
    expect(await known()).toEqual([true, true, true]);
    for (const touch of [
      () => utimesSync(file, 1, 1),
      () => writeFileSync(file, readFileSync(file)),
      () => {
        copyFileSync(file, `${file}.copy`);
        const { atime, mtime } = statSync(file);
        rmSync(file);
        copyFileSync(`${file}.copy`, file);
        utimesSync(file, atime, mtime);
      },
      () => rmSync(`${file}-pages`),
      () => writeFileSync(`${file}-pages`, readFileSync(`${file}-pages`).subarray(0, 100)),
      () => {
        const bytes = readFileSync(`${file}-pages`);
        bytes[bytes.length - 40]! ^= 1;
        writeFileSync(`${file}-pages`, bytes);
      },
    ]) {
      marks[0] = await frozen(database, (pages) => pages.mark);
      await database.close();
      touch();
      database = await Database.open(await engineOf('journeyapps'), file, pagesKey, systemClock);
      expect(await frozen(database, (pages) => pages.changedSince(marks[0]!))).toBeNull();
    }
    await database.close();
  });

  it('of a later time are not taken for those of a folder that was put back', async () => {
    let database = await created('multiple-ciphers');
    const { file } = database;
    await database.close();
    const before = ['', '-pages'].map((end) => [end, existsSync(file + end) ? readFileSync(file + end) : null] as const);
    const reopen = async () => (database = await Database.open(await engineOf('multiple-ciphers'), file, pagesKey, systemClock));
    await reopen();
    await database.run("insert into settings (key, body) values ('gone', '1')");
    const mark = await frozen(database, (pages) => pages.mark);
    await database.close();
    for (const [end, bytes] of before) if (bytes) writeFileSync(file + end, bytes);
    await reopen();
    await frozen(database, () => undefined);
    await database.run("insert into settings (key, body) values ('other', '1')");
    expect(await frozen(database, (pages) => pages.changedSince(mark))).toBeNull();
    await database.close();
  });

  it('stay within 64 marks, and a damaged list of them counts as none', async () => {
    const database = await created('journeyapps');
    const first = await frozen(database, (pages) => pages.mark);
    for (let count = 0; count < 64; count++) await frozen(database, () => undefined);
    expect(await frozen(database, (pages) => pages.changedSince(first))).toBeNull();
    const bytes = readFileSync(`${database.file}-pages`);
    expect(parseTracked(bytes)?.marks.length).toBe(64);
    for (let at = 0; at < bytes.length; at += 97) {
      const hurt = Buffer.from(bytes);
      hurt[at]! ^= 0x10;
      expect([parseTracked(hurt), parseTracked(bytes.subarray(0, at))]).toEqual([null, null]);
    }
  });
});

describe.each(engines.map(({ name }) => [name === 'journeyapps' ? name : 'multiple-ciphers']))('a frozen store on %s', (name) => {
  it('does not change by a byte while this process and another one write and push, and all they wrote is there afterwards', async () => {
    const database = await created(name);
    for (let count = 0; count < 60; count++) await changeSomething(database, seededRandom(count));
    const other = writer(database.file, name === 'journeyapps' ? 'multiple-ciphers' : 'journeyapps', 777_777, 100_000, 'pushing');
    await other.ready;
    const pages = await database.freeze();
    const before = bytesOf(pages);
    const counted = (await pages.sql.all('select count(*) as n from records'))[0]!['n'];
    const pusher = await (await engineOf(name)).open(database.file, { key: pagesKey, mode: 'write' });
    await pusher.exec('pragma busy_timeout = 0');
    const random = seededRandom(9);
    for (let count = 0; count < 150; count++) {
      await changeSomething(database, random);
      for (const kind of ['passive', 'truncate', 'restart']) await pusher.all(`pragma wal_checkpoint(${kind})`).catch(() => undefined);
    }
    await database.tx(async (sql) => void (await sql.run("insert into settings (key, body) values ('last', '1')")));
    await pusher.close();
    expect(statSync(`${database.file}-wal`).size).toBeGreaterThan(100_000);
    expect(bytesOf(pages).equals(before)).toBe(true);
    expect((await pages.sql.all('select count(*) as n from records'))[0]!['n']).toBe(counted);
    // The pages alone are a whole store.
    const copy = join(scratchFolder(), 'copy.db');
    writeFileSync(copy, before);
    const alone = await Database.open(await engineOf(name), copy, pagesKey, systemClock, 'write', null);
    expect([await alone.all('pragma integrity_check'), (await alone.all('select count(*) as n from records'))[0]!['n']]).toEqual([
      [{ integrity_check: 'ok' }],
      counted,
    ]);
    await alone.close();
    await pages.release();
    await pages.release();
    other.process.kill('SIGKILL');
    await other.done;
    expect(await frozen(database, (next) => bytesOf(next).equals(before))).toBe(false);
    expect([await database.all('pragma integrity_check'), await database.all("select body from settings where key = 'last'")]).toEqual([
      [{ integrity_check: 'ok' }],
      [{ body: '1' }],
    ]);
  }, 60_000);

  it('waits for a reader in the way, can be called off, and lets the store close after its release', async () => {
    const database = await created(name);
    let done = () => {};
    const reading = database.snapshot(async (sql) => {
      await sql.all('select count(*) from records');
      await new Promise<void>((go) => (done = go));
    });
    await systemClock.sleep(50);
    await database.run("insert into settings (key, body) values ('before', '1')");
    const stop = new AbortController();
    const called = database.freeze(stop.signal).then(
      () => 'frozen',
      (error: unknown) => (error as { code?: string }).code,
    );
    await systemClock.sleep(250);
    stop.abort();
    expect(await called).toBe('backup.cancelled');
    const waiting = database.freeze();
    await database.run("insert into settings (key, body) values ('meanwhile', '1')");
    done();
    await reading;
    const pages = await waiting;
    const closed = database.close().then(() => 'closed');
    expect(await Promise.race([closed, systemClock.sleep(80).then(() => 'open')])).toBe('open');
    await pages.release();
    expect(await closed).toBe('closed');
    expect(await database.freeze().catch((error: unknown) => (error as { code?: string }).code)).toBe('vault.locked');
  }, 30_000);
});
