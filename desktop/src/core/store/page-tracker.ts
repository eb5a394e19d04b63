import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseTracked, sealTracked, writeIdOf, type Mark, type Stamp, type Tracked } from './page-tracker-file.ts';
import { syncFolder } from './vault-file.ts';
import { readLog, type LogPlace, type ReadLog } from './wal.ts';

/** Marks kept; more backups than these in turn, each to another place, are no use of it. */
const marksKept = 64;
/** 1 TiB of store. A larger number of a page is damage. */
const pagesMost = 2 ** 28;

/** What was known at one mark: see `FrozenPages`. */
export interface TrackedPages {
  readonly mark: string;
  changedSince(mark: string): Uint32Array | null;
}

/**
 * Which pages of the store's file changed since which mark, kept in a file beside the store, for all processes that have it open.
 *
 * Only a checkpoint changes the store's file, and ours come with the write lock held: first the log is read and what it names is written down for good
 * ({@link harvest}), then it is copied, then the file's identity is written down ({@link stamp}). Whatever else changed the file (an older version, a process that
 * died while it copied, a copy put in its place) leaves an identity that nobody wrote down: then everything known is forgotten, and `changedSince` answers null for the
 * marks of before. Identity is size, inode, times of change of content and of inode. The content's time is set to one that no clock gives, because two changes
 * within a tick of the system's clock have the same one.
 *
 * A mark carries a number of chance, and only those the file lists are known: so a folder that was put back to an older state does not take the mark of a later
 * backup for one of its own.
 */
export class PageTracker {
  readonly #store: string;
  readonly #file: string;
  readonly #readLog: ReadLog;
  readonly #identify: (file: string) => Promise<Stamp>;
  #known: Tracked = nothing(0);
  /** Of the version of the file that `#known` is; null for none. */
  #version: string | null = null;
  #place: LogPlace | null = null;

  /** @param store the store's file; the rest is for tests, which must see this fail */
  constructor(store: string, read: ReadLog = readLog, identify = identityOf) {
    this.#store = store;
    this.#identify = identify;
    this.#file = `${store}-pages`;
    this.#readLog = read;
  }

  /**
   * Writes down for good what the log names. Before every checkpoint, under the store's write lock; `chance` is 16 random bytes.
   * A failure costs what is known of changes, never the checkpoint.
   */
  async harvest(chance: Uint8Array): Promise<void> {
    try {
      await this.#load();
      const now = await this.#identify(this.#store);
      if (!sameStamp(this.#known.stamp, now)) this.#forget(Number(now.size) / 4096);
      if (await this.#readNew()) await this.#save(chance, true);
    } catch {
      await this.#giveUp();
    }
  }

  /** Writes down what the file is now, after the checkpoint, under the same lock. */
  async stamp(chance: Uint8Array): Promise<void> {
    try {
      if ((await this.#restamp(chance)) || this.#version === null) await this.#save(chance, false);
    } catch {
      await this.#giveUp();
    }
  }

  /** A new mark, and what {@link stamp} does. After a checkpoint that copied everything, under the same lock: the file is what the mark stands for. */
  async mark(chance: Uint8Array): Promise<TrackedPages> {
    await this.#restamp(chance).catch(() => this.#giveUp());
    const pages = Number((await this.#identify(this.#store)).size) / 4096;
    const { now, marks } = this.#known;
    if (pages !== this.#known.pages) this.#resize(pages);
    const { changed } = this.#known;
    const mark: Mark = { number: now, pages, id: Buffer.from(chance).toString('hex') };
    this.#known = { ...this.#known, now: now + 1, marks: [...marks, mark].slice(-marksKept) };
    try {
      await this.#save(chance, false);
    } catch {
      await this.#giveUp();
    }
    const then = changed.slice(0, pages);
    const known = [...marks, mark];
    return { mark: mark.id, changedSince: (id) => changedAfter(then, known, id) };
  }

  /** @returns whether the file was another one */
  async #restamp(chance: Uint8Array): Promise<boolean> {
    const now = await this.#identify(this.#store);
    if (sameStamp(this.#known.stamp, now)) return false;
    const unique = await setUniqueTime(this.#store, chance);
    this.#known = { ...this.#known, stamp: unique ? await this.#identify(this.#store) : null };
    return true;
  }

  async #readNew(): Promise<boolean> {
    const before = { pages: this.#known.pages, place: this.#place };
    let fresh = false;
    this.#place = await this.#readLog(`${this.#store}-wal`, this.#place, (page, size) => {
      if (this.#touch(page - 1)) fresh = true;
      if (size > 0) this.#resize(size);
    });
    return fresh || this.#known.pages !== before.pages;
  }

  #touch(page: number): boolean {
    if (page < 0 || page >= pagesMost) throw new RangeError('no page has this number');
    if (page >= this.#known.changed.length) this.#grow(page + 1);
    const { changed, now } = this.#known;
    if (changed[page] === now) return false;
    changed[page] = now;
    return true;
  }

  /** Pages that were cut off or came to it count as changed, also where no frame has them. */
  #resize(size: number): void {
    const { pages } = this.#known;
    for (let page = Math.min(size, pages); page < Math.max(size, pages); page++) this.#touch(page);
    this.#known = { ...this.#known, pages: size };
  }

  #grow(least: number): void {
    const changed = new Uint32Array(Math.max(least, Math.ceil(this.#known.changed.length * 1.5)));
    changed.set(this.#known.changed);
    this.#known = { ...this.#known, changed };
  }

  #forget(pages: number): void {
    this.#known = nothing(pages);
    this.#place = null;
  }

  /** Another process may have written since; both do it under the store's write lock. */
  async #load(): Promise<void> {
    const version = await versionOf(this.#file);
    if (version !== null && version === this.#version) return;
    this.#place = null;
    const tracked = version === null ? null : parseTracked(await readFile(this.#file));
    this.#version = tracked ? version : null;
    this.#known = tracked ?? nothing(0);
  }

  async #save(chance: Uint8Array, lasting: boolean): Promise<void> {
    const bytes = sealTracked(this.#known, chance);
    const handle = await open(`${this.#file}.new`, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      if (lasting) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${this.#file}.new`, this.#file);
    if (lasting) await syncFolder(dirname(this.#file));
    this.#version = writeIdOf(bytes);
  }

  async #giveUp(): Promise<void> {
    this.#forget(0);
    this.#version = null;
    for (const name of [this.#file, `${this.#file}.new`]) await rm(name, { force: true }).catch(() => undefined);
  }
}

const nothing = (pages: number): Tracked => ({ stamp: null, now: 1, pages, marks: [], changed: new Uint32Array(pages) });

function changedAfter(changed: Uint32Array, marks: readonly Mark[], id: string): Uint32Array | null {
  const mark = marks.find((each) => each.id === id);
  if (!mark) return null;
  const found: number[] = [];
  const before = changed.subarray(0, mark.pages);
  // The runtime looks for a number faster than a loop looks at each; between two of the marks that are kept lie few numbers.
  for (let number = mark.number + 1; number <= marks.at(-1)!.number; number++)
    for (let page = before.indexOf(number); page >= 0; page = before.indexOf(number, page + 1)) found.push(page);
  for (let page = mark.pages; page < changed.length; page++) found.push(page);
  return Uint32Array.from(found).sort();
}

async function versionOf(file: string): Promise<string | null> {
  const handle = await open(file, 'r').catch(() => null);
  if (!handle) return null;
  try {
    const start = Buffer.alloc(64);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    return bytesRead === start.length ? writeIdOf(start) : '';
  } finally {
    await handle.close();
  }
}

/** By path: opening the file here and closing it would drop SQLite's locks. */
async function identityOf(file: string): Promise<Stamp> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(file, { bigint: true });
  return { size, mtimeNs, ctimeNs, ino, dev };
}

const sameStamp = (a: Stamp | null, b: Stamp) =>
  a !== null && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.dev === b.dev;

/**
 * Sets the time of the last change within the second before it, to a microsecond of chance. False where the file system does not keep it so finely: then nothing tells the
 * file from one that somebody changed right after.
 */
async function setUniqueTime(file: string, chance: Uint8Array): Promise<boolean> {
  const { mtimeNs } = await identityOf(file);
  const micros = Buffer.from(chance).readUInt32BE(0) % 1_000_000;
  const second = Number(mtimeNs / 1_000_000_000n) - 1;
  await utimes(file, second + 1, second + micros / 1e6);
  const kept = Number((await identityOf(file)).mtimeNs - BigInt(second) * 1_000_000_000n) / 1_000;
  return Math.abs(kept - micros) <= 2;
}
