import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { VaultState } from '../../bridge/shapes.ts';
import { same, wipe, type ArgonCost } from '../crypto.ts';
import type { HostSecrets } from '../host.ts';
import { Database, type Sql } from './database.ts';
import { diskError } from './disk-error.ts';
import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import type { Engine, EngineFactory, RawKey } from './engine.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { schemaNumber, schemaOf } from './migrate.ts';
import type { Pages } from './pages.ts';
import { deviceRows, replaceDeviceRows } from './restored-file.ts';
import { notSettled, parkJobs, stillWaits } from './restored-jobs.ts';
import type { BuildStore, Kept, Staged, SwapHow } from './restored.ts';
import { settingsTable, type SettingsTable } from './settings.ts';
import { canonicalPhrase, makeOsSlot, makeSecretSlot, openOsSlot, openSecretSlot, refuseWeak, slotCost, type Slot } from './slots.ts';
import { copyKey, removeLeftStage, stageStore } from './staged.ts';
import type { Store } from './store.ts';
import { dropKeptSlots, dropKeptStores, keptHead, newestKept, swapIn, type Reached } from './swap.ts';
import { createVault, createVaultFrom, type MadeVault, type RestoredVault } from './vault-create.ts';
import { headsAgree, readHead, vaultFiles, writeHead, type VaultHead } from './vault-file.ts';
import { openStore, type OpenVault } from './vault-open.ts';
import { stateOf } from './vault-state.ts';

/** A store of an older schema, before its migration begins. Nobody else has the vault open. */
export interface UnmigratedStore {
  readonly vaultId: string;
  readonly schema: number;
  /** For reading only; the tables are those of {@link schema}. */
  readonly sql: Pick<Sql, 'all'>;
  /** One transaction on the settings, which every schema has. */
  settings<T>(work: (settings: SettingsTable) => Promise<T>): Promise<T>;
  readonly pages: Pages;
  /** A copy; whoever takes it wipes it. */
  dataKey(): RawKey;
}

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
  /** Runs before each migration, as for a backup; what it throws stops the migration and the opening. Everything it froze must be released when it ends. */
  readonly beforeMigration?: ((store: UnmigratedStore) => Promise<void>) | null;
  /** Told of each step of a restore once it lasts, for tests that end the process there. */
  readonly reached?: Reached;
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
   * A vault on this device from the pages of another one's store, under a fresh key. The phrase counts as confirmed: it was typed. What is left of a vault that
   * cannot be opened is set aside under `damaged/`, and stays there.
   * @throws AdiuvaError as {@link create}; `backup.newer`, `backup.corrupt`; what `build` and `settle` throw
   */
  createFrom(how: RestoredVault): Promise<Store>;
  /**
   * Lets `build` write another store beside the current one, under this device's key, and checks it: cipher, integrity, references, index. Its schema becomes the
   * newest, its `device.` rows this device's. One at a time.
   * @throws AdiuvaError `vault.locked`, `backup.running`, `backup.newer`, `backup.corrupt`, `vault.disk_full`; what `build` throws
   */
  stage(build: BuildStore): Promise<Staged>;
  /** Held by one process at a time; a crash gives it back. @throws AdiuvaError `backup.running` where another has it */
  lockBackups(): Promise<{ release(): Promise<void> }>;
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
/** And the one that keeps the next phrase until the key file has it. */
const nextPhraseKey = 'device.recovery-phrase-next';

/** Looks at nothing yet. */
export function openVault(options: VaultOptions): Vault {
  const { dataDir, random, log } = options;
  const reached: Reached = (step) => options.reached?.(step);
  let current: OpenVault | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let loaded: Promise<Engine> | null = null;

  const engine = () => (loaded ??= loadEngine(options.engines ?? [journeyapps, multipleCiphers], log));

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** In turn, with the disk asked what its failures mean. */
  const onDisk = <T>(work: () => Promise<T>): Promise<T> =>
    inTurn(() => work().catch(async (error: unknown) => Promise.reject(await diskError(error, dataDir))));

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
    if ([vaultFiles.restored, `${vaultFiles.restoreLock}-journal`].some((name) => existsSync(join(dataDir, name))))
      await removeLeftStage(await engine(), dataDir, options.clock);
    await finishPhrase(current);
    log.info('vault.opened', { vaultId: found.vaultId, engine: current.store.engine.name });
    return current;
  }

  /** A phrase whose replacing was interrupted: it counts where the key file has it. */
  async function finishPhrase({ store }: OpenVault): Promise<void> {
    const next = await store.t.settings.get(nextPhraseKey);
    if (typeof next !== 'string') return;
    const found = await head();
    const slot = found.slots.find(({ kind }) => kind === 'phrase');
    const key = slot && slot.kind !== 'os' ? await openSecretSlot(slot, next, found.vaultId) : null;
    if (key) wipe(key.key, key.salt);
    await store.tx(async ({ settings }) => {
      if (key) await settings.set(phraseKey, next);
      await settings.remove(nextPhraseKey);
    });
  }

  async function entered({ head: made, key }: MadeVault): Promise<Store> {
    return (await enter(made, key)).store;
  }

  /**
   * Closes the current store, lets `path` (a store nobody has open, under the same key) take its place, and opens what is there then: the new one, or the old
   * one where it could not be done.
   */
  async function exchange(path: string, headOf: (found: VaultHead) => Promise<VaultHead>): Promise<Store> {
    const opened = open();
    const key = copyKey(opened.key);
    try {
      const found = await head();
      const incoming = { path, head: await headOf(found) };
      await opened.close();
      const lock = await lockFolder(await engine(), join(dataDir, vaultFiles.lock), 'alone', options.clock);
      await swapIn(dataDir, found, incoming, options.clock.now(), reached).finally(() => lock.release());
    } catch (error) {
      if (current) wipe(key.key, key.salt);
      else await enter(await head(), key);
      throw error;
    }
    return (await enter(await head(), key)).store;
  }

  async function withPhrase(found: VaultHead, phrase: string, phraseConfirmed: boolean): Promise<VaultHead> {
    const slot = await makeSecretSlot('phrase', phrase, found.vaultId, open().key, random, options.slotCost ?? slotCost);
    return { ...found, phraseConfirmed, slots: [...found.slots.filter(({ kind }) => kind !== 'phrase'), slot] };
  }

  async function swapStaged(staged: Database, how: SwapHow): Promise<Store> {
    const phrase = how.phrase === undefined ? null : canonicalPhrase(how.phrase);
    try {
      const rows = await deviceRows(open().database);
      // Words that were typed need not be shown again.
      await replaceDeviceRows(staged, phrase === null ? rows : rows.filter(({ key }) => key !== phraseKey));
      for (const [key, value] of how.rows ?? []) await staged.tx((sql) => settingsTable(sql).set(key, value));
      await parkJobs(staged, stillWaits(open().database));
    } finally {
      await staged.close();
    }
    await reached('staged store closed');
    return await exchange(vaultFiles.restored, async (found) => (phrase === null ? found : await withPhrase(found, phrase, true)));
  }

  /** The phrase goes back with its store, unless it was replaced since; everything else of this device stays as it is now. */
  async function undo(): Promise<Store> {
    const place = await newestKept(dataDir);
    if (!place) throw new AdiuvaError('backup.nothing_kept');
    const { database, key } = open();
    const back = (await keptHead(dataDir, place))?.slots.find(({ kind }) => kind === 'phrase');
    const confirmed = (await keptHead(dataDir, place))?.phraseConfirmed ?? false;
    const path = join(dataDir, place.path, vaultFiles.store);
    const rows = await deviceRows(database);
    const theirKey = copyKey(key);
    const kept = await Database.open(await engine(), path, theirKey, options.clock, 'write', null);
    try {
      if ((await kept.alone((connection) => schemaOf(connection))) > schemaNumber) throw new AdiuvaError('vault.newer');
      const theirs = (await deviceRows(kept)).filter((row) => row['key'] === phraseKey);
      await replaceDeviceRows(kept, back ? [...rows.filter((row) => row['key'] !== phraseKey), ...theirs] : rows);
      await parkJobs(kept, notSettled(database));
    } finally {
      await kept.close();
      wipe(theirKey.key, theirKey.salt);
    }
    await reached('kept store closed');
    return await exchange(`${place.path}/${vaultFiles.store}`, async (found) =>
      back ? { ...found, phraseConfirmed: confirmed, slots: [...found.slots.filter(({ kind }) => kind !== 'phrase'), back] } : found,
    );
  }

  async function changeSlots(kind: Slot['kind'], change: (found: VaultHead, key: RawKey) => Promise<readonly Slot[]>): Promise<void> {
    const { key, store } = open();
    // Inside a write transaction, so that two processes change the key file one after the other.
    await store.tx(async () => {
      const found = await head();
      await writeHead(dataDir, { ...found, slots: await change(found, key) });
      await dropKeptSlots(dataDir, kind);
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
        await changeSlots('passphrase', async (found, key) => {
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
        await changeSlots('os', async (found, key) => {
          const others = found.slots.filter(({ kind }) => kind !== 'os');
          return enabled && secrets ? [...others, await makeOsSlot(secrets, found.vaultId, key, random)] : others;
        });
      }),
    store: () => open().store,
    lockBackups: async () => await lockForBackups(await engine(), dataDir, options.clock),
    createFrom: (how) =>
      inTurn(async () => {
        refuseWeak(how.passphrase);
        if (current) throw new AdiuvaError('vault.exists');
        return await entered(await createVaultFrom(await engine(), options, how));
      }),
    async stage(build) {
      const parts = {
        dataDir,
        clock: options.clock,
        reached,
        key: () => copyKey(open().key),
        current: () => open().database,
        swap: (staged: Database, how: SwapHow) => onDisk(() => swapStaged(staged, how)),
      };
      open();
      return await stageStore({ ...parts, engine: await engine() }, build);
    },
    async kept() {
      const place = await newestKept(dataDir);
      return place && { restoredAt: place.restoredAt, until: place.until };
    },
    undoSwap: () => onDisk(undo),
    dropKept: (now) => inTurn(() => dropKeptStores(dataDir, now)),
    replacePhrase: (next) =>
      onDisk(async () => {
        const phrase = canonicalPhrase(next);
        const { store } = open();
        // First where it is kept, then where it opens: after a crash in between nobody needs words that were never shown.
        await store.t.settings.set(nextPhraseKey, phrase);
        await reached('next phrase kept');
        await store.tx(async ({ settings }) => {
          await writeHead(dataDir, await withPhrase(await head(), phrase, false));
          await dropKeptSlots(dataDir, 'phrase');
          await reached('key file written');
          await settings.set(phraseKey, phrase);
          await settings.remove(nextPhraseKey);
        });
      }),
  };
}

async function lockForBackups(engine: Engine, dataDir: string, clock: Clock): Promise<FolderLock> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return await lockFolder(engine, join(dataDir, vaultFiles.backupLock), 'alone', clock, 1).catch((error: unknown) =>
    Promise.reject(error instanceof AdiuvaError && error.code === 'vault.in_use' ? new AdiuvaError('backup.running', { cause: error }) : error),
  );
}

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
