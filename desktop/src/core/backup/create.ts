import { setImmediate } from 'node:timers/promises';
import type { BackupEntry } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { base64url, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { BackupResult } from '../../bridge/shapes.ts';
import { pageBytes, same, wipe } from '../crypto.ts';
import { digestOf } from '../store/digest.ts';
import { schemaNumber } from '../store/migrate.ts';
import type { FrozenPages } from '../store/pages.ts';
import type { Store } from '../store/store.ts';
import { deltaPages, encodeList, fileDigest, listNames, partPages, sealObject } from './format.ts';
import { sealManifest, type Manifest } from './manifest.ts';
import { headOf, openEscrow, sealEscrow, type Keys } from './keys.ts';
import { withTags, type Known, type Ledger, type Snapshot, type Tags } from './ledger.ts';
import { deltaSize, inDeltas, objectSize, readDelta, readTags, sealPiece } from './pieces.ts';
import { createPool, inTurns, type Pool } from './pool.ts';
import type { Progress } from './progress.ts';
import { objectsOf } from './read.ts';
import { standingOf, type Standing } from './standing.ts';
import type { Target } from './target.ts';
import type { Own } from './own.ts';

/** A store as far as its backup needs it. */
export interface BackedUp extends Pick<Store, 'vaultId' | 'engine' | 'pages' | 'dataKey'> {
  readonly schema: number;
  /** Null where this version does not know the tables of its schema. */
  readonly meaning: { counts(sql: FrozenPages['sql']): Promise<Readonly<Record<string, number>>>; digest(sql: FrozenPages['sql']): Promise<string> } | null;
}

export const backedUp = (store: Store): BackedUp => ({
  vaultId: store.vaultId,
  engine: store.engine,
  pages: store.pages,
  dataKey: () => store.dataKey(),
  schema: schemaNumber,
  meaning: { counts: (sql) => store.counts(sql), digest: digestOf },
});

/** What a backup is made with. */
export interface CreateParts {
  readonly store: BackedUp;
  readonly own: Own;
  readonly keys: Keys;
  readonly target: Target;
  readonly ledger: Ledger;
  readonly facts: { readonly app: string; readonly deviceName: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface CreateOptions {
  /** A new base, whatever changed. */
  readonly full: boolean;
  /** The time for what is done now and then: all page tags, the logical digest of a large store. */
  readonly thorough: boolean;
}

/** Deltas together, in parts of the base, and how many of them, before a new base takes their place. */
const mergeAt = 0.25;
const mostDeltas = 200;
/** Backups, and milliseconds, after which all page tags are compared although tracking says what changed. */
const compareEvery = { backups: 20, ms: 7 * 86_400_000 } as const;
/** A store up to this size gets its logical digest with every backup. */
const smallStore = 64 * 1024 * 1024;
/** Deltas that are sealed here rather than in threads, whose start costs more. */
const fewDeltas = 6;
const tagBytes = 16;

/**
 * Makes one backup of one moment of the store, whatever is written meanwhile.
 * @throws AdiuvaError `backup.forked` · `backup.rolled_back` · `backup.quota` · what target and store say; an abort rejects with its reason, and what has arrived
 * is not sent again
 */
export async function createBackup(parts: CreateParts, options: CreateOptions): Promise<BackupResult> {
  const from = parts.clock.now();
  const known = await parts.ledger.read();
  const pool = lazyPool(parts.keys);
  try {
    // A base is certain: its threads start while the store is made to hold still.
    if (options.full || !known.last) pool.get();
    const standing = await standingOf(parts, known);
    const frozen = await parts.store.pages.freeze(parts.signal);
    const result = await backUpOrHeal(parts, options, known, standing, frozen, pool).finally(() => frozen.release());
    return { ...result, tookMs: Math.max(0, parts.clock.now() - from) };
  } finally {
    await pool.close();
  }
}

async function backUpOrHeal(...[parts, options, known, standing, frozen, pool]: Parameters<typeof backUp>): Promise<Made> {
  try {
    return await backUp(parts, options, known, standing, frozen, pool);
  } catch (error) {
    // Parts that an earlier backup put there are gone, or the manifest has grown too large: a base asks for each part and has a manifest of its own.
    const heals = (error instanceof AdiuvaError && error.code === 'backup.objects_missing') || error instanceof RangeError;
    if (!heals || options.full) throw error;
    parts.log.warn('backup.healing', { reason: error instanceof AdiuvaError ? error.code : error.name });
    return await backUp(parts, { ...options, full: true }, known, standing, frozen, pool);
  }
}

type Made = Omit<BackupResult, 'tookMs'>;

async function backUp(parts: CreateParts, options: CreateOptions, known: Known, standing: Standing, frozen: FrozenPages, pool: { get(): Pool }): Promise<Made> {
  const old = standing.last && (await parts.ledger.tags(standing.last));
  const change = await changeOf(parts, options, known, standing, old, frozen, pool);
  if (change.kind === 'none') {
    parts.ledger.hold(standing.last!.manifest, old!);
    return await nothingNew(parts, known, standing.last!, change.compared, frozen.mark);
  }
  const content = change.kind === 'increment' ? await sendDeltas(parts, frozen, change, pool) : await sendBase(parts, frozen, pool.get());
  return await finish(parts, options, known, standing, frozen, { ...content, compared: change.compared });
}

async function nothingNew({ ledger, clock }: CreateParts, known: Known, last: Snapshot, compared: boolean, mark: string): Promise<Made> {
  const ranAt = new Date(clock.now()).toISOString();
  const counted = compared ? { comparedAt: ranAt, sinceCompared: 0 } : { sinceCompared: known.sinceCompared + 1 };
  await ledger.write({ ...known, ...counted, last: { ...last, mark }, ranAt, pending: null, problem: null }, false);
  const { manifest, generation, createdAt } = last;
  return { id: manifest, generation, createdAt, kind: 'none', bytes: 0, objects: 0, pages: 0 };
}

/** A pool that exists once somebody wants it. */
function lazyPool(keys: Keys): { get(): Pool; close(): Promise<void> } {
  let pool: Pool | null = null;
  return { get: () => (pool ??= createPool({ keys, recipher: null })), close: async () => pool?.close() };
}

type Change =
  | { readonly kind: 'none' | 'base'; readonly compared: boolean }
  | { readonly kind: 'increment'; readonly numbers: Uint32Array; readonly old: Tags; readonly parent: Manifest; readonly compared: boolean };

async function changeOf(
  { store, keys, clock, log, signal }: CreateParts,
  { full, thorough }: CreateOptions,
  known: Known,
  { last, parent }: Standing,
  old: Tags | null,
  frozen: FrozenPages,
  pool: { get(): Pool },
): Promise<Change> {
  if (full || !last || !parent || !old || !sameKey(store, keys, parent)) return { kind: 'base', compared: true };
  const tracked = last.mark === null ? null : frozen.changedSince(last.mark);
  const compare = tracked === null || thorough || known.sinceCompared >= compareEvery.backups || olderThan(known.comparedAt, clock.now(), compareEvery.ms);
  const truly = compare ? await comparedTags(old.tags, frozen, pool, signal) : null;
  if (truly && tracked) {
    const missed = difference(truly, tracked);
    if (missed > 0) log.error('backup.tracking_missed', { count: missed });
  }
  const numbers = truly ?? reallyChanged(grown(tracked!, old.tags.length / tagBytes, frozen.pages), old.tags, frozen);
  if (numbers.length === 0 && parent.pages === frozen.pages) return { kind: 'none', compared: compare };
  const together = parent.deltas.reduce((sum, { pages }) => sum + pages, 0) + numbers.length;
  const merge = numbers.length === 0 || together > mergeAt * parent.base.parts * partPages || parent.deltas.length >= mostDeltas;
  return merge && !fewPages(parent, together) ? { kind: 'base', compared: compare } : { kind: 'increment', numbers, old, parent, compared: compare };
}

/** A base of a single part is cheap to make, but not as cheap as a page: it waits until the deltas are as large. */
const fewPages = (parent: Manifest, together: number): boolean =>
  parent.base.parts === 1 && together > 0 && together <= parent.pages && parent.deltas.length < mostDeltas;

function sameKey(store: BackedUp, keys: Keys, { vaultId, escrow }: Manifest): boolean {
  if (vaultId !== store.vaultId) return false;
  const [now, then] = [store.dataKey(), openEscrow(keys, vaultId, escrow)];
  const equal = same(now.key, then.key) && same(now.salt, then.salt);
  wipe(now.key, now.salt, then.key, then.salt);
  return equal;
}

const olderThan = (at: string | null, now: number, ms: number): boolean => at === null || Math.abs(now - Date.parse(at)) >= ms;

/** Pages whose tags are others than at the last backup. Half of them is read by each thread, where the file is large. */
async function comparedTags(old: Uint8Array, frozen: FrozenPages, pool: { get(): Pool }, signal: AbortSignal): Promise<Uint32Array> {
  const tags = await allTags(frozen, pool, signal);
  const changed: number[] = [];
  for (let from = 0; from < frozen.pages; from += partPages) {
    if (same(tagsFrom(tags, from, partPages), tagsFrom(old, from, partPages))) continue;
    for (let page = from; page < Math.min(from + partPages, frozen.pages); page++)
      if (!same(tagsFrom(tags, page, 1), tagsFrom(old, page, 1))) changed.push(page);
  }
  return Uint32Array.from(changed);
}

const tagsFrom = (tags: Uint8Array, page: number, count: number): Uint8Array => tags.subarray(page * tagBytes, (page + count) * tagBytes);

const fewTracked = 64;
const smallPass = 4 * partPages;

async function allTags({ fd, pages }: FrozenPages, pool: { get(): Pool }, signal: AbortSignal): Promise<Uint8Array> {
  if (pages <= smallPass) return readTags(fd, 0, pages, new Uint8Array(partPages * pageBytes));
  const step = 8 * partPages;
  const tags = new Uint8Array(pages * tagBytes);
  await inTurns(Math.ceil(pages / step), signal, async (index, slot) => {
    const from = index * step;
    tags.set(await pool.get().run('tags', { slot, fd, from, count: Math.min(step, pages - from) }), from * tagBytes);
  });
  return tags;
}

/** What grew is new, whatever the tracker says; what was cut off is not there to be read. */
function grown(tracked: Uint32Array, before: number, pages: number): Uint32Array {
  const inside = tracked.filter((page) => page < Math.min(before, pages));
  if (pages <= before) return inside;
  return Uint32Array.from([...inside, ...Array.from({ length: pages - before }, (_, index) => before + index)]);
}

/** Tracking names what may have changed. For a few pages a look at their tags is cheaper than sending them again. */
function reallyChanged(tracked: Uint32Array, old: Uint8Array, { fd }: FrozenPages): Uint32Array {
  if (tracked.length > fewTracked) return tracked;
  const room = new Uint8Array(pageBytes);
  return tracked.filter((page) => !same(readTags(fd, page, 1, room), tagsFrom(old, page, 1)));
}

function difference(truly: Uint32Array, tracked: Uint32Array): number {
  const all = new Set(tracked);
  return truly.filter((page) => !all.has(page)).length;
}

/** What was put, and how the backup is described by it. */
interface Content {
  readonly kind: 'base' | 'increment';
  readonly base: Omit<Manifest['base'], 'generation'> & { readonly generation: number | null };
  readonly deltas: Manifest['deltas'];
  /** Objects of the delta that is new; empty for a base. */
  readonly added: { readonly objects: readonly string[]; readonly pages: number } | null;
  readonly parts: readonly string[];
  readonly tags: Uint8Array;
  /** Numbers of the pages whose tags changed, and those; null where all are new. */
  readonly changed: { readonly numbers: Uint32Array; readonly tags: Uint8Array; readonly before: number } | null;
  readonly sent: { readonly bytes: number; readonly objects: number };
  readonly pages: number;
}

async function sendDeltas(
  parts: CreateParts,
  frozen: FrozenPages,
  { numbers, old, parent }: Extract<Change, { kind: 'increment' }>,
  pool: { get(): Pool },
): Promise<Content> {
  const { progress, target, signal } = parts;
  const groups = inDeltas(numbers);
  progress.phase('uploading');
  progress.total({ bytes: groups.reduce((sum, group) => sum + deltaSize(group.length), 0), objects: groups.length });
  const tags = new Uint8Array(numbers.length * tagBytes);
  const read = groups.length <= fewDeltas ? readHere(parts, frozen) : readThere(frozen, pool.get());
  const objects: string[] = [];
  const sent = { bytes: 0, objects: 0 };
  for (const [index, group] of groups.entries()) {
    signal.throwIfAborted();
    const { id, tags: own, seal } = await read(group);
    const size = deltaSize(group.length);
    tags.set(own, index * deltaPages * tagBytes);
    objects.push(id);
    // An earlier try may have brought it. Where there is one delta, asking costs as much time as putting it.
    if (groups.length === 1 || (await target.missing([{ id, bytes: size }], signal)).has(id)) {
      await target.put(id, await seal(), signal);
      sent.bytes += size;
      sent.objects++;
    }
    progress.add({ bytes: size, objects: 1 });
  }
  const before = old.tags.length / tagBytes;
  return {
    kind: 'increment',
    base: parent.base,
    deltas: parent.deltas,
    added: { objects, pages: numbers.length },
    parts: old.parts,
    tags: withTags(old.tags, frozen.pages, numbers, tags),
    changed: { numbers, tags, before },
    sent,
    pages: numbers.length,
  };
}

interface ReadDelta {
  readonly id: string;
  readonly tags: Uint8Array;
  /** To be called before the next one is read: they share their memory. */
  seal(): Promise<Uint8Array>;
}

/** In this thread, one after the other, the loop free in between. */
function readHere({ keys, random }: CreateParts, { fd }: FrozenPages): (numbers: Uint32Array) => Promise<ReadDelta> {
  let content: Uint8Array | null = null;
  let into: Uint8Array | null = null;
  return async (numbers) => {
    await setImmediate();
    // The first group is the largest.
    const room = (content ??= new Uint8Array(4 + numbers.length * (4 + pageBytes)));
    const sealed = (into ??= new Uint8Array(deltaSize(numbers.length)));
    const piece = readDelta(keys, fd, numbers, room);
    return {
      ...piece,
      seal: async () => {
        await setImmediate();
        return sealPiece(keys, 'delta', piece, room, random, sealed);
      },
    };
  };
}

function readThere({ fd }: FrozenPages, pool: Pool): (numbers: Uint32Array) => Promise<ReadDelta> {
  return async (numbers) => {
    const piece = await pool.run('delta', { slot: 0, fd, numbers: numbers.slice() });
    return {
      ...piece,
      seal: async () => {
        const { length } = await pool.run('seal', { slot: 0, type: 'delta', ...piece });
        return pool.slots[0]!.sealed.subarray(0, length);
      },
    };
  };
}

/** All parts that the target lacks; threads read, name and seal, this one asks and puts. */
async function sendBase(parts: CreateParts, frozen: FrozenPages, pool: Pool): Promise<Content> {
  const { progress, target, signal, keys, random } = parts;
  const count = Math.ceil(frozen.pages / partPages);
  const names = Array.from({ length: count }, () => '');
  const tags = new Uint8Array(frozen.pages * tagBytes);
  const sent = { bytes: 0, objects: 0 };
  progress.phase('uploading');
  progress.total({ bytes: frozen.pages * pageBytes, objects: count });
  const missing = asked(target, signal);

  await inTurns(count, signal, async (index, slot) => {
    const from = index * partPages;
    const pages = Math.min(partPages, frozen.pages - from);
    const piece = await pool.run('part', { slot, fd: frozen.fd, from, count: pages });
    names[index] = piece.id;
    tags.set(piece.tags, from * tagBytes);
    if (await missing({ id: piece.id, bytes: objectSize(piece.length) })) {
      const { length } = await pool.run('seal', { slot, type: 'base', id: piece.id, length: piece.length });
      await target.put(piece.id, pool.slots[slot]!.sealed.subarray(0, length), signal);
      sent.bytes += length;
      sent.objects++;
    }
    progress.add({ bytes: pages * pageBytes, objects: 1 });
  });
  const list: string[] = [];
  for (let at = 0; at < names.length; at += listNames) {
    const { id, sealed } = sealObject(keys, 'list', encodeList(names.slice(at, at + listNames)), random);
    await target.put(id, sealed, signal);
    list.push(id);
    sent.bytes += sealed.length;
    sent.objects++;
  }
  return {
    kind: 'base',
    base: { list, parts: count, generation: null },
    deltas: [],
    added: null,
    parts: names,
    tags,
    changed: null,
    sent,
    pages: frozen.pages,
  };
}

/** Asks for many at once: what comes up while a question is out goes with the next one. */
function asked(target: Target, signal: AbortSignal): (object: { id: string; bytes: number }) => Promise<boolean> {
  let waiting: { object: { id: string; bytes: number }; ok: (missing: boolean) => void; no: (error: unknown) => void }[] = [];
  let running = false;
  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const objects = [...new Map(batch.map(({ object }) => [object.id, object])).values()];
      await target.missing(objects, signal).then(
        (missing) => batch.forEach(({ object, ok }) => ok(missing.has(object.id))),
        (error: unknown) => batch.forEach(({ no }) => no(error)),
      );
    }
    running = false;
  }
  return (object) =>
    new Promise((ok, no) => {
      waiting.push({ object, ok, no });
      void run();
    });
}

async function finish(
  parts: CreateParts,
  { thorough }: CreateOptions,
  known: Known,
  standing: Standing,
  frozen: FrozenPages,
  content: Content & { readonly compared: boolean },
): Promise<Made> {
  const { store, keys, clock, random, progress, ledger, target, signal } = parts;
  progress.phase('finishing');
  const createdAt = new Date(clock.now()).toISOString();
  const logical = store.meaning && (thorough || frozen.pages * pageBytes <= smallStore) ? await store.meaning.digest(frozen.sql) : null;
  const raw = store.dataKey();
  const described = {
    format: 'adiuva-backup-manifest',
    version: 1,
    repository: keys.repository,
    epoch: keys.epoch,
    createdAt,
    previous: standing.parent && standing.last && { manifest: standing.last.manifest, sha256: standing.sha256! },
    app: parts.facts.app,
    engine: `${store.engine.name} ${store.engine.version}`,
    schema: store.schema,
    vaultId: store.vaultId,
    deviceName: parts.facts.deviceName,
    pageSize: pageBytes,
    pages: frozen.pages,
    fileDigest: fileDigest(keys, [content.tags]),
    counts: (await store.meaning?.counts(frozen.sql)) ?? {},
    logical,
    escrow: sealEscrow(keys, store.vaultId, raw, random),
  } as const;
  wipe(raw.key, raw.salt);

  const tagsLength =
    content.changed && standing.last
      ? await ledger.addTags(standing.last.tagsLength, frozen.pages, content.changed.numbers, content.changed.tags)
      : await ledger.writeTags(content);
  const commit = async (generation: number): Promise<{ entry: BackupEntry; snapshot: Snapshot; bytes: number }> => {
    const manifest: Manifest = {
      ...described,
      generation,
      base: { ...content.base, list: [...content.base.list], generation: content.base.generation ?? generation },
      deltas: [
        ...content.deltas,
        ...(content.added && content.added.objects.length > 0 ? [{ generation, objects: [...content.added.objects], pages: content.added.pages }] : []),
      ],
    };
    const sealed = sealManifest(keys, manifest, random);
    const snapshot = {
      manifest: sealed.id,
      generation,
      epoch: keys.epoch,
      createdAt,
      bytes: 0,
      objects: 0,
      mark: frozen.mark,
      tagsLength,
      base: manifest.base.generation,
    };
    await ledger.write({ ...known, last: standing.last, pending: snapshot }, false);
    const head = headOf(keys, generation, sealed.id);
    const entry = await committed(
      target,
      {
        expected: standing.expected,
        head,
        manifest: base64url(sealed.sealed),
        objects: objectsOf({ manifest, parts: content.parts }),
        ...(standing.envelope !== null && { envelope: { expected: standing.envelope, envelope: parts.own.envelope } }),
      },
      signal,
    );
    return { entry, snapshot: { ...snapshot, bytes: entry.bytes, objects: entry.objects }, bytes: sealed.sealed.length };
  };

  const { entry, snapshot, bytes } = await commit(standing.generation + 1).catch(async (error: unknown) => {
    // Generations of deleted backups are not used again, and only the place knows them all.
    const { nextGeneration } = error instanceof AdiuvaError && error.code === 'request.invalid' ? await target.history(signal) : {};
    if (nextGeneration === undefined || nextGeneration <= standing.generation + 1) throw error;
    return await commit(nextGeneration);
  });
  await ledger.write({
    ...known,
    last: snapshot,
    ranAt: createdAt,
    pending: null,
    seen: Math.max(known.seen, snapshot.generation),
    comparedAt: content.compared ? createdAt : known.comparedAt,
    sinceCompared: content.compared ? 0 : known.sinceCompared + 1,
    logicalAt: logical ? createdAt : known.logicalAt,
    problem: null,
  });
  ledger.hold(entry.manifest, { parts: content.parts, tags: content.tags });
  return {
    id: entry.manifest,
    generation: entry.generation,
    createdAt,
    kind: content.kind,
    bytes: content.sent.bytes + bytes,
    objects: content.sent.objects + 1,
    pages: content.pages,
  };
}

/** Commits, and finds out what became of it where the answer was lost. @throws AdiuvaError `backup.forked` where another device was first */
async function committed(target: Target, commit: Parameters<Target['commit']>[0], signal: AbortSignal): Promise<BackupEntry> {
  try {
    return await target.commit(commit, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof AdiuvaError) || !lost.has(error.code)) throw error;
    const newest = await target.newest(signal).catch(() => null);
    if (newest?.entry.manifest === commit.head.manifest) return newest.entry;
    throw error.code === 'backup.head_moved' ? new AdiuvaError('backup.forked') : error;
  }
}

const lost = new Set(['backup.head_moved', 'cloud.offline', 'cloud.bad_reply', 'dependency.unavailable', 'request.timeout']);
