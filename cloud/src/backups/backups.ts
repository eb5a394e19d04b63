import type { BackupCommit, BackupEntry, BackupEnvelope, BackupHistory } from '@adiuva/shared/contracts/backup.ts';
import { backupEnvelope, manifestBytes } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { BackupAccountRow, BackupRow, BackupStore } from '../adapters/db/database.ts';
import { openCollector } from './collector.ts';
import { find, offer, put, settleUploads, type Means, type Offered, type Owner } from './objects.ts';
import { refuseOverQuota } from './quota.ts';
import { superfluous } from './retention.ts';

export interface BackupsDeps extends Means {
  readonly log: Log;
}

/** One backup with its manifest, as the routes give it. */
export interface Kept {
  readonly entry: BackupEntry;
  readonly manifest: Uint8Array;
}

/** Sealed backups of accounts: order, room and time, nothing of their content. Errors are `AdiuvaError` with `backup.…` codes. */
export type Backups = ReturnType<typeof openBackups>;

export function openBackups(deps: BackupsDeps) {
  const { clock } = deps;
  const collector = openCollector(deps);
  const read = async () => (await deps.db()).backups;
  /** Changes of one account, one at a time. */
  const change = async <T>(userId: string, work: (backups: BackupStore, account: BackupAccountRow) => Promise<T>) =>
    (await deps.db()).transaction(async ({ backups }) => work(backups, await backups.lockAccount(userId)));

  return {
    envelope: async ({ userId }: Owner): Promise<BackupEnvelope> => {
      const text = (await (await read()).account(userId))?.envelope;
      if (!text) throw new AdiuvaError('backup.missing');
      return backupEnvelope.parse(JSON.parse(text));
    },

    /** @throws AdiuvaError `backup.head_moved` · `backup.forked` */
    putEnvelope: ({ userId }: Owner, expected: string | null, envelope: BackupEnvelope): Promise<BackupEnvelope> =>
      change(userId, (backups, account) => changeEnvelope(backups, account, expected, envelope)),

    offer: (owner: Owner, offered: readonly Offered[]) => offer(deps, owner, offered),
    put: (owner: Owner, offered: Offered, body: AsyncIterable<Uint8Array>) => put(deps, owner, offered, body),
    find: (owner: Owner, id: string, wantsLink: boolean) => find(deps, owner, id, wantsLink),

    /** @throws AdiuvaError as in {@link accept} */
    commit: async (owner: Owner, commit: BackupCommit): Promise<{ entry: BackupEntry; repeated: boolean }> => {
      const manifest = Buffer.from(commit.manifest, 'base64url');
      if (manifest.byteLength > manifestBytes) throw new AdiuvaError('request.too_large', { detail: 'manifest: too large' });
      const once = () => change(owner.userId, (backups, account) => accept(backups, account, owner, { ...commit, manifest }, clock.now()));
      const said = (done: Awaited<ReturnType<typeof once>>) => {
        deps.log.info('backup committed', { userId: owner.userId, bytes: done.entry.bytes, count: done.entry.objects });
        return done;
      };
      try {
        return said(await once());
      } catch (error) {
        if (!(error instanceof AdiuvaError && error.code === 'backup.objects_missing')) throw error;
        // They may have come past this server.
        await settleUploads(deps, owner, commit.objects);
        return said(await once());
      }
    },

    /** The newest and when it became that. @throws AdiuvaError `backup.missing` */
    newest: async ({ userId }: Owner): Promise<Kept & { since: number }> => {
      const store = await read();
      const newest = await store.newest(userId);
      const found = newest && (await store.backup(userId, newest.id));
      if (!found) throw new AdiuvaError('backup.missing');
      return { ...kept(found), since: (await store.account(userId))?.changedAt ?? found.row.createdAt };
    },

    history: async ({ userId, quota }: Owner): Promise<BackupHistory> => {
      const store = await read();
      const [account, rows] = await Promise.all([store.account(userId), store.history(userId)]);
      return { backups: rows.map(entryOf), usedBytes: account?.usedBytes ?? 0, quotaBytes: quota, nextGeneration: (account?.lastGeneration ?? 0) + 1 };
    },

    /** @throws AdiuvaError `backup.not_found` */
    get: async ({ userId }: Owner, id: string): Promise<Kept> => {
      const found = await (await read()).backup(userId, id);
      if (!found) throw new AdiuvaError('backup.not_found');
      return kept(found);
    },

    /** Takes a backup out of the history; it is there for 30 more days, for an operator. @throws AdiuvaError `backup.not_found` */
    delete: ({ userId }: Owner, id: string): Promise<void> =>
      change(userId, async (backups, account) => {
        const newest = await backups.newest(userId);
        if (!(await backups.deleteBackup(userId, id, clock.now(), account.envelope))) throw new AdiuvaError('backup.not_found');
        await backups.condemn(userId, clock.now());
        if (newest?.id === id) await backups.changeAccount(userId, { changedAt: clock.now() });
      }),

    collector,
    close: () => collector.close(),
  };
}

/** The rules of `docs/wire.md`: the first envelope fixes the repository, epochs do not go down, and nothing that is in the history loses its envelope to another repository. */
async function changeEnvelope(backups: BackupStore, account: BackupAccountRow, expected: string | null, envelope: BackupEnvelope): Promise<BackupEnvelope> {
  const text = JSON.stringify(envelope);
  if (account.envelope === text) return envelope;
  if (account.envelopeSum !== expected) throw new AdiuvaError('backup.head_moved', { detail: 'the envelope was replaced meanwhile' });
  const { repository, epoch, sum: envelopeSum } = envelope;
  const moved = account.repository !== null && repository !== account.repository;
  if (moved && (await backups.newest(account.userId))) throw new AdiuvaError('backup.forked', { detail: 'the backups there are of another repository' });
  // It may skip some: the keys can have changed more than once before this place was reached.
  if (!moved && account.repository !== null && epoch < account.epoch) throw new AdiuvaError('backup.forked', { detail: `the epoch there is ${account.epoch}` });
  await backups.changeAccount(account.userId, { repository, epoch, envelope: text, envelopeSum, ...(moved && { lastGeneration: 0 }) });
  return envelope;
}

type Sealed = Omit<BackupCommit, 'manifest'> & { readonly manifest: Uint8Array };

/**
 * Makes a backup the newest: its references, its room and the head in one transaction.
 * @throws AdiuvaError `backup.head_moved` · `backup.not_set_up` · `backup.forked` · `request.invalid` (generation) · `backup.objects_missing` · `backup.quota`
 */
async function accept(
  backups: BackupStore,
  account: BackupAccountRow,
  { userId, quota }: Owner,
  { expected, head, manifest, objects, envelope }: Sealed,
  now: number,
) {
  const newest = await backups.newest(userId);
  if (newest && isSame(newest, head)) return { entry: entryOf(newest), repeated: true };
  if ((newest?.id ?? null) !== expected) throw new AdiuvaError('backup.head_moved');
  if (envelope) await changeEnvelope(backups, account, envelope.expected, envelope.envelope);
  checkHead(envelope ? await backups.lockAccount(userId) : account, head);

  const ids = [...new Set(objects)];
  const seq = account.lastSeq + 1;
  const referred = await backups.refer(userId, seq, ids);
  if (!referred) throw new AdiuvaError('backup.objects_missing');
  const { manifest: id, ...facts } = head;
  const row: BackupRow = { userId, id, seq, ...facts, createdAt: now, bytes: referred.bytes + manifest.byteLength, objects: ids.length };
  if (await backups.wasThere(userId, id)) throw new AdiuvaError('request.invalid', { detail: 'head.manifest: there was a backup of that name' });
  await backups.addBackup(row, manifest);
  await backups.changeAccount(userId, { lastSeq: seq, lastGeneration: head.generation, changedAt: now });
  await leave(backups, row, now);
  refuseOverQuota(await backups.lockAccount(userId), quota);
  return { entry: entryOf(row), repeated: false };
}

const isSame = (row: BackupRow, head: BackupCommit['head']) =>
  row.id === head.manifest && row.mac === head.mac && row.generation === head.generation && row.epoch === head.epoch && row.repository === head.repository;

function checkHead({ envelope, repository, epoch, lastGeneration }: BackupAccountRow, head: BackupCommit['head']): void {
  if (envelope === null) throw new AdiuvaError('backup.not_set_up');
  if (head.repository !== repository) throw new AdiuvaError('backup.forked', { detail: 'the repository there is another' });
  if (head.epoch !== epoch) throw new AdiuvaError('backup.forked', { detail: `the epoch there is ${epoch}` });
  const wanted = lastGeneration + 1;
  if (head.generation !== wanted) throw new AdiuvaError('request.invalid', { detail: `head.generation: must be ${wanted}` });
}

/** What a new backup ends: those of epochs whose phrase was exposed, at once, and those that the history has enough of. */
async function leave(backups: BackupStore, { userId, epoch }: BackupRow, now: number): Promise<void> {
  await backups.unpinBelow(userId, epoch);
  const exposed = await backups.removeBackups(userId, { belowEpoch: epoch });
  const ids = superfluous(await backups.history(userId), now);
  const thinned = ids.length > 0 ? await backups.removeBackups(userId, { ids }) : 0;
  if (exposed + thinned > 0) await backups.condemn(userId, now);
}

const entryOf = ({ id, repository, epoch, generation, mac, createdAt, bytes, objects }: BackupRow): BackupEntry => ({
  repository,
  epoch,
  generation,
  manifest: id,
  mac,
  createdAt: new Date(createdAt).toISOString(),
  bytes,
  objects,
});

const kept = ({ row, manifest }: { row: BackupRow; manifest: Uint8Array }): Kept => ({ entry: entryOf(row), manifest });
