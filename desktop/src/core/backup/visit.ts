import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { newId } from '@adiuva/shared/kit/ids.ts';
import type { ParsedOf } from '../../bridge/procedures.ts';
import type { BackupTarget, RestorePoint, RestorePreview, VaultState } from '../../bridge/shapes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Tokens, TokenStore } from '../cloud/session.ts';
import type { Host } from '../host.ts';
import type { FreshStore } from '../store/restored.ts';
import type { Store } from '../store/store.ts';
import type { Vault } from '../store/vault.ts';
import { assemble } from './assemble.ts';
import { keysOf, openEnvelope, parseEnvelope, type Keys, type Repository } from './keys.ts';
import { adopt, createLedgers } from './ledger.ts';
import { ownEntry, ownFrom } from './own.ts';
import { find, openBackup, openStored, pointOf, type OpenBackup } from './read.ts';
import { previewOf, refuseUnproven } from './restore.ts';
import type { Target } from './target.ts';
import type { Run } from './turns.ts';

/** Restoring on a device that has no vault yet, or one that cannot be opened any more: the words and a place are all there is. */
export interface Visits {
  open(input: ParsedOf<'backup.open'>, signal?: AbortSignal): Promise<{ backups: RestorePoint[] }>;
  restoreHere(input: ParsedOf<'backup.restoreHere'>, signal?: AbortSignal): Promise<{ vault: VaultState; preview: RestorePreview }>;
  close(): void;
}

export interface VisitsDeps {
  readonly host: Host;
  readonly vault: Vault;
  /** Whether the vault that is here cannot be opened for what its files are. */
  readonly damaged: () => Promise<boolean>;
  /** A cloud whose session is kept in `tokens`. */
  readonly visit: (tokens: TokenStore) => Cloud;
  /** @param cloud where the place is the cloud */
  readonly target: (where: BackupTarget, cloud: Cloud | null) => Target;
  readonly task: <T>(target: BackupTarget, signal: AbortSignal | undefined, work: (run: Run) => Promise<T>) => Promise<T>;
  readonly exchange: (work: () => Promise<Store>) => Promise<VaultState>;
}

interface Visit extends Opened {
  readonly target: Target;
  readonly cloud: Cloud | null;
  readonly tokens: () => Tokens | null;
  readonly phrase: string;
}

/** What twelve words open. */
export interface Opened {
  readonly envelope: unknown;
  readonly repository: Repository;
  readonly keys: Keys;
}

/** @throws AdiuvaError `vault.phrase_invalid` · `backup.missing` · `backup.newer` · `backup.corrupt` · `backup.wrong_phrase` */
export async function openWith(target: Target, phrase: string, signal: AbortSignal | undefined): Promise<Opened> {
  const envelope = await target.envelope(signal);
  const repository = await openEnvelope(envelope, phrase);
  return { envelope, repository, keys: keysOf(repository) };
}

export function createVisits(deps: VisitsDeps): Visits {
  const { host, vault } = deps;
  let current: Visit | null = null;

  function close(): void {
    current?.cloud?.close();
    current = null;
  }

  return {
    close,
    async open({ target: where, phrase, email, password }, signal) {
      if ((await vault.state()).state !== 'missing' && !(await deps.damaged())) throw new AdiuvaError('vault.exists');
      close();
      const tokens = inMemory();
      const cloud = where.kind === 'cloud' ? deps.visit(tokens) : null;
      try {
        const target = deps.target(where, cloud);
        await cloud?.session.login(email ?? '', password ?? '');
        const opened = await openWith(target, phrase, signal);
        const backups = await pointsOf(target, opened, signal);
        current = { ...opened, target, cloud, tokens: tokens.now, phrase };
        return { backups };
      } catch (error) {
        cloud?.close();
        throw error;
      }
    },
    async restoreHere({ id, passphrase }, signal) {
      const visit = current;
      if (!visit) throw new AdiuvaError('backup.missing', { detail: 'Open the backups first.' });
      const { target, keys, phrase } = visit;
      return await deps.task(target.where, signal, async (run) => {
        const newest = await find(target, undefined, run.signal);
        const backup = await openBackup(target, keys, id === undefined ? newest : await find(target, id, run.signal), run.signal);
        const isNewest = newest.entry.manifest === backup.entry.manifest;
        const damaged = await deps.damaged();
        let preview: RestorePreview | null = null;
        run.letGo();
        const state = await deps.exchange(() =>
          vault.createFrom({
            damaged,
            vaultId: newId(host.clock.now(), host.random),
            phrase,
            passphrase,
            build: async (path, key) => void (await assemble({ ...run, target, keys }, backup, path, key)),
            settle: async (store) => {
              await refuseUnproven(backup, store);
              await settleIn(host, store, visit, isNewest ? backup : null);
              preview = previewOf({ backup }, await store.compare(), { seen: 0 }, isNewest);
            },
          }),
        );
        close();
        return { vault: state, preview: preview! };
      });
    },
  };
}

/** A session on its way to a store that is not there yet. */
function inMemory(): TokenStore & { now(): Tokens | null } {
  let session: Tokens | null = null;
  return {
    now: () => session,
    load: async () => session,
    change: async (work) => {
      const next = work(session);
      if (next !== undefined) session = next;
    },
  };
}

/** What belongs to this device, before the vault is there: from then on its backups go on. */
async function settleIn(
  { dataDir, random }: Host,
  store: FreshStore,
  { repository, envelope, target, tokens }: Visit,
  newest: OpenBackup | null,
): Promise<void> {
  const own = ownFrom(repository, parseEnvelope(envelope), random);
  // A folder may be another disk on this device; the cloud is the same from everywhere.
  await store.set(...ownEntry(target.where.kind === 'cloud' ? { ...own, every: 'daily', target: target.where } : own));
  const session = tokens();
  if (session) await store.set('device.account', session);
  const ledgers = createLedgers(dataDir, Buffer.from(own.localKey, 'base64url'), random);
  if (newest) await adopt(ledgers.of(target.where, session?.user.id ?? null), newest, null);
}

/** Backups that these words open, newest first. */
async function pointsOf(target: Target, { repository, keys }: Opened, signal: AbortSignal | undefined): Promise<RestorePoint[]> {
  const { backups } = await target.history(signal);
  const [first, ...others] = backups.filter((entry) => entry.repository === repository.repository && entry.epoch === repository.epoch);
  if (!first) throw new AdiuvaError('backup.missing');
  const createdAt = await sealedDate(target, keys, first, signal);
  return [{ ...pointOf(first, true), createdAt }, ...others.map((entry) => pointOf(entry, false))];
}

/** When a backup was made, as it says itself where it can be read: a device without a vault has nothing else to judge by that it was not put back. */
async function sealedDate(target: Target, keys: Keys, entry: OpenBackup['entry'], signal: AbortSignal | undefined): Promise<string> {
  try {
    return openStored(keys, await target.backup(entry.manifest, signal)).manifest.createdAt;
  } catch (error) {
    // Another one may still be chosen.
    if (error instanceof AdiuvaError && unreadable.has(error.code)) return entry.createdAt;
    throw error;
  }
}

const unreadable = new Set<ErrorCode>(['backup.corrupt', 'backup.newer', 'backup.not_found', 'backup.object_not_found']);
