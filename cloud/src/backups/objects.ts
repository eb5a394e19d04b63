import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Blobs, ByteRange, SignedLinks } from '../adapters/blobs/blobs.ts';
import type { BackupAccountRow, BackupStore, Database, UploadRow } from '../adapters/db/database.ts';
import { refuseOverQuota, roomOf, type Quota } from './quota.ts';

export interface Means {
  readonly db: () => Promise<Database>;
  readonly blobs: () => Promise<Blobs>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whose backups, and how much they may take. */
export interface Owner {
  readonly userId: string;
  readonly quota: Quota;
}

export interface Offered {
  readonly id: string;
  readonly bytes: number;
}

export interface Missing {
  readonly id: string;
  readonly upload: Awaited<ReturnType<SignedLinks['put']>> | null;
}

/** What was put or said to be there stays for so long without a backup that refers to it. */
const pinMs = 24 * 3_600_000;
/** Longer than the slowest upload that is let through. */
const uploadMs = 3_600_000;
const linkSeconds = 15 * 60;
/** Of one account, at once. A place for each part of the largest backup of a tier, and an end. */
const openUploads = 20_000;
const askedAtOnce = 16;

/** Every key is new, so that taking away what one try left can never touch the bytes of another. */
export const blobFolder = 'backups/';
const newKey = (userId: string, random: Random) => `${blobFolder}${userId}/${newToken(random, 16)}`;

/**
 * Says which objects are missing, and keeps the others for a day. With a store that signs links, room is kept for the missing ones and each gets its address.
 * @throws AdiuvaError `backup.quota` · `request.invalid` (an object is there with another length)
 */
export async function offer(means: Means, owner: Owner, offered: readonly Offered[]): Promise<Missing[]> {
  const wanted = new Map(offered.map(({ id, bytes }) => [id, bytes]));
  const { links } = await means.blobs();
  const missing = await pinThere(means, owner, wanted);
  if (!links) return missing.map(({ id }) => ({ id, upload: null }));
  const arrived = await arrivedUploads(means, owner.userId, missing);
  const uploads = await keepRoom(means, owner, missing, arrived);
  return Promise.all(uploads.map(async ({ objectId: id, blobKey, bytes }) => ({ id, upload: await links.put(blobKey, bytes, linkSeconds) })));
}

async function pinThere({ db, clock }: Means, { userId, quota }: Owner, wanted: ReadonlyMap<string, number>): Promise<Offered[]> {
  const all = [...wanted].map(([id, bytes]) => ({ id, bytes }));
  const known = await (await db()).backups.sumsWithout(userId, [...wanted.keys()]);
  if (known) {
    refuseMore(known, sumOf(all), quota);
    return all;
  }
  return (await db()).transaction(async ({ backups }) => {
    const before = await backups.lockAccount(userId);
    const there = new Map((await backups.pin(userId, [...wanted.keys()], clock.now() + pinMs)).map(({ id, bytes }) => [id, bytes]));
    for (const [id, bytes] of there)
      if (wanted.get(id) !== bytes) throw new AdiuvaError('request.invalid', { detail: 'objects: one of them is there with another length' });
    const missing = all.filter(({ id }) => !there.has(id));
    const after = await backups.lockAccount(userId);
    const coming = sumOf(missing) - (await waitingBytes(backups, userId, missing));
    // Where nothing grows nothing is refused, also above the quota.
    if (missing.length > 0 || after.usedBytes > before.usedBytes) refuseMore(after, coming, quota);
    return missing;
  });
}

const sumOf = (offered: readonly Pick<Offered, 'bytes'>[]) => offered.reduce((sum, { bytes }) => sum + bytes, 0);

/** What does not fit is said before anything travels. */
function refuseMore({ usedBytes, heldBytes }: Pick<BackupAccountRow, 'usedBytes' | 'heldBytes'>, coming: number, quota: Quota): void {
  refuseOverQuota({ usedBytes: usedBytes + coming, heldBytes: heldBytes + coming }, quota);
}

/** What is counted already: room kept by an earlier offer of the same. */
async function waitingBytes(backups: BackupStore, userId: string, missing: readonly Offered[]): Promise<number> {
  const waiting = await backups.signedUploads(
    userId,
    missing.map(({ id }) => id),
  );
  return sumOf(waiting);
}

/** Uploads past this server whose bytes are there, all of them. */
async function arrivedUploads({ db, blobs }: Means, userId: string, missing: readonly Pick<Offered, 'id'>[]): Promise<UploadRow[]> {
  const store = await blobs();
  if (!store.links || missing.length === 0) return [];
  const waiting = await (
    await db()
  ).backups.signedUploads(
    userId,
    missing.map(({ id }) => id),
  );
  const arrived: UploadRow[] = [];
  for (let at = 0; at < waiting.length; at += askedAtOnce) {
    const some = waiting.slice(at, at + askedAtOnce);
    const found = await Promise.all(some.map(({ blobKey }) => store.head(blobKey)));
    arrived.push(...some.filter(({ bytes }, index) => found[index]?.size === bytes));
  }
  return arrived;
}

/** Makes objects of what arrived and keeps room for the rest. @returns an upload for each object that is still missing */
async function keepRoom({ db, clock, random }: Means, { userId, quota }: Owner, missing: readonly Offered[], arrived: UploadRow[]): Promise<UploadRow[]> {
  return (await db()).transaction(async ({ backups }) => {
    await backups.lockAccount(userId);
    const done = await finish(backups, userId, arrived, clock.now());
    const rest = missing.filter(({ id }) => !done.has(id));
    const ids = rest.map(({ id }) => id);
    const waiting = ids.length === 0 ? [] : await backups.signedUploads(userId, ids);
    const expiresAt = clock.now() + uploadMs;
    const wanted = new Map(rest.map(({ id, bytes }) => [id, bytes]));
    const useful = waiting.filter(({ objectId, bytes }) => wanted.get(objectId) === bytes);
    const known = new Map(useful.map((upload) => [upload.objectId, upload]));
    const uploads = rest.map(({ id, bytes }) => known.get(id) ?? { blobKey: newKey(userId, random), userId, objectId: id, bytes, signed: true, expiresAt });
    await backups.dropUploads(userId, keysOf(waiting.filter((upload) => !useful.includes(upload))));
    await backups.extendUploads(userId, keysOf(useful), expiresAt);
    await backups.addUploads(
      userId,
      uploads.filter(({ objectId }) => !known.has(objectId)),
    );
    if (uploads.length > 0) refuseOverQuota(await backups.lockAccount(userId), quota);
    await refuseTooMany(backups, userId);
    return uploads;
  });
}

const keysOf = (uploads: readonly UploadRow[]) => uploads.map(({ blobKey }) => blobKey);

/** @returns the ids of the objects that are there now */
async function finish(backups: BackupStore, userId: string, arrived: readonly UploadRow[], now: number): Promise<Set<string>> {
  const outcomes = await backups.finishUploads(userId, keysOf(arrived), now + pinMs);
  return new Set(arrived.filter(({ blobKey }) => outcomes.has(blobKey)).map(({ objectId }) => objectId));
}

async function refuseTooMany(backups: BackupStore, userId: string): Promise<void> {
  if ((await backups.openUploads(userId)) > openUploads) throw new AdiuvaError('rate.limited', { retryAfter: 60, detail: 'too many uploads are under way' });
}

/** Makes objects of what went past this server, for those of `ids` that are not there yet. */
export async function settleUploads(means: Means, { userId }: Owner, ids: readonly string[]): Promise<void> {
  const arrived = await arrivedUploads(
    means,
    userId,
    ids.map((id) => ({ id })),
  );
  if (arrived.length === 0) return;
  await (
    await means.db()
  ).transaction(async ({ backups }) => {
    await backups.lockAccount(userId);
    await finish(backups, userId, arrived, means.clock.now());
  });
}

/**
 * Takes in one object of `bytes` bytes: room first, then the bytes, then the object.
 * @throws AdiuvaError `backup.object_exists` · `backup.quota` · `request.too_large` and `request.invalid` (not the length that was announced)
 */
export async function put(means: Means, owner: Owner, { id, bytes }: Offered, body: AsyncIterable<Uint8Array>): Promise<void> {
  const upload = await reserve(means, owner, { id, bytes });
  if (!upload) throw new AdiuvaError('backup.object_exists');
  const outcome = await store(means, upload, body);
  if (outcome === 'stored') return;
  await (await means.blobs()).delete(upload.blobKey);
  throw new AdiuvaError(outcome === 'exists' ? 'backup.object_exists' : 'request.timeout');
}

async function reserve({ db, clock, random }: Means, { userId, quota }: Owner, { id: objectId, bytes }: Offered): Promise<UploadRow | null> {
  const upload = { blobKey: newKey(userId, random), userId, objectId, bytes, signed: false, expiresAt: clock.now() + uploadMs };
  const { backups: single, transaction } = await db();
  if (await single.reserve(upload, roomOf(quota), openUploads)) return upload;
  return transaction(async ({ backups }) => {
    const before = await backups.lockAccount(userId);
    const there = (await backups.pin(userId, [objectId], clock.now() + pinMs)).length > 0;
    if (!there) {
      // The client came here instead of going to the address it got: one room for the object is enough.
      await backups.dropUploads(userId, keysOf(await backups.signedUploads(userId, [objectId])));
      await backups.addUploads(userId, [upload]);
      await refuseTooMany(backups, userId);
    }
    const after = await backups.lockAccount(userId);
    if (!there || after.usedBytes > before.usedBytes) refuseOverQuota(after, quota);
    return there ? null : upload;
  });
}

async function store({ db, blobs, clock }: Means, { userId, blobKey, bytes }: UploadRow, body: AsyncIterable<Uint8Array>) {
  const { backups: single, transaction } = await db();
  const within = <T>(work: (backups: BackupStore) => Promise<T>) =>
    transaction(async ({ backups }) => {
      await backups.lockAccount(userId);
      return work(backups);
    });
  try {
    await (await blobs()).put(blobKey, body, bytes);
  } catch (error) {
    await within((backups) => backups.dropUploads(userId, [blobKey]));
    throw error;
  }
  if (await single.settle(userId, blobKey, clock.now() + pinMs)) return 'stored';
  const outcomes = await within((backups) => backups.finishUploads(userId, [blobKey], clock.now() + pinMs));
  return outcomes.get(blobKey) ?? 'gone';
}

export interface Found {
  readonly bytes: number;
  /** Where the bytes are for the next minutes, where the store signs links and the caller asked for it. */
  readonly link: string | null;
  read(range?: ByteRange): Promise<AsyncIterable<Uint8Array>>;
}

/** @throws AdiuvaError `backup.object_not_found` */
export async function find({ db, blobs }: Means, { userId }: Owner, id: string, wantsLink: boolean): Promise<Found> {
  const [row] = await (await db()).backups.objects(userId, [id]);
  if (!row) throw new AdiuvaError('backup.object_not_found');
  const places = await blobs();
  return {
    bytes: row.bytes,
    link: wantsLink && places.links ? await places.links.get(row.blobKey, linkSeconds) : null,
    read: async (range) => {
      const found = await places.get(row.blobKey, range);
      if (!found) throw new AdiuvaError('backup.object_not_found');
      return found.body;
    },
  };
}
