import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { sha256 } from '../crypto.ts';
import { schemaNumber } from '../store/migrate.ts';
import type { Comparison, Staged } from '../store/restored.ts';
import type { Vault } from '../store/vault.ts';
import type { RestorePreview } from '../../bridge/shapes.ts';
import { assemble, type AssembleParts, type Assembled } from './assemble.ts';
import type { Known } from './ledger.ts';
import { openBackup, pointOf, type OpenBackup } from './read.ts';
import type { StoredBackup } from './target.ts';

/** A verified backup beside the store. */
export interface Prepared {
  readonly backup: OpenBackup;
  readonly staged: Staged;
  readonly assembled: Assembled;
}

/**
 * Reads a backup, proves it and leaves it beside the store. Nothing of the store was touched.
 * @throws AdiuvaError `backup.proof_failed` where the assembled store does not mean what the backup says · what reading it throws
 */
export async function stageBackup(parts: AssembleParts, vault: Pick<Vault, 'stage'>, stored: StoredBackup): Promise<Prepared> {
  const { target, keys, progress, signal } = parts;
  const backup = await openBackup(target, keys, stored, signal);
  let assembled: Assembled | null = null;
  const staged = await vault.stage(async (path, key) => {
    assembled = await assemble(parts, backup, path, key);
    progress.phase('checking');
  });
  try {
    signal.throwIfAborted();
    await refuseUnproven(backup, staged);
    return { backup, staged, assembled: assembled! };
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/** Row counts and, where the backup names it, the logical digest. A store of an earlier schema has been migrated, which may change both. */
export async function refuseUnproven({ manifest }: OpenBackup, store: Pick<Staged, 'counts' | 'digest'>): Promise<void> {
  if (manifest.schema !== schemaNumber) return;
  const counts = await store.counts();
  const wrong = Object.entries(manifest.counts).some(([table, rows]) => counts[table] !== rows);
  if (wrong || (manifest.logical !== null && (await store.digest()) !== manifest.logical)) throw new AdiuvaError('backup.proof_failed');
}

/** @param newest name of the newest backup there */
export function previewOf(
  { backup: { entry, manifest } }: Pick<Prepared, 'backup'>,
  { counts, won, lost }: Comparison,
  known: Pick<Known, 'seen'>,
  newest: boolean,
): RestorePreview {
  return {
    // The date of an entry is what the place says.
    point: { ...pointOf(entry, newest), createdAt: manifest.createdAt },
    deviceName: manifest.deviceName === '' ? null : manifest.deviceName,
    fingerprint: fingerprintOf(entry.repository, entry.manifest),
    counts: [...counts],
    won: { total: won.total, first: [...won.first] },
    lost: { total: lost.total, first: [...lost.first] },
    newestKnown: entry.generation >= known.seen,
  };
}

/** Four groups of four hex digits that two people can compare. */
function fingerprintOf(repository: string, manifest: string): string {
  const hex = Buffer.from(sha256(`${repository}\n${manifest}`)).toString('hex');
  return [0, 4, 8, 12].map((at) => hex.slice(at, at + 4)).join(' ');
}
