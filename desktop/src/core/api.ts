import type { CoreApi, ParsedOf } from '../bridge/procedures.ts';
import type { Status, VaultState } from '../bridge/shapes.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Backups } from './backup/backup.ts';
import { doctor } from './doctor.ts';
import type { Host } from './host.ts';
import { todayOf } from './records/today.ts';
import type { Rooms } from './rooms.ts';
import type { Vault } from './store/vault.ts';

export interface ApiParts {
  readonly host: Host;
  readonly vault: Vault;
  readonly backups: Backups;
  /** Null while the vault is closed. */
  rooms(): Rooms | null;
  create(passphrase: string): Promise<{ vaultId: string; recoveryPhrase: string }>;
  unlock(secret: ParsedOf<'vault.unlock'>): Promise<VaultState>;
  lock(): Promise<VaultState>;
  tellVault(): Promise<VaultState>;
}

/** A function for each row of the bridge table; input is parsed, and rows that need it run with an open vault only. */
export function apiRows(parts: ApiParts): CoreApi {
  const { host, vault } = parts;
  const at = (): Rooms => {
    const rooms = parts.rooms();
    if (!rooms) throw new AdiuvaError('vault.locked');
    return rooms;
  };
  const table = () => at().store.t;
  const accountState = () => ({ account: at().cloud.session.account(), cloudUrl: host.cloudUrl });
  const jobs = async () => ({ jobs: await at().queue.list() });

  return {
    'status.get': () => statusOf(parts),

    'vault.state': () => vault.state(),
    'vault.create': ({ passphrase }) => parts.create(passphrase),
    'vault.phrase': async () => ({ recoveryPhrase: await vault.phrase() }),
    'vault.confirmPhrase': async ({ words }) => {
      const ok = await vault.confirmPhrase(words);
      if (ok) await parts.tellVault();
      return { ok };
    },
    'vault.unlock': (secret) => parts.unlock(secret),
    'vault.lock': () => parts.lock(),
    'vault.setPassphrase': async ({ current, passphrase }) => {
      await vault.setPassphrase(current, passphrase);
      return parts.tellVault();
    },
    'vault.setOsSlot': async ({ enabled }) => {
      await vault.setOsSlot(enabled);
      return parts.tellVault();
    },

    'account.state': async () => accountState(),
    'account.register': ({ email, password }) => at().cloud.session.register(email, password),
    'account.login': ({ email, password }) => at().cloud.session.login(email, password),
    'account.logout': async () => {
      await at().cloud.session.logout();
      return {};
    },

    'chat.sessions': (input, signal) => at().chat.sessions(input, signal),
    'chat.create': (input, signal) => at().chat.create(input, signal),
    'chat.rename': (input, signal) => at().chat.rename(input, signal),
    'chat.delete': (input, signal) => at().chat.delete(input, signal),
    'chat.restore': (input, signal) => at().chat.restore(input, signal),
    'chat.messages': (input, signal) => at().chat.messages(input, signal),
    'chat.send': (input, signal) => at().chat.send(input, signal),
    'chat.stop': (input, signal) => at().chat.stop(input, signal),
    'chat.regenerate': (input, signal) => at().chat.regenerate(input, signal),
    'chat.retry': (input, signal) => at().chat.retry(input, signal),
    'chat.goOn': (input, signal) => at().chat.goOn(input, signal),
    'chat.deleteMessage': (input, signal) => at().chat.deleteMessage(input, signal),
    'chat.restoreMessage': (input, signal) => at().chat.restoreMessage(input, signal),
    'chat.draft': (input, signal) => at().chat.draft(input, signal),
    'chat.saveDraft': (input, signal) => at().chat.saveDraft(input, signal),
    'chat.sent': (input, signal) => at().chat.sent(input, signal),

    'plans.list': async (page) => ({ plans: await at().plans.list(page) }),
    'plans.get': ({ planId }) => at().plans.view(planId),
    'plans.approve': ({ planId, hash }) => at().plans.approve(planId, hash),
    'plans.reject': ({ planId }) => at().plans.reject(planId),
    'plans.edit': ({ planId, hash, steps }) => at().plans.edit(planId, hash, steps),
    'plans.undo': ({ runId }) => at().plans.undo(runId),
    'plans.undoPreview': ({ runId }) => at().plans.undoPreview(runId),
    'plans.run': ({ runId }) => at().plans.run(runId),
    'plans.runs': async (page) => ({ runs: await at().plans.runs(page) }),
    'activity.list': async (page) => ({ rows: await table().activity.list(page) }),

    'records.list': (query) => table().records.list(query),
    'records.get': ({ id }) => at().records.get(id),
    'records.add': ({ type, fields }) => at().records.add(type, fields),
    'records.update': ({ id, fields }) => at().records.update(id, fields),
    'records.delete': ({ id }) => at().records.delete(id),

    'today.get': async () => {
      const { plans, profile } = at();
      const { timeZone } = await profile();
      return todayOf(table(), host.clock.now(), timeZone, await plans.list({ state: 'proposed', limit: 100 }));
    },
    'search.query': async ({ query, collection, limit }) => {
      const from = host.clock.now();
      const hits = await at().store.search(query, { collection, limit });
      return { hits, tookMs: host.clock.now() - from };
    },

    'playbooks.list': () => at().playbooks.list(),
    'playbooks.refresh': () => at().playbooks.refresh(),
    'playbooks.run': (order, signal) => at().playbooks.run(order, signal),
    'playbooks.results': async (page) => ({ results: await at().playbooks.results(page) }),
    'playbooks.result': ({ runId }) => at().playbooks.result(runId),

    'queue.list': jobs,
    'queue.drain': async () => {
      const { cloud, queue } = at();
      cloud.nudge();
      await queue.drain();
      return jobs();
    },
    'queue.retry': ({ jobId }) => at().queue.retry(jobId),
    'queue.drop': async ({ jobId }) => {
      await at().queue.drop(jobId);
      return {};
    },

    ...parts.backups.rows,

    'settings.get': () => at().settings.get(),
    'settings.set': (patch) => at().settings.set(patch),
    'doctor.run': () => doctor(at().store, parts.backups),
  };
}

async function statusOf({ host, vault, backups, rooms }: ApiParts): Promise<Status> {
  const open = rooms();
  const account = open?.cloud.session.account() ?? null;
  return {
    vault: await vault.state(),
    account,
    tier: account?.tier ?? null,
    connectivity: open?.cloud.connectivity() ?? 'unknown',
    queue: (await open?.store.t.queue.counts()) ?? { waiting: 0, needsYou: 0, running: 0 },
    ...(await backups.times()),
    index: { entries: (await open?.store.entries()) ?? 0, documents: (await open?.store.t.documents.count()) ?? 0, pending: 0 },
    timeZone: open ? (await open.profile()).timeZone : host.timeZone,
    version: host.version,
    engine: open ? `${open.store.engine.name} ${open.store.engine.version}` : null,
  };
}
