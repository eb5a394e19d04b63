/** What SQLite stores. Booleans are 0 and 1, times are text or milliseconds, everything structured is JSON text. */
export type SqlValue = string | number | null | Uint8Array;
export type Row = Record<string, SqlValue>;

/** Kinds of failure that someone acts on; the rest is `other`. */
export type EngineFault = 'busy' | 'constraint' | 'full' | 'not_a_database' | 'corrupt' | 'io' | 'read_only' | 'cannot_open' | 'other';

/** A failure of SQLite, the same for every engine. `message` is SQLite's and names tables and columns, never values. */
export class EngineError extends Error {
  readonly fault: EngineFault;

  constructor(fault: EngineFault, message: string) {
    super(message);
    this.name = 'EngineError';
    this.fault = fault;
  }
}

const faults: readonly (readonly [prefix: string, fault: EngineFault])[] = [
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_CONSTRAINT', 'constraint'],
  ['SQLITE_FULL', 'full'],
  ['SQLITE_NOTADB', 'not_a_database'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_IOERR', 'io'],
  ['SQLITE_READONLY', 'read_only'],
  ['SQLITE_CANTOPEN', 'cannot_open'],
];

/** Both bindings put SQLite's name of the error into `code`, one of them the extended one (`SQLITE_IOERR_WRITE`). */
export function engineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  const fault = faults.find(([prefix]) => String(code).startsWith(prefix))?.[1] ?? 'other';
  return new EngineError(fault, `${String(code)}: ${String(message)}`);
}

/** 32 bytes of key and 16 of salt: the database file starts with the salt, the key is used as it is (no PBKDF2). */
export interface RawKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

export interface OpenOptions {
  /** Null opens without a cipher: for the lock file, which stays empty. */
  readonly key: RawKey | null;
  readonly mode: 'create' | 'write' | 'read';
}

/**
 * One connection. Statements are prepared once per SQL text and run strictly in the order they were given, also when the caller does not wait;
 * `close` finalizes all of them. Parameters are plain `?`, because the engines count numbered ones differently. Every failure is an {@link EngineError}.
 */
export interface Connection {
  all<R extends Row = Row>(sql: string, params?: readonly SqlValue[]): Promise<R[]>;
  /** @returns rows changed, not counting those changed by triggers */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>;
  /** Several statements, without parameters, not kept. */
  exec(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** The engine port: SQLite with the SQLCipher 4 file format. Whatever one engine wrote the other opens, a leftover write-ahead log included. */
export interface Engine {
  readonly name: string;
  /** Version of the cipher and of SQLite, for people. */
  readonly version: string;
  open(file: string, options: OpenOptions): Promise<Connection>;
}

/** Loads an engine, or throws where its native part is not available. */
export type EngineFactory = () => Promise<Engine>;

/** `x'…'` of SQLCipher: 64 hex digits of key, 32 of salt. An empty or short key would silently make a plaintext database. */
export function keyLiteral({ key, salt }: RawKey): string {
  if (key.length !== 32 || salt.length !== 16) throw new RangeError('a raw key has 32 bytes and its salt 16');
  if (key.every((byte) => byte === 0)) throw new RangeError('an all-zero key is a wiped one');
  return `"x'${Buffer.from(key).toString('hex')}${Buffer.from(salt).toString('hex')}'"`;
}

/** Statements kept per connection; the oldest goes when one more comes. */
export const statementLimit = 300;
