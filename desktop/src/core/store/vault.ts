import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newId, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { VaultState } from '../../bridge/shapes.ts';
import { same, wipe, type ArgonCost } from '../crypto.ts';
import type { HostSecrets } from '../host.ts';
import { Database, storeError } from './database.ts';
import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import type { Engine, EngineFactory, RawKey } from './engine.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { holdFile, type HeldFile } from './held-file.ts';
import { migrate, schemaNumber, schemaOf } from './migrate.ts';
import type { BuildStore, Kept, Staged } from './restored.ts';
import { selfCheck } from './self-check.ts';
import {
  canonicalPhrase,
  makeOsSlot,
  makeSecretSlot,
  newPhrase,
  openOsSlot,
  openSecretSlot,
  refuseWeak,
  slotCost,
  type SecretSlot,
  type Slot,
} from './slots.ts';
import { createStore, type Store } from './store.ts';
import { folderError, headsAgree, readHead, syncFolder, vaultFiles, writeHead, type VaultHead } from './vault-file.ts';

export interface VaultOptions {
  /** Absolute; made when the vault is. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Null where the host has no key store worth the name. */
  readonly secrets: HostSecrets | null;
  /** Tried in order; the first that loads is used. */
  readonly engines?: readonly EngineFactory[];
  /** What a guess at a new slot's secret costs; a test may take the least that `argonBounds` allows. */
  readonly slotCost?: ArgonCost;
}

export type Secret = { readonly with: 'passphrase'; readonly passphrase: string } | { readonly with: 'phrase'; readonly phrase: string };
export type UnlockWith = Secret | { readonly with: 'os' };

/** The vault of one folder: how the store is made, opened and closed. One at a time of `create`, `unlock`, `lock` and the slot changes. */
export interface Vault {
  state(): Promise<VaultState>;
  /** @throws AdiuvaError `vault.exists`, `vault.passphrase_weak`, `vault.in_use`, `vault.disk_full` */
  create(passphrase: string): Promise<{ vaultId: string; recoveryPhrase: string; store: Store }>;
  /** @throws AdiuvaError `vault.missing`, `vault.wrong_secret`, `vault.wrong_phrase`, `vault.phrase_invalid`, `vault.slot_unavailable`, `vault.newer`, `vault.plaintext`, `vault.corrupt`, `vault.in_use` */
  unlock(secret: UnlockWith): Promise<Store>;
  /** Closes the store and forgets its key. */
  lock(): Promise<void>;
  /** Indexes from 0. Once three words are right the vault forgets the phrase; wrong ones change nothing. */
  confirmPhrase(words: readonly { readonly index: number; readonly word: string }[]): Promise<boolean>;
  /** The twelve words, until they were confirmed; null afterwards. @throws AdiuvaError `vault.locked` */
  phrase(): Promise<string | null>;
  /** @throws AdiuvaError as {@link unlock} for `current`; `vault.passphrase_weak` */
  setPassphrase(current: Secret, next: string): Promise<void>;
  /** @throws AdiuvaError `vault.slot_unavailable` where the host has no key store */
  setOsSlot(enabled: boolean): Promise<void>;
  /** @throws AdiuvaError `vault.locked`, `vault.missing` */
  store(): Store;
  /**
   * A vault on this device from the pages of another one's store, under a fresh key. The phrase counts as confirmed: it was typed.
   * @throws AdiuvaError as {@link create}; `backup.newer`, `backup.corrupt`; what `build` throws
   */
  createFrom(how: { readonly vaultId: string; readonly phrase: string; readonly passphrase: string; readonly build: BuildStore }): Promise<Store>;
  /**
   * Lets `build` write another store beside the current one, under this device's key, and checks it: cipher, integrity, references, index. Its schema becomes the
   * newest, its `device.` rows this device's. One at a time.
   * @throws AdiuvaError `vault.locked`, `backup.running`, `backup.newer`, `backup.corrupt`, `vault.disk_full`; what `build` throws
   */
  stage(build: BuildStore): Promise<Staged>;
  kept(): Promise<Kept | null>;
  /** Puts the kept store back; the one it replaces is kept in turn. @throws as `Staged.swap`; `backup.nothing_kept` */
  undoSwap(): Promise<Store>;
  /** Deletes what has been kept for 30 days at `now` (milliseconds; `Infinity` for everything). */
  dropKept(now: number): Promise<void>;
  /** Other twelve words open the vault from now on; they can be shown until they are confirmed. @throws AdiuvaError `vault.locked`, `vault.phrase_invalid` */
  replacePhrase(next: string): Promise<void>;
}

/** Row of the settings that keeps the phrase until it is confirmed; it never leaves the device. */
const phraseKey = 'device.recovery-phrase';

interface OpenVault {
  readonly store: Store;
  readonly key: RawKey;
  readonly close: () => Promise<void>;
}

/** Looks at nothing yet. */
export function openVault(options: VaultOptions): Vault {
  const { dataDir, random, log } = options;
  let current: OpenVault | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let loaded: Promise<Engine> | null = null;

  const engine = () => (loaded ??= loadEngine(options.engines ?? [journeyapps, multipleCiphers], log));

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  function open(): OpenVault {
    if (!current) throw new AdiuvaError(existsSync(join(dataDir, vaultFiles.head)) ? 'vault.locked' : 'vault.missing');
    return current;
  }

  async function head(): Promise<VaultHead> {
    const found = await readHead(dataDir);
    if (!found) throw new AdiuvaError('vault.missing');
    if (found.schema > schemaNumber) throw new AdiuvaError('vault.newer');
    return found;
  }

  async function enter(found: VaultHead, key: RawKey): Promise<OpenVault> {
    current = await openStore(await engine(), options, found, key, () => (current = null));
    // The secret opened it, so what was read is right: the twin that is missing or damaged is made anew.
    if (!(await headsAgree(dataDir))) await current.store.tx(async () => writeHead(dataDir, await head()));
    log.info('vault.opened', { vaultId: found.vaultId, engine: current.store.engine.name });
    return current;
  }

  async function changeSlots(change: (found: VaultHead, key: RawKey) => Promise<readonly Slot[]>): Promise<void> {
    const { key, store } = open();
    // Inside a write transaction, so that two processes change the key file one after the other.
    await store.tx(async () => {
      const found = await head();
      await writeHead(dataDir, { ...found, slots: await change(found, key) });
    });
  }

  return {
    state: () => stateOf(dataDir, current !== null),
    create: (passphrase) =>
      inTurn(async () => {
        refuseWeak(passphrase);
        const made = await createVault(await engine(), options, passphrase);
        const { store } = await enter(made.head, made.key);
        await store.t.settings.set(phraseKey, made.phrase);
        return { vaultId: made.head.vaultId, recoveryPhrase: made.phrase, store };
      }),
    unlock: (secret) =>
      inTurn(async () => {
        const found = await head();
        const key = await keyBy(found, secret, options.secrets);
        if (!current) return (await enter(found, key)).store;
        wipe(key.key, key.salt);
        return current.store;
      }),
    lock: () =>
      inTurn(async () => {
        await current?.close();
        current = null;
      }),
    confirmPhrase: (words) =>
      inTurn(async () => {
        const { settings } = open().store.t;
        const phrase = await settings.get(phraseKey);
        if (typeof phrase === 'string' && !wordsMatch(phrase, words)) return false;
        await open().store.tx(async (t) => {
          await t.settings.remove(phraseKey);
          await writeHead(dataDir, { ...(await head()), phraseConfirmed: true });
        });
        return true;
      }),
    async phrase() {
      const phrase = await open().store.t.settings.get(phraseKey);
      return typeof phrase === 'string' ? phrase : null;
    },
    setPassphrase: (secret, next) =>
      inTurn(async () => {
        refuseWeak(next);
        await changeSlots(async (found, key) => {
          const proven = await keyBy(found, secret, null);
          if (!same(proven.key, key.key)) throw new AdiuvaError('vault.corrupt');
          return [
            ...found.slots.filter(({ kind }) => kind !== 'passphrase'),
            await makeSecretSlot('passphrase', next, found.vaultId, key, random, options.slotCost ?? slotCost),
          ];
        });
      }),
    setOsSlot: (enabled) =>
      inTurn(async () => {
        const { secrets } = options;
        if (enabled && !secrets) throw new AdiuvaError('vault.slot_unavailable');
        await changeSlots(async (found, key) => {
          const others = found.slots.filter(({ kind }) => kind !== 'os');
          return enabled && secrets ? [...others, await makeOsSlot(secrets, found.vaultId, key, random)] : others;
        });
      }),
    store: () => open().store,
    createFrom: () => unfinished(),
    stage: () => unfinished(),
    kept: async () => null,
    undoSwap: () => unfinished(),
    dropKept: async () => undefined,
    replacePhrase: () => unfinished(),
  };
}

const unfinished = () => Promise.reject(new AdiuvaError('internal', { detail: 'not built yet' }));

async function loadEngine(factories: readonly EngineFactory[], log: Log): Promise<Engine> {
  const causes: unknown[] = [];
  for (const factory of factories) {
    try {
      return await factory();
    } catch (error) {
      log.warn('store.engine_unavailable', { engine: factory.name });
      causes.push(error);
    }
  }
  throw new AdiuvaError('internal', {
    detail: 'No store engine could be loaded; install again with a C++ compiler at hand.',
    cause: new AggregateError(causes),
  });
}

async function stateOf(dataDir: string, isOpen: boolean): Promise<VaultState> {
  try {
    const found = await readHead(dataDir);
    if (!found) return { state: 'missing', vaultId: null, slots: [], phraseConfirmed: false, problem: null };
    const problem = await headerFault(dataDir, found).then((fault) => (fault ? toProblem(fault) : null));
    return {
      state: isOpen ? 'open' : 'locked',
      vaultId: found.vaultId,
      slots: found.slots.map(({ kind }) => kind),
      phraseConfirmed: found.phraseConfirmed,
      problem,
    };
  } catch (error) {
    return { state: isOpen ? 'open' : 'locked', vaultId: null, slots: [], phraseConfirmed: false, problem: toProblem(error) };
  }
}

/** What can be said against the store's file without its key. */
async function headerFault(dataDir: string, found: VaultHead): Promise<AdiuvaError | null> {
  if (found.schema > schemaNumber) return new AdiuvaError('vault.newer');
  const path = join(dataDir, vaultFiles.store);
  let file: HeldFile;
  try {
    file = await holdFile((await exists(path)) ? path : `${path}.new`);
  } catch {
    return new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is missing.' });
  }
  try {
    return faultOf(await file.read(0, 16));
  } finally {
    await file.release();
  }
}

function faultOf(header: Uint8Array): AdiuvaError | null {
  if (Buffer.from(header).toString('latin1').startsWith('SQLite format 3')) return new AdiuvaError('vault.plaintext');
  return header.length < 16 ? new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is cut off.' }) : null;
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function keyBy({ slots, vaultId }: VaultHead, secret: UnlockWith, secrets: HostSecrets | null): Promise<RawKey> {
  const slot = slots.find(({ kind }) => kind === secret.with);
  if (!slot) throw new AdiuvaError('vault.slot_unavailable');
  if (slot.kind === 'os') {
    const key = secrets && (await openOsSlot(slot, secrets, vaultId));
    if (!key) throw new AdiuvaError('vault.slot_unavailable');
    return key;
  }
  const typed = secret.with === 'phrase' ? canonicalPhrase(secret.phrase) : secret.with === 'passphrase' ? secret.passphrase : '';
  const key = await openSecretSlot(slot, typed, vaultId);
  if (!key) throw new AdiuvaError(secret.with === 'phrase' ? 'vault.wrong_phrase' : 'vault.wrong_secret');
  return key;
}

function wordsMatch(phrase: string, words: readonly { readonly index: number; readonly word: string }[]): boolean {
  const known = phrase.split(' ');
  const places = new Set(words.map(({ index }) => index));
  return places.size === 3 && words.every(({ index, word }) => known[index] === word.normalize('NFKD').trim().toLowerCase());
}

/**
 * Makes the folder's files so that a crash leaves no vault or a whole one: the store is finished under another name, the key file's rename is the commit,
 * and {@link placeStore} finishes the store's own rename now or at the next opening.
 */
async function createVault(engine: Engine, options: VaultOptions, passphrase: string): Promise<{ head: VaultHead; key: RawKey; phrase: string }> {
  const { dataDir, clock, random } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => Promise.reject(folderError(error)));
  await refuseExisting(dataDir);
  const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'alone', clock).catch(async (error: unknown) => {
    await refuseExisting(dataDir);
    throw error;
  });
  try {
    await refuseExisting(dataDir);
    const path = join(dataDir, vaultFiles.store);
    if (await exists(path)) throw new AdiuvaError('vault.corrupt', { detail: 'There is a data file store.db whose key file vault.json is missing.' });
    const key: RawKey = { key: random(32), salt: random(16) };
    const vaultId = newId(clock.now(), random);
    const phrase = newPhrase(random);
    await createFile(engine, `${path}.new`, key, clock);
    const make = (kind: SecretSlot['kind'], secret: string) => makeSecretSlot(kind, secret, vaultId, key, random, options.slotCost ?? slotCost);
    const slots = await Promise.all([make('passphrase', passphrase), make('phrase', phrase)]);
    const head: VaultHead = {
      format: 'adiuva-vault',
      version: 1,
      vaultId,
      createdAt: new Date(clock.now()).toISOString(),
      schema: schemaNumber,
      phraseConfirmed: false,
      slots,
      strange: [],
    };
    await writeHead(dataDir, head);
    await placeStore(dataDir);
    return { head, key, phrase };
  } finally {
    await lock.release();
  }
}

async function refuseExisting(dataDir: string): Promise<void> {
  if ((await readHead(dataDir)) !== null) throw new AdiuvaError('vault.exists');
}

async function createFile(engine: Engine, path: string, key: RawKey, clock: Clock): Promise<void> {
  for (const end of ['', '-wal', '-shm', '-journal']) await rm(path + end, { force: true });
  const database = await Database.open(engine, path, key, clock, 'create');
  await database.alone((connection) => migrate(connection));
  await database.close();
}

/** Finishes what a crash right after the commit of {@link createVault} left. */
async function placeStore(dataDir: string): Promise<void> {
  const path = join(dataDir, vaultFiles.store);
  if ((await exists(path)) || !(await exists(`${path}.new`))) return;
  await rename(`${path}.new`, path);
  await syncFolder(dataDir);
}

async function openStore(engine: Engine, options: VaultOptions, head: VaultHead, key: RawKey, closed: () => void): Promise<OpenVault> {
  const { dataDir } = options;
  const path = join(dataDir, vaultFiles.store);
  if (existsSync(`${path}.new`)) await placeStore(dataDir);
  const file = await holdFile(path).catch((error: unknown) =>
    Promise.reject(new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is missing.', cause: error })),
  );
  try {
    await refuseForeign(file, key);
    await refuseNewerLog(engine, path, key);
    const { database, lock } = await openCurrent(engine, options, path, key);
    const close = async () => {
      await database.close();
      await lock.release();
      await file.release();
      wipe(key.key, key.salt);
      closed();
    };
    const store = createStore(database, { vaultId: head.vaultId, selfCheck: () => selfCheck({ engine, database, dataDir, file }), close });
    return { store, key, close };
  } catch (error) {
    await file.release();
    wipe(key.key, key.salt);
    throw error;
  }
}

async function refuseForeign(file: HeldFile, key: RawKey): Promise<void> {
  const header = await file.read(0, 16);
  const fault = faultOf(header);
  if (fault) throw fault;
  // SQLCipher's files begin with their salt: another file than the key was made for.
  if (!same(header, key.salt)) throw new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is not the one this key belongs to.' });
}

/**
 * Closing the last connection copies a log that was left behind into the file. Whoever may not touch the file must therefore not open it for writing: where there
 * is a log, a connection that cannot write looks first.
 */
async function refuseNewerLog(engine: Engine, path: string, key: RawKey): Promise<void> {
  if (!existsSync(`${path}-wal`)) return;
  try {
    const connection = await engine.open(path, { key, mode: 'read' });
    const schema = await schemaOf(connection).finally(() => connection.close());
    if (schema > schemaNumber) throw new AdiuvaError('vault.newer');
  } catch (error) {
    throw storeError(error);
  }
}

/** The store's file with the newest schema, and the folder shared. */
async function openCurrent(engine: Engine, options: VaultOptions, path: string, key: RawKey): Promise<{ database: Database; lock: FolderLock }> {
  const { dataDir, clock } = options;
  const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'shared', clock);
  try {
    const database = await Database.open(engine, path, key, clock);
    const schema = await database.alone((connection) => schemaOf(connection));
    if (schema === schemaNumber) return { database, lock };
    await database.close();
    if (schema > schemaNumber) throw new AdiuvaError('vault.newer');
  } catch (error) {
    await lock.release();
    throw error;
  }
  await lock.release();
  await migrateAlone(engine, options, path, key);
  return await openCurrent(engine, options, path, key);
}

async function migrateAlone(engine: Engine, { dataDir, clock }: VaultOptions, path: string, key: RawKey): Promise<void> {
  const lock = await lockFolder(engine, join(dataDir, vaultFiles.lock), 'alone', clock);
  try {
    const head = await readHead(dataDir);
    if (head && head.schema < schemaNumber) await writeHead(dataDir, { ...head, schema: schemaNumber });
    const database = await Database.open(engine, path, key, clock);
    await database.alone((connection) => migrate(connection)).finally(() => database.close());
  } finally {
    await lock.release();
  }
}
