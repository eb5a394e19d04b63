import { z } from 'zod';
import { manifestBytes, objectId, repositoryId } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError, describeIssues } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { base64url, type Random } from '@adiuva/shared/kit/ids.ts';
import { pageBytes, sealedBytes, sha256 } from '../crypto.ts';
import { deltaPages, lengthBytes, openObject, plainSizes, sealObject, type SealedObject } from './format.ts';
import type { Keys } from './keys.ts';

/** The manifest of a backup, as `docs/backup-format.md` says. */

/** Bytes of its content at most. */
export const manifestMax = plainSizes.findLast((size) => sealedBytes(size) <= manifestBytes)! - lengthBytes;

const corrupt = (detail: string, cause?: unknown): AdiuvaError => new AdiuvaError('backup.corrupt', { detail, ...(cause !== undefined && { cause }) });

const count = z.int().nonnegative();
const generation = z.int().positive();
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const pageCount = z
  .int()
  .min(1)
  .max(2 ** 32 - 2);
const names = z.array(objectId).min(1).max(20_000);

const manifestShape = z.strictObject({
  format: z.literal('adiuva-backup-manifest'),
  version: z.literal(1),
  repository: repositoryId,
  epoch: z.int().positive(),
  generation,
  createdAt: z.iso.datetime(),
  previous: z.strictObject({ manifest: objectId, sha256: digest }).nullable(),
  app: z.string().max(100),
  engine: z.string().max(200),
  schema: z.int().positive(),
  vaultId: z.uuid(),
  deviceName: z.string().max(200),
  pageSize: z.literal(pageBytes),
  pages: pageCount,
  fileDigest: digest,
  base: z.strictObject({ list: z.array(objectId).min(1).max(100), parts: z.int().positive(), generation }),
  deltas: z.array(z.strictObject({ generation, objects: names, pages: pageCount })).max(10_000),
  counts: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), count),
  logical: z
    .string()
    .regex(/^[0-9a-f]{1,128}$/)
    .nullable(),
  // 24 of salt, 32 of commitment, 48 of key and salt, 16 of tag.
  escrow: z.base64url().length(160),
});
export type Manifest = z.infer<typeof manifestShape>;

const versioned = z.looseObject({ format: z.literal('adiuva-backup-manifest'), version: z.int(), schema: z.int().optional() });

/** @throws RangeError where it has grown over {@link manifestMax}: time for a new base */
export function sealManifest(keys: Keys, manifest: Manifest, random: Random): SealedObject {
  const content = new TextEncoder().encode(canonicalJson(manifestShape.parse(manifest)));
  if (content.length > manifestMax) throw new RangeError('the manifest is too large');
  return sealObject(keys, 'manifest', content, random);
}

/** @param schema the newest schema of the store that this app knows. @throws AdiuvaError `backup.corrupt` · `backup.newer` */
export function openManifest(keys: Keys, id: string, sealed: Uint8Array, schema = Number.MAX_SAFE_INTEGER): Manifest {
  const data = parseJson(openObject(keys, 'manifest', id, sealed));
  const head = versioned.safeParse(data);
  if (head.success && (head.data.version > 1 || (head.data.schema ?? 0) > schema)) throw new AdiuvaError('backup.newer');
  const parsed = manifestShape.safeParse(data);
  if (!parsed.success) throw corrupt(`The manifest does not hold: ${describeIssues(parsed.error)}`);
  const fault = faultOf(parsed.data, keys);
  if (fault) throw corrupt(`The manifest does not hold: ${fault}`);
  return parsed.data;
}

/** What the shape alone cannot say. */
function faultOf(manifest: Manifest, keys: Keys): string | undefined {
  const { base, deltas } = manifest;
  if (manifest.repository !== keys.repository || manifest.epoch !== keys.epoch) return 'it belongs to another repository';
  if (manifest.generation === 1 && manifest.previous !== null) return 'the first backup follows another';
  const order = [base.generation, ...deltas.map((each) => each.generation)];
  if (order.some((each, index) => each > manifest.generation || (index > 0 && each <= order[index - 1]!))) return 'its deltas are not in order';
  if (deltas.some(({ objects, pages }) => pages > objects.length * deltaPages || pages < objects.length)) return 'a delta has another size than it says';
  return undefined;
}

function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as unknown;
  } catch (error) {
    throw corrupt('The manifest is not JSON.', error);
  }
}

/** What the next manifest says of this one. */
export const previousOf = ({ id, sealed }: SealedObject): NonNullable<Manifest['previous']> => ({ manifest: id, sha256: base64url(sha256(sealed)) });
