import { open, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { pageBytes, pageKeys, same, wipe } from '../crypto.ts';
import type { RawKey } from '../store/engine.ts';
import { fileDigest, partPages } from './format.ts';
import { openEscrow, type Keys } from './keys.ts';
import { withTags } from './ledger.ts';
import type { Placed } from './pieces.ts';
import { createPool, inTurns, type Pool, type Slot } from './pool.ts';
import type { Progress } from './progress.ts';
import type { OpenBackup } from './read.ts';
import type { Target } from './target.ts';

export interface AssembleParts {
  readonly target: Target;
  readonly keys: Keys;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const tagBytes = 16;
/** Disk that must stay free. */
const spare = 32 * 1024 * 1024;

export interface Assembled {
  /** Of the pages as they were backed up. */
  readonly tags: Uint8Array;
  /** Whether the file has the very same bytes as the backed-up one. */
  readonly same: boolean;
}

/**
 * Writes the store of a backup to `path`, every byte proven: objects by their seals and names, the whole by the digest over its page tags, and each page by
 * its own HMAC where it is sealed anew for `to`. A failure leaves no file. Not on the disk yet: whoever puts the file in another's place sees to that.
 * @throws AdiuvaError `vault.disk_full` before anything is read where it cannot fit · `backup.corrupt` · `backup.object_not_found` · what the target says
 */
export async function assemble(parts: AssembleParts, backup: OpenBackup, path: string, to: RawKey): Promise<Assembled> {
  const { keys, progress } = parts;
  const { manifest } = backup;
  await refuseFull(dirname(path), manifest.pages * pageBytes);
  const raw = openEscrow(keys, manifest.vaultId, manifest.escrow);
  const equal = same(raw.key, to.key) && same(raw.salt, to.salt);
  const pool = createPool({ keys, recipher: equal ? null : { from: pageKeys(raw.key, raw.salt), to: pageKeys(to.key, to.salt) } });
  wipe(raw.key, raw.salt);
  progress.phase('downloading');
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.truncate(manifest.pages * pageBytes);
      const tags = await place(parts, backup, pool, { fd: file.fd, pages: manifest.pages });
      if (fileDigest(keys, [tags]) !== manifest.fileDigest)
        throw new AdiuvaError('backup.corrupt', { detail: 'The assembled store has another digest than the backup says.' });
      return { tags, same: equal };
    } finally {
      await pool.close();
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw diskError(error);
  }
}

/** Opens every object of a backup and puts its pages into a file, or nowhere. @returns the tags of its pages, of the size the backup has */
export async function place(
  { target, signal, progress }: AssembleParts,
  backup: OpenBackup,
  pool: Pool,
  into: { fd: number; pages: number } | null,
): Promise<Uint8Array> {
  const { manifest, parts } = backup;
  const deltas = manifest.deltas.flatMap(({ objects }) => objects);
  progress.total({ bytes: backup.entry.bytes, objects: parts.length + deltas.length });
  let tags: Uint8Array = new Uint8Array(Math.max(manifest.pages, parts.length * partPages) * tagBytes);

  async function one(slot: number, type: 'base' | 'delta', id: string, from: number): Promise<Placed> {
    const length = await fetched(target, id, pool.slots[slot]!, signal);
    const placed = await pool.run('place', { slot, type, id, length, from, into });
    progress.add({ bytes: length, objects: 1 });
    return placed;
  }

  await inTurns(parts.length, signal, async (index, slot) => {
    const part = await one(slot, 'base', parts[index]!, index * partPages);
    if (index < parts.length - 1 && part.numbers.length !== partPages) throw new AdiuvaError('backup.corrupt', { detail: 'A part of the base is too short.' });
    tags.set(part.tags, index * partPages * tagBytes);
  });
  // What a later delta says counts, so the deltas of one backup are done before those of the next begin.
  for (const { objects } of manifest.deltas) {
    await inTurns(objects.length, signal, async (index, slot) => {
      const delta = await one(slot, 'delta', objects[index]!, 0);
      tags = withTags(tags, tags.length / tagBytes, delta.numbers, delta.tags);
    });
  }
  return tags.subarray(0, manifest.pages * tagBytes);
}

/** Brings an object into a slot. @returns its length */
export async function fetched(target: Target, id: string, { sealed: room }: Slot, signal: AbortSignal): Promise<number> {
  const sealed = await target.get(id, signal, room);
  if (sealed.buffer !== room.buffer) room.set(sealed);
  return sealed.length;
}

async function refuseFull(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes + spare) throw new AdiuvaError('vault.disk_full');
}

function diskError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code === 'ENOSPC' || code === 'EDQUOT' ? new AdiuvaError('vault.disk_full', { cause: error }) : error;
}
