import { afterAll, beforeAll, describe } from 'vitest';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { postgresMissing, startPostgres, type PostgresServer } from '../../../tests/world/servers/postgres.ts';
import type { Database } from '../adapters/db/database.ts';
import { openPglite } from '../adapters/db/pglite.ts';
import { openPostgres } from '../adapters/db/postgres.ts';
import { snapshot } from '../cloud.suite.ts';
import { accountsSuite } from './accounts.suite.ts';

const noPostgres = postgresMissing();

describe('accounts on the database in this process', () => {
  let db: Database;
  beforeAll(async () => {
    db = await openPglite({ snapshot });
  });
  afterAll(() => db.close());
  accountsSuite(() => db);
});

describe.skipIf(noPostgres)(`accounts on PostgreSQL${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let server: PostgresServer;
  let db: Database;
  beforeAll(async () => {
    server = await startPostgres();
    db = await openPostgres({ url: server.database('accounts'), alone: false, log: silentLog });
  });
  afterAll(async () => {
    await db.close();
    await server.stop();
  });
  accountsSuite(() => db);
});
