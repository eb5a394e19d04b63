import { rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
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
import { someUser } from '../adapters/db/db.suite.ts';
import { openBackups } from './backups.ts';
import { backupsSuite } from './backups.suite.ts';
import { withoutLock } from './model.suite.ts';

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

  describe('the quota under 50 uploads at once', () => {
    const quota = 20_000;
    const usedAfter = async (service: Database) => {
      const user = someUser();
      await db.accounts.addUser(user);
      const backups = openBackups({ db: async () => service, blobs: async () => blobs, clock: systemClock, random: systemRandom, log: silentLog });
      const put = (index: number) =>
        backups.put({ userId: user.id, quota }, { id: String(index).padStart(43, 'x'), bytes: 1_000 }, Readable.from([new Uint8Array(1_000)]));
      const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => put(index)));
      return [outcomes.filter(({ status }) => status === 'fulfilled').length, (await db.backups.account(user.id))!.usedBytes];
    };

    it('is exact', async () => {
      expect(await usedAfter(db)).toEqual([20, quota]);
    });

    it('is not, so this can be seen, in a server that looks at what it read without the lock', async () => {
      const [stored, used] = await usedAfter(withoutLock(db));
      expect(stored).toBeGreaterThan(20);
      expect(used).toBeGreaterThan(quota);
    });
  });
});
