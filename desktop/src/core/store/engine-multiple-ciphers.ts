import { createRequire } from 'node:module';
import { engineError, keyLiteral, statementLimit, type Connection, type Engine, type OpenOptions, type Row, type SqlValue } from './engine.ts';

/** The part of the binding used here. It is synchronous: a call has ended when it returns. */
interface Statement {
  readonly reader: boolean;
  all(...params: readonly SqlValue[]): Row[];
  run(...params: readonly SqlValue[]): { changes: number };
}
interface Handle {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  close(): void;
}
type Binding = new (file: string, options: { readonly: boolean; fileMustExist: boolean; timeout: number }) => Handle;

class MultipleCiphersConnection implements Connection {
  #handle: Handle;
  #statements = new Map<string, Statement>();

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  async all<R extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<R[]> {
    return this.#tried(() => {
      const statement = this.#prepared(sql);
      if (statement.reader) return statement.all(...params) as R[];
      statement.run(...params);
      return [];
    });
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return this.#tried(() => {
      const statement = this.#prepared(sql);
      if (!statement.reader) return statement.run(...params).changes;
      statement.all(...params);
      return 0;
    });
  }

  async exec(sql: string): Promise<void> {
    this.#tried(() => this.#handle.exec(sql));
  }

  async close(): Promise<void> {
    this.#statements.clear();
    this.#tried(() => this.#handle.close());
  }

  #prepared(sql: string): Statement {
    const kept = this.#statements.get(sql);
    if (kept) return kept;
    const made = this.#handle.prepare(sql);
    this.#statements.set(sql, made);
    if (this.#statements.size > statementLimit) this.#statements.delete(this.#statements.keys().next().value!);
    return made;
  }

  #tried<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw engineError(error);
    }
  }
}

async function connect(binding: Binding, file: string, options: OpenOptions): Promise<Connection> {
  let handle: Handle;
  try {
    // No waiting inside: the binding would hold up the event loop for as long. Whoever calls tries again.
    handle = new binding(file, { readonly: options.mode === 'read', fileMustExist: options.mode !== 'create', timeout: 0 });
  } catch (error) {
    throw engineError(error);
  }
  const connection = new MultipleCiphersConnection(handle);
  try {
    if (options.key) await connection.exec(`pragma cipher = 'sqlcipher'; pragma legacy = 4; pragma key = ${keyLiteral(options.key)};`);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function versionOf(binding: Binding): Promise<string> {
  const memory = await connect(binding, ':memory:', { key: null, mode: 'create' });
  const [row] = await memory.all('select sqlite3mc_version() as cipher, sqlite_version() as version');
  await memory.close();
  return `${String(row?.['cipher'])}, SQLite ${String(row?.['version'])}`;
}

/** `better-sqlite3-multiple-ciphers`: SQLite3 Multiple Ciphers in its SQLCipher 4 mode; comes compiled for every platform. */
export async function multipleCiphers(): Promise<Engine> {
  const binding = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as Binding;
  return { name: 'multiple-ciphers', version: await versionOf(binding), open: (file, options) => connect(binding, file, options) };
}
