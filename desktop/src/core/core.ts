import { AdiuvaError, isDamage, parseAs } from '@adiuva/shared/contracts/errors.ts';
import type { BridgeEvent } from '../bridge/events.ts';
import type { VaultState } from '../bridge/shapes.ts';
import { procedures, type CoreApi, type Procedure, type ProcedureName } from '../bridge/procedures.ts';
import { accountIn } from './account-row.ts';
import { apiRows } from './api.ts';
import { createBackups } from './backup/backup.ts';
import { createFeed } from './feed.ts';
import type { Host } from './host.ts';
import { standardParts, type Parts } from './parts.ts';
import { cloudFacts, openRooms, type Rooms } from './rooms.ts';
import type { Store } from './store/store.ts';

/** One core: the procedures of the bridge table, the events, the end. Several screens share one. */
export interface Core {
  readonly api: CoreApi;
  /** Every event from now on; the returned function ends it. */
  subscribe(listener: (event: BridgeEvent) => void): () => void;
  /** Locks and leaves no handle open. */
  close(): Promise<void>;
}

/** An answer whose last piece came this long ago streams no more. */
const streamingMs = 30_000;

/** Row of the settings that names the version of the program that had the vault open last. */
const programKey = 'device.program';

type AnyProcedure = (input: unknown, signal?: AbortSignal) => Promise<unknown>;

/** Everything of one process, from what its host gives. `overrides` replace single rooms in tests. */
export async function createCore(host: Host, overrides: Partial<Parts> = {}): Promise<Core> {
  const parts: Parts = { ...standardParts, ...overrides };
  const feed = createFeed((error) => host.log.error('core.listener_failed', { name: nameOf(error) }));
  const vault = parts.openVault({
    dataDir: host.dataDir,
    clock: host.clock,
    random: host.random,
    log: host.log,
    secrets: host.secrets,
    beforeMigration: (store) => backups.beforeMigration(store),
  });
  const inTurn = oneByOne();
  let rooms: Rooms | null = null;
  let closed = false;
  /** The last attempt to open the vault ended at its files. */
  let broken = false;

  const at = (): Rooms => {
    if (!rooms) throw new AdiuvaError('vault.locked');
    return rooms;
  };
  const backups = createBackups({
    host,
    vault,
    announce: feed.announce,
    store: () => at().store,
    cloud: () => at().cloud,
    damaged: async () => {
      const { state, problem } = await vault.state();
      return state === 'locked' && (broken || (problem !== null && isDamage(problem)));
    },
    early: (store) => parts.createCloud({ ...cloudFacts(host), tokens: accountIn((work) => store.settings(work)) }),
    visit: (tokens) => parts.createCloud({ ...cloudFacts(host), tokens }),
    exchange: (work) => inTurn(() => exchange(work)),
    busy: () => host.clock.now() - lastToken < streamingMs,
  });
  let lastToken = -Infinity;
  feed.subscribe((event) => void (event.type === 'chat.token' && (lastToken = host.clock.now())), 'quiet');

  const tellVault = async () => {
    const state = await vault.state();
    feed.announce('vault.changed', state);
    return state;
  };

  async function open(store: Store): Promise<void> {
    try {
      rooms = openRooms(store, { host, parts, feed, lock: () => void lock() });
      await rooms.start();
      broken = false;
      backups.wake();
      // A command is over before it could back anything up.
      if (host.name !== 'cli') await afterUpdate(store);
    } catch (error) {
      // A restore may be what opens it: waiting for that would be waiting for ourselves.
      await leave();
      throw error;
    }
  }

  /** The first time that another version of the program has the vault open: a backup, before it changes much. */
  async function afterUpdate({ t: { settings } }: Store): Promise<void> {
    const before = await settings.get(programKey);
    const note = () => settings.set(programKey, host.version);
    if (before === undefined) return await note();
    if (before === host.version) return;
    // Nobody waits for it: what it backs up is the store of the moment in which it begins.
    const failed = (error: unknown) => host.log.warn('core.task_failed', { name: 'update', reason: nameOf(error) });
    void backups.before('update').then(note).catch(failed);
  }

  /** Another store under the rooms; the one from before where `work` fails. */
  async function exchange(work: () => Promise<Store>): Promise<VaultState> {
    const before = rooms;
    rooms = null;
    await before?.close();
    try {
      await open(await work());
    } catch (error) {
      if (before && !rooms) await open(vault.store()).catch((reason: unknown) => host.log.error('core.open_failed', { name: nameOf(reason) }));
      throw error;
    } finally {
      await tellVault();
    }
    return await vault.state();
  }

  /** A restore asks later. */
  function remembered(error: unknown): never {
    if (error instanceof AdiuvaError && isDamage(error)) broken = true;
    throw error;
  }

  async function shut(): Promise<void> {
    if (rooms) await backups.rest();
    await leave();
  }

  async function leave(): Promise<void> {
    const open = rooms;
    rooms = null;
    await open?.close();
    await vault.lock();
  }

  const lock = async () => {
    // What runs may itself wait for its turn.
    await backups.rest();
    return await inTurn(async () => {
      await shut();
      return tellVault();
    });
  };

  const rows = apiRows({
    host,
    vault,
    backups,
    rooms: () => rooms,
    lock,
    tellVault,
    unlock: (secret) =>
      inTurn(async () => {
        if (rooms) return vault.state();
        await vault.unlock(secret).then(open).catch(remembered);
        return tellVault();
      }),
    create: (passphrase) =>
      inTurn(async () => {
        if ((await vault.state()).state !== 'missing') throw new AdiuvaError('vault.exists');
        const { store, ...made } = await vault.create(passphrase);
        await backups.begin(store, made.recoveryPhrase).catch((error: unknown) => host.log.error('backup.begin_failed', { name: nameOf(error) }));
        // The words are shown this once, so whatever else fails now must not keep them back: the vault is there, if locked.
        await open(store).catch((error: unknown) => host.log.error('core.open_failed', { name: nameOf(error) }));
        await tellVault();
        return made;
      }),
  });

  /** Screens ask by themselves, too; what changes something is somebody's doing. */
  function use(kind: Procedure['kind']): void {
    rooms?.touch();
    if (kind === 'mutation') backups.touch();
  }

  /** The one place where what comes in is checked, whoever calls: window, command line or test. */
  function guarded(name: ProcedureName): AnyProcedure {
    const { input, output, open: needsOpen, kind }: Procedure = procedures[name];
    const row = rows[name] as AnyProcedure;
    return async (given, signal) => {
      if (closed) throw new AdiuvaError('bridge.disconnected');
      const parsed = parseAs(input, given, 'request.invalid');
      if (needsOpen && !rooms) throw new AdiuvaError((await vault.state()).state === 'missing' ? 'vault.missing' : 'vault.locked');
      if (needsOpen) use(kind);
      try {
        const answer = await row(parsed, signal);
        return parts.checkAnswers ? parseAs(output, answer, 'internal') : answer;
      } catch (error) {
        throw ours(error, name);
      }
    };
  }

  function ours(error: unknown, method: ProcedureName): unknown {
    if (error instanceof AdiuvaError) return error;
    host.log.error('core.failed', { method, name: nameOf(error) });
    return new AdiuvaError('internal', { cause: error });
  }

  return {
    api: Object.fromEntries((Object.keys(procedures) as ProcedureName[]).map((name) => [name, guarded(name)])) as unknown as CoreApi,
    subscribe: (listener) => feed.subscribe(listener),
    close: async () => {
      closed = true;
      await backups.rest();
      await inTurn(async () => {
        await shut();
        feed.close();
      });
    },
  };
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);

/** Runs what changes the vault one after the other: two unlocks at once are one unlock and a look. */
function oneByOne() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
