import {
  backupEntry,
  backupEnvelope,
  backupHistory,
  backupReply,
  manifestBytes,
  missingObjects,
  objectBytes,
  type BackupCommit,
  type BackupEntry,
  type BackupEnvelope,
  type BackupHistory,
} from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud.ts';
import type { OfferedObject, StoredBackup, Target } from './target.ts';

/** Names in one offer. */
const offerMost = 2_000;
/** Milliseconds for a request whose body has `bytes`: half a minute, and its time on a slow line. */
const limitFor = (bytes: number): number => 30_000 + bytes / 8;

/** What is said of a signed address that does not work, after every try. */
const unusable = new Set<ErrorCode | undefined>(['dependency.unavailable', 'cloud.bad_reply']);

type Upload = z.infer<typeof missingObjects>['missing'][number]['upload'];

const codeOf = (error: unknown): ErrorCode | undefined => (error instanceof AdiuvaError ? error.code : undefined);

/** What `work` gives, or null where it is refused with `code`. */
async function unless<T>(code: ErrorCode, work: Promise<T>): Promise<T | null> {
  return await work.catch((error: unknown) => {
    if (codeOf(error) === code) return null;
    throw error;
  });
}

/** Backups in the account's cloud (`docs/wire.md`). What it says is checked in shape and size here, and in truth by whoever holds the keys. */
class CloudTarget implements Target {
  readonly where = { kind: 'cloud' } as const;
  readonly #cloud: Pick<Cloud, 'transfer'>;
  /** Where the cloud wants objects put. */
  readonly #uploads = new Map<string, Upload>();
  /** What went to signed addresses: the cloud has not seen it arrive. */
  readonly #unseen = new Map<string, number>();

  constructor(cloud: Pick<Cloud, 'transfer'>) {
    this.#cloud = cloud;
  }

  async envelope(signal?: AbortSignal): Promise<unknown> {
    return await unless('backup.missing', this.#cloud.transfer.ask({ method: 'GET', path: '/backup/envelope', reply: z.unknown(), signal }));
  }

  async putEnvelope(envelope: BackupEnvelope, expected: string | null, signal?: AbortSignal): Promise<void> {
    const body = { expected, envelope };
    const kept = await this.#cloud.transfer.ask({ method: 'PUT', path: '/backup/envelope', body, reply: backupEnvelope, signal });
    if (kept.sum !== envelope.sum) throw new AdiuvaError('cloud.bad_reply', { detail: 'another envelope was kept' });
  }

  async newest(signal?: AbortSignal): Promise<StoredBackup | null> {
    const reply = await unless('backup.missing', this.#cloud.transfer.ask({ method: 'GET', path: '/backup', reply: backupReply, signal }));
    return reply && stored(reply);
  }

  async backup(id: string, signal?: AbortSignal): Promise<StoredBackup> {
    const path = `/backup/${encodeURIComponent(id)}`;
    const found = stored(await this.#cloud.transfer.ask({ method: 'GET', path, reply: backupReply, signal }));
    if (found.entry.manifest !== id) throw new AdiuvaError('cloud.bad_reply', { detail: 'another backup was given' });
    return found;
  }

  async history(signal?: AbortSignal): Promise<BackupHistory> {
    return await this.#cloud.transfer.ask({ method: 'GET', path: '/backup/history', reply: backupHistory, signal });
  }

  async missing(objects: readonly OfferedObject[], signal?: AbortSignal): Promise<Set<string>> {
    const absent = new Set<string>();
    const offered = new Map(objects.map((object) => [object.id, object]));
    const all = [...offered.values()];
    for (let at = 0; at < all.length; at += offerMost) {
      const body = { objects: all.slice(at, at + offerMost).map(({ id, bytes }) => ({ id, bytes })) };
      const reply = await this.#cloud.transfer.ask({ method: 'POST', path: '/backup/objects/missing', body, reply: missingObjects, signal, limitMs: 120_000 });
      for (const { id, upload } of reply.missing) {
        if (!offered.has(id)) throw new AdiuvaError('cloud.bad_reply', { detail: 'an object was asked for that was not offered' });
        this.#uploads.set(id, upload);
        absent.add(id);
      }
    }
    for (const id of offered.keys()) if (!absent.has(id)) this.#unseen.delete(id);
    return absent;
  }

  async put(id: string, sealed: Uint8Array, signal?: AbortSignal): Promise<void> {
    const upload = this.#uploads.get(id);
    this.#uploads.delete(id);
    if (upload && (await this.#putSigned(upload, sealed, signal))) return void this.#unseen.set(id, sealed.length);
    await unless('backup.object_exists', this.#cloud.transfer.upload(`/backup/objects/${encodeURIComponent(id)}`, sealed, signal));
  }

  async get(id: string, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = this.#unseen.get(id);
    if (bytes !== undefined) await this.missing([{ id, bytes }], signal);
    return await this.#cloud.transfer.download(`/backup/objects/${encodeURIComponent(id)}`, objectBytes, signal);
  }

  async commit(commit: BackupCommit, signal?: AbortSignal): Promise<BackupEntry> {
    const unseen = [...this.#unseen].map(([id, bytes]) => ({ id, bytes }));
    if (unseen.length > 0 && (await this.missing(unseen, signal)).size > 0) throw new AdiuvaError('backup.objects_missing');
    const limitMs = limitFor(commit.manifest.length + commit.objects.length * 46);
    const entry = await this.#cloud.transfer.ask({ method: 'PUT', path: '/backup', body: commit, reply: backupEntry, signal, limitMs });
    if (entry.manifest !== commit.head.manifest) throw new AdiuvaError('cloud.bad_reply', { detail: 'another backup was kept' });
    return entry;
  }

  async remove(id: string, password?: string, signal?: AbortSignal): Promise<void> {
    if (password === undefined) throw new AdiuvaError('request.invalid', { detail: 'password: is needed to delete a backup from the cloud' });
    const { backups } = await this.history(signal);
    if (!backups.some(({ manifest }) => manifest === id)) throw new AdiuvaError('backup.not_found');
    const question = { method: 'DELETE', path: `/backup/${encodeURIComponent(id)}`, body: { password }, reply: z.unknown(), signal } as const;
    // It was there a moment ago: a second try that does not find it any more follows a first one whose answer was lost.
    await unless('backup.not_found', this.#cloud.transfer.ask(question));
  }

  /** False where the address cannot be used; the cloud takes the bytes itself then. */
  async #putSigned(upload: NonNullable<Upload>, sealed: Uint8Array, signal?: AbortSignal): Promise<boolean> {
    return await this.#cloud.transfer.uploadTo(upload, sealed, signal).catch((error: unknown) => {
      if (unusable.has(codeOf(error))) return false;
      throw error;
    });
  }
}

function stored({ entry, manifest }: z.infer<typeof backupReply>): StoredBackup {
  if (manifest.length > Math.ceil((manifestBytes * 4) / 3)) throw new AdiuvaError('cloud.bad_reply', { detail: 'the manifest is longer than agreed' });
  return { entry, manifest: Buffer.from(manifest, 'base64url') };
}

export const cloudTarget = (cloud: Pick<Cloud, 'transfer'>): Target => new CloudTarget(cloud);
