import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { temporaryFolder } from '../../../../tests/world/servers/process.ts';
import { startS3, type S3Server } from '../../../../tests/world/servers/s3.ts';
import type { Blobs } from './blobs.ts';
import { blobsSuite, suiteCap, suitePage } from './blobs.suite.ts';
import { openFileBlobs } from './files.ts';
import { openS3Blobs } from './s3.ts';

describe('blobs in files', () => {
  const dir = temporaryFolder('blobs');
  const random = seededRandom(1);
  let blobs: Blobs;
  beforeAll(async () => {
    blobs = await openFileBlobs({ dir, random, now: Date.now, cap: suiteCap });
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  blobsSuite(() => blobs);

  it('leaves no unfinished file behind', () => {
    expect(readdirSync(join(dir, '.unfinished'))).toEqual([]);
  });

  it('sweeps out what a killed process left a day ago, and nothing younger', async () => {
    const own = temporaryFolder('blobs');
    mkdirSync(join(own, '.unfinished'));
    for (const name of ['old', 'young']) writeFileSync(join(own, '.unfinished', name), 'x');
    utimesSync(join(own, '.unfinished', 'old'), new Date(0), new Date(0));
    await openFileBlobs({ dir: own, random, now: Date.now });
    expect(readdirSync(join(own, '.unfinished'))).toEqual(['young']);
    rmSync(own, { recursive: true });
  });
});

describe('blobs in S3', () => {
  let server: S3Server;
  let blobs: Blobs;
  beforeAll(async () => {
    server = await startS3();
    blobs = await openS3Blobs({ ...server.options, cap: suiteCap, pageSize: suitePage });
  });
  afterAll(async () => {
    await blobs.close();
    await server.stop();
  });
  blobsSuite(() => blobs);

  it('says that the store is not available when nobody answers or the bucket is not there', async () => {
    const nobody = await openS3Blobs({ ...server.options, endpoint: 'http://127.0.0.1:9' });
    await expect(nobody.head('a')).rejects.toMatchObject({ code: 'dependency.unavailable' });
    const nowhere = await openS3Blobs({ ...server.options, bucket: 'no-such-bucket' });
    await expect(nowhere.probe()).rejects.toMatchObject({ code: 'dependency.unavailable' });
    await Promise.all([nobody.close(), nowhere.close()]);
  });
});
