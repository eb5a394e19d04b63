import { isAbsolute, relative } from 'node:path';
import { AdiuvaError, toProblem, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { Announce } from '../../bridge/events.ts';
import type { CoreApi, ParsedOf } from '../../bridge/procedures.ts';
import type { BackupProgress, BackupResult, BackupState, BackupTarget, RestorePoint, RestorePreview, VaultState, VerifyResult } from '../../bridge/shapes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { TokenStore } from '../cloud/session.ts';
import type { Host } from '../host.ts';
import type { Check, Store } from '../store/store.ts';
import type { UnmigratedStore, Vault } from '../store/vault.ts';
import { cloudTarget } from './cloud-target.ts';
import { backedUp, createBackup, type CreateOptions } from './create.ts';
import { folderTarget } from './folder.ts';
import { parseEnvelope, type Keys, type Repository } from './keys.ts';
import { adopt, createLedgers, snapshotOf, type HeldTags, type Known, type Ledger } from './ledger.ts';
import { changeOwn, keysOfOwn, newOwn, ownEntry, ownFrom, ownOf, readOwn, readOwnEarly, writeOwn, type Own } from './own.ts';
import { changePhrase } from './phrase.ts';
import { find, findNewest, openBackup, openStored, pointOf, refuseOlder } from './read.ts';
import { previewOf, stageBackup, type Prepared } from './restore.ts';
import { isPaused, startSchedule, type Schedule } from './schedule.ts';
import type { Target } from './target.ts';
import { createTurns, type Run, type Turns } from './turns.ts';
import { verifyBackup } from './verify.ts';
import { nextAt, placesOf, recent, sameTarget, timesOf } from './view.ts';
import { createVisits, openWith, type Visits } from './visit.ts';

/** Rows of the bridge table that this room answers. */
export type BackupRows = { [N in keyof CoreApi as N extends `backup.${infer _}` ? N : never]: CoreApi[N] };

/** Backups of the open vault, and their restore. One for the life of the core: it also works where there is no vault yet. */
export interface Backups {
  /** One function a row of the bridge. */
  readonly rows: BackupRows;
  /** For the status: the newest backup anywhere, and when a restore was last proven. Nulls while the vault is closed. */
  times(): Promise<{ lastBackup: string | null; lastProvenRestore: string | null }>;
  /** Whether what is automatic has happened, for the self-checks. */
  check(): Promise<Check>;
  /** A vault was made: its backups will be under these words. */
  begin(store: Store, phrase: string): Promise<void>;
  /** The vault is open and stays so for a while: the schedule runs from here to {@link rest}. */
  wake(): void;
  /** Somebody uses the vault: what is automatic waits for a pause. */
  touch(): void;
  /** The vault is about to close: ends what runs, drops what was prepared. */
  rest(): Promise<void>;
  /**
   * A backup right now where one is automatic, before something risky. A failure stops nothing: it stands in the log and with the place. Before an update it has a
   * minute, and is not made again where a migration had one made.
   */
  before(what: 'update' | 'restore'): Promise<void>;
  /** The same before the store takes a newer schema, in a minute at most: somebody waits for the vault to open. */
  beforeMigration(store: UnmigratedStore): Promise<void>;
}

export interface BackupDeps {
  readonly host: Host;
  readonly vault: Vault;
  readonly announce: Announce;
  /** The open store. @throws AdiuvaError `vault.locked` */
  readonly store: () => Store;
  /** The cloud of the open vault. */
  readonly cloud: () => Cloud;
  /** Whether the vault that is here cannot be opened for what its files are. */
  readonly damaged: () => Promise<boolean>;
  /** The cloud of a vault whose store is not open to the rooms yet. */
  readonly early: (store: UnmigratedStore) => Cloud;
  /** A cloud for a device without a vault; its session is kept in `tokens`. */
  readonly visit: (tokens: TokenStore) => Cloud;
  /** Closes the rooms, lets `work` put another store under them, and opens them over it; over the old one where `work` fails. */
  readonly exchange: (work: () => Promise<Store>) => Promise<VaultState>;
  /** Whether an answer streams right now. */
  readonly busy: () => boolean;
}

interface PreparedRestore extends Prepared {
  readonly target: BackupTarget;
  readonly account: string | null;
  readonly newest: boolean;
  /** Where other words than this vault's opened it. */
  readonly foreign: { readonly repository: Repository; readonly envelope: unknown; readonly phrase: string } | null;
}

/** Row of the settings that is there while the store in use is the one that the last restore brought; as all of the device it goes along with every swap. */
const restoredKey = 'device.restored';

/** How long a backup may take that somebody or something waits for. */
const beforeMs = 60_000;

/** Beside a fault that waits for a decision it would hide it. */
async function noteSkipped(ledger: Ledger, what: string, why: AdiuvaError | string): Promise<void> {
  const known = await ledger.read();
  const reason = { ...known, problem: typeof why === 'string' ? null : toProblem(why) };
  const detail = `Before the ${what}: ${typeof why === 'string' ? why : why.row.title}.`;
  await ledger.write(isPaused(reason) ? reason : { ...known, problem: toProblem(new AdiuvaError('backup.skipped', { detail })) });
}

const inCloud = { kind: 'cloud' } as const;

/** Not a fault of the place. */
const ownDoing = new Set<ErrorCode>(['backup.cancelled', 'backup.running', 'vault.locked']);

class BackupRoom implements Backups {
  readonly rows: BackupRows;
  readonly #deps: BackupDeps;
  readonly #turns: Turns;
  #prepared: PreparedRestore | null = null;
  readonly #visits: Visits;
  #schedule: Schedule | null = null;
  /** What follows the account while the vault is open. */
  #following: { stop(): void; over: Promise<void> } | null = null;
  readonly #held: HeldTags = new Map();
  /** A migration had a backup made since the program started. */
  #migrated = false;

  constructor(deps: BackupDeps) {
    this.#deps = deps;
    this.#turns = createTurns({ clock: deps.host.clock, announce: deps.announce, lock: () => deps.vault.lockBackups() });
    this.#visits = createVisits({
      ...deps,
      target: (where, cloud) => this.#target(where, cloud ?? undefined),
      task: (target, signal, work) => this.#task('restore', target, signal, work),
    });
    this.rows = {
      'backup.state': () => this.#state(),
      'backup.setUp': ({ phrase }) => this.#setUp(phrase),
      'backup.schedule': ({ every, target }) => this.#setSchedule(every, target),
      'backup.create': ({ target, full }, signal) => this.create(target, { full, thorough: false }, signal),
      'backup.cancel': async () => {
        await this.#turns.cancel();
        return {};
      },
      'backup.list': ({ target }, signal) => this.#list(target, signal),
      'backup.verify': ({ target, id, full }, signal) => this.#verify(target, id, full, signal),
      'backup.drill': ({ target }, signal) => this.drill(target, signal),
      'backup.delete': (input, signal) => this.#delete(input, signal),
      'backup.takeOver': ({ target }, signal) => this.#takeOver(target, signal),
      'backup.prepare': (input, signal) => this.#prepare(input, signal),
      'backup.restore': () => this.#restore(),
      'backup.discard': () => this.#discard(),
      'backup.undoRestore': () => this.#undo(),
      'backup.open': (input, signal) => this.#visits.open(input, signal),
      'backup.restoreHere': (input, signal) => this.#visits.restoreHere(input, signal),
      'backup.newPhrase': ({ passphrase, because }, signal) => this.#newPhrase(passphrase, because, signal),
    };
  }

  async times(): Promise<{ lastBackup: string | null; lastProvenRestore: string | null }> {
    return timesOf(await this.#known().catch(() => []));
  }

  async check(): Promise<Check> {
    const own = await readOwn(this.#deps.store());
    const known = (await this.#known()).find(({ target }) => own?.target && sameTarget(target, own.target)) ?? null;
    return { name: 'newest backup is recent', ...recent(own, known, this.#deps.host.clock.now()) };
  }

  async begin(store: Store, phrase: string): Promise<void> {
    await writeOwn(store, await newOwn(phrase, this.#deps.host.random));
  }

  wake(): void {
    const { host, busy } = this.#deps;
    if (host.name === 'cli' || this.#schedule) return;
    this.#schedule = startSchedule({
      clock: host.clock,
      random: host.random,
      log: host.log,
      busy: () => busy() || this.#turns.running() !== null || this.#prepared !== null,
      plan: async () => {
        const own = await readOwn(this.#deps.store());
        if (!own || own.every === 'off' || !own.target || !this.#reachable(own.target)) return null;
        const known = await this.#ledger(own, own.target).read();
        return { every: own.every, target: own.target, known };
      },
      create: async (target, thorough) => void (await this.create(target, { full: false, thorough })),
      drill: async (target) => void (await this.drill(target)),
      verify: async (target) => void (await this.#verify(target, undefined, false)),
      owed: () => this.#payOwed(),
      dropKept: () => this.#deps.vault.dropKept(host.clock.now()),
    });
    this.#follow();
  }

  /** Somebody signs in or out: how full that account is, and what is automatic, is another now. */
  #follow(): void {
    const ending = new AbortController();
    const following = { stop: () => ending.abort(), over: Promise.resolve() };
    const stop = this.#deps.cloud().session.onAccount((account) => {
      following.over = following.over.then(async () => {
        if (account && (await this.#usesCloud())) await this.#refreshRoom(inCloud, ending.signal);
        await this.#tell();
      });
    });
    ending.signal.addEventListener('abort', stop);
    this.#following = following;
  }

  async #usesCloud(): Promise<boolean> {
    const own = await readOwn(this.#deps.store()).catch(() => null);
    return own !== null && (own.target?.kind === 'cloud' || (await this.#known(own)).some(({ target }) => target.kind === 'cloud'));
  }

  touch(): void {
    this.#schedule?.touch();
  }

  async rest(): Promise<void> {
    this.#schedule?.close();
    this.#schedule = null;
    this.#following?.stop();
    await this.#following?.over;
    this.#following = null;
    await this.#turns.cancel();
    this.#held.clear();
    this.#visits.close();
    const prepared = this.#prepared;
    this.#prepared = null;
    await prepared?.staged.discard();
  }

  async before(what: 'update' | 'restore'): Promise<void> {
    const own = await readOwn(this.#deps.store()).catch(() => null);
    const target = own?.target;
    if (!own || own.every === 'off' || !target || (what === 'update' && this.#migrated)) return;
    const ledger = () => this.#ledger(own, target);
    await this.#trying(what, ledger, (signal) => this.create(target, { full: false, thorough: false }, what === 'update' ? signal : undefined));
    await this.#tell();
  }

  async beforeMigration(store: UnmigratedStore): Promise<void> {
    const own = await readOwnEarly(store).catch(() => null);
    const target = own?.target;
    if (!own || own.every === 'off' || !target) return;
    this.#migrated = true;
    const cloud = target.kind === 'cloud' ? this.#deps.early(store) : null;
    const account = async () => (await cloud?.session.load())?.userId ?? null;
    const ledger = async () => this.#ledgers(own).of(target, await account());
    const old = { ...store, dataKey: () => store.dataKey(), engine: { name: 'sqlcipher', version: '4' }, meaning: null };
    await this.#trying('migration', ledger, async (limit) => {
      if (cloud && (await account()) === null) throw new AdiuvaError('auth.required');
      const parts = { own, ledger: await ledger(), target: this.#target(target, cloud ?? undefined), store: old };
      await this.#turns.take('backup', target, limit, (run) => createBackup({ ...this.#createParts(run, parts), ...parts }, { full: false, thorough: false }));
    });
    cloud?.close();
  }

  /** What stops nothing. Where it fails or takes too long, its place remembers that there is no backup from before. */
  async #trying(
    what: 'update' | 'restore' | 'migration',
    ledgerOf: () => Ledger | Promise<Ledger>,
    work: (limit: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const { clock, log } = this.#deps.host;
    const limit = new AbortController();
    const stop = clock.after(beforeMs, () => limit.abort(new AdiuvaError('backup.cancelled')));
    try {
      await work(limit.signal);
    } catch (error) {
      const reason = error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error });
      log.warn('backup.before_failed', { reason: what, code: reason.code });
      await noteSkipped(await ledgerOf(), what, limit.signal.aborted ? 'It took too long' : reason).catch(() => undefined);
    } finally {
      stop();
    }
  }

  /** One backup to a place. */
  async create(target: BackupTarget, options: CreateOptions, signal?: AbortSignal): Promise<BackupResult> {
    const { host } = this.#deps;
    const result = await this.#task('backup', target, signal, async (run) => {
      const store = this.#deps.store();
      const own = await ownOf(store);
      return await this.#noting(this.#ledger(own, target), target, async (to) => {
        const made = await createBackup({ ...this.#createParts(run, { own, ledger: this.#ledger(own, target) }), target: to, store: backedUp(store) }, options);
        if (made.kind === 'base' || options.thorough) await this.#sweep(to, keysOfOwn(own), run.signal);
        return made;
      });
    });
    if (result.kind !== 'none') await this.#refreshRoom(target, signal);
    host.log.info('backup.made', { kind: result.kind, bytes: result.bytes, count: result.objects, ms: result.tookMs });
    return result;
  }

  #createParts(run: Run, { own, ledger }: { readonly own: Own; readonly ledger: Ledger }) {
    const { clock, random, log, version, deviceName } = this.#deps.host;
    return { ...run, own, keys: keysOfOwn(own), ledger, facts: { app: version, deviceName }, clock, random, log };
  }

  /** Restores the newest backup into a temporary place, compares it with what it says of itself, and throws it away. */
  async drill(target: BackupTarget, signal?: AbortSignal): Promise<BackupState> {
    if (this.#prepared) throw new AdiuvaError('backup.running', { detail: 'A prepared restore waits for its decision.' });
    const { host, vault } = this.#deps;
    await this.#task('drill', target, signal, async (run) => {
      const own = await ownOf(this.#deps.store());
      const ledger = this.#ledger(own, target);
      await this.#noting(ledger, target, async (to) => {
        const newest = await findNewest(to, await ledger.read(), run.signal);
        const { staged, backup } = await stageBackup({ ...run, target: to, keys: keysOfOwn(own) }, vault, newest);
        await staged.discard();
        await ledger.write({ ...(await ledger.read()), proven: this.#now(), provenBase: backup.manifest.base.generation });
      });
    });
    host.log.info('backup.proven', {});
    return await this.#state();
  }

  async #state(): Promise<BackupState> {
    const { host } = this.#deps;
    const own = await readOwn(this.#deps.store());
    const known = own ? await this.#known(own) : [];
    const automatic = known.find(({ target }) => own?.target && sameTarget(target, own.target));
    return {
      ready: own !== null,
      automatic: { every: own?.target ? own.every : 'off', target: own?.target ?? null, nextAt: own && nextAt(own, automatic ?? null, host.clock.now()) },
      places: placesOf(known, own, this.#deps.cloud().session.account() !== null),
      ...timesOf(known),
      running: this.#turns.running(),
      kept: await this.#kept(),
    };
  }

  async #kept(): Promise<BackupState['kept']> {
    const kept = await this.#deps.vault.kept();
    return kept && { ...kept, undone: (await this.#deps.store().t.settings.get(restoredKey)) === undefined };
  }

  async #tell(): Promise<void> {
    try {
      this.#deps.announce('backup.changed', await this.#state());
    } catch {
      // The vault closed meanwhile: there is nobody to tell.
    }
  }

  async #setUp(phrase: string): Promise<BackupState> {
    const store = this.#deps.store();
    if (!(await readOwn(store))) {
      await this.#deps.vault.unlock({ with: 'phrase', phrase });
      await writeOwn(store, await newOwn(phrase, this.#deps.host.random));
    }
    await this.#tell();
    return await this.#state();
  }

  async #setSchedule(every: BackupState['automatic']['every'], target: BackupTarget | null): Promise<BackupState> {
    if (target) this.#refusePath(target);
    else if (every !== 'off') throw new AdiuvaError('request.invalid', { detail: 'target: choose where the backups go first' });
    await changeOwn(this.#deps.store(), (now) => ({ ...now, every, target }));
    await this.#tell();
    return await this.#state();
  }

  async #list(target: BackupTarget, signal?: AbortSignal): Promise<{ backups: RestorePoint[]; usedBytes: number | null; quotaBytes: number | null }> {
    const { backups, usedBytes, quotaBytes } = await this.#target(target).history(signal);
    const cloud = target.kind === 'cloud';
    if (cloud) await this.#rememberRoom(target, { usedBytes, quotaBytes });
    return {
      backups: backups.map((entry, index) => pointOf(entry, index === 0)),
      usedBytes: cloud ? usedBytes : null,
      quotaBytes: cloud ? quotaBytes : null,
    };
  }

  /** Asks the cloud how full it is. What was done is done where it does not say. */
  async #refreshRoom(target: BackupTarget, signal: AbortSignal | undefined): Promise<void> {
    if (target.kind !== 'cloud') return;
    try {
      await this.#rememberRoom(target, await this.#target(target).history(signal));
    } catch (error) {
      this.#deps.host.log.debug('backup.room_unknown', { code: error instanceof AdiuvaError ? error.code : 'internal' });
    }
  }

  /** Tells only of what is new: who hears it may ask for the list again. */
  async #rememberRoom(target: BackupTarget, { usedBytes, quotaBytes }: Pick<Known, 'usedBytes' | 'quotaBytes'>): Promise<void> {
    let changed = false;
    await this.#remember(target, (known) => {
      changed = known.usedBytes !== usedBytes || known.quotaBytes !== quotaBytes;
      return { ...known, usedBytes, quotaBytes };
    });
    if (changed) await this.#tell();
  }

  async #verify(target: BackupTarget, id: string | undefined, full: boolean, signal?: AbortSignal): Promise<VerifyResult> {
    const { host } = this.#deps;
    return await this.#task('verify', target, signal, async (run) => {
      const own = await ownOf(this.#deps.store());
      const ledger = this.#ledger(own, target);
      return await verifyBackup({ ...run, target: this.#target(target), keys: keysOfOwn(own), ledger, clock: host.clock, random: host.random }, id, full);
    });
  }

  async #delete({ target, id, password }: ParsedOf<'backup.delete'>, signal?: AbortSignal): Promise<Record<string, never>> {
    await this.#task('verify', target, signal, async ({ signal: both }) => {
      const own = await ownOf(this.#deps.store());
      const to = this.#target(target);
      await to.remove(id, password, both);
      const newest = await to.newest(both);
      const ledger = this.#ledger(own, target);
      const known = await ledger.read();
      // The one before it is the newest now: not because somebody put it back.
      if (known.last?.manifest === id) await ledger.write({ ...known, last: null, pending: null, seen: newest?.entry.generation ?? 0 });
    });
    await this.#refreshRoom(target, signal);
    return {};
  }

  /** The newest backup there, whoever made it, is the one that this device's next follows. */
  async #takeOver(target: BackupTarget, signal?: AbortSignal): Promise<BackupState> {
    await this.#task('verify', target, signal, async ({ signal: both }) => {
      const own = await ownOf(this.#deps.store());
      const ledger = this.#ledger(own, target);
      const newest = await this.#target(target).newest(both);
      if (newest && newest.entry.repository !== own.repository) {
        throw new AdiuvaError('backup.forked', {
          detail: 'The backups there belong to another vault. Restore one of them with its words, or delete them first.',
        });
      }
      if (newest && newest.entry.epoch > own.epoch) {
        throw new AdiuvaError('backup.forked', { detail: 'Another device has changed the keys of these backups. Restore one of them with its words.' });
      }
      if (newest && newest.entry.epoch === own.epoch) openStored(keysOfOwn(own), newest);
      const known = await ledger.read();
      await ledger.write({ ...known, last: newest && snapshotOf(newest.entry), pending: null, seen: newest?.entry.generation ?? 0, problem: null });
    });
    return await this.#state();
  }

  async #prepare({ target, id, phrase }: ParsedOf<'backup.prepare'>, signal?: AbortSignal): Promise<RestorePreview> {
    const { vault } = this.#deps;
    return await this.#task('restore', target, signal, async (run) => {
      await this.#drop();
      const own = await readOwn(this.#deps.store());
      const to = this.#target(target);
      const newest = await find(to, undefined, run.signal);
      const opened = phrase === undefined ? null : await openWith(to, phrase, run.signal);
      const keys = opened ? opened.keys : this.#keysFor(own, newest.entry);
      const known = own && (await this.#ledger(own, target).read());
      // One that this device saw is newer. Asked for by its name, an older one is a choice.
      if (id === undefined && known && newest.entry.repository === own.repository) refuseOlder(newest, known);
      const prepared = await stageBackup({ ...run, target: to, keys }, vault, id === undefined ? newest : await find(to, id, run.signal));
      const isNewest = newest.entry.manifest === prepared.backup.entry.manifest;
      const same = opened?.repository.repository === own?.repository && opened?.repository.epoch === own?.epoch;
      const foreign = opened && phrase !== undefined && !same ? { ...opened, phrase } : null;
      this.#prepared = { ...prepared, target, account: this.#accountOf(target), newest: isNewest, foreign };
      return previewOf(prepared, await prepared.staged.compare(), known ?? { seen: 0 }, isNewest);
    });
  }

  #keysFor(own: Own | null, { repository, epoch }: { repository: string; epoch: number }): Keys {
    if (!own || own.repository !== repository || own.epoch !== epoch) {
      throw new AdiuvaError('backup.wrong_phrase', { detail: 'These backups were made with other twelve words than this vault has.' });
    }
    return keysOfOwn(own);
  }

  async #restore(): Promise<BackupState> {
    if (!this.#prepared) throw new AdiuvaError('backup.not_found', { detail: 'Prepare a restore point first.' });
    await this.before('restore');
    const { target } = this.#prepared;
    await this.#task('restore', target, undefined, async ({ progress, letGo }) => {
      const prepared = this.#prepared;
      if (!prepared) throw new AdiuvaError('backup.cancelled');
      this.#prepared = null;
      progress.phase('finishing');
      const incoming = await this.#incomingOf(prepared);
      letGo();
      await this.#deps.exchange(async () => {
        const store = await prepared.staged.swap({ ...incoming, rows: [...incoming.rows, [restoredKey, true]] });
        await this.#goOn(store, prepared);
        return store;
      });
    });
    return await this.#state();
  }

  /** Words and repository of the backups to come change with the store, in one step: a crash must not leave the words of one with the keys of the other. */
  async #incomingOf({ foreign }: PreparedRestore): Promise<{ phrase?: string; rows: [string, unknown][] }> {
    if (!foreign) return { rows: [] };
    const fresh = ownFrom(foreign.repository, parseEnvelope(foreign.envelope), this.#deps.host.random);
    const before = await readOwn(this.#deps.store());
    const next = before ? { ...fresh, localKey: before.localKey, every: before.every, target: before.target } : fresh;
    return { phrase: foreign.phrase, rows: [ownEntry(next)] };
  }

  /** What this device remembers after its store was replaced: every place anew by the tags of its pages. */
  async #goOn(store: Store, { foreign, target, account, backup, assembled, newest }: PreparedRestore): Promise<void> {
    const own = await ownOf(store);
    await this.#forgetMarks(own);
    const ledger = this.#ledgers(own).of(target, account);
    // What was here before was backed up meanwhile: that is the newest, and stays the one to follow.
    const followed = foreign ? 0 : ((await ledger.read()).last?.generation ?? 0);
    if (newest && followed <= backup.entry.generation) await adopt(ledger, backup, assembled.same ? assembled.tags : null);
  }

  /** The store's file is another one: no place knows its pages by tracking any more. */
  async #forgetMarks(own: Own): Promise<void> {
    const ledgers = this.#ledgers(own);
    for (const known of await ledgers.all()) {
      await ledgers.of(known.target, known.account).write({ ...known, last: known.last && { ...known.last, mark: null }, pending: null });
    }
  }

  async #discard(): Promise<BackupState> {
    await this.#drop();
    await this.#tell();
    return await this.#state();
  }

  async #drop(): Promise<void> {
    const prepared = this.#prepared;
    this.#prepared = null;
    await prepared?.staged.discard();
  }

  async #undo(): Promise<BackupState> {
    const { exchange, vault } = this.#deps;
    const own = await readOwn(this.#deps.store());
    await this.#task('restore', own?.target ?? { kind: 'cloud' }, undefined, async ({ progress, letGo }) => {
      await this.#drop();
      if (!(await vault.kept())) throw new AdiuvaError('backup.nothing_kept');
      progress.phase('finishing');
      letGo();
      await exchange(async () => {
        const store = await vault.undoSwap();
        const { settings } = store.t;
        await ((await settings.get(restoredKey)) === undefined ? settings.set(restoredKey, true) : settings.remove(restoredKey));
        const before = await readOwn(store);
        if (before) await this.#forgetMarks(before);
        return store;
      });
    });
    return await this.#state();
  }

  async #newPhrase(passphrase: string, because: 'lost' | 'exposed', signal?: AbortSignal): Promise<{ recoveryPhrase: string }> {
    const { host, vault } = this.#deps;
    const store = this.#deps.store();
    await vault.unlock({ with: 'passphrase', passphrase });
    const own = await ownOf(store);
    const known = await this.#known(own);
    const targets = known.map(({ target }) => target);
    return await this.#task('new-keys', own.target ?? targets[0] ?? { kind: 'cloud' }, signal, async (run) => {
      const recoveryPhrase = await changePhrase({ ...this.#phraseParts(store, run), because, targets });
      host.log.info('backup.new_phrase', { reason: because });
      return { recoveryPhrase };
    });
  }

  #phraseParts(store: Store, run: Run) {
    const { host, vault } = this.#deps;
    return {
      store,
      vault,
      random: host.random,
      log: host.log,
      signal: run.signal,
      target: (where: BackupTarget) => this.#target(where),
      backUp: async (own: Own, where: BackupTarget) => {
        const parts = this.#createParts(run, { own, ledger: this.#ledger(own, where) });
        await createBackup({ ...parts, store: backedUp(store), target: this.#target(where) }, { full: true, thorough: false });
      },
      noted: async (own: Own, where: BackupTarget, error: unknown) => {
        // Without an account there is no place to remember it of.
        if (where.kind === 'cloud' && !this.#deps.cloud().session.account()) return;
        const ledger = this.#ledger(own, where);
        await ledger.write({ ...(await ledger.read()), problem: error === null ? null : toProblem(error) });
      },
    };
  }

  /** Brings new words and keys to places that could not be reached when they changed. */
  async #payOwed(): Promise<void> {
    const store = this.#deps.store();
    const own = await readOwn(store);
    if (!own || (own.owed.length === 0 && !own.change)) return;
    await this.#task('new-keys', own.owed[0] ?? { kind: 'cloud' }, undefined, async (run) => {
      await changePhrase({ ...this.#phraseParts(store, run), because: null, targets: own.owed });
    });
  }

  async #task<T>(task: BackupProgress['task'], target: BackupTarget, signal: AbortSignal | undefined, work: (run: Run) => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(task, target, signal, work);
    } finally {
      await this.#tell();
    }
  }

  /** Keeps what went wrong with a place, for the screen, until something goes right. */
  async #noting<T>(ledger: Ledger, target: BackupTarget, work: (to: Target) => Promise<T>): Promise<T> {
    try {
      return await work(this.#target(target));
    } catch (error) {
      const code = error instanceof AdiuvaError ? error.code : 'internal';
      if (!ownDoing.has(code) && !(error instanceof Error && error.name === 'AbortError'))
        await ledger.write({ ...(await ledger.read()), problem: toProblem(error) });
      throw error;
    }
  }

  async #sweep(target: Target, keys: Keys, signal: AbortSignal): Promise<void> {
    try {
      await target.sweep?.(async (stored) => {
        const backup = await openBackup(target, keys, stored, signal);
        return [...backup.manifest.base.list, ...backup.parts, ...backup.manifest.deltas.flatMap(({ objects }) => objects)];
      }, signal);
    } catch (error) {
      // Backups that cannot be read now are none of this one's faults.
      this.#deps.host.log.warn('backup.sweep_failed', { code: error instanceof AdiuvaError ? error.code : 'internal' });
    }
  }

  #target(target: BackupTarget, cloud?: Cloud): Target {
    this.#refusePath(target);
    const { clock, random } = this.#deps.host;
    return target.kind === 'cloud' ? cloudTarget(cloud ?? this.#deps.cloud()) : folderTarget({ path: target.path, clock, random });
  }

  /** Backups beside the store would go with it, and everything in that folder must look like noise. */
  #refusePath(target: BackupTarget): void {
    if (target.kind !== 'folder') return;
    if (!isAbsolute(target.path)) throw new AdiuvaError('request.invalid', { detail: 'path: must be absolute' });
    const from = relative(this.#deps.host.dataDir, target.path);
    if (from === '' || !(from.startsWith('..') || isAbsolute(from))) throw new AdiuvaError('request.invalid', { detail: "path: lies in Adiuva's own folder" });
  }

  #ledger(own: Own, target: BackupTarget): Ledger {
    return this.#ledgers(own).of(target, this.#accountOf(target));
  }

  #ledgers(own: Own) {
    const { dataDir, random } = this.#deps.host;
    return createLedgers(dataDir, Buffer.from(own.localKey, 'base64url'), random, this.#held);
  }

  #reachable(target: BackupTarget): boolean {
    return target.kind === 'folder' || this.#deps.cloud().session.account() !== null;
  }

  /** Whose cloud it is. @throws AdiuvaError `auth.required` */
  #accountOf(target: BackupTarget): string | null {
    if (target.kind === 'folder') return null;
    const account = this.#deps.cloud().session.account();
    if (!account) throw new AdiuvaError('auth.required');
    return account.userId;
  }

  /** Places as they are remembered; of the cloud only that of the account signed in, where one is. */
  async #known(own?: Own): Promise<Known[]> {
    const mine = own ?? (await readOwn(this.#deps.store()));
    if (!mine) return [];
    const userId = this.#deps.cloud().session.account()?.userId;
    const all = await this.#ledgers(mine).all();
    return all.filter(({ target, account }) => target.kind === 'folder' || userId === undefined || account === userId);
  }

  async #remember(target: BackupTarget, work: (known: Known) => Known): Promise<void> {
    const own = await readOwn(this.#deps.store());
    if (!own) return;
    const ledger = this.#ledger(own, target);
    await ledger.write(work(await ledger.read()), false);
  }

  #now(): string {
    return new Date(this.#deps.host.clock.now()).toISOString();
  }
}

export const createBackups = (deps: BackupDeps): Backups => new BackupRoom(deps);
