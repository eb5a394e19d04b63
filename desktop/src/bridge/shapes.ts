import { z } from 'zod';
import { agentName, runState } from '@adiuva/shared/contracts/chat.ts';
import { problem } from '@adiuva/shared/contracts/problem.ts';
import { executionPlan, planStep } from '@adiuva/shared/contracts/plan.ts';
import { playbookCategory, playbookInput, playbookSet } from '@adiuva/shared/contracts/playbook.ts';
import { recordType, storedRecord } from '@adiuva/shared/contracts/records.ts';
import { tierName, tiers } from '@adiuva/shared/contracts/billing.ts';

/** Milliseconds are never sent: every time on the bridge is ISO 8601 with offset. */
export const time = z.iso.datetime({ offset: true });
export const id = z.string().min(1).max(100);

export const slotKind = z.enum(['os', 'passphrase', 'phrase']);
export const vaultState = z.object({
  state: z.enum(['missing', 'locked', 'open']),
  vaultId: z.string().nullable(),
  /** Ways to unlock that are set up; `os` only where the host has a key store. */
  slots: z.array(slotKind),
  /** False until three of the words were typed back. */
  phraseConfirmed: z.boolean(),
  /** What stops the vault from opening, other than a secret: damaged, newer, plaintext, in use. */
  problem: problem.nullable(),
});
export type VaultState = z.infer<typeof vaultState>;

export const account = z.object({ userId: z.string(), email: z.string(), tier: tierName });
export const accountState = z.object({ account: account.nullable(), cloudUrl: z.string() });
export type AccountState = z.infer<typeof accountState>;

/** How the last real requests to the cloud went: learned, never asked as a question. */
export const connectivity = z.enum(['unknown', 'online', 'offline']);

export const queueCounts = z.object({ waiting: z.int(), needsYou: z.int(), running: z.int() });
export const status = z.object({
  vault: vaultState,
  account: account.nullable(),
  tier: tierName.nullable(),
  connectivity,
  queue: queueCounts,
  lastBackup: time.nullable(),
  lastProvenRestore: time.nullable(),
  /** `entries` is everything that search finds now: records, messages, documents. `pending` documents are not read yet. */
  index: z.object({ entries: z.int(), documents: z.int(), pending: z.int() }),
  /** IANA zone in force: the one of the settings, else the one of the host's system. */
  timeZone: z.string(),
  version: z.string(),
  engine: z.string().nullable(),
});
export type Status = z.infer<typeof status>;

export const chatSession = z.object({ id, title: z.string(), createdAt: time, updatedAt: time, messages: z.int() });
export type ChatSession = z.infer<typeof chatSession>;

export const route = z.enum(['cloud', 'local', 'queued']);

/** A line of the live view: what an agent sets out to do, or what it did; lines of old messages do not say which. */
export const activityLine = z.object({ agent: agentName, text: z.string(), kind: z.enum(['thinking', 'action']).optional() });
/** A problem that is kept with what it stopped; `retryAfter` counts from `at`. */
const keptProblem = problem.extend({ at: time.optional() });

/** One line of the transcript. `parentId` links an answer to its question. */
export const message = z.object({
  id,
  sessionId: id,
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  state: z.enum(['done', 'streaming', 'stopped', 'failed', 'queued']),
  route: route.nullable(),
  agents: z.array(agentName),
  model: z.string().nullable(),
  requestId: z.string().nullable(),
  parentId: id.nullable(),
  planId: id.nullable(),
  problem: keptProblem.nullable(),
  /** Quiet lines of the live view: which agent works on what. */
  activity: z.array(activityLine),
  /** Only of an answer that streams: `text` holds every `chat.token` up to this one. */
  seq: z.int().optional(),
  createdAt: time,
});
export type Message = z.infer<typeof message>;

export const planOrigin = z.object({ kind: z.enum(['chat', 'records', 'undo', 'plugin', 'import', 'playbook']), by: z.string(), messageId: id.nullable() });

/** One field of a step's before → after; `from` says where the value came from. */
export const fieldDiff = z.object({ name: z.string(), before: z.unknown(), after: z.unknown() });
export const stepPreview = z.object({
  step: planStep,
  /** `Create task`, `Change event`…: words for the verb and the object. */
  verb: z.string(),
  object: z.string(),
  diff: z.array(fieldDiff),
  reversible: z.boolean(),
  writes: z.boolean(),
  problem: problem.nullable(),
});
export const planState = z.enum(['proposed', 'approved', 'rejected', 'failed', 'undone', 'replaced']);
export const planView = z.object({
  plan: executionPlan,
  /** SHA-256 (hex) of the canonical plan: what an approval is bound to. */
  hash: z.string(),
  state: planState,
  origin: planOrigin,
  steps: z.array(stepPreview),
  writes: z.int(),
  runId: id.nullable(),
  createdAt: time,
});
export type PlanView = z.infer<typeof planView>;

export const stepResult = z.object({
  index: z.int(),
  status: z.enum(['done', 'failed', 'skipped', 'undone']),
  recordId: z.string().nullable(),
  problem: problem.nullable(),
});
export const runView = z.object({
  runId: id,
  planId: id,
  state: z.enum(['done', 'undone']),
  steps: z.array(stepResult),
  createdAt: time,
  undoneAt: time.nullable(),
  undoRunId: id.nullable(),
});
export type RunView = z.infer<typeof runView>;

export const activityRow = z.object({
  id,
  at: time,
  kind: z.string(),
  verb: z.string(),
  recordType: recordType.nullable(),
  recordId: z.string().nullable(),
  label: z.string(),
  runId: id.nullable(),
});
export type ActivityRow = z.infer<typeof activityRow>;

export const queueJob = z.object({
  id,
  kind: z.enum(['chat', 'playbook']),
  sessionId: id.nullable(),
  messageId: id.nullable(),
  label: z.string(),
  state: z.enum(['waiting', 'running', 'needs_you']),
  attempts: z.int(),
  createdAt: time,
  nextTryAt: time.nullable(),
  problem: problem.nullable(),
});
export type QueueJob = z.infer<typeof queueJob>;

export const searchHit = z.object({
  id: z.string(),
  collection: z.string(),
  title: z.string(),
  path: z.string().optional(),
  snippet: z.string(),
  score: z.number(),
  sources: z.array(z.string()),
  recordType: recordType.nullable(),
  sessionId: z.string().nullable(),
});
export const searchResult = z.object({ hits: z.array(searchHit), tookMs: z.number() });
export type SearchHit = z.infer<typeof searchHit>;

export const appearance = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['comfortable', 'compact']),
  railCollapsed: z.boolean(),
  reducedMotion: z.boolean(),
});
/** Preferences of the screen and of privacy, all in the vault. */
export const settings = z.object({
  appearance,
  displayName: z.string().max(200),
  timeZone: z.string().max(100).nullable(),
  /** Minutes without use after which the vault locks; 0 never. */
  autoLockMinutes: z.int().min(0).max(1_440),
  keys: z.record(z.string(), z.string().max(40)),
  /** The day (of the user's zone) whose brief was put away. */
  briefHiddenOn: z.iso.date().nullable(),
});
export type Settings = z.infer<typeof settings>;

export const checkResult = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });
export const doctorReport = z.object({ ok: z.boolean(), engine: z.string(), digest: z.string(), checks: z.array(checkResult) });
export type DoctorReport = z.infer<typeof doctorReport>;

export const today = z.object({
  overdue: z.array(storedRecord),
  dueToday: z.array(storedRecord),
  events: z.array(storedRecord),
  conflicts: z.array(z.object({ a: id, b: id })),
  upcoming: z.array(storedRecord),
  waitingPlans: z.array(planView),
});
export type Today = z.infer<typeof today>;

/** One playbook of the list. */
export const playbookView = z.object({
  id,
  version: z.int(),
  title: z.string(),
  description: z.string(),
  category: playbookCategory,
  set: playbookSet,
  inputs: z.array(playbookInput),
  /** Kinds of records that it reads on this device. */
  reads: z.array(z.string()),
  /** `some`: it works without the cloud, which adds to it. */
  cloud: z.enum(['none', 'some']),
  /** It may propose changes, as a plan that waits for approval. */
  proposes: z.boolean(),
  /** The lowest tier that has it, where the user's does not; it is then not run. */
  locked: tierName.nullable(),
  /** `bundle`: came with the program. */
  source: z.enum(['bundle', 'cloud']),
  /** When the cloud gave it, or last said that it is still the newest; null for one that came with the program. */
  fetchedAt: time.nullable(),
  /** Why it is not run: its signature does not hold, or it is newer than this program. Such a one has its id for a title. */
  problem: problem.nullable(),
});
export type PlaybookView = z.infer<typeof playbookView>;

export const playbookShelf = z.object({
  playbooks: z.array(playbookView),
  /** Everything that was offered or kept and is not run, also where another of the same id is: changed, newer than this program, or older than one seen before. */
  refused: z.array(z.object({ id: z.string(), problem })),
  /** Last answer of the cloud about playbooks; null where it never gave one. */
  refreshedAt: time.nullable(),
});
export type PlaybookShelf = z.infer<typeof playbookShelf>;

/** Plain words; `recordId` where a line stands for a record. */
export const playbookLine = z.object({ text: z.string(), recordId: id.nullable(), recordType: recordType.nullable() });
/** `from`: who wrote it. Words of the cloud are Markdown, lines of the device are not. */
export const playbookSection = z.object({
  heading: z.string().nullable(),
  text: z.string().nullable(),
  lines: z.array(playbookLine),
  from: z.enum(['device', 'cloud']),
});
export const playbookResult = z.object({
  runId: id,
  playbookId: id,
  version: z.int(),
  title: z.string(),
  createdAt: time,
  sections: z.array(playbookSection),
  /** The same as Markdown, what records hold escaped. */
  markdown: z.string(),
  /** Plans it proposed and that may still wait; a part that came later from the cloud has a plan of its own. */
  planIds: z.array(id),
  /** `skipped`: nobody is signed in or the run was to stay on the device; `queued`: it comes by itself, as `playbook.result`. */
  cloud: z.enum(['none', 'done', 'queued', 'skipped', 'failed']),
  /** Why the part of the cloud is missing. */
  problem: problem.nullable(),
});
export type PlaybookResult = z.infer<typeof playbookResult>;

export const tierRows = tiers;
export { agentName, executionPlan, planStep, problem, recordType, runState, storedRecord, tierName };

/** Where backups go: the account's cloud, or a folder of the user's choice (absolute). */
export const backupTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cloud') }),
  z.strictObject({ kind: z.literal('folder'), path: z.string().min(1).max(4_096) }),
]);
export type BackupTarget = z.infer<typeof backupTarget>;

export const backupEvery = z.enum(['off', 'daily', 'weekly']);

/** One restore point as a target lists it. */
export const restorePoint = z.object({
  id: z.string(),
  generation: z.int(),
  createdAt: time,
  /** What restoring it reads. */
  bytes: z.int(),
  objects: z.int(),
  newest: z.boolean(),
});
export type RestorePoint = z.infer<typeof restorePoint>;

export const backupResult = z.object({
  id: z.string(),
  generation: z.int(),
  createdAt: time,
  /** `none`: nothing had changed, the newest backup stands for it. */
  kind: z.enum(['base', 'increment', 'none']),
  /** Uploaded or written by this backup, manifest included. */
  bytes: z.int(),
  objects: z.int(),
  pages: z.int(),
  tookMs: z.number(),
});
export type BackupResult = z.infer<typeof backupResult>;

export const verifyResult = z.object({
  id: z.string(),
  generation: z.int(),
  /** `full`: every object was read; `sample`: some, and the rolling audit went on. */
  scope: z.enum(['full', 'sample']),
  objectsRead: z.int(),
  objectsTotal: z.int(),
  bytesRead: z.int(),
  ok: z.boolean(),
  faults: z.array(z.object({ object: z.string(), problem })).max(1_000),
  tookMs: z.number(),
});
export type VerifyResult = z.infer<typeof verifyResult>;

/** What runs now. `secondsLeft` is null until a rate is known. */
export const backupProgress = z.object({
  task: z.enum(['backup', 'verify', 'restore', 'drill', 'new-keys']),
  target: backupTarget,
  phase: z.enum(['preparing', 'reading', 'uploading', 'downloading', 'checking', 'finishing']),
  bytes: z.object({ done: z.int(), total: z.int() }),
  objects: z.object({ done: z.int(), total: z.int() }),
  bytesPerSecond: z.number(),
  secondsLeft: z.number().nullable(),
});
export type BackupProgress = z.infer<typeof backupProgress>;

/** One target as far as this device knows without asking it. */
export const backupPlace = z.object({
  target: backupTarget,
  /** The newest backup this device made or restored. */
  last: restorePoint.nullable(),
  lastVerified: time.nullable(),
  lastProblem: problem.nullable(),
  /** Known only for the cloud, from its last answer. */
  usedBytes: z.int().nullable(),
  quotaBytes: z.int().nullable(),
});

export const backupState = z.object({
  /** False for a vault that was made before backups existed: the twelve words are needed once. */
  ready: z.boolean(),
  automatic: z.object({ every: backupEvery, target: backupTarget.nullable(), nextAt: time.nullable() }),
  places: z.array(backupPlace),
  lastBackup: time.nullable(),
  lastProvenRestore: time.nullable(),
  running: backupProgress.nullable(),
  /** The store from before the last restore, while it is kept; where that restore was undone, what it had brought. */
  kept: z.object({ restoredAt: time, until: time, undone: z.boolean() }).nullable(),
});
export type BackupState = z.infer<typeof backupState>;

const tally = z.object({ table: z.string(), here: z.int(), there: z.int() });
const change = z.object({ type: z.string(), id: z.string(), title: z.string() });
/** A verified backup beside the store, ready to take its place. Nothing was changed yet. */
export const restorePreview = z.object({
  point: restorePoint,
  deviceName: z.string().nullable(),
  fingerprint: z.string(),
  counts: z.array(tally),
  /** In the backup and not here, or newer there; the first 200 by name. */
  won: z.object({ total: z.int(), first: z.array(change).max(200) }),
  /** Here and not in the backup, or newer here: gone after the restore, and back with its undo. */
  lost: z.object({ total: z.int(), first: z.array(change).max(200) }),
  /** False where the backup is older than one this device has seen. */
  newestKnown: z.boolean(),
});
export type RestorePreview = z.infer<typeof restorePreview>;
