import type { z } from 'zod';

/** What the table says of one error: HTTP status, whether the same request may succeed later, exit code of the command line, words for the user. */
export interface ErrorRow {
  readonly status: number;
  readonly retry: boolean;
  /** 1 failed · 2 usage · 3 locked or wrong secret · 4 offline · 5 not permitted. */
  readonly exit: 1 | 2 | 3 | 4 | 5;
  readonly title: string;
  /** The next step, shown with the title. */
  readonly hint: string;
}

const row = (status: number, title: string, hint: string, more: Partial<Pick<ErrorRow, 'retry' | 'exit'>> = {}): ErrorRow => ({
  status,
  title,
  hint,
  retry: more.retry ?? false,
  exit: more.exit ?? 1,
});

/** Every error of Adiuva. `docs/errors.md` lists the same rows and a test compares the two. */
export const errors = {
  'request.invalid': row(400, 'The request is not valid', 'Correct the fields named in the detail and send it again.', { exit: 2 }),
  'request.not_found': row(404, 'There is nothing at this address', 'Check the address; the OpenAPI document lists every route.'),
  'request.too_large': row(413, 'The request is too large', 'Send less at once.', { exit: 2 }),
  'request.unsupported_media': row(415, 'This content type is not understood', 'Send JSON with content-type application/json.', { exit: 2 }),
  'request.timeout': row(408, 'The request took too long to arrive', 'Try again.', { retry: true }),
  'request.method_not_allowed': row(405, 'This address does not take this method', 'The Allow header lists those it takes.'),
  'request.header_too_large': row(431, 'The headers of the request are too large', 'Send shorter headers.'),
  'rate.limited': row(429, 'Too many requests for now', 'Wait for the time given, then try again.', { retry: true }),
  'auth.required': row(401, 'You are not signed in', 'Sign in and try again.', { exit: 5 }),
  'auth.invalid_credentials': row(401, 'The email or the password is not right', 'Check both and try again.', { exit: 3 }),
  'auth.token_expired': row(401, 'The access has expired', 'It is renewed by itself; if not, sign in again.', { retry: true, exit: 5 }),
  'auth.token_invalid': row(401, 'The access token is not valid', 'Sign in again.', { exit: 5 }),
  'auth.refresh_invalid': row(401, 'This session has ended', 'Sign in again. Everything on this device stays.', { exit: 5 }),
  'auth.refresh_reused': row(401, 'This session was ended because its key was used twice', 'Sign in again and look at your list of sessions.', { exit: 5 }),
  'auth.email_taken': row(409, 'An account with this email exists', 'Sign in instead.'),
  'auth.password_length': row(400, 'The password must have 8 to 1,024 bytes', 'Choose a longer or shorter password.', { exit: 2 }),
  'auth.busy': row(503, 'Too many sign-ins at once', 'Try again in a few seconds.', { retry: true }),
  'auth.account_not_found': row(404, 'There is no account with this email', 'Check the spelling.'),
  'auth.session_not_found': row(404, 'There is no such session', 'It may have ended already.'),
  'billing.not_configured': row(501, 'Payments are not set up on this service', 'Everything else works. Whoever runs the service can set them up.', {
    exit: 5,
  }),
  'billing.no_subscription': row(404, 'There is no subscription', 'Choose a plan under Settings, Account.'),
  'billing.signature_invalid': row(
    400,
    'The message of the payment provider is not signed as it should be',
    'Check the secret of the webhook and the clock of the server.',
  ),
  'permission.denied': row(403, 'This is not permitted', 'Ask the owner for access, or grant it in Settings.', { exit: 5 }),
  'tier.required': row(403, 'This needs another plan', 'See the plans under Settings, Account.', { exit: 5 }),
  'chat.message_empty': row(400, 'The message is empty', 'Write something first.', { exit: 2 }),
  'chat.message_too_long': row(413, 'The message is too long', 'Keep it under 32,000 characters, or attach it as a file.', { exit: 2 }),
  'chat.context_too_large': row(413, 'The context of the message is too large', 'Send fewer documents along.', { exit: 2 }),
  'chat.run_not_found': row(404, 'This answer is no longer kept', 'Answers are kept for 15 minutes; send the message again.'),
  'chat.request_reused': row(409, 'This request id was used for another message', 'Send it again under a new id.'),
  'chat.interrupted': row(503, 'The answer broke off', 'It is asked again by itself; if not, send the message again.', { retry: true }),
  'chat.cancelled': row(409, 'The answer was stopped', 'Send the message again when you want it.'),
  'model.unavailable': row(503, 'The assistant cannot answer right now', 'Try again in a minute; what works offline still works.', { retry: true }),
  'model.timeout': row(504, 'The assistant took too long', 'Try again, or ask for less at once.', { retry: true }),
  'model.refused': row(
    502,
    'The provider of the assistant refused the request',
    'Check the key and the name of the model, or choose another; nothing was changed.',
  ),
  'model.bad_reply': row(502, 'The assistant gave an answer that does not hold', 'Try again; nothing was changed.', { retry: true }),
  'model.not_private': row(
    409,
    'No assistant that stays on this machine is set up',
    'Add a local model, or allow a provider for this under Settings, Models; nothing was sent.',
  ),
  'agent.not_found': row(404, 'There is no such agent', 'The agents are task, calendar, email, analytics and general.'),
  'template.not_found': row(404, 'There is no such prompt template', 'Update Adiuva; the playbook or plan may be newer or older than the service.'),
  'template.variables': row(422, 'The values do not fit the prompt template', 'Update Adiuva; nothing was asked.', { exit: 2 }),
  'playbook.not_found': row(404, 'There is no such playbook', 'List the playbooks to see which exist.'),
  'playbook.invalid': row(422, 'The playbook does not hold', 'It is not run. Refresh the playbooks; the others work.'),
  'playbook.signature': row(422, 'The signature of the playbook does not hold', 'It is not run. Refresh the playbooks; if it stays, tell us.'),
  'playbook.newer': row(409, 'This playbook was written for a newer Adiuva', 'Update Adiuva; the other playbooks work.'),
  'playbook.outdated': row(409, 'The playbook offered is older than one seen before', 'The newer one is kept and works.'),
  'playbook.inputs': row(422, 'The inputs do not fit the playbook', 'Correct the inputs named in the detail.', { exit: 2 }),
  'playbook.result_not_found': row(404, 'There is no such result of a playbook', 'The last 100 are kept; run the playbook again.'),
  'plan.invalid': row(422, 'The plan does not hold', 'Nothing was changed. Ask again in other words.'),
  'plan.not_found': row(404, 'There is no such plan', 'List the plans to see which exist.'),
  'plan.changed': row(409, 'The plan is not the one you saw', 'Nothing was changed. Look at the plan again and decide anew.'),
  'plan.decided': row(409, 'This plan was decided before', 'Look at its result in the list of runs.'),
  'plan.expired': row(409, 'This plan is out of date', 'Ask again to get a fresh one.'),
  'plan.step_failed': row(422, 'A step of the plan could not be done', 'Nothing of the plan was kept. The detail says which step and why.'),
  'run.not_found': row(404, 'There is no such run', 'List the runs to see which exist.'),
  'run.undone': row(409, 'This was undone before', 'Nothing more to undo.'),
  'run.conflict': row(409, 'What this changed was changed again since', 'Undo the later change first, or edit the record by hand.'),
  'record.not_found': row(404, 'There is no such record', 'It may have been deleted; undo brings it back.'),
  'record.invalid': row(422, 'The fields do not fit this record type', 'Correct the fields named in the detail.', { exit: 2 }),
  'session.not_found': row(404, 'There is no such conversation', 'List the conversations to see which exist.'),
  'message.not_found': row(404, 'There is no such message', 'It may have been deleted.'),
  'queue.not_found': row(404, 'There is no such waiting job', 'It may have gone out already.'),
  'queue.restored': row(
    409,
    'This came back with a restored backup and may have gone out before',
    'Look whether it was answered elsewhere, then send it again or remove it in the outbox.',
  ),
  'vault.exists': row(409, 'There is a vault here already', 'Unlock it, or choose another folder with ADIUVA_HOME.'),
  'vault.missing': row(404, 'There is no vault here yet', 'Make one with "adiuva init" or in the window.', { exit: 3 }),
  'vault.locked': row(423, 'The vault is locked', 'Unlock it with the passphrase or the recovery phrase.', { exit: 3 }),
  'vault.wrong_secret': row(401, 'This passphrase does not open the vault', 'Try again, or use the twelve words.', { exit: 3 }),
  'vault.wrong_phrase': row(401, 'These twelve words do not open the vault', 'Check the spelling and the order of the words.', { exit: 3 }),
  'vault.phrase_invalid': row(400, 'This is not a phrase of twelve known words', 'Check each word against your paper.', { exit: 3 }),
  'vault.slot_unavailable': row(409, 'This way to unlock is not set up here', 'Use the passphrase or the recovery phrase.', { exit: 3 }),
  'vault.passphrase_weak': row(400, 'The passphrase is too short', 'Use at least 8 characters; several words are best.', { exit: 2 }),
  'vault.in_use': row(409, 'Another Adiuva is using this vault', 'Close the other window, or let it finish.', { retry: true }),
  'vault.plaintext': row(500, 'The data file is not encrypted', 'Adiuva does not open it. Move it away and restore a backup, or ask for support.'),
  'vault.corrupt': row(500, 'The data file is damaged', 'Nothing was changed. Restore a backup, or keep the folder and ask for support.'),
  'vault.newer': row(409, 'This vault was written by a newer Adiuva', 'Update Adiuva; nothing was changed.'),
  'vault.disk_full': row(507, 'The disk is full', 'Free some space; nothing that was confirmed is lost.', { retry: true }),
  'backup.missing': row(404, 'There is no backup here', 'Check the account or the folder, or make a backup first.'),
  'backup.unreachable': row(503, 'The place of the backups cannot be reached', 'Plug the disk in or check the folder; what has arrived there is kept.', {
    retry: true,
    exit: 4,
  }),
  'backup.not_found': row(404, 'There is no such backup', 'List the backups to see which exist.'),
  'backup.object_not_found': row(404, 'This part of the backup is not there', 'Choose another restore point, or another copy of the backup.'),
  'backup.corrupt': row(422, 'The backup is damaged', 'Nothing was changed. Choose an older restore point, or another copy of the folder.'),
  'backup.newer': row(409, 'This backup was written by a newer Adiuva', 'Update Adiuva; nothing was changed.'),
  'backup.wrong_phrase': row(401, 'These twelve words do not open this backup', 'Check the words and their order, and that the backup is yours.', { exit: 3 }),
  'backup.rolled_back': row(
    409,
    'The newest backup offered is older than one made here',
    'It may have been put back. Choose a restore point by hand, or make a new backup.',
  ),
  'backup.forked': row(409, 'Another device has backed up here since', 'Restore that backup, or let this device take over in Settings, Backup.'),
  'backup.head_moved': row(409, 'Another backup was finished first', 'Try again.', { retry: true }),
  'backup.objects_missing': row(409, 'Parts of the backup have not arrived', 'Try again; what has arrived is kept.', { retry: true }),
  'backup.object_exists': row(409, 'This part of the backup exists already', 'Nothing to do; parts are never replaced.'),
  'backup.quota': row(507, 'The cloud storage of your plan is full', 'Delete old backups, change the plan, or back up to a folder; nothing was changed.', {
    exit: 5,
  }),
  'backup.running': row(409, 'A backup or a restore is running', 'Wait until it is done, or cancel it.', { retry: true }),
  'backup.cancelled': row(409, 'The backup was cancelled', 'Nothing is lost; the next one goes on from here.'),
  'backup.not_set_up': row(409, 'Backups need the twelve words once', 'Type them under Settings, Backup.', { exit: 3 }),
  'backup.proof_failed': row(
    500,
    'The restored data does not match the backup',
    'Nothing was changed. Choose another restore point and send us the request id.',
  ),
  'backup.skipped': row(503, 'There is no backup from before the last update', 'Back up now; the next one by itself comes as usual.', { retry: true, exit: 4 }),
  'backup.nothing_kept': row(404, 'There is no earlier store to go back to', 'It is kept for 30 days after a restore.'),
  'cloud.offline': row(503, 'The cloud cannot be reached', 'What works on this device goes on; the rest waits in the outbox.', { retry: true, exit: 4 }),
  'cloud.bad_reply': row(502, 'The cloud gave an answer that does not hold', 'Try again; nothing was changed.', { retry: true }),
  'cloud.in_use': row(
    409,
    'Another Adiuva cloud is using this data',
    'Stop it or choose another folder with ADIUVA_HOME; several at once need DATABASE_URL and REDIS_URL.',
  ),
  'cloud.newer': row(409, 'This database was written by a newer Adiuva', 'Update Adiuva; nothing was changed.'),
  'dependency.unavailable': row(503, 'A part of the service is not available', 'Try again in a minute.', { retry: true }),
  'bridge.unknown_procedure': row(404, 'The window asked for something the core does not know', 'Reload the window.'),
  'bridge.disconnected': row(503, 'The window lost its core', 'It reconnects by itself; reload if it does not.', { retry: true }),
  'usage.invalid': row(400, 'The command was not understood', 'Run "adiuva help" for the verbs.', { exit: 2 }),
  'config.invalid': row(500, 'The configuration is not valid', 'Correct the variables named in the detail.'),
  internal: row(500, 'Something went wrong on our side', 'Try again. If it stays, send us the request id.', { retry: true }),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;

/** Whether the vault cannot be opened for what its files are: no secret helps, a backup does. */
export const isDamage = ({ code }: { readonly code: string }): boolean => code === 'vault.corrupt' || code === 'vault.plaintext';

export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errors, code);

/** Optional facts of an error that may be shown: never user text beyond the names of fields. */
export interface ErrorFacts {
  /** One sentence on this very case; shown to the user. */
  detail?: string;
  /** Seconds until a retry makes sense. */
  retryAfter?: number;
  requestId?: string;
  cause?: unknown;
}

/** The one error class. `cause` stays on this side of a border; `code` and `detail` cross it. */
export class AdiuvaError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;

  constructor(code: ErrorCode, facts: ErrorFacts = {}) {
    super(facts.detail ?? errors[code].title, { cause: facts.cause });
    this.name = 'AdiuvaError';
    this.code = code;
    this.detail = facts.detail;
    this.retryAfter = facts.retryAfter;
    this.requestId = facts.requestId;
  }

  get row(): ErrorRow {
    return errors[this.code];
  }
}

/** RFC 9457 problem details with our `code`; the shape of every error on every wire. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string | undefined;
  code: string;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
}

/** Flattens anything thrown; what is not ours becomes `internal` without its text, which may hold user data. */
export function toProblem(thrown: unknown, requestId?: string): Problem {
  const error = thrown instanceof AdiuvaError ? thrown : new AdiuvaError('internal');
  const id = requestId ?? error.requestId;
  return {
    type: `urn:adiuva:error:${error.code}`,
    title: error.row.title,
    status: error.row.status,
    code: error.code,
    ...(error.detail !== undefined && { detail: error.detail }),
    ...(id !== undefined && { requestId: id }),
    ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }),
  };
}

/** First faults of a zod check as one sentence: paths and rules, never the values. */
export function describeIssues(error: z.core.$ZodError): string {
  const shown = error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`);
  const more = error.issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Parses or throws `code` with the faults as detail. */
export function parseAs<T>(schema: z.ZodType<T>, data: unknown, code: ErrorCode): T {
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new AdiuvaError(code, { detail: describeIssues(parsed.error) });
  return parsed.data;
}
