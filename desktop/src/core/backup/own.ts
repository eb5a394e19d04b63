import { z } from 'zod';
import { backupEnvelope, repositoryId, type BackupEnvelope } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { base64url, type Random } from '@adiuva/shared/kit/ids.ts';
import { backupEvery, backupTarget } from '../../bridge/shapes.ts';
import type { Store } from '../store/store.ts';
import type { UnmigratedStore } from '../store/vault.ts';
import { keysOf, makeRepository, type Keys, type Repository } from './keys.ts';

/** Row of the settings with this device's own side of backups; the prefix keeps it out of digests and restores. */
const row = 'device.backup';

const key32 = z.base64url().length(43);
const epoch = z.int().positive();

/** New words that are on their way to the places: what they will be, and where they have not arrived. */
const change = z.strictObject({
  because: z.enum(['lost', 'exposed']),
  phrase: z.string(),
  epoch,
  bmk: key32,
  envelope: backupEnvelope,
});
export type Change = z.infer<typeof change>;

const own = z.strictObject({
  version: z.literal(1),
  repository: repositoryId,
  epoch,
  bmk: key32,
  envelope: backupEnvelope,
  /** Of what this device remembers of its places, beside the store. */
  localKey: key32,
  every: backupEvery,
  target: backupTarget.nullable(),
  change: change.nullable(),
  /** Places that could not be reached when the words or keys changed. */
  owed: z.array(backupTarget).max(100),
});
export type Own = z.infer<typeof own>;

/** Null where backups were never set up here. */
export const readOwn = async (store: Store): Promise<Own | null> => parseOwn(await store.t.settings.get(row));

function parseOwn(data: unknown): Own | null {
  const parsed = own.safeParse(data);
  return parsed.success ? parsed.data : null;
}

/** The same of a store that was not migrated yet. */
export const readOwnEarly = async ({ settings }: Pick<UnmigratedStore, 'settings'>): Promise<Own | null> => parseOwn(await settings((table) => table.get(row)));

/** @throws AdiuvaError `backup.not_set_up` */
export async function ownOf(store: Store): Promise<Own> {
  const found = await readOwn(store);
  if (!found) throw new AdiuvaError('backup.not_set_up');
  return found;
}

/** Changes the row with nobody's write in between. A row that stays the same is not written: it would be a changed page of the next backup. */
export async function changeOwn(store: Store, work: (now: Own) => Own): Promise<Own> {
  return await store.tx(async (t) => {
    const parsed = own.safeParse(await t.settings.get(row));
    if (!parsed.success) throw new AdiuvaError('backup.not_set_up');
    const next = work(parsed.data);
    if (JSON.stringify(next) !== JSON.stringify(parsed.data)) await t.settings.set(row, next);
    return next;
  });
}

/** A repository of this vault's own under its twelve words. @throws AdiuvaError `vault.phrase_invalid` */
export async function newOwn(phrase: string, random: Random): Promise<Own> {
  const { envelope, ...made } = await makeRepository(phrase, random);
  return ownFrom(made, envelope, random);
}

/** The row of a device that goes on with a repository it has the master key of. */
export function ownFrom({ repository, epoch: of, bmk }: Repository, envelope: BackupEnvelope, random: Random): Own {
  return {
    version: 1,
    repository,
    epoch: of,
    bmk: base64url(bmk),
    envelope,
    localKey: base64url(random(32)),
    every: 'off',
    target: null,
    change: null,
    owed: [],
  };
}

/** The row as it is written. */
export const ownEntry = (next: Own): [string, Own] => [row, next];
export const writeOwn = (store: Store, next: Own): Promise<void> => store.t.settings.set(row, next);

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url');

export const keysOfOwn = ({ repository, epoch: of, bmk }: Pick<Own, 'repository' | 'epoch' | 'bmk'>): Keys =>
  keysOf({ repository, epoch: of, bmk: bytesOf(bmk) });
export const repositoryOf = ({ repository, epoch: of, bmk }: Pick<Own, 'repository' | 'epoch' | 'bmk'>): Repository => ({
  repository,
  epoch: of,
  bmk: bytesOf(bmk),
});
