import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tiers, type TierName } from '@adiuva/shared/contracts/billing.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom, type Random } from '@adiuva/shared/kit/ids.ts';
import { silentLog, type Log } from '@adiuva/shared/kit/log.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import { openLedger, type Ledger } from '@adiuva/shared/models/ledger.ts';
import { openModels, probeModels, type Keyring, type ModelSpec } from '@adiuva/shared/models/models.ts';
import { openAccounts, type Accounts } from './accounts/accounts.ts';
import { argonPasswords, type Passwords } from './accounts/passwords.ts';
import type { Blobs } from './adapters/blobs/blobs.ts';
import type { Counters } from './adapters/counters/counters.ts';
import { memoryCounters } from './adapters/counters/memory.ts';
import { sparedCounters } from './adapters/counters/spared.ts';
import type { Database, UserRow } from './adapters/db/database.ts';
import { holdFolder } from './adapters/db/folder-lock.ts';
import { memoryRunLog } from './adapters/run-log/memory.ts';
import { redisRunLog } from './adapters/run-log/redis.ts';
import type { RunLog } from './adapters/run-log/run-log.ts';
import { openBackups, type Backups } from './backups/backups.ts';
import { openBilling, type Billing } from './billing/billing.ts';
import type { Payments } from './billing/stripe.ts';
import { tierOf } from './billing/tier.ts';
import type { CloudConfig, CloudSecrets } from './config.ts';
import { watchedKeys } from './keys.ts';
import { openPlaybooks, type CloudPlaybooks } from './plans/playbooks.ts';
import { rateLimiter, type Limits, type RateLimit } from './http/rate-limit.ts';

/** Something that is opened when it is first needed and then stays open; after a failure the next call tries again. */
export type Opening<T> = () => Promise<T>;

/** All that the rooms of the cloud are made of. */
export interface Deps {
  readonly config: CloudConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly db: Opening<Database>;
  readonly blobs: Opening<Blobs>;
  readonly counters: Counters;
  readonly runLog: RunLog;
  readonly models: Model;
  /** Use and cost of the models since the start. */
  readonly ledger: Ledger;
  /** Rejects when no model of the chain can answer. */
  readonly probeModels: () => Promise<void>;
  readonly accounts: Accounts;
  readonly billing: Billing;
  readonly rateLimit: RateLimit;
  readonly backups: Backups;
  readonly playbooks: CloudPlaybooks;
  readonly backupQuota: (tier: TierName) => number | null;
  /** Closes what was opened, in the reverse order; the app has to be closed before. */
  close(): Promise<void>;
}

/** Parts that tests, benchmarks and other hosts put in the place of the real ones; `close` closes them too. */
export interface Overrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly fetch?: typeof fetch;
  readonly db?: Opening<Database>;
  readonly blobs?: Opening<Blobs>;
  readonly counters?: Counters;
  readonly runLog?: RunLog;
  readonly models?: Model;
  readonly passwords?: Passwords;
  readonly limits?: Limits;
  readonly backupQuota?: (tier: TierName) => number | null;
}

/** Requests a minute from one address prefix without a valid token: sign-ins, refreshes, probes. */
const anonymousPerMinute = 600;

/** An empty PGlite database, packed, kept with the other caches of the checkout. */
const snapshot = fileURLToPath(new URL('../../.cache/pglite-0.5.16.tar.zst', import.meta.url));

/**
 * The composition root: nothing is opened, loaded or asked here but what costs nothing.
 * @throws AdiuvaError `cloud.in_use` when another process has the folder of the embedded database
 */
export function createDeps(config: CloudConfig, secrets: CloudSecrets, overrides: Overrides = {}): Deps {
  const { clock = systemClock, random = systemRandom, log = silentLog } = overrides;
  // Before anything listens: a second process on the same folder must not even take the port.
  const release = overrides.db || secrets.databaseUrl ? () => {} : holdFolder(config.dataDir);
  const db = opening(overrides.db ?? (() => openDatabase(config, secrets, log)));
  const blobs = opening(overrides.blobs ?? (() => openBlobs(config, secrets, { random, now: clock.now })));
  const counters = overrides.counters ?? chooseCounters(secrets, log);
  const runLog = overrides.runLog ?? chooseRunLog(secrets, { clock, random, log });
  const send = overrides.fetch ?? fetch;
  const ledger = openLedger(config.prices);
  const models = overrides.models ?? openModels(config.models, secrets.modelKeys, { clock, random, log, fetch: send, ledger });
  const modelsAnswer = modelProbe(config.models, secrets.modelKeys, send, clock);
  const passwords = overrides.passwords ?? argonPasswords({ slots: Math.max(1, availableParallelism() - 1), now: clock.now });
  // Where payments are set up, nobody has a tier for nothing.
  const tierNow = (user: UserRow) => tierOf(user, clock.now(), config.payments ? 'free' : config.defaultTier);
  const accounts = openAccounts({
    db: db.get,
    counters,
    leave: (userId) => billing.forget(userId),
    keys: watchedKeys(config, secrets, clock.now),
    passwords,
    tierOf: tierNow,
    clock,
    random,
    log,
  });
  const billing = openBilling({
    db: db.get,
    payments: choosePayments(config, secrets, send, clock),
    prices: config.payments?.prices ?? { pro: null, power: null, team: null },
    tierOf: tierNow,
    changed: accounts.tierChanged,
    clock,
    random,
    log,
  });
  const rateLimit = rateLimiter(counters.hit, clock.now, overrides.limits ?? { tiers, anonymousPerMinute });
  const backups = openBackups({ db: db.get, blobs: blobs.get, clock, random, log });
  const playbooks = openPlaybooks({ db: db.get, clock, log, sign: accounts.sign });
  const backupQuota = overrides.backupQuota ?? ((tier) => tiers[tier].backupBytes);
  const close = async () => {
    await backups.close();
    await billing.close();
    accounts.close();
    await runLog.close();
    await counters.close();
    await (await blobs.opened())?.close();
    await (await db.opened())?.close();
    release();
  };
  return {
    config,
    clock,
    random,
    log,
    db: db.get,
    blobs: blobs.get,
    counters,
    runLog,
    models,
    ledger,
    probeModels: modelsAnswer,
    accounts,
    billing,
    rateLimit,
    backups,
    playbooks,
    backupQuota,
    close,
  };
}

function opening<T>(open: Opening<T>): { get: Opening<T>; opened(): Promise<T | null> } {
  let current: Promise<T> | undefined;
  const get = () => {
    current ??= open().catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
  return { get, opened: async () => (await current?.catch(() => null)) ?? null };
}

async function openDatabase({ dataDir }: CloudConfig, { databaseUrl, redisUrl }: CloudSecrets, log: Log): Promise<Database> {
  if (!databaseUrl) return (await import('./adapters/db/pglite.ts')).openPglite({ dir: dataDir, snapshot });
  return (await import('./adapters/db/postgres.ts')).openPostgres({ url: databaseUrl, alone: !redisUrl, log });
}

async function openBlobs(config: CloudConfig, secrets: CloudSecrets, means: { random: Random; now: () => number }): Promise<Blobs> {
  if (config.blobs === 'files' || !secrets.s3)
    return (await import('./adapters/blobs/files.ts')).openFileBlobs({ dir: join(config.dataDir, 'blobs'), ...means });
  return (await import('./adapters/blobs/s3.ts')).openS3Blobs({ ...config.blobs, ...secrets.s3 });
}

function chooseCounters({ redisUrl }: CloudSecrets, log: Log): Counters {
  if (!redisUrl) return memoryCounters();
  const open = async () => (await import('./adapters/counters/redis.ts')).openRedisCounters({ url: redisUrl });
  return sparedCounters(open, memoryCounters(), log);
}

function choosePayments({ payments }: CloudConfig, { stripe }: CloudSecrets, send: typeof fetch, clock: Clock): Opening<Payments> | null {
  if (!payments || !stripe) return null;
  return opening(async () => (await import('./billing/stripe.ts')).openStripe({ ...stripe, ...payments, fetch: send, now: clock.now })).get;
}

function chooseRunLog({ redisUrl }: CloudSecrets, means: { clock: Clock; random: Random; log: Log }): RunLog {
  return redisUrl ? redisRunLog({ url: redisUrl, ...means }) : memoryRunLog(means);
}

/** How long the answer of a vendor is believed: health is asked often, and vendors count. */
const vendorBelievedMs = 60_000;

/** Whether any model of the chain answers, asked at most once in a while. */
function modelProbe(specs: readonly ModelSpec[], keys: Keyring, send: typeof fetch, clock: Clock): () => Promise<void> {
  let last: { readonly at: number; readonly asked: Promise<void> } | undefined;
  const ask = () => probeModels(specs, keys, send, AbortSignal.timeout(2_500));
  return () => {
    if (!last || Math.abs(clock.now() - last.at) >= vendorBelievedMs) last = { at: clock.now(), asked: ask() };
    return last.asked;
  };
}
