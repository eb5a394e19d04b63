import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { argonBounds } from '@adiuva/shared/contracts/backup.ts';
import { base64url, seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import type { Manifest } from './manifest.ts';
import { keysOf, type Keys } from './keys.ts';

/** Things the tests of this room start from. */

export const words = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
export const otherWords = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
/** The least that an envelope may cost. */
export const cheap = { timeCost: argonBounds.timeCost.min, memoryKiB: argonBounds.memoryKiB.min, parallelism: 1 };

export const keysFor = (seed: number, epoch = 1): Keys => keysOf({ repository: base64url(seededRandom(seed)(16)), epoch, bmk: seededRandom(seed + 1_000)(32) });

export const name = (seed: number): string => base64url(seededRandom(seed)(32));

export function manifest(keys: Keys, more: Partial<Manifest> = {}): Manifest {
  return {
    format: 'adiuva-backup-manifest',
    version: 1,
    repository: keys.repository,
    epoch: keys.epoch,
    generation: 1,
    createdAt: '2026-11-20T09:00:00.000Z',
    previous: null,
    app: '0.1.0',
    engine: 'test',
    schema: 1,
    vaultId: '018f0000-0000-7000-8000-000000000001',
    deviceName: 'Büro',
    pageSize: 4_096,
    pages: 2,
    fileDigest: name(1),
    base: { list: [name(2)], parts: 1, generation: 1 },
    deltas: [],
    counts: { records: 3 },
    logical: null,
    escrow: 'A'.repeat(160),
    ...more,
  };
}

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adiuva-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const random = systemRandom;
