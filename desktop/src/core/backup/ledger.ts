import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { objectId, type BackupEntry } from '@adiuva/shared/contracts/backup.ts';
import { problem } from '@adiuva/shared/contracts/problem.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { backupTarget, time, type BackupTarget } from '../../bridge/shapes.ts';
import { key, mac, open as openSealed, seal, type Key } from '../crypto.ts';
import type { OpenBackup } from './read.ts';

/**
 * What this device remembers of each place: files beside the store, because a row in the store would be a changed page of the next backup. Everything is
 * sealed with a key of the store and looks like noise.
 */

const count = z.int().nonnegative();

/** A backup that this device made or restored, and what the next one needs to follow it. */
const snapshot = z.strictObject({
  manifest: objectId,
  generation: z.int().positive(),
  epoch: z.int().positive(),
  createdAt: time,
  bytes: count,
  objects: count,
  /** Position of the page tracker; null where the tags of the pages have to be compared. */
  mark: z.string().nullable(),
  /** How much of the file of tags counts. */
  tagsLength: count,
  /** Generation of its base; 0 where this device did not make it. */
  base: count,
});
export type Snapshot = z.infer<typeof snapshot>;

const known = z.strictObject({
  version: z.literal(1),
  target: backupTarget,
  /** Whose cloud. */
  account: z.string().nullable(),
  last: snapshot.nullable(),
  /** When a backup last went through, also one that found nothing new. */
  ranAt: time.nullable(),
  /** About to be committed: where the answer was lost, the head tells whether it was. */
  pending: snapshot.nullable(),
  /** The highest generation seen: an older newest one was put back. */
  seen: count,
  lastVerified: time.nullable(),
  /** Objects of the rolling audit that were read. */
  audited: count,
  proven: time.nullable(),
  /** Generation of the base that a restore was proven with. */
  provenBase: count,
  /** When all page tags were compared, and backups since. */
  comparedAt: time.nullable(),
  sinceCompared: count,
  logicalAt: time.nullable(),
  problem: problem.nullable(),
  usedBytes: count.nullable(),
  quotaBytes: count.nullable(),
});
export type Known = z.infer<typeof known>;

export const nothingKnown = (target: BackupTarget, account: string | null): Known => ({
  version: 1,
  target,
  account,
  last: null,
  ranAt: null,
  pending: null,
  seen: 0,
  lastVerified: null,
  audited: 0,
  proven: null,
  provenBase: 0,
  comparedAt: null,
  sinceCompared: 0,
  logicalAt: null,
  problem: null,
  usedBytes: null,
  quotaBytes: null,
});

/** The page tags of the last backup, and the names of its base's parts. */
export interface Tags {
  readonly parts: readonly string[];
  readonly tags: Uint8Array;
}

/** The memory of one place. */
export interface Ledger {
  read(): Promise<Known>;
  /** @param lasting false: a power cut may undo it */
  write(next: Known, lasting?: boolean): Promise<void>;
  /** Those of a backup; null where they are not there as they should be. The caller may write into them, and gives them back by {@link hold}. */
  tags(of: Pick<Snapshot, 'manifest' | 'tagsLength'>): Promise<Tags | null>;
  /** Keeps the tags of a backup in memory for the next one. */
  hold(manifest: string, tags: Tags): void;
  /** @returns the length for the snapshot */
  writeTags(next: Tags): Promise<number>;
  /** Adds what changed behind `length`. @returns the length for the snapshot */
  addTags(length: number, pages: number, numbers: Uint32Array, tags: Uint8Array): Promise<number>;
}

export interface Ledgers {
  of(target: BackupTarget, account: string | null): Ledger;
  /** Every place that is remembered. */
  all(): Promise<Known[]>;
}

/** Tags in memory, by place: megabytes that would be read and unsealed for every backup. */
export type HeldTags = Map<string, { readonly manifest: string; readonly tags: Tags }>;

const folder = 'backups';
const nameBytes = 32;
const tagBytes = 16;
const lengthBytes = 4;
const text = (data: string) => new TextEncoder().encode(data);

export function createLedgers(dataDir: string, localKey: Uint8Array, random: Random, held: HeldTags = new Map()): Ledgers {
  const dir = join(dataDir, folder);
  const secret = key(localKey);
  return {
    of: (target, account) => ledger({ dir, name: nameOf(secret, target, account), secret, random, held }, () => nothingKnown(target, account)),
    async all() {
      const names = await readdir(dir).catch(() => []);
      const found = await Promise.all(names.filter((name) => /^[0-9a-f]{32}$/.test(name)).map((name) => readKnown(join(dir, name), secret)));
      return found.filter((each) => each !== null);
    },
  };
}

const nameOf = (secret: Key, target: BackupTarget, account: string | null): string =>
  Buffer.from(mac(secret, text(JSON.stringify(target.kind === 'folder' ? ['folder', target.path] : ['cloud', account]))))
    .toString('hex')
    .slice(0, 32);

async function readKnown(file: string, secret: Key): Promise<Known | null> {
  const sealed = await readFile(file).catch(() => null);
  const plain = sealed && openSealed(secret, sealed, text('adiuva/backups/1/known'));
  if (!plain) return null;
  const parsed = known.safeParse(JSON.parse(Buffer.from(plain).toString('utf8')));
  return parsed.success ? parsed.data : null;
}

interface LedgerParts {
  readonly dir: string;
  readonly name: string;
  readonly secret: Key;
  readonly random: Random;
  readonly held: HeldTags;
}

function ledger({ dir, name, secret, random, held }: LedgerParts, fresh: () => Known): Ledger {
  const file = join(dir, name);
  const tagsFile = `${file}.tags`;
  const record = (at: number, plain: Uint8Array): Uint8Array => {
    const sealed = seal(secret, plain, text(`adiuva/backups/1/tags/${name}/${at}`), random);
    const length = new Uint8Array(lengthBytes);
    new DataView(length.buffer).setUint32(0, sealed.length);
    return Buffer.concat([length, sealed]);
  };
  return {
    read: async () => (await readKnown(file, secret)) ?? fresh(),
    async write(next, lasting = true) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await replace(file, seal(secret, text(JSON.stringify(next)), text('adiuva/backups/1/known'), random), lasting);
    },
    tags: async ({ manifest, tagsLength }) => {
      const kept = held.get(name);
      held.delete(name);
      if (kept?.manifest === manifest) return kept.tags;
      if (tagsLength === 0) return null;
      const records = await readRecords(tagsFile, tagsLength, (at, sealed) => openSealed(secret, sealed, text(`adiuva/backups/1/tags/${name}/${at}`)));
      return records && assembled(records);
    },
    hold: (manifest, tags) => void held.set(name, { manifest, tags }),
    async writeTags({ parts, tags }) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const count = new Uint8Array(lengthBytes);
      new DataView(count.buffer).setUint32(0, parts.length);
      const whole = record(0, Buffer.concat([count, ...parts.map((part) => Buffer.from(part, 'base64url')), tags]));
      await replace(tagsFile, whole, true);
      return whole.length;
    },
    async addTags(length, pages, numbers, tags) {
      const head = Uint32Array.of(pages, numbers.length);
      const plain = Buffer.concat([new Uint8Array(head.buffer), new Uint8Array(numbers.slice().buffer), tags]);
      const added = record(length, plain);
      const handle = await open(tagsFile, 'r+');
      try {
        await handle.truncate(length);
        await handle.write(added, 0, added.length, length);
      } finally {
        await handle.close();
      }
      return length + added.length;
    },
  };
}

async function readRecords(file: string, length: number, unseal: (at: number, sealed: Uint8Array) => Uint8Array | null): Promise<Uint8Array[] | null> {
  const bytes = await readFile(file).catch(() => null);
  if (!bytes || bytes.length < length) return null;
  const records: Uint8Array[] = [];
  for (let at = 0; at < length;) {
    if (at + lengthBytes > length) return null;
    const end = at + lengthBytes + bytes.readUInt32BE(at);
    const plain = end <= length ? unseal(at, bytes.subarray(at + lengthBytes, end)) : null;
    if (!plain) return null;
    records.push(plain);
    at = end;
  }
  return records;
}

/** The first record holds everything, the others what changed. */
function assembled([first, ...later]: Uint8Array[]): Tags | null {
  if (!first) return null;
  const parts = new DataView(first.buffer, first.byteOffset).getUint32(0);
  const names = Array.from({ length: parts }, (_, index) =>
    Buffer.from(first.subarray(lengthBytes + index * nameBytes, lengthBytes + (index + 1) * nameBytes)).toString('base64url'),
  );
  // Nobody else has them: a copy of megabytes would cost more than the rest of a small backup.
  let tags = first.subarray(lengthBytes + parts * nameBytes);
  for (const each of later) tags = patched(tags, Uint8Array.from(each));
  return { parts: names, tags };
}

function patched(tags: Uint8Array, change: Uint8Array): Uint8Array {
  const [pages, numbered] = new Uint32Array(change.buffer, 0, 2) as unknown as [number, number];
  const numbers = new Uint32Array(change.buffer, 8, numbered);
  return withTags(tags, pages, numbers, change.subarray(8 + numbered * 4));
}

/** The tags of a file of `pages` pages after those of `numbers` changed. */
export function withTags(tags: Uint8Array, pages: number, numbers: Uint32Array, changed: Uint8Array): Uint8Array {
  const next = tags.length === pages * tagBytes ? tags : new Uint8Array(pages * tagBytes);
  if (next !== tags) next.set(tags.subarray(0, next.length));
  numbers.forEach((number, index) => {
    if (number < pages) next.set(changed.subarray(index * tagBytes, (index + 1) * tagBytes), number * tagBytes);
  });
  return next;
}

async function replace(file: string, data: Uint8Array, lasting: boolean): Promise<void> {
  const fresh = `${file}.new`;
  try {
    const handle = await open(fresh, 'w', 0o600);
    try {
      await handle.writeFile(data);
      if (lasting) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** A backup that another device made, as one to follow. */
export const snapshotOf = ({ manifest, generation, epoch, createdAt, bytes, objects }: BackupEntry): Snapshot => ({
  manifest,
  generation,
  epoch,
  createdAt,
  bytes,
  objects,
  mark: null,
  tagsLength: 0,
  base: 0,
});

/** From now on this backup is the one that the next of this device follows. @param tags of its pages, where the store has the very same */
export async function adopt(
  ledger: Ledger,
  { entry, manifest, parts }: Pick<OpenBackup, 'entry' | 'manifest' | 'parts'>,
  tags: Uint8Array | null,
): Promise<void> {
  const tagsLength = tags ? await ledger.writeTags({ parts, tags }) : 0;
  const before = await ledger.read();
  const last = { ...snapshotOf(entry), tagsLength, base: manifest.base.generation };
  await ledger.write({ ...before, last, pending: null, seen: Math.max(before.seen, last.generation), problem: null });
}
