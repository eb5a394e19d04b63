import { AsyncLocalStorage } from 'node:async_hooks';
import { stat } from 'node:fs/promises';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { Checkpoints } from './checkpoint.ts';
import { EngineError, type Connection, type Engine, type EngineFault, type RawKey, type Row, type SqlValue } from './engine.ts';
import { holdFile, type HeldFile } from './held-file.ts';
import { PageTracker, type TrackedPages } from './page-tracker.ts';
import type { FrozenPages } from './pages.ts';
import { setPragmas } from './pragmas.ts';
import { sleepAwake } from './stay-awake.ts';

/** What the tables speak to: the database, or one transaction of it. */
export interface Sql {
  all<R extends Row = Row>(sql: string, params?: readonly SqlValue[]): Promise<R[]>;
  /** One statement that writes; whole or not at all, its triggers included. @returns rows changed, not counting those changed by triggers */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>;
}

/** Commits after which the write-ahead log is copied into the database: about the 1,000 pages at which SQLite would do it by itself. */
const checkpointEvery = 256;
/** Bytes by which the log grows before it is copied in any case; what is left of its file beyond `journal_size_limit` is cut then. */
const walLimit = 16 * 1024 * 1024;
/** How often and how long a frozen state is waited for; half a minute in all. */
const freezeTries = 300;
const freezeWait = 100;
/** As `busyTries`, for the last copying of the log: a second. */
const closeTries = 40;
/** How often and how long a write waits for another process; ten seconds in all. */
const busyTries = 400;
const busyWait = 25;

/** After these SQLite may have rolled the whole transaction back by itself; what follows would run outside any. */
const fatal: ReadonlySet<EngineFault> = new Set(['full', 'io', 'corrupt', 'not_a_database', 'busy']);

const words: Partial<Record<EngineFault, readonly [code: ErrorCode, detail?: string]>> = {
  full: ['vault.disk_full'],
  busy: ['vault.in_use', 'Another Adiuva kept the store busy for ten seconds.'],
  corrupt: ['vault.corrupt'],
  not_a_database: ['vault.corrupt'],
  read_only: ['permission.denied', 'The data folder cannot be written.'],
  cannot_open: ['permission.denied', 'The data folder cannot be written.'],
  io: ['internal', 'The disk could not be read or written.'],
};

/** The store's words for a failure of the engine. A broken constraint stays as it is: the table that wrote knows what it means. */
export function storeError(thrown: unknown): unknown {
  if (!(thrown instanceof EngineError)) return thrown;
  const [code, detail] = words[thrown.fault] ?? [];
  return code ? new AdiuvaError(code, { cause: thrown, ...(detail !== undefined && { detail }) }) : thrown;
}

interface Waiting {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  readonly ok: (changes: number) => void;
  readonly no: (error: unknown) => void;
}

/** One transaction's statements; refuses to go on once the transaction is over or lost. */
class Transaction implements Sql {
  #connection: Connection;
  #running = new Set<Promise<unknown>>();
  #over: unknown = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  all<R extends Row>(sql: string, params?: readonly SqlValue[]): Promise<R[]> {
    return this.#tracked(() => this.#connection.all<R>(sql, params));
  }

  run(sql: string, params?: readonly SqlValue[]): Promise<number> {
    return this.#tracked(() => this.#connection.run(sql, params));
  }

  isOpen(): boolean {
    return this.#over === null;
  }

  /** Waits for statements nobody waited for, so that none of them lands outside. @throws what lost the transaction */
  async end(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    const lost = this.#over;
    this.#over ??= new Error('the transaction is over');
    if (lost) throw lost;
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    if (this.#over) throw this.#over;
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      if (error instanceof EngineError && fatal.has(error.fault)) this.#over ??= storeError(error);
      throw storeError(error);
    } finally {
      this.#running.delete(running);
    }
  }
}

/**
 * One open database file: a writer, and a reader that opens when something wants to read while the writer is busy with a transaction.
 *
 * A single SQLite connection has a single transaction, so a stray statement lands in whichever is open and vanishes with its rollback. Therefore everything
 * that writes has its turn: a transaction, or a group of the single writes that came up meanwhile, which share one commit. A write that fails in a group fails
 * alone, because SQLite undoes exactly that statement (its ABORT resolution); no savepoint is needed for one statement.
 */
export class Database implements Sql {
  readonly engine: Engine;
  readonly file: string;
  #key: RawKey;
  #clock: Clock;
  #writer: Connection;
  #reader: Promise<Connection> | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #busy = 0;
  #waiting: Waiting[] = [];
  #commits = 0;
  /** Of the log's file, at which it is copied again. */
  #copyAt = walLimit;
  #checkpoints: Checkpoints;
  #held: Promise<HeldFile> | null = null;
  #frozen = 0;
  #closed = false;
  #snapshots = new Set<Promise<unknown>>();
  #inside = new AsyncLocalStorage<Transaction>();

  private constructor(engine: Engine, file: string, key: RawKey, clock: Clock, writer: Connection, tracker: PageTracker | null) {
    this.engine = engine;
    this.file = file;
    this.#key = key;
    this.#clock = clock;
    this.#writer = writer;
    this.#checkpoints = new Checkpoints(writer, () => this.#openCopier(), tracker);
  }

  /**
   * @param tracker of the pages that change; null for a file that no backup is made of
   * @throws AdiuvaError `vault.corrupt` (also for a key that does not fit), `vault.in_use`, `vault.disk_full`
   */
  static async open(
    engine: Engine,
    file: string,
    key: RawKey,
    clock: Clock,
    mode: 'create' | 'write' = 'write',
    tracker: PageTracker | null = new PageTracker(file),
  ): Promise<Database> {
    const writer = await engine.open(file, { key, mode }).catch((error: unknown) => Promise.reject(storeError(error)));
    try {
      // A wrong key says nothing until the first read; a forgotten one would make a plaintext file at the first write.
      await patiently(clock, () => writer.all('select count(*) from sqlite_schema'));
      await patiently(clock, () => setPragmas(writer, false));
      return new Database(engine, file, key, clock, writer, tracker);
    } catch (error) {
      await writer.close();
      throw storeError(error);
    }
  }

  async all<R extends Row>(sql: string, params?: readonly SqlValue[]): Promise<R[]> {
    this.#refuseClosed();
    try {
      // While nothing writes, the writer reads too: its cache is the warm one.
      if (this.#busy === 0) return await this.#patiently(() => this.#writer.all<R>(sql, params));
      this.#reader ??= this.#openReader();
      this.#reader.catch(() => (this.#reader = null));
      const reader = await this.#reader;
      return await this.#patiently(() => reader.all<R>(sql, params));
    } catch (error) {
      throw storeError(error);
    }
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return new Promise((ok, no) => {
      this.#refuseClosed();
      this.#refuseInside();
      this.#waiting.push({ sql, params, ok, no });
      if (this.#waiting.length === 1) queueMicrotask(() => void this.#exclusive(() => this.#writeWaiting()).catch(() => undefined));
    });
  }

  /** Everything in `work` or nothing. Other writers wait; readers see the state before until it commits. */
  async tx<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    this.#refuseInside();
    return await this.#exclusive(() => this.#transaction(work));
  }

  /** Work on the writer while nothing else writes, outside any transaction: checks, migrations. Not for checkpoints, which are ours: see {@link Checkpoints}. */
  async alone<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    this.#refuseInside();
    return await this.#exclusive(() => work(this.#writer));
  }

  /** Reads that all see the same moment, on a connection of their own; writers go on. */
  snapshot<T>(work: (sql: Pick<Sql, 'all'>) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    const reading = this.#snapshot(work);
    this.#snapshots.add(reading);
    return reading.finally(() => void this.#snapshots.delete(reading));
  }

  /** See `Pages.freeze`. */
  async freeze(signal?: AbortSignal): Promise<FrozenPages> {
    this.#held ??= holdFile(this.file);
    for (let tried = 1; ; tried++) {
      if (signal?.aborted) throw new AdiuvaError('backup.cancelled');
      this.#refuseClosed();
      const frozen = await this.#exclusive(() => this.#tryToFreeze()).catch((error: unknown) => Promise.reject(storeError(error)));
      if (frozen) return frozen;
      if (tried === freezeTries) throw new AdiuvaError('vault.in_use', { detail: 'Somebody kept reading the store for half a minute.' });
      await sleepAwake(this.#clock, freezeWait);
    }
  }

  dataKey(): RawKey {
    this.#refuseClosed();
    return { key: Uint8Array.from(this.#key.key), salt: Uint8Array.from(this.#key.salt) };
  }

  /** Waits for everything begun, then closes. Calls that come later are refused with `vault.locked`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#exclusive(async () => {
      await this.#writeWaiting();
      await (await this.#reader)?.close();
      await Promise.allSettled(this.#snapshots);
      await this.#copyLast();
      await this.#checkpoints.close();
      await this.#writer.close();
      await (await this.#held)?.release();
    });
  }

  /** Null where a reader is in the way. */
  async #tryToFreeze(): Promise<FrozenPages | null> {
    this.#refuseClosed();
    const held = await this.#held!;
    return await this.#patiently(() => this.#checkpoints.freeze((tracked) => this.#frozenPages(tracked, held)));
  }

  /**
   * A reader that begins when nothing of the log is left to copy reads the file itself, and SQLite lets no checkpoint write to it before that reader ends
   * (WAL_READ_LOCK(0)). It begins before the write lock goes, so the file is what the mark stands for.
   */
  async #frozenPages({ mark, changedSince }: TrackedPages, held: HeldFile): Promise<FrozenPages> {
    const reader = await this.#openReader();
    try {
      await reader.run('begin');
      await reader.all('select count(*) from sqlite_schema');
      const pages = (await held.size()) / 4096;
      let over = () => {};
      const holding = new Promise<void>((go) => (over = go));
      this.#snapshots.add(holding);
      this.#frozen++;
      const release = async () => {
        if (!this.#snapshots.delete(holding)) return;
        this.#frozen--;
        await reader.close().finally(over);
      };
      return { pageSize: 4096, pages, fd: held.fd, mark, changedSince, sql: reader, release };
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** SQLite copies the log when the last connection closes, and nobody would have read before what it changes. */
  async #copyLast(): Promise<void> {
    if ((await this.#logSize()) === 0) return;
    await patiently(this.#clock, () => this.#checkpoints.run(), closeTries).catch(() => undefined);
  }

  async #snapshot<T>(work: (sql: Pick<Sql, 'all'>) => Promise<T>): Promise<T> {
    const connection = await this.#openReader();
    try {
      await connection.run('begin');
      return await work(connection);
    } catch (error) {
      throw storeError(error);
    } finally {
      await connection.close();
    }
  }

  async #transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const transaction = new Transaction(this.#writer);
    await this.#patiently(() => this.#writer.run('begin immediate'));
    try {
      const result = await this.#inside.run(transaction, () => work(transaction));
      await transaction.end();
      await this.#writer.run('commit');
      return result;
    } catch (error) {
      await transaction.end().catch(() => undefined);
      await this.#writer.run('rollback').catch(() => undefined);
      throw storeError(error);
    } finally {
      await this.#afterCommit(true);
    }
  }

  async #writeWaiting(): Promise<void> {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    if (group.length === 1) await this.#writeOne(group[0]!);
    else await this.#writeGroup(group);
    await this.#afterCommit();
  }

  async #writeOne({ sql, params, ok, no }: Waiting): Promise<void> {
    try {
      ok(await this.#patiently(() => this.#writer.run(sql, params)));
    } catch (error) {
      no(storeError(error));
    }
  }

  async #writeGroup(group: Waiting[]): Promise<void> {
    const answers: (() => void)[] = [];
    try {
      await this.#patiently(() => this.#writer.run('begin immediate'));
      for (const write of group) answers.push(await this.#writeInGroup(write));
      await this.#writer.run('commit');
      for (const answer of answers) answer();
    } catch (error) {
      await this.#writer.run('rollback').catch(() => undefined);
      for (const { no } of group) no(storeError(error));
    }
  }

  /** The answer to give once the group has committed. */
  async #writeInGroup({ sql, params, ok, no }: Waiting): Promise<() => void> {
    try {
      const changes = await this.#writer.run(sql, params);
      return () => ok(changes);
    } catch (error) {
      if (error instanceof EngineError && fatal.has(error.fault)) throw error;
      return () => no(storeError(error));
    }
  }

  /** @param large whether one commit may have been much */
  async #afterCommit(large = false): Promise<void> {
    const size = ++this.#commits % 16 === 0 || large ? await this.#logSize() : 0;
    if (this.#frozen > 0 || (size < this.#copyAt && this.#commits % checkpointEvery !== 0)) return;
    // A reader in the way is no failure: what can be copied is, and the next time tries again.
    const whole = await this.#checkpoints.run().catch(() => false);
    this.#copyAt = whole ? walLimit : size + walLimit;
  }

  #logSize(): Promise<number> {
    return stat(`${this.file}-wal`).then(
      ({ size }) => size,
      () => 0,
    );
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++;
    const mine = this.#turn.then(work).finally(() => void this.#busy--);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #openReader(): Promise<Connection> {
    const reader = await this.engine.open(this.file, { key: this.#key, mode: 'read' });
    await this.#patiently(() => setPragmas(reader, true));
    return reader;
  }

  async #openCopier(): Promise<Connection> {
    const copier = await this.engine.open(this.file, { key: this.#key, mode: 'write' });
    await this.#patiently(() => setPragmas(copier, false));
    return copier;
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(this.#clock, work);
  }

  #refuseClosed(): void {
    if (this.#closed) throw new AdiuvaError('vault.locked');
  }

  #refuseInside(): void {
    // What was begun inside and outlived it is outside now.
    if (this.#inside.getStore()?.isOpen()) throw new AdiuvaError('internal', { detail: 'a write inside a transaction has to use that transaction' });
  }
}

async function patiently<T>(clock: Clock, work: () => Promise<T>, tries = busyTries): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EngineError) || error.fault !== 'busy' || tried >= tries) throw error;
    }
    await sleepAwake(clock, busyWait);
  }
}
