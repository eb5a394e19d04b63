import { AdiuvaError, toProblem, type Problem } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { VerifyResult } from '../../bridge/shapes.ts';
import { fetched } from './assemble.ts';
import { fileDigest, partPages } from './format.ts';
import type { Keys } from './keys.ts';
import { withTags, type Ledger } from './ledger.ts';
import { placeObject, type Placed } from './pieces.ts';
import { createPool, inTurns } from './pool.ts';
import type { Progress } from './progress.ts';
import { find, openBackup, openStored, type OpenBackup } from './read.ts';
import type { Target } from './target.ts';

export interface VerifyParts {
  readonly target: Target;
  readonly keys: Keys;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Objects that a sample reads by chance, and at least by the rolling audit; with one sample a day everything is read within a month. */
const sampled = 8;
const auditParts = 30;
/** Backups of the chain that a sample looks at. */
const chainLength = 20;
const tagBytes = 16;

type Fault = VerifyResult['faults'][number];

/** What can be wrong with a backup is an answer, not an error; only a place that cannot be asked throws. */
export async function verifyBackup(parts: VerifyParts, id: string | undefined, full: boolean): Promise<VerifyResult> {
  const { clock, target, keys, progress, signal, ledger } = parts;
  const from = clock.now();
  const stored = await find(target, id, signal);
  const { entry } = stored;
  const faults: Fault[] = [];
  const read = { objects: 1, bytes: stored.manifest.length };
  const done = (total: number): VerifyResult => ({
    id: entry.manifest,
    generation: entry.generation,
    scope: full ? 'full' : 'sample',
    objectsRead: read.objects,
    objectsTotal: total,
    bytesRead: read.bytes,
    ok: faults.length === 0,
    faults: faults.slice(0, 1_000),
    tookMs: Math.max(0, clock.now() - from),
  });
  progress.phase('checking');
  if (id === undefined && entry.generation < (await ledger.read()).seen)
    faults.push({ object: entry.manifest, problem: toProblem(new AdiuvaError('backup.rolled_back')) });
  const backup = await openBackup(target, keys, stored, signal).catch((error: unknown) => void faults.push(found(entry.manifest, error)));
  if (!backup) return done(entry.objects);
  read.objects += backup.manifest.base.list.length;
  await checkChain(parts, backup, faults);
  if (full) await checkAll(parts, backup, faults, read);
  else await checkSome(parts, backup, faults, read);
  if (faults.length === 0 && id === undefined) await ledger.write({ ...(await ledger.read()), lastVerified: new Date(clock.now()).toISOString() });
  return done(1 + backup.manifest.base.list.length + placesOf(backup).length);
}

const findings = new Set<Problem['code']>(['backup.corrupt', 'backup.object_not_found', 'backup.not_found', 'backup.newer']);

/** A finding about one object. @throws what says nothing about it: an abort, a place that is gone */
function found(object: string, error: unknown): Fault {
  const problem = toProblem(error);
  if (!(error instanceof AdiuvaError) || !findings.has(problem.code)) throw error;
  return { object, problem };
}

/** Each manifest names the hash of the one before; the chain ends where one was deleted. */
async function checkChain({ target, keys, signal }: VerifyParts, { manifest }: OpenBackup, faults: Fault[]): Promise<void> {
  let { previous } = manifest;
  for (let step = 0; previous && step < chainLength; step++) {
    const { manifest: id, sha256 } = previous;
    try {
      const opened = openStored(keys, await target.backup(id, signal));
      if (opened.sha256 !== sha256) throw new AdiuvaError('backup.corrupt', { detail: 'The backup before is not the one that this one followed.' });
      previous = opened.manifest.previous;
    } catch (error) {
      if (error instanceof AdiuvaError && error.code === 'backup.not_found') return;
      faults.push(found(id, error));
      return;
    }
  }
}

interface Place {
  readonly type: 'base' | 'delta';
  readonly id: string;
  readonly from: number;
}

const placesOf = ({ manifest, parts }: OpenBackup): Place[] => [
  ...parts.map((id, index) => ({ type: 'base' as const, id, from: index * partPages })),
  ...manifest.deltas.flatMap(({ objects }) => objects.map((id) => ({ type: 'delta' as const, id, from: 0 }))),
];

interface Count {
  objects: number;
  bytes: number;
}

type Open = (place: Place) => Promise<Placed & { readonly bytes: number }>;

async function check({ progress }: VerifyParts, place: Place, open: Open, faults: Fault[], read: Count): Promise<Placed | null> {
  try {
    const placed = await open(place);
    read.objects++;
    read.bytes += placed.bytes;
    progress.add({ bytes: placed.bytes, objects: 1 });
    return placed;
  } catch (error) {
    faults.push(found(place.id, error));
    return null;
  }
}

/** Every object, and the digest over all page tags. */
async function checkAll(parts: VerifyParts, backup: OpenBackup, faults: Fault[], read: Count): Promise<void> {
  const { target, keys, progress, signal } = parts;
  const { manifest } = backup;
  const all = placesOf(backup);
  progress.total({ bytes: backup.entry.bytes, objects: all.length });
  const pool = createPool({ keys, recipher: null });
  const openIn =
    (slot: number): Open =>
    async (place) => {
      const length = await fetched(target, place.id, pool.slots[slot]!, signal);
      return { ...(await pool.run('place', { ...place, slot, length, into: null })), bytes: length };
    };
  let tags: Uint8Array = new Uint8Array(Math.max(manifest.pages, backup.parts.length * partPages) * tagBytes);
  const group = (places: readonly Place[]) =>
    inTurns(places.length, signal, async (index, slot) => {
      const placed = await check(parts, places[index]!, openIn(slot), faults, read);
      if (placed) tags = withTags(tags, tags.length / tagBytes, placed.numbers, placed.tags);
    });
  try {
    await group(all.filter(({ type }) => type === 'base'));
    for (const { objects } of manifest.deltas) await group(objects.map((id) => ({ type: 'delta', id, from: 0 })));
  } finally {
    await pool.close();
  }
  if (faults.length === 0 && fileDigest(keys, [tags.subarray(0, manifest.pages * tagBytes)]) !== manifest.fileDigest) {
    faults.push(found(backup.entry.manifest, new AdiuvaError('backup.corrupt', { detail: 'The pages have another digest than the backup says.' })));
  }
}

/** Some by chance, and the next ones of an audit that comes to all of them in time. */
async function checkSome(parts: VerifyParts, backup: OpenBackup, faults: Fault[], read: Count): Promise<void> {
  const { target, keys, random, progress, signal, ledger } = parts;
  const all = placesOf(backup);
  const known = await ledger.read();
  const slice = Math.max(1, Math.ceil(all.length / auditParts));
  const audited = Array.from({ length: Math.min(slice, all.length) }, (_, index) => (known.audited + index) % all.length);
  const drawn = Array.from({ length: sampled }, () => new DataView(random(4).slice().buffer).getUint32(0) % all.length);
  const chosen = [...new Set([...audited, ...drawn])].map((index) => all[index]!);
  progress.total({ bytes: Math.round((backup.entry.bytes * chosen.length) / all.length), objects: chosen.length });
  const open: Open = async (place) => {
    const sealed = await target.get(place.id, signal);
    return { ...placeObject(keys, { ...place, sealed }, null, random), bytes: sealed.length };
  };
  for (const place of chosen) {
    signal.throwIfAborted();
    await check(parts, place, open, faults, read);
  }
  await ledger.write({ ...known, audited: (known.audited + slice) % all.length }, false);
}
