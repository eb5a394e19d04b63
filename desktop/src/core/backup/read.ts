import type { BackupEntry, BackupHead } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { base64url } from '@adiuva/shared/kit/ids.ts';
import type { RestorePoint } from '../../bridge/shapes.ts';
import { sha256 } from '../crypto.ts';
import { schemaNumber } from '../store/migrate.ts';
import { decodeList, partPages } from './format.ts';
import { openManifest, type Manifest } from './manifest.ts';
import { checkHead, type Keys } from './keys.ts';
import { openNamed } from './pieces.ts';
import type { StoredBackup, Target } from './target.ts';

/** A backup whose head, manifest and lists have been proven. */
export interface OpenBackup {
  readonly entry: BackupEntry;
  readonly manifest: Manifest;
  /** SHA-256 of the sealed manifest, base64url. */
  readonly sha256: string;
  /** Names of the base's parts, in order. */
  readonly parts: readonly string[];
}

/** The proven head and manifest of what a target gave. @throws AdiuvaError `backup.corrupt` · `backup.newer` */
export function openStored(keys: Keys, { entry, manifest }: StoredBackup): { manifest: Manifest; sha256: string } {
  const head = headOfEntry(entry);
  checkHead(keys, head);
  const opened = openManifest(keys, head.manifest, manifest, schemaNumber);
  if (opened.generation !== head.generation) throw new AdiuvaError('backup.corrupt', { detail: 'The entry of a backup is not that of its manifest.' });
  return { manifest: opened, sha256: base64url(sha256(manifest)) };
}

const headOfEntry = ({ repository, epoch, generation, manifest, mac }: BackupEntry): BackupHead => ({ repository, epoch, generation, manifest, mac });

/** A backup with the names of its parts. @throws AdiuvaError `backup.corrupt` · `backup.newer` · `backup.object_not_found` */
export async function openBackup(target: Target, keys: Keys, stored: StoredBackup, signal?: AbortSignal): Promise<OpenBackup> {
  const opened = openStored(keys, stored);
  const lists: string[][] = [];
  for (const id of opened.manifest.base.list) lists.push(decodeList(openNamed(keys, 'list', id, await target.get(id, signal))));
  const parts = lists.flat();
  if (parts.length !== opened.manifest.base.parts) throw new AdiuvaError('backup.corrupt', { detail: 'The list of parts is not whole.' });
  if (opened.manifest.pages > parts.length * partPages && opened.manifest.deltas.length === 0)
    throw new AdiuvaError('backup.corrupt', { detail: 'The parts hold fewer pages than the backup has.' });
  return { ...opened, entry: stored.entry, parts };
}

/** Everything a backup refers to but its manifest. */
export const objectsOf = ({ manifest, parts }: Pick<OpenBackup, 'manifest' | 'parts'>): string[] => [
  ...new Set([...manifest.base.list, ...parts, ...manifest.deltas.flatMap(({ objects }) => objects)]),
];

/** The newest backup, or the one of this name. @throws AdiuvaError `backup.missing` · `backup.not_found` */
export async function find(target: Target, id: string | undefined, signal?: AbortSignal): Promise<StoredBackup> {
  if (id !== undefined) return await target.backup(id, signal);
  const newest = await target.newest(signal);
  if (!newest) throw new AdiuvaError('backup.missing');
  return newest;
}

/** The newest backup. @throws AdiuvaError `backup.missing` · `backup.rolled_back` where this device knows of a newer one */
export async function findNewest(target: Target, known: { readonly seen: number }, signal?: AbortSignal): Promise<StoredBackup> {
  const newest = await find(target, undefined, signal);
  refuseOlder(newest, known);
  return newest;
}

export function refuseOlder({ entry }: StoredBackup, { seen }: { readonly seen: number }): void {
  if (entry.generation < seen) throw new AdiuvaError('backup.rolled_back');
}

export const pointOf = (entry: BackupEntry, newest: boolean): RestorePoint => ({
  id: entry.manifest,
  generation: entry.generation,
  createdAt: entry.createdAt,
  bytes: entry.bytes,
  objects: entry.objects,
  newest,
});
