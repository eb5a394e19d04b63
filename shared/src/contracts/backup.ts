import { z } from 'zod';

/**
 * The shapes of backups that cross a border. The bytes behind them are described in `docs/backup-format.md`; the server knows ids, sizes, order and time.
 */

/** An opaque name the server cannot compute: base64url of a 32-byte keyed hash. */
export const objectId = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** 16 random bytes, base64url: which repository of objects something belongs to. */
export const repositoryId = z.string().regex(/^[A-Za-z0-9_-]{22}$/);

/** Bounds for key-derivation parameters that come from outside, checked before anything is allocated. */
export const argonBounds = { timeCost: { min: 2, max: 10 }, memoryKiB: { min: 19_456, max: 262_144 }, parallelism: { min: 1, max: 4 } } as const;

export const argonParameters = z.strictObject({
  version: z.literal(0x13),
  timeCost: z.int().min(argonBounds.timeCost.min).max(argonBounds.timeCost.max),
  memoryKiB: z.int().min(argonBounds.memoryKiB.min).max(argonBounds.memoryKiB.max),
  parallelism: z.int().min(argonBounds.parallelism.min).max(argonBounds.parallelism.max),
  salt: z.base64url().length(22),
});
export type ArgonParameters = z.infer<typeof argonParameters>;

const epoch = z.int().min(1).max(1_000_000);
const generation = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
/** 32 bytes, base64url. */
const tag = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/**
 * The sealed master key of a repository. `sealed` is the Cobblestone-256 message of the 32 bytes under the key that the phrase gives; `sum` is the SHA-256 of
 * the canonical JSON of everything else, which tells a damaged envelope from a wrong phrase and protects nothing.
 */
export const backupEnvelope = z.strictObject({
  format: z.literal('adiuva-backup-envelope'),
  version: z.literal(1),
  repository: repositoryId,
  epoch,
  argon: argonParameters,
  /** 24 of salt, 32 of commitment, 32 of key, 16 of tag. */
  sealed: z.base64url().length(139),
  sum: tag,
});
export type BackupEnvelope = z.infer<typeof backupEnvelope>;

/** Which manifest is the newest; `mac` is under a key the server does not have. Changed by compare-and-set only: the one commit point. */
export const backupHead = z.strictObject({ repository: repositoryId, epoch, generation, manifest: objectId, mac: tag });
export type BackupHead = z.infer<typeof backupHead>;

/** Bytes that one sealed object may have at most: 4 MiB and 1 KiB of content in 257 chunks, and 56 bytes. */
export const objectBytes = 4_200_000;
/** Bytes of a sealed manifest at most; it travels as base64url inside JSON. */
export const manifestBytes = 1_048_576;
/** Objects that one backup may refer to at most. */
export const backupObjects = 65_536;

/** What the server knows of one backup: sizes, order and time, no content. `bytes` counts what restoring it reads. */
export const backupEntry = z.object({
  ...backupHead.shape,
  createdAt: z.iso.datetime(),
  bytes: z.int().nonnegative(),
  objects: z.int().nonnegative(),
});
export type BackupEntry = z.infer<typeof backupEntry>;

export const backupHistory = z.object({
  backups: z.array(backupEntry),
  usedBytes: z.int().nonnegative(),
  quotaBytes: z.int().nonnegative().nullable(),
  /** What the next commit has to say: 1 more than the highest generation ever, deleted ones included. Absent where a target does not keep it. */
  nextGeneration: generation.optional(),
});
export type BackupHistory = z.infer<typeof backupHistory>;

/** One backup with its sealed manifest. */
export const backupReply = z.object({ entry: backupEntry, manifest: z.base64url() });

/** Replaces the envelope where the one there has this `sum` (null: where there is none). */
export const envelopeChange = z.strictObject({ expected: tag.nullable(), envelope: backupEnvelope });

/** Makes `head` the newest where `expected` is the newest now (null: where there is none). `objects` is everything the backup refers to but the manifest. */
export const backupCommit = z.strictObject({
  expected: objectId.nullable(),
  head: backupHead,
  manifest: z
    .base64url()
    .min(1)
    .max(Math.ceil((manifestBytes * 4) / 3)),
  objects: z.array(objectId).max(backupObjects),
  /** Replaces the envelope in the same step: how a new epoch begins without a moment in which the history has no key. */
  envelope: envelopeChange.optional(),
});
export type BackupCommit = z.infer<typeof backupCommit>;

const offered = z.strictObject({ id: objectId, bytes: z.int().min(1).max(objectBytes) });
/** What the client is about to upload, at most this many at once. */
export const offeredObjects = z.strictObject({ objects: z.array(offered).min(1).max(2_000) });
/**
 * What the server does not have of it. Where `upload` is not null the client puts the bytes there, with exactly these headers; otherwise it puts them to
 * `/backup/objects/:id`. What is not listed exists and is kept for 24 hours without being referred to.
 */
export const missingObjects = z.object({
  missing: z.array(z.object({ id: objectId, upload: z.object({ url: z.url(), headers: z.record(z.string(), z.string()) }).nullable() })),
});

/** Deleting a backup needs the password again. */
export const backupDeletion = z.strictObject({ password: z.string().min(1).max(1_024) });
