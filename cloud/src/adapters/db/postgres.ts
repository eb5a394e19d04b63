import { drizzle } from 'drizzle-orm/node-postgres';
import { Client, Pool } from 'pg';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Database } from './database.ts';
import { migrate } from './migrations/migrations.ts';
import { storesOver, translate } from './stores.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Refuse to start beside another instance: right when limits and runs are kept in memory. */
  readonly alone: boolean;
  readonly log: Log;
  readonly connections?: number;
}

/** Any number, as long as every instance takes the same. */
const instanceLock = 4_021_764_312;
const connectMs = 5_000;
const statementMs = 15_000;

/**
 * A PostgreSQL server through a pool.
 * @throws AdiuvaError `dependency.unavailable` (it cannot be reached) · `cloud.in_use` · `cloud.newer`
 */
export async function openPostgres({ url, alone, log, connections = 10 }: PostgresOptions): Promise<Database> {
  const release = alone ? await holdAlone(url, log) : async () => {};
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    application_name: 'adiuva',
  });
  // An idle connection that breaks is replaced by the pool; without a listener the process would end.
  pool.on('error', () => log.warn('database connection lost', { engine: 'postgres' }));
  const close = async () => {
    await pool.end();
    await release();
  };
  try {
    const db = drizzle(pool);
    await migrate(db);
    return { engine: 'postgres', ...storesOver(db), probe: async () => void (await pool.query('select 1')), close };
  } catch (error) {
    await close();
    return translate(error);
  }
}

/** The lock lives as long as its connection, so the server frees it when this process dies. */
async function holdAlone(url: string, log: Log): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectMs, keepAlive: true, application_name: 'adiuva-instance' });
  client.on('error', () => log.warn('instance lock lost', { engine: 'postgres' }));
  try {
    await client.connect();
    const answer = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [instanceLock]);
    if (answer.rows[0]?.held) return () => client.end();
    throw new AdiuvaError('cloud.in_use', { detail: 'another Adiuva cloud is running on this database; several need REDIS_URL as well' });
  } catch (error) {
    await client.end().catch(() => {});
    return translate(error);
  }
}
