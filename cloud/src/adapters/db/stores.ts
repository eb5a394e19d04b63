import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { accountStore } from './account-store.ts';
import { backupStore } from './backup-store.ts';
import { billingStore } from './billing-store.ts';
import type { Database, Stores } from './database.ts';
import { playbookStore } from './playbook-store.ts';

type Handle = PgDatabase<PgQueryResultHKT>;

/** Everything both engines share: stores over the handle, transactions, and faults in the words of the port. */
export function storesOver(db: Handle): Stores & Pick<Database, 'transaction'> {
  return {
    accounts: guarded(accountStore(db)),
    backups: guarded(backupStore(db)),
    billing: guarded(billingStore(db)),
    playbooks: guarded(playbookStore(db)),
    transaction: (work) =>
      db
        .transaction((tx) => work({ accounts: accountStore(tx), backups: backupStore(tx), billing: billingStore(tx), playbooks: playbookStore(tx) }))
        .catch(translate),
  };
}

/** SQLSTATE classes and socket codes that say the server cannot be used now: nothing is wrong with the statement. */
const unavailable = /^(08|53|57P)|^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)/;

/** True for a fault of the connection rather than of what was asked. */
export function isConnectionFault(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === 'string' && unavailable.test(code)) return true;
    // pg gives these two no code.
    if (/^(Connection terminated|timeout exceeded when trying to connect)/.test(at.message)) return true;
    if (at instanceof AggregateError && at.errors.some(isConnectionFault)) return true;
  }
  return false;
}

export function translate(error: unknown): never {
  if (!(error instanceof AdiuvaError) && isConnectionFault(error)) throw new AdiuvaError('dependency.unavailable', { cause: error, retryAfter: 5 });
  throw error;
}

type Call = (...args: never[]) => Promise<unknown>;

function guarded<S extends object>(store: S): S {
  const calls = Object.entries(store) as [string, Call][];
  const safe = calls.map(([name, call]) => [name, (...args: never[]) => call(...args).catch(translate)]);
  return Object.fromEntries(safe) as S;
}
