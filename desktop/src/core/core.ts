import { AdiuvaError, parseAs } from '@adiuva/shared/contracts/errors.ts';
import type { BridgeEvent } from '../bridge/events.ts';
import { procedures, type CoreApi, type Procedure, type ProcedureName } from '../bridge/procedures.ts';
import { apiRows } from './api.ts';
import { createBackups } from './backup/backup.ts';
import { createFeed } from './feed.ts';
import type { Host } from './host.ts';
import { standardParts, type Parts } from './parts.ts';
import { openRooms, type Rooms } from './rooms.ts';
import type { Store } from './store/store.ts';

/** One core: the procedures of the bridge table, the events, the end. Several screens share one. */
export interface Core {
  readonly api: CoreApi;
  /** Every event from now on; the returned function ends it. */
  subscribe(listener: (event: BridgeEvent) => void): () => void;
  /** Locks and leaves no handle open. */
  close(): Promise<void>;
}

type AnyProcedure = (input: unknown, signal?: AbortSignal) => Promise<unknown>;

/** Everything of one process, from what its host gives. `overrides` replace single rooms in tests. */
export async function createCore(host: Host, overrides: Partial<Parts> = {}): Promise<Core> {
  const parts: Parts = { ...standardParts, ...overrides };
  const feed = createFeed((error) => host.log.error('core.listener_failed', { name: nameOf(error) }));
  const vault = parts.openVault({ dataDir: host.dataDir, clock: host.clock, random: host.random, log: host.log, secrets: host.secrets });
  const backups = createBackups();
  const inTurn = oneByOne();
  let rooms: Rooms | null = null;
  let closed = false;

  const tellVault = async () => {
    const state = await vault.state();
    feed.announce('vault.changed', state);
    return state;
  };

  async function open(store: Store): Promise<void> {
    try {
      rooms = openRooms(store, { host, parts, feed, lock: () => void lock() });
      await rooms.start();
    } catch (error) {
      await shut();
      throw error;
    }
  }

  async function shut(): Promise<void> {
    const open = rooms;
    rooms = null;
    await open?.close();
    await vault.lock();
  }

  const lock = () =>
    inTurn(async () => {
      await shut();
      return tellVault();
    });

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
        await open(await vault.unlock(secret));
        return tellVault();
      }),
    create: (passphrase) =>
      inTurn(async () => {
        if ((await vault.state()).state !== 'missing') throw new AdiuvaError('vault.exists');
        const { store, ...made } = await vault.create(passphrase);
        // The words are shown this once, so whatever else fails now must not keep them back: the vault is there, if locked.
        await open(store).catch((error: unknown) => host.log.error('core.open_failed', { name: nameOf(error) }));
        await tellVault();
        return made;
      }),
  });

  /** The one place where what comes in is checked, whoever calls: window, command line or test. */
  function guarded(name: ProcedureName): AnyProcedure {
    const { input, output, open: needsOpen }: Procedure = procedures[name];
    const row = rows[name] as AnyProcedure;
    return async (given, signal) => {
      if (closed) throw new AdiuvaError('bridge.disconnected');
      const parsed = parseAs(input, given, 'request.invalid');
      if (needsOpen && !rooms) throw new AdiuvaError((await vault.state()).state === 'missing' ? 'vault.missing' : 'vault.locked');
      if (needsOpen) rooms?.touch();
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
    close: () => {
      closed = true;
      return inTurn(async () => {
        await backups.close();
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
