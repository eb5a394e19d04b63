import type { BackupCommit, BackupEntry, BackupEnvelope, BackupHistory } from '@adiuva/shared/contracts/backup.ts';
import type { BackupTarget } from '../../bridge/shapes.ts';

/** One backup as a target gives it: nothing of it is to be believed before `checkHead` and `openManifest` did. */
export interface StoredBackup {
  readonly entry: BackupEntry;
  /** Sealed. */
  readonly manifest: Uint8Array;
}

/** What is about to be put. */
export interface OfferedObject {
  readonly id: string;
  /** Of the sealed object. */
  readonly bytes: number;
}

/**
 * A place for sealed backups. It is trusted with nothing but keeping: whatever it gives back is verified by who asked, and every answer is bounded in size.
 * Errors common to all: `cloud.offline` / `backup.unreachable` (not there now), `permission.denied`, `vault.disk_full` / `backup.quota`, `backup.corrupt`.
 * An abort rejects with its reason.
 */
export interface Target {
  readonly where: BackupTarget;
  /** Null where there is none. Only its JSON is read: `parseEnvelope` judges it. */
  envelope(signal?: AbortSignal): Promise<unknown>;
  /** Replaces the envelope where the one there has the sum `expected` (null: where there is none). @throws AdiuvaError `backup.head_moved` */
  putEnvelope(envelope: BackupEnvelope, expected: string | null, signal?: AbortSignal): Promise<void>;
  /** Null where there is no backup. */
  newest(signal?: AbortSignal): Promise<StoredBackup | null>;
  /** @throws AdiuvaError `backup.not_found` */
  backup(id: string, signal?: AbortSignal): Promise<StoredBackup>;
  /** Newest first. */
  history(signal?: AbortSignal): Promise<BackupHistory>;
  /** Which of them have to be put. The others stay for a day without being referred to. */
  missing(objects: readonly OfferedObject[], signal?: AbortSignal): Promise<Set<string>>;
  /** Create-only: one that exists stays as it is, and that is no error. May be called many times at once. */
  put(id: string, sealed: Uint8Array, signal?: AbortSignal): Promise<void>;
  /**
   * At most `objectBytes`. @param into memory for so much, which may be used or not. @throws AdiuvaError `backup.object_not_found` · `backup.corrupt` where it
   * is larger
   */
  get(id: string, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
  /** The commit point. @throws AdiuvaError `backup.head_moved` · `backup.objects_missing` · `backup.quota` */
  commit(commit: BackupCommit, signal?: AbortSignal): Promise<BackupEntry>;
  /** @param password wanted by the cloud. @throws AdiuvaError `backup.not_found` · `auth.invalid_credentials` */
  remove(id: string, password?: string, signal?: AbortSignal): Promise<void>;
  /** Only where nobody else does it: deletes what no backup refers to any more and leftovers of crashes, both after a day. */
  sweep?(objectsOf: (backup: StoredBackup) => Promise<readonly string[]>, signal?: AbortSignal): Promise<{ deleted: number; bytes: number }>;
}
