import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { BackupEntry } from '@adiuva/shared/contracts/backup.ts';
import type { Store } from '../store/store.ts';
import type { Manifest } from './manifest.ts';
import { parseEnvelope, type Keys } from './keys.ts';
import type { Known, Snapshot } from './ledger.ts';
import type { Own } from './own.ts';
import { openStored } from './read.ts';
import type { StoredBackup, Target } from './target.ts';

/** Where a target stands before a backup: what its head must still be, and which backup the new one may follow. */
export interface Standing {
  /** Manifest of the head there now. */
  readonly expected: string | null;
  /** The highest generation there ever was, as far as anybody knows. */
  readonly generation: number;
  /** The backup of this device that the new one follows; null: a base is made. */
  readonly last: Snapshot | null;
  readonly parent: Manifest | null;
  /** SHA-256 of that manifest, sealed. */
  readonly sha256: string | null;
  /** Sum of the envelope of the epoch before, which the commit replaces. */
  readonly envelope: string | null;
}

interface Asking {
  readonly store: Pick<Store, 'vaultId'>;
  readonly own: Own;
  readonly keys: Keys;
  readonly target: Target;
  readonly signal: AbortSignal;
}

/**
 * Looks at the newest backup there and judges it by what this device knows.
 * @throws AdiuvaError `backup.rolled_back` older than one seen · `backup.forked` made by another device, or of another repository · `backup.corrupt`
 */
export async function standingOf(asking: Asking, known: Known): Promise<Standing> {
  const { target, keys, signal } = asking;
  const newest = await target.newest(signal);
  const envelope = !newest || !known.last || newest.entry.epoch !== keys.epoch ? await envelopeThere(asking, known, newest !== null) : null;
  if (!newest) return { ...(await beginning(target, known, signal)), envelope };
  refuseForeign(newest.entry, keys);
  const { generation, manifest: id } = newest.entry;
  if (newest.entry.epoch < keys.epoch) return { expected: id, generation: Math.max(generation, known.seen), last: null, parent: null, sha256: null, envelope };
  const ours = [known.last, known.pending].find((each) => each?.manifest === id) ?? null;
  if (!ours && generation < known.seen) throw new AdiuvaError('backup.rolled_back');
  const opened = openStored(keys, newest);
  const last = ours ?? snapshotOfOwn(asking.store, known, newest, opened.manifest);
  if (!last) throw new AdiuvaError('backup.forked');
  return { expected: id, generation: Math.max(generation, known.seen), last, parent: opened.manifest, sha256: opened.sha256, envelope };
}

/** Nothing is there: never was, or was taken away. */
async function beginning(target: Target, known: Known, signal: AbortSignal): Promise<Omit<Standing, 'envelope'>> {
  const { nextGeneration } = await target.history(signal);
  return { expected: null, generation: Math.max(known.seen, (nextGeneration ?? 1) - 1), last: null, parent: null, sha256: null };
}

function refuseForeign({ repository, epoch }: Pick<BackupEntry, 'repository' | 'epoch'>, keys: Pick<Keys, 'repository' | 'epoch'>): void {
  if (repository !== keys.repository) throw new AdiuvaError('backup.forked', { detail: 'The backups there belong to another vault.' });
  if (epoch > keys.epoch) throw new AdiuvaError('backup.forked', { detail: 'Another device has changed the keys of these backups.' });
}

/** This vault made it, and only the memory of it is lost. */
function snapshotOfOwn(store: Pick<Store, 'vaultId'>, known: Known, { entry }: StoredBackup, manifest: Manifest): Snapshot | null {
  if (known.last || manifest.vaultId !== store.vaultId) return null;
  const { generation, epoch, createdAt, bytes, objects } = entry;
  return { manifest: entry.manifest, generation, epoch, createdAt, bytes, objects, mark: null, tagsLength: 0, base: manifest.base.generation };
}

/**
 * Brings this vault's envelope to a place that has none. One of an earlier epoch is replaced with the commit, in the same step; other words for the same keys stay.
 * @returns the sum of the envelope that the commit replaces, or null
 * @throws AdiuvaError `backup.forked` where it is of another repository with backups, or of newer keys · `backup.unreachable` where a known folder is bare
 */
async function envelopeThere({ target, own: { envelope }, signal }: Asking, known: Known, backups: boolean): Promise<string | null> {
  const there = await target.envelope(signal);
  const found = there === null || there === undefined ? null : parseEnvelope(there);
  if (found && backups) refuseForeign(found, envelope);
  if (found?.repository === envelope.repository && found.epoch === envelope.epoch) return null;
  if (found?.repository === envelope.repository && backups) return found.sum;
  // The disk that is usually there may not be the one in its place now.
  if (!found && known.seen > 0 && target.where.kind === 'folder') throw new AdiuvaError('backup.unreachable');
  await target.putEnvelope(envelope, found?.sum ?? null, signal);
  return null;
}
