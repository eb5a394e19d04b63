import { z } from 'zod';
import {
  account,
  accountState,
  activityRow,
  appearance,
  backupEvery,
  backupResult,
  backupState,
  backupTarget,
  chatSession,
  doctorReport,
  id,
  message,
  planState,
  planStep,
  planView,
  playbookResult,
  playbookShelf,
  queueJob,
  recordType,
  restorePoint,
  restorePreview,
  route,
  runView,
  searchResult,
  settings,
  status,
  storedRecord,
  time,
  today,
  vaultState,
  verifyResult,
} from './shapes.ts';

/** A procedure: what it takes, what it gives, whether it changes anything. */
export interface Procedure {
  readonly kind: 'query' | 'mutation';
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** Needs an open vault; the core refuses with `vault.locked` otherwise. */
  readonly open: boolean;
}

const query = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ kind: 'query', input, output, open: true }) as const;
const mutation = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ kind: 'mutation', input, output, open: true }) as const;
const always = <P extends Procedure>(procedure: P): Omit<P, 'open'> & { readonly open: false } => ({ ...procedure, open: false });

const none = z.undefined();
const nothing = z.object({});
const passphrase = z.string().max(1_024);
const words = z.string().max(500);
const page = { limit: z.int().min(1).max(1_000).default(200), after: z.string().max(200).optional() };
const fields = z.record(z.string(), z.unknown());
/** What a direct edit gives back: the record now, and the run to undo. */
const change = z.object({ record: storedRecord.nullable(), runId: id });

/**
 * Everything the screen and the command line may ask of the core. The router, the core's interface and the client are made from this table:
 * a row without a function does not type-check.
 */
export const procedures = {
  'status.get': always(query(none, status)),

  'vault.state': always(query(none, vaultState)),
  'vault.create': always(mutation(z.strictObject({ passphrase }), z.object({ vaultId: z.string(), recoveryPhrase: z.string() }))),
  /** The twelve words, as long as they were not confirmed; null afterwards: then nobody can show them. */
  'vault.phrase': query(none, z.object({ recoveryPhrase: z.string().nullable() })),
  /** Indexes from 0 and the words the user typed for them; wrong words give `ok: false`, which changes nothing. */
  'vault.confirmPhrase': mutation(
    z.strictObject({ words: z.array(z.strictObject({ index: z.int().min(0).max(11), word: z.string().max(40) })).length(3) }),
    z.object({ ok: z.boolean() }),
  ),
  'vault.unlock': always(
    mutation(
      z.discriminatedUnion('with', [
        z.strictObject({ with: z.literal('passphrase'), passphrase }),
        z.strictObject({ with: z.literal('phrase'), phrase: words }),
        z.strictObject({ with: z.literal('os') }),
      ]),
      vaultState,
    ),
  ),
  'vault.lock': mutation(none, vaultState),
  'vault.setPassphrase': mutation(
    z.strictObject({
      current: z.discriminatedUnion('with', [
        z.strictObject({ with: z.literal('passphrase'), passphrase }),
        z.strictObject({ with: z.literal('phrase'), phrase: words }),
      ]),
      passphrase,
    }),
    vaultState,
  ),
  'vault.setOsSlot': mutation(z.strictObject({ enabled: z.boolean() }), vaultState),

  'account.state': query(none, accountState),
  'account.register': mutation(z.strictObject({ email: z.string().max(300), password: z.string().max(4_096) }), account),
  'account.login': mutation(z.strictObject({ email: z.string().max(300), password: z.string().max(4_096) }), account),
  'account.logout': mutation(none, nothing),

  'chat.sessions': query(z.strictObject(page), z.object({ sessions: z.array(chatSession) })),
  'chat.create': mutation(none, chatSession),
  'chat.rename': mutation(z.strictObject({ sessionId: id, title: z.string().trim().min(1).max(200) }), chatSession),
  'chat.delete': mutation(z.strictObject({ sessionId: id }), nothing),
  'chat.restore': mutation(z.strictObject({ sessionId: id }), chatSession),
  'chat.messages': query(z.strictObject({ sessionId: id, ...page }), z.object({ messages: z.array(message) })),
  /**
   * Saves the message and starts the answer, which arrives by events. `offline` keeps this one on the device. `fromDraft` takes the conversation's
   * draft away with it; without it a half-written draft stays, as when a command sends beside the window.
   */
  'chat.send': mutation(
    z.strictObject({
      sessionId: id.optional(),
      text: z.string(),
      mode: z.enum(['direct', 'plan']).default('plan'),
      offline: z.boolean().default(false),
      fromDraft: z.boolean().optional(),
    }),
    z.object({ sessionId: id, question: message, answer: message, route }),
  ),
  'chat.stop': mutation(z.strictObject({ messageId: id }), message),
  /** A new answer in the place of the old one; `offline` has this device make it. */
  'chat.regenerate': mutation(z.strictObject({ messageId: id, offline: z.boolean().default(false) }), z.object({ sessionId: id, answer: message, route })),
  /** The same request again, for an answer that failed, waits or was stopped. */
  'chat.retry': mutation(z.strictObject({ messageId: id }), z.object({ sessionId: id, answer: message, route })),
  /** The rest of an answer that broke off; `question` is what was asked for it, null where the same answer goes on. */
  'chat.goOn': mutation(z.strictObject({ messageId: id }), z.object({ sessionId: id, question: message.nullable(), answer: message, route })),
  'chat.deleteMessage': mutation(z.strictObject({ messageId: id }), nothing),
  'chat.restoreMessage': mutation(z.strictObject({ messageId: id }), message),
  'chat.draft': query(z.strictObject({ sessionId: id.nullable() }), z.object({ text: z.string() })),
  'chat.saveDraft': mutation(z.strictObject({ sessionId: id.nullable(), text: z.string() }), nothing),
  /** The exact context that went to the cloud with a question; null where nothing went. */
  'chat.sent': query(z.strictObject({ messageId: id }), z.object({ host: z.string().nullable(), request: z.unknown() })),

  'plans.list': query(z.strictObject({ state: planState.optional(), ...page }), z.object({ plans: z.array(planView) })),
  'plans.get': query(z.strictObject({ planId: id }), planView),
  /** `hash` is the one the user was shown; any other plan is refused with `plan.changed`. */
  'plans.approve': mutation(z.strictObject({ planId: id, hash: z.string().length(64) }), runView),
  'plans.reject': mutation(z.strictObject({ planId: id }), planView),
  /** Replaces the steps of a proposed plan by a new plan with a new hash. */
  'plans.edit': mutation(z.strictObject({ planId: id, hash: z.string().length(64), steps: z.array(planStep).min(1) }), planView),
  'plans.undo': mutation(z.strictObject({ runId: id }), runView),
  'plans.undoPreview': query(z.strictObject({ runId: id }), planView),
  'plans.run': query(z.strictObject({ runId: id }), runView),
  'plans.runs': query(z.strictObject(page), z.object({ runs: z.array(runView) })),
  'activity.list': query(z.strictObject({ recordId: id.optional(), ...page }), z.object({ rows: z.array(activityRow) })),

  'records.list': query(
    z.strictObject({
      type: recordType,
      query: z.string().max(1_000).optional(),
      status: z.string().max(40).optional(),
      from: time.optional(),
      to: time.optional(),
      ...page,
    }),
    z.object({ records: z.array(storedRecord), next: z.string().nullable() }),
  ),
  'records.get': query(z.strictObject({ id }), storedRecord),
  'records.add': mutation(z.strictObject({ type: recordType, fields }), change),
  'records.update': mutation(z.strictObject({ id, fields }), change),
  'records.delete': mutation(z.strictObject({ id }), change),

  'today.get': query(none, today),
  'search.query': query(
    z.strictObject({ query: z.string().max(2_000), collection: z.string().max(100).optional(), limit: z.int().min(1).max(100).default(20) }),
    searchResult,
  ),

  'playbooks.list': query(none, playbookShelf),
  /** Asks the cloud for what the tier has; without an account, or with the cloud away, what is here stays. @throws `cloud.offline`, `auth.required` */
  'playbooks.refresh': mutation(none, playbookShelf),
  /**
   * Runs one with its inputs by name. Changes become a plan that waits; what needs the cloud comes with the answer or, where it cannot be reached, later.
   * `here` looks only: done on this device, nothing is sent, kept or proposed, so a screen may ask it as often as it likes.
   */
  'playbooks.run': mutation(
    z.strictObject({ id, inputs: z.record(z.string().max(100), z.unknown()).default({}), here: z.boolean().default(false) }),
    playbookResult,
  ),
  /** Newest first; of one playbook where it is named. */
  'playbooks.results': query(z.strictObject({ id: id.optional(), limit: z.int().min(1).max(100).default(20) }), z.object({ results: z.array(playbookResult) })),
  'playbooks.result': query(z.strictObject({ runId: id }), playbookResult),

  'queue.list': query(none, z.object({ jobs: z.array(queueJob) })),
  'queue.drain': mutation(none, z.object({ jobs: z.array(queueJob) })),
  'queue.retry': mutation(z.strictObject({ jobId: id }), queueJob),
  'queue.drop': mutation(z.strictObject({ jobId: id }), nothing),

  'backup.state': query(none, backupState),
  /** The twelve words, once, for a vault whose words were confirmed before backups existed. */
  'backup.setUp': mutation(z.strictObject({ phrase: words }), backupState),
  'backup.schedule': mutation(z.strictObject({ every: backupEvery, target: backupTarget.nullable() }), backupState),
  /** Answers when the backup is done; `backup.progress` tells how far it is. One task at a time. */
  'backup.create': mutation(z.strictObject({ target: backupTarget, full: z.boolean().default(false) }), backupResult),
  /** Ends the running task; what has arrived is kept for the next one. */
  'backup.cancel': mutation(none, nothing),
  'backup.list': query(
    z.strictObject({ target: backupTarget }),
    z.object({ backups: z.array(restorePoint), usedBytes: z.int().nullable(), quotaBytes: z.int().nullable() }),
  ),
  'backup.verify': mutation(z.strictObject({ target: backupTarget, id: id.optional(), full: z.boolean().default(false) }), verifyResult),
  /** Restores the newest backup into a temporary place, compares and throws it away. */
  'backup.drill': mutation(z.strictObject({ target: backupTarget }), backupState),
  /** Deleting in the cloud needs the account's password again. */
  'backup.delete': mutation(z.strictObject({ target: backupTarget, id, password: z.string().max(1_024).optional() }), nothing),
  /** The newest backup there was made by another device: from now on this one goes on with it. */
  'backup.takeOver': mutation(z.strictObject({ target: backupTarget }), backupState),
  /** `phrase` where the backup belongs to another vault than this one. `id` is wanted to go below the newest. */
  'backup.prepare': mutation(z.strictObject({ target: backupTarget, id: id.optional(), phrase: words.optional() }), restorePreview),
  /** Swaps the prepared store in; the old one is kept for 30 days. */
  'backup.restore': mutation(none, backupState),
  'backup.discard': mutation(none, backupState),
  'backup.undoRestore': mutation(none, backupState),
  /** Restore points for a device without a vault: signs in where the target is the cloud. */
  'backup.open': always(
    mutation(
      z.strictObject({ target: backupTarget, phrase: words, email: z.string().max(300).optional(), password: z.string().max(1_024).optional() }),
      z.object({ backups: z.array(restorePoint) }),
    ),
  ),
  /**
   * After `backup.open`: makes this device's vault from a restore point, the newest by default, and unlocks it. What is left of a damaged vault is kept aside in the data
   * folder.
   */
  'backup.restoreHere': always(mutation(z.strictObject({ id: id.optional(), passphrase }), z.object({ vault: vaultState, preview: restorePreview }))),
  /** `lost`: new words for the same backups. `exposed`: new words, new keys, everything is uploaded again and the old words open nothing any more. */
  'backup.newPhrase': mutation(z.strictObject({ passphrase, because: z.enum(['lost', 'exposed']) }), z.object({ recoveryPhrase: z.string() })),

  'settings.get': query(none, settings),
  'settings.set': mutation(z.strictObject({ ...settings.partial().shape, appearance: appearance.partial().optional() }), settings),
  'doctor.run': query(none, doctorReport),
} as const satisfies Record<string, Procedure>;

export type ProcedureName = keyof typeof procedures;
/** What a caller gives: defaults may be left out. */
export type InputOf<N extends ProcedureName> = z.input<(typeof procedures)[N]['input']>;
/** What the core gets: defaults filled in. */
export type ParsedOf<N extends ProcedureName> = z.output<(typeof procedures)[N]['input']>;
export type OutputOf<N extends ProcedureName> = z.output<(typeof procedures)[N]['output']>;

/** The core as the bridge sees it: one function a row. `signal` aborts when the caller gave up. */
export type CoreApi = { [N in ProcedureName]: (input: ParsedOf<N>, signal?: AbortSignal) => Promise<OutputOf<N>> };
