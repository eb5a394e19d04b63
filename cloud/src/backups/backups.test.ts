import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { postgresMissing, startPostgres, type PostgresServer } from '../../../tests/world/servers/postgres.ts';
import { temporaryFolder } from '../../../tests/world/servers/process.ts';
import { startS3, type S3Server } from '../../../tests/world/servers/s3.ts';
import type { Blobs } from '../adapters/blobs/blobs.ts';
import { openFileBlobs } from '../adapters/blobs/files.ts';
import { openS3Blobs } from '../adapters/blobs/s3.ts';
import type { Database } from '../adapters/db/database.ts';
import { openPglite } from '../adapters/db/pglite.ts';
import { openPostgres } from '../adapters/db/postgres.ts';
import { snapshot } from '../cloud.suite.ts';
import { backupsSuite } from './backups.suite.ts';

const noPostgres = postgresMissing();

describe('backups in files, on the database in this process', () => {
  const dir = temporaryFolder('backups');
  let db: Database;
  let blobs: Blobs;
  beforeAll(async () => {
    db = await openPglite({ snapshot });
    blobs = await openFileBlobs({ dir, random: seededRandom(1), now: Date.now });
  });
  afterAll(async () => {
    await db.close();
    rmSync(dir, { recursive: true });
  });
  backupsSuite({ db: () => db, blobs: () => blobs });
});

describe.skipIf(noPostgres)(`backups in S3, on PostgreSQL${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let server: PostgresServer;
  let store: S3Server;
  let db: Database;
  let blobs: Blobs;
  beforeAll(async () => {
    [server, store] = await Promise.all([startPostgres(), startS3()]);
    db = await openPostgres({ url: server.database('backups'), alone: false, log: silentLog });
    blobs = await openS3Blobs(store.options);
  });
  afterAll(async () => {
    await db.close();
    await blobs.close();
    await Promise.all([server.stop(), store.stop()]);
  });
  backupsSuite({ db: () => db, blobs: () => blobs });
});
