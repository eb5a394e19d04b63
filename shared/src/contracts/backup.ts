import { z } from 'zod';

/** An opaque name the server cannot compute: base64url of a 32-byte keyed hash. */
export const objectId = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

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

/** What the server knows of one backup: sizes, order and time, no content. */
export const backupEntry = z.object({
  id: objectId,
  generation: z.int().positive(),
  createdAt: z.iso.datetime(),
  bytes: z.int().nonnegative(),
  objects: z.int().nonnegative(),
});
export type BackupEntry = z.infer<typeof backupEntry>;
export const backupHistory = z.object({ backups: z.array(backupEntry), usedBytes: z.int().nonnegative(), quotaBytes: z.int().nonnegative().nullable() });
