import { readdir, link, lstat, rename, rm, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  backupEntry,
  backupHead,
  manifestBytes,
  objectBytes,
  objectId,
  type BackupCommit,
  type BackupEntry,
  type BackupEnvelope,
  type BackupHead,
  type BackupHistory,
} from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { BackupTarget } from '../../bridge/shapes.ts';
import {
  each,
  ensureFolder,
  folderFault,
  isAbsent,
  readWhole,
  replaceFile,
  stageFile,
  syncFile,
  syncFolder,
  writeNew,
  type StagedFile,
} from './folder-files.ts';
import { parseEnvelope } from './keys.ts';
import type { OfferedObject, StoredBackup, Target } from './target.ts';
import { thinned } from './thin.ts';
import { lockForWriting, type WriteLock } from './write-lock.ts';

export interface FolderDeps {
  /** Absolute. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
}

const folders = ['incoming', 'manifests', 'objects'] as const;
/** The envelope of a new epoch, while its head is put in place. */
const comingEnvelope = 'envelope.next.json';
const jsonBytes = 64 * 1024;
const historyBytes = 16 * 1024 * 1024;
const day = 86_400_000;
/** Written bytes that may wait for the disk: what a crash costs, and what the end of a backup waits for at most. */
const unsettledMost = 128 * 1024 * 1024;
/** Calls to the operating system at once; its thread pool in Node has four. */
const width = 8;
/** Of those four, how many may wait for the disk while objects are still written: with all of them nothing could be written meanwhile. */
const settlers = 2;

const marker = z.looseObject({ format: z.literal('adiuva-backup'), version: z.int() });
const kept = z.strictObject({ highest: z.int().nonnegative(), backups: z.array(backupEntry).max(20_000) });
type Kept = z.infer<typeof kept>;

const json = (data: unknown): Buffer => Buffer.from(`${JSON.stringify(data)}\n`);
const named = (id: string): string => {
  if (!objectId.safeParse(id).success) throw new AdiuvaError('request.invalid', { detail: 'id: is no name of an object' });
  return id;
};

interface Unsettled {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Backups in a folder, laid out as `docs/backup-format.md` says. An object gets its name only when its content is on the disk, so that whatever bears a name is
 * whole, also after a power cut; `head.json` is replaced last. Needs neither links nor permissions of the file system.
 */
class FolderTarget implements Target {
  readonly where: BackupTarget;
  readonly #deps: FolderDeps;
  /** Written, not on the disk yet, without its name. */
  readonly #unsettled = new Map<string, Unsettled>();
  readonly #putting = new Map<string, Promise<void>>();
  /** Folders whose names may not be on the disk yet. */
  readonly #touched = new Set<string>();
  readonly #made = new Set<string>();
  /** Whether the folders were seen to be folders. */
  #checked = false;
  /** Of those, in the order they were written, whom nobody brings to the disk yet. */
  readonly #waiting: string[] = [];
  readonly #settlers = new Set<Promise<void>>();
  #fault: { readonly error: unknown } | null = null;

  constructor(deps: FolderDeps) {
    this.#deps = deps;
    this.where = { kind: 'folder', path: deps.path };
  }

  async envelope(signal?: AbortSignal): Promise<unknown> {
    await this.#look(signal);
    return (await this.#nextEnvelope(signal)) ?? (await this.#readJson('envelope.json', jsonBytes, signal));
  }

  /** The first one makes the folder (its parent has to be there). */
  async putEnvelope(envelope: BackupEnvelope, expected: string | null, signal?: AbortSignal): Promise<void> {
    if (expected === null) await this.#lay(signal);
    await this.#alone(signal, async () => {
      await this.#finishEnvelope(signal);
      const stored = await this.#readJson('envelope.json', jsonBytes, signal);
      const there = stored === null ? null : parseEnvelope(stored);
      if (there?.sum === envelope.sum) return;
      if ((there?.sum ?? null) !== expected) throw new AdiuvaError('backup.head_moved');
      if (there && !follows(there, envelope, (await this.#kept()).backups.length > 0)) throw new AdiuvaError('backup.forked');
      await this.#replace('envelope.json', envelope);
    });
  }

  async newest(signal?: AbortSignal): Promise<StoredBackup | null> {
    await this.#look(signal);
    const head = await this.#head(signal);
    if (!head) return null;
    return { entry: await this.#entryOf(head), manifest: await this.#manifest(head.manifest, signal) };
  }

  async backup(id: string, signal?: AbortSignal): Promise<StoredBackup> {
    await this.#look(signal);
    const entry = (await this.#entries()).find(({ manifest }) => manifest === id);
    if (!entry) throw new AdiuvaError('backup.not_found');
    return { entry, manifest: await this.#manifest(id, signal) };
  }

  async history(signal?: AbortSignal): Promise<BackupHistory> {
    await this.#look(signal);
    const backups = await this.#entries();
    const { highest } = await this.#kept();
    return { backups, usedBytes: 0, quotaBytes: null, nextGeneration: Math.max(highest, backups[0]?.generation ?? 0) + 1 };
  }

  async missing(objects: readonly OfferedObject[], signal?: AbortSignal): Promise<Set<string>> {
    if (!(await this.#stillThere())) await this.#demand(signal);
    const absent = new Set<string>();
    await each(objects, width, async ({ id, bytes }) => {
      signal?.throwIfAborted();
      if ((await this.#sizeOf(named(id))) !== bytes) absent.add(id);
      else await this.#stayed(id);
    });
    return absent;
  }

  async put(id: string, sealed: Uint8Array, signal?: AbortSignal): Promise<void> {
    for (let under = this.#putting.get(named(id)); under; under = this.#putting.get(id)) await under.catch(() => undefined);
    const putting = this.#put(id, sealed, signal).finally(() => this.#putting.delete(id));
    this.#putting.set(id, putting);
    await putting;
  }

  async get(id: string, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    const unsettled = this.#unsettled.get(named(id))?.file;
    // It may get its name between the two.
    const early = unsettled === undefined ? null : await readWhole(unsettled, objectBytes, signal, into);
    const bytes = early ?? (await readWhole(this.#object(id), objectBytes, signal, into));
    if (bytes) return bytes;
    await this.#demand(signal);
    throw new AdiuvaError('backup.object_not_found');
  }

  async commit(commit: BackupCommit, signal?: AbortSignal): Promise<BackupEntry> {
    await this.#demand(signal);
    const sealed = Buffer.from(commit.manifest, 'base64url');
    if (sealed.length > manifestBytes) throw new AdiuvaError('request.too_large');
    const incoming = this.#path('incoming');
    // One wait for the disk instead of three: nobody looks at a manifest before the head names it.
    const [settled, staged, counted] = await Promise.allSettled([
      this.#settle(),
      stageFile(sealed, incoming, this.#deps.random),
      this.#bytesOf(commit.objects, signal),
    ]);
    try {
      for (const each of [settled, staged]) if (each.status === 'rejected') throw each.reason;
      return await this.#alone(signal, (lock) => this.#committed(commit, sealed.length, valueOf(staged), counted, lock, signal));
    } finally {
      if (staged.status === 'fulfilled') await staged.value.discard();
    }
  }

  async #committed(
    { expected, head, objects, envelope }: BackupCommit,
    manifestLength: number,
    manifest: StagedFile,
    counted: PromiseSettledResult<number>,
    lock: WriteLock,
    signal?: AbortSignal,
  ): Promise<BackupEntry> {
    await this.#finishEnvelope(signal);
    const current = await this.#head(signal);
    if (current?.manifest === head.manifest) return await this.#entryOf(current);
    const before = await this.#kept();
    await this.#refuse(current, expected, head, before, envelope);
    const bytes = manifestLength + valueOf(counted);
    const entry: BackupEntry = { ...head, createdAt: new Date(this.#deps.clock.now()).toISOString(), bytes, objects: new Set(objects).size };
    const sameEpoch = (await this.#entries(before, current)).filter(({ epoch }) => epoch === head.epoch);
    const backups = thinned([entry, ...sameEpoch], this.#deps.clock.now());
    // The head says itself how high it is: a commit that breaks off here may come again under its number.
    const history = { highest: Math.max(before.highest, current?.generation ?? 0), backups } satisfies Kept;
    await manifest.place(this.#path('manifests', named(head.manifest)));
    this.#touched.add(this.#path('manifests'));
    const stage = (data: unknown) => stageFile(json(data), this.#path('incoming'), this.#deps.random);
    const files = await Promise.allSettled([stage(history), stage(head), this.#syncNames()]);
    try {
      const [freshHistory, freshHead, names] = files;
      valueOf(names);
      await lock.keep();
      if (envelope) await this.#replace(comingEnvelope, envelope.envelope);
      // One sync for both: an older history beside this head is mended from it.
      await valueOf(freshHistory).place(this.#path('history.json'));
      await valueOf(freshHead).place(this.#path('head.json'));
      await syncFolder(this.#deps.path);
    } finally {
      for (const file of files.slice(0, 2)) if (file.status === 'fulfilled') await file.value?.discard();
    }
    if (envelope) await this.#finishEnvelope(signal);
    const stay = new Set(backups.map((each) => each.manifest));
    await this.#forget(before.backups.filter((old) => !stay.has(old.manifest)));
    return entry;
  }

  /** Of the newest, the one before it becomes the newest. */
  async remove(id: string, _password?: string, signal?: AbortSignal): Promise<void> {
    await this.#demand(signal);
    await this.#alone(signal, async (lock) => {
      const entries = await this.#entries();
      const entry = entries.find(({ manifest }) => manifest === id);
      if (!entry) throw new AdiuvaError('backup.not_found');
      const backups = entries.filter((other) => other !== entry);
      const highest = Math.max((await this.#kept()).highest, entries[0]!.generation);
      // Before the head moves: a history that lacks the newest is mended from the head, a lost `highest` is not.
      await this.#replace('history.json', { highest, backups } satisfies Kept);
      await lock.keep();
      if (entry === entries[0]) await this.#moveHead(backups[0]);
      await this.#forget([entry]);
    });
  }

  /** @param objectsOf everything a backup refers to but its manifest; where it fails for one of them, nothing is deleted */
  async sweep(objectsOf: (backup: StoredBackup) => Promise<readonly string[]>, signal?: AbortSignal): Promise<{ deleted: number; bytes: number }> {
    await this.#demand(signal);
    return await this.#alone(signal, async (lock) => {
      const entries = await this.#entries();
      const manifests = new Set(entries.map(({ manifest }) => manifest));
      const objects = new Set<string>();
      for (const entry of entries) {
        await lock.keep();
        for (const id of await objectsOf({ entry, manifest: await this.#manifest(entry.manifest, signal) })) objects.add(id);
      }
      const swept = { deleted: 0, bytes: 0 };
      const drop = async (folder: string, keep: ReadonlySet<string>) => {
        await lock.keep();
        const { deleted, bytes } = await this.#dropOld(folder, keep, signal);
        swept.deleted += deleted;
        swept.bytes += bytes;
      };
      for (const name of await this.#list('objects')) await drop(join('objects', name), objects);
      await drop('manifests', manifests);
      await drop('incoming', new Set());
      return swept;
    });
  }

  #path = (...names: string[]): string => join(this.#deps.path, ...names);
  #object = (id: string): string => this.#path('objects', id.slice(0, 2), id);

  /** Refuses a folder of a newer version, and one that cannot be there: its parent is not. */
  async #look(signal?: AbortSignal): Promise<boolean> {
    const bytes = await readWhole(this.#path('adiuva-backup.json'), jsonBytes, signal);
    if (bytes === null) {
      await lstat(join(this.#deps.path, '..')).catch((error: unknown) => Promise.reject(folderFault(error)));
      return false;
    }
    const parsed = marker.safeParse(parseJson(bytes));
    if (!parsed.success) throw new AdiuvaError('backup.corrupt', { detail: 'adiuva-backup.json is damaged.' });
    if (parsed.data.version > 1) throw new AdiuvaError('backup.newer');
    return true;
  }

  /** A folder that lost its marker is an empty mount point, or was never one of ours. */
  async #demand(signal?: AbortSignal): Promise<void> {
    if (!(await this.#look(signal))) throw new AdiuvaError('backup.unreachable');
    if (this.#checked) return;
    for (const name of folders) await ensureFolder(this.#path(name));
    this.#checked = true;
  }

  /** One call instead of reading the marker again for every object that is about to be put. */
  async #stillThere(): Promise<boolean> {
    return this.#checked && (await lstat(this.#path('adiuva-backup.json')).catch(() => null)) !== null;
  }

  async #lay(signal?: AbortSignal): Promise<void> {
    if (await this.#look(signal)) return;
    if (await ensureRoot(this.#deps.path)) await syncFolder(this.#path('..'));
    for (const name of folders) await ensureFolder(this.#path(name));
    await this.#replace('adiuva-backup.json', { format: 'adiuva-backup', version: 1 });
  }

  async #alone<T>(signal: AbortSignal | undefined, work: (lock: WriteLock) => Promise<T>): Promise<T> {
    const lock = await lockForWriting(this.#path('adiuva-backup.lock'), this.#deps, signal);
    try {
      return await work(lock);
    } catch (error) {
      throw folderFault(error);
    } finally {
      await lock.release();
    }
  }

  async #readJson(name: string, most: number, signal?: AbortSignal): Promise<unknown> {
    const bytes = await readWhole(this.#path(name), most, signal);
    return bytes && parseJson(bytes);
  }

  async #replace(name: string, data: unknown): Promise<void> {
    await replaceFile(this.#path(name), json(data), this.#path('incoming'), this.#deps.random);
  }

  async #head(signal?: AbortSignal): Promise<BackupHead | null> {
    const data = await this.#readJson('head.json', jsonBytes, signal);
    if (data === null) return null;
    const parsed = backupHead.safeParse(data);
    if (!parsed.success) throw new AdiuvaError('backup.corrupt', { detail: 'head.json is damaged.' });
    return parsed.data;
  }

  /** The history as kept: a convenience, so a damaged one is an empty one. */
  async #kept(): Promise<Kept> {
    const data = await this.#readJson('history.json', historyBytes).catch((error: unknown) => {
      if (error instanceof AdiuvaError && error.code === 'backup.corrupt') return null;
      throw error;
    });
    return kept.safeParse(data).data ?? { highest: 0, backups: [] };
  }

  /** What counts of the history: from the head down. A crash leaves one above it, or one too few. */
  async #entries(history?: Kept, known?: BackupHead | null): Promise<BackupEntry[]> {
    const head = known === undefined ? await this.#head() : known;
    if (!head) return [];
    const { backups } = history ?? (await this.#kept());
    const below = backups.filter(({ generation, manifest }) => generation < head.generation && manifest !== head.manifest);
    const own = backups.find(({ manifest }) => manifest === head.manifest) ?? (await this.#mended(head));
    return [{ ...own, ...head }, ...below];
  }

  async #entryOf(head: BackupHead): Promise<BackupEntry> {
    return (await this.#entries(undefined, head))[0]!;
  }

  async #mended(head: BackupHead): Promise<BackupEntry> {
    const found = await lstat(this.#path('manifests', head.manifest)).catch(() => null);
    return { ...head, createdAt: new Date(found?.mtimeMs ?? 0).toISOString(), bytes: found?.size ?? 0, objects: 0 };
  }

  async #manifest(id: string, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await readWhole(this.#path('manifests', named(id)), manifestBytes, signal);
    if (!bytes) throw new AdiuvaError('backup.object_not_found', { detail: 'The manifest of this backup is not there.' });
    return bytes;
  }

  async #sizeOf(id: string): Promise<number | null> {
    const known = this.#unsettled.get(id)?.bytes;
    if (known !== undefined) return known;
    const found = await lstat(this.#object(id)).catch((error: unknown) => {
      if (isAbsent(error)) return null;
      throw folderFault(error);
    });
    return found?.isFile() ? found.size : null;
  }

  /** What is offered again and there already stays for another day; its name may never have reached the disk. */
  async #stayed(id: string): Promise<void> {
    if (this.#unsettled.has(id)) return;
    const now = this.#deps.clock.now() / 1_000;
    this.#touched.add(this.#path('objects', id.slice(0, 2)));
    await utimes(this.#object(id), now, now).catch(() => undefined);
  }

  async #put(id: string, sealed: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#complain();
    if (sealed.length === 0 || sealed.length > objectBytes) throw new AdiuvaError('request.too_large');
    if ((await this.#sizeOf(id)) === sealed.length) return await this.#stayed(id);
    if (!this.#checked) await this.#demand(signal);
    const file = this.#path('incoming', newToken(this.#deps.random, 18));
    await writeNew(file, sealed, { sync: false, signal });
    this.#unsettled.set(id, { file, bytes: sealed.length });
    this.#waiting.push(id);
    this.#settleMore(settlers);
    while (this.#settlers.size > 0 && this.#unsettledBytes() > unsettledMost) await Promise.race(this.#settlers);
    this.#complain();
  }

  #unsettledBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#unsettled.values()) sum += bytes;
    return sum;
  }

  /** The disk works while the next objects are written; who comes next hears what went wrong. */
  #settleMore(most: number): void {
    while (this.#waiting.length > 0 && this.#settlers.size < most) {
      const settler = this.#settleInTurn().finally(() => this.#settlers.delete(settler));
      this.#settlers.add(settler);
    }
  }

  async #settleInTurn(): Promise<void> {
    for (let id = this.#waiting.shift(); id !== undefined; id = this.#waiting.shift()) {
      try {
        await this.#settleOne(id);
      } catch (error) {
        this.#fault ??= { error };
      }
    }
  }

  /** Brings what was written to the disk and gives it its name. What cannot be brought there was not put: it is missing again. */
  async #settleOne(id: string): Promise<void> {
    const { file } = this.#unsettled.get(id)!;
    try {
      await syncFile(file);
      await this.#name(id, file);
    } catch (error) {
      await rm(file, { force: true }).catch(() => undefined);
      throw folderFault(error);
    } finally {
      this.#unsettled.delete(id);
    }
  }

  #complain(): void {
    const fault = this.#fault;
    this.#fault = null;
    if (fault) throw fault.error;
  }

  /** Until everything that was written bears its name. */
  async #settle(): Promise<void> {
    this.#settleMore(width);
    while (this.#settlers.size > 0) await Promise.all(this.#settlers);
    this.#complain();
  }

  async #name(id: string, file: string): Promise<void> {
    const folder = this.#path('objects', id.slice(0, 2));
    if (!this.#made.has(folder) && (await ensureFolder(folder))) this.#touched.add(this.#path('objects'));
    this.#made.add(folder);
    this.#touched.add(folder);
    const there = await this.#namedSize(id);
    if (there === this.#unsettled.get(id)?.bytes) return await rm(file, { force: true });
    // Another length under this name is no object of ours: nothing that bears a name is ever half.
    if (there !== null) await unlink(this.#object(id));
    await moveTo(file, this.#object(id));
  }

  async #namedSize(id: string): Promise<number | null> {
    return await lstat(this.#object(id)).then(
      ({ size }) => size,
      () => null,
    );
  }

  async #bytesOf(objects: readonly string[], signal?: AbortSignal): Promise<number> {
    let bytes = 0;
    await each(new Set(objects), width, async (id) => {
      signal?.throwIfAborted();
      const size = await this.#sizeOf(named(id));
      if (size === null) throw new AdiuvaError('backup.objects_missing');
      bytes += size;
    });
    return bytes;
  }

  async #refuse(current: BackupHead | null, expected: string | null, head: BackupHead, before: Kept, coming: BackupCommit['envelope']): Promise<void> {
    if ((current?.manifest ?? null) !== expected) throw new AdiuvaError('backup.head_moved');
    const stored = await this.#readJson('envelope.json', jsonBytes);
    if (stored === null) throw new AdiuvaError('backup.not_set_up', { detail: 'There is no envelope in this folder.' });
    const there = parseEnvelope(stored);
    if (coming && there.sum !== coming.expected && there.sum !== coming.envelope.sum) throw new AdiuvaError('backup.head_moved');
    if (coming && !follows(there, coming.envelope, current !== null)) throw new AdiuvaError('backup.forked');
    const envelope = coming?.envelope ?? there;
    if (envelope.repository !== head.repository || envelope.epoch !== head.epoch) throw new AdiuvaError('backup.forked');
    const next = Math.max(before.highest, current?.generation ?? 0) + 1;
    if (head.generation !== next) throw new AdiuvaError('request.invalid', { detail: 'head.generation: is not the next' });
  }

  /** The envelope that came with the head, where its commit broke off before it had its place; null where there is none. */
  async #nextEnvelope(signal?: AbortSignal): Promise<BackupEnvelope | null> {
    const stored = await this.#readJson(comingEnvelope, jsonBytes, signal);
    const head = stored === null ? null : await this.#head(signal);
    const coming = head && parseEnvelope(stored);
    return coming?.repository === head?.repository && coming?.epoch === head?.epoch ? coming : null;
  }

  async #finishEnvelope(signal?: AbortSignal): Promise<void> {
    const coming = await this.#nextEnvelope(signal);
    if (coming) await this.#replace('envelope.json', coming);
    await rm(this.#path(comingEnvelope), { force: true });
  }

  async #syncNames(): Promise<void> {
    const touched = [...this.#touched];
    await each(touched, width, syncFolder);
    for (const folder of touched) this.#touched.delete(folder);
  }

  async #moveHead(next: BackupEntry | undefined): Promise<void> {
    if (next) return await this.#replace('head.json', backupHead.parse(headPart(next)));
    await rm(this.#path('head.json'), { force: true });
    await syncFolder(this.#deps.path);
  }

  /** Manifests that no history names; their objects go with the next sweep. */
  async #forget(entries: readonly BackupEntry[]): Promise<void> {
    for (const { manifest } of entries) await rm(this.#path('manifests', named(manifest)), { force: true }).catch(() => undefined);
  }

  async #list(folder: string): Promise<string[]> {
    const found = await readdir(this.#path(folder), { withFileTypes: true }).catch((error: unknown) => Promise.reject(folderFault(error)));
    return found.filter((entry) => entry.isDirectory() && /^[A-Za-z0-9_-]{2}$/.test(entry.name)).map(({ name }) => name);
  }

  async #dropOld(folder: string, keep: ReadonlySet<string>, signal?: AbortSignal): Promise<{ deleted: number; bytes: number }> {
    const swept = { deleted: 0, bytes: 0 };
    const names = await readdir(this.#path(folder)).catch((error: unknown) => Promise.reject(folderFault(error)));
    for (const name of names) {
      signal?.throwIfAborted();
      // Only what bears a name of ours: whatever else somebody keeps there stays.
      if (!/^[A-Za-z0-9_-]{24}$|^[A-Za-z0-9_-]{43}$/.test(name) || keep.has(name)) continue;
      const file = this.#path(folder, name);
      const found = await lstat(file).catch(() => null);
      if (!found?.isFile() || found.mtimeMs > this.#deps.clock.now() - day) continue;
      await rm(file, { force: true });
      swept.deleted++;
      swept.bytes += found.size;
    }
    return swept;
  }
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

const headPart = ({ repository, epoch, generation, manifest, mac }: BackupEntry): BackupHead => ({ repository, epoch, generation, manifest, mac });

/** Whether an envelope may take another's place: the same repository and this epoch or a later one, or any where nothing is kept. */
function follows(there: BackupEnvelope, next: BackupEnvelope, anythingKept: boolean): boolean {
  if (next.repository !== there.repository) return !anythingKept;
  return next.epoch >= there.epoch;
}

/** The folder itself may be a link: the user chose it. */
async function ensureRoot(folder: string): Promise<boolean> {
  const there = await lstat(folder).catch(() => null);
  return there ? false : await ensureFolder(folder);
}

/** Gives a file its name without replacing another where the file system can do that. */
async function moveTo(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return await rm(file, { force: true });
    // exFAT and some network disks have no links. Both contents hold there: whoever put this name sealed the same.
    return await rename(file, name);
  }
  await unlink(file);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    throw new AdiuvaError('backup.corrupt', { detail: 'A file of the backup folder is not JSON.', cause: error });
  }
}

export const folderTarget = (deps: FolderDeps): Target => new FolderTarget(deps);
