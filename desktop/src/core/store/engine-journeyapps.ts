import { createRequire } from 'node:module';
import { engineError, keyLiteral, statementLimit, type Connection, type Engine, type OpenOptions, type Row, type SqlValue } from './engine.ts';

/** The part of the binding used here. Every call runs on the thread pool and answers by callback. */
interface Statement {
  all(params: readonly SqlValue[], done: (error: Error | null, rows: Row[]) => void): void;
  run(params: readonly SqlValue[], done: (this: { changes: number }, error: Error | null) => void): void;
  finalize(done: (error: Error | null) => void): void;
}
interface Handle {
  prepare(sql: string, done: (error: Error | null) => void): Statement;
  exec(sql: string, done: (error: Error | null) => void): void;
  close(done: (error: Error | null) => void): void;
}
interface Binding {
  Database: new (file: string, mode: number, done: (error: Error | null) => void) => Handle;
  OPEN_READONLY: number;
  OPEN_READWRITE: number;
  OPEN_CREATE: number;
}

const settle = (ok: () => void, no: (error: unknown) => void) => (error: Error | null) => (error ? no(engineError(error)) : ok());

function openHandle(binding: Binding, file: string, mode: OpenOptions['mode']): Promise<Handle> {
  const flags = mode === 'read' ? binding.OPEN_READONLY : binding.OPEN_READWRITE | (mode === 'create' ? binding.OPEN_CREATE : 0);
  return new Promise((ok, no) => {
    const handle: Handle = new binding.Database(
      file,
      flags,
      settle(() => ok(handle), no),
    );
  });
}

class JourneyappsConnection implements Connection {
  #handle: Handle;
  #statements = new Map<string, Promise<Statement>>();
  #last: Promise<unknown> | null = null;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  all<R extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<R[]> {
    // `all` for single rows too: the binding's `get` leaves its cursor open, and an open cursor makes a checkpoint fail.
    return this.#inTurn(sql, (statement, ok, no) => statement.all(params, (error, rows) => (error ? no(engineError(error)) : ok(rows as R[]))));
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return this.#inTurn(sql, (statement, ok, no) =>
      statement.run(params, function (error) {
        if (error) no(engineError(error));
        else ok(this.changes);
      }),
    );
  }

  exec(sql: string): Promise<void> {
    return this.#chain(() => new Promise<void>((ok, no) => this.#handle.exec(sql, settle(ok, no))));
  }

  async close(): Promise<void> {
    await this.#chain(async () => {
      for (const statement of this.#statements.values()) await statement.then(finalize, () => undefined);
      this.#statements.clear();
      await new Promise<void>((ok, no) => this.#handle.close(settle(ok, no)));
    });
  }

  #inTurn<T>(sql: string, work: (statement: Statement, ok: (value: T) => void, no: (error: unknown) => void) => void): Promise<T> {
    return this.#chain(async () => {
      const statement = await this.#prepared(sql);
      return await new Promise<T>((ok, no) => work(statement, ok, no));
    });
  }

  // Two statements given to the binding at once run on two threads in any order.
  #chain<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last ? this.#last.then(work, work) : work();
    this.#last = mine;
    const clear = () => {
      if (this.#last === mine) this.#last = null;
    };
    mine.then(clear, clear);
    return mine;
  }

  #prepared(sql: string): Promise<Statement> {
    const kept = this.#statements.get(sql);
    if (kept) return kept;
    const made = new Promise<Statement>((ok, no) => {
      const statement = this.#handle.prepare(
        sql,
        settle(() => ok(statement), no),
      );
    });
    this.#statements.set(sql, made);
    made.catch(() => this.#statements.delete(sql));
    if (this.#statements.size > statementLimit) this.#dropOldest();
    return made;
  }

  #dropOldest(): void {
    const [sql, statement] = this.#statements.entries().next().value!;
    this.#statements.delete(sql);
    statement.then(finalize, () => undefined);
  }
}

function finalize(statement: Statement): Promise<void> {
  return new Promise((ok) => statement.finalize(() => ok()));
}

async function connect(binding: Binding, file: string, options: OpenOptions): Promise<Connection> {
  const connection = new JourneyappsConnection(await openHandle(binding, file, options.mode));
  try {
    // The key comes before anything that reads the file. SQLCipher would write its own lines to the error output when a key does not fit.
    if (options.key)
      await connection.exec(
        `pragma cipher_log_level = none; pragma key = ${keyLiteral(options.key)}; pragma cipher_page_size = 4096; pragma cipher_memory_security = off;`,
      );
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function versionOf(binding: Binding): Promise<string> {
  const memory = new JourneyappsConnection(await openHandle(binding, ':memory:', 'create'));
  try {
    const [cipher] = await memory.all('pragma cipher_version');
    const [sqlite] = await memory.all('select sqlite_version() as version');
    return `SQLCipher ${String(cipher?.['cipher_version'])}, SQLite ${String(sqlite?.['version'])}`;
  } finally {
    await memory.close();
  }
}

/** `@journeyapps/sqlcipher`: Zetetic's SQLCipher, compiled at installation; not on Windows. @throws where it could not be compiled */
export async function journeyapps(): Promise<Engine> {
  const binding = createRequire(import.meta.url)('@journeyapps/sqlcipher') as Binding;
  return { name: 'journeyapps', version: await versionOf(binding), open: (file, options) => connect(binding, file, options) };
}
