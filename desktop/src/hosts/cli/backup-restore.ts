import { join } from 'node:path';
import { AdiuvaError, isDamage, toProblem, type Problem } from '@adiuva/shared/contracts/errors.ts';
import type { BackupTarget, RestorePoint, RestorePreview } from '../../bridge/shapes.ts';
import { password } from './account-verbs.ts';
import { bytesText, withProgress } from './backup-progress.ts';
import { misused, optional, plain, type Call, type Session } from './verb.ts';
import { newPassphrase } from './vault-verbs.ts';

/** The document of the contract. Where no vault was open before, everything is won, and there is nothing to go back to. */
export interface Restored {
  readonly restored: RestorePoint;
  readonly counts: RestorePreview['counts'];
  readonly won: RestorePreview['won'];
  readonly lost: RestorePreview['lost'];
  readonly undoUntil: string | null;
}

/** Over the vault that is here, or as a new one where there is none or none that can be opened. */
export async function restore(call: Call, target: BackupTarget): Promise<Restored> {
  const session = await call.core();
  const { state, problem } = await session.api['vault.state'](undefined);
  if (state === 'missing') return restoreHere(call, session, target);
  const asks = mayAsk(call);
  const damage = problem && isDamage(problem) ? problem : await damageOf(call);
  return damage ? restoreInstead(call, session, target, damage, asks) : restoreOver(call, target, asks);
}

/** Why the vault does not open, where its files are the reason. */
async function damageOf(call: Call): Promise<Pick<Problem, 'code' | 'title'> | null> {
  try {
    await call.open();
    return null;
  } catch (error) {
    const reason = isWrongSecret(error) ? await faultByWords(call) : error;
    if (reason instanceof AdiuvaError && isDamage(reason)) return toProblem(reason);
    throw error;
  }
}

const isWrongSecret = (error: unknown) => error instanceof AdiuvaError && error.code === 'vault.wrong_secret';

/** The passphrase may be meant for the vault to come; then the words say whether the one that is here opens. */
async function faultByWords(call: Call): Promise<unknown> {
  const phrase = call.env['ADIUVA_RECOVERY_PHRASE'];
  if (!phrase) return null;
  return await (
    await call.core()
  ).api['vault.unlock']({ with: 'phrase', phrase }).then(
    () => null,
    (error: unknown) => error,
  );
}

/** What is left of the damaged vault stays in the data folder. */
async function restoreInstead(call: Call, session: Session, target: BackupTarget, { title }: Pick<Problem, 'title'>, asks: boolean): Promise<Restored> {
  if (call.human) call.note(`${title}. A backup takes its place; the damaged files stay in ${join(call.dataDir, 'damaged')}.\n`);
  if (asks && !(await saidYes(call))) throw new AdiuvaError('backup.cancelled', { detail: 'nothing was restored' });
  return await restoreHere(call, session, target);
}

async function words(call: Call, question: string): Promise<string> {
  const phrase = await call.secret('ADIUVA_RECOVERY_PHRASE', question);
  if (phrase === undefined) throw misused('the words come from ADIUVA_RECOVERY_PHRASE or a terminal');
  return phrase;
}

async function restoreHere(call: Call, session: Session, target: BackupTarget): Promise<Restored> {
  const email = optional(call, 'email');
  if (target.kind === 'cloud' && email === undefined) throw misused('--email is missing: the cloud wants the account; or name a folder with --from');
  const phrase = await words(call, 'Twelve words: ');
  const account = target.kind === 'cloud' && email !== undefined ? { email, password: await password(call) } : {};
  const { backups } = await session.api['backup.open']({ target, phrase, ...account }, call.signal);
  const id = call.args[0];
  const restored = backups.find((point) => (id === undefined ? point.newest : point.id === id));
  if (!restored) throw new AdiuvaError(id === undefined ? 'backup.missing' : 'backup.not_found');
  const passphrase = await newPassphrase(call);
  const { preview } = await withProgress(call, session, () => session.api['backup.restoreHere']({ id: restored.id, passphrase }, call.signal));
  return { restored: preview.point, counts: preview.counts, won: preview.won, lost: preview.lost, undoUntil: null };
}

/** Decided before anything is fetched: nobody waits for a refusal. */
function mayAsk(call: Call): boolean {
  if (call.options['yes'] === true) return false;
  if (call.human && call.watched) return true;
  throw misused('--yes is missing: this replaces the data of the vault that is here');
}

async function restoreOver(call: Call, target: BackupTarget, asks: boolean): Promise<Restored> {
  const session = await call.open();
  await signIn(call, session, target);
  const preview = await withProgress(call, session, () => prepare(call, session, target));
  if (asks && !(await agreed(call, preview))) {
    await session.api['backup.discard'](undefined);
    throw new AdiuvaError('backup.cancelled', { detail: 'nothing was restored' });
  }
  const { kept } = await session.api['backup.restore'](undefined);
  return { restored: preview.point, counts: preview.counts, won: preview.won, lost: preview.lost, undoUntil: kept?.until ?? null };
}

async function signIn(call: Call, { api }: Session, target: BackupTarget): Promise<void> {
  const email = optional(call, 'email');
  if (target.kind !== 'cloud' || email === undefined || (await api['account.state'](undefined)).account) return;
  await api['account.login']({ email, password: await password(call) }, call.signal);
}

/** With the words of this vault first; with those of the backup where it has others. */
async function prepare(call: Call, { api }: Session, target: BackupTarget): Promise<RestorePreview> {
  const what = { target, ...(call.args[0] !== undefined && { id: call.args[0] }) };
  try {
    return await api['backup.prepare'](what, call.signal);
  } catch (error) {
    if (!(error instanceof AdiuvaError) || error.code !== 'backup.wrong_phrase') throw error;
    const phrase = await call.secret('ADIUVA_RECOVERY_PHRASE', 'This backup has other words than this vault. Its twelve words: ');
    if (phrase === undefined) throw error;
    return api['backup.prepare']({ ...what, phrase }, call.signal);
  }
}

const changesText = (name: string, { total, first }: RestorePreview['won']) => [
  `${name}: ${total}`,
  ...first.slice(0, 10).map(({ type, title }) => `  ${type}  ${title}`),
  ...(total > 10 ? [`  and ${total - 10} more`] : []),
];

function previewText({ point, deviceName, fingerprint, counts, won, lost, newestKnown }: RestorePreview): string {
  return plain(
    [
      `backup of ${point.createdAt}, generation ${point.generation}, ${bytesText(point.bytes)}${deviceName === null ? '' : `, made on ${deviceName}`}`,
      `fingerprint ${fingerprint}`,
      ...(newestKnown ? [] : ['this is older than a backup this device has seen']),
      ...counts.filter(({ here, there }) => here !== there).map(({ table, here, there }) => `  ${table}: ${here} here, ${there} in the backup`),
      ...changesText('comes back', won),
      ...changesText('goes', lost),
      'The data of now is kept for 30 days: "adiuva backup undo" brings it back.',
    ].join('\n'),
  );
}

async function agreed(call: Call, preview: RestorePreview): Promise<boolean> {
  call.note(`${previewText(preview)}\n`);
  return await saidYes(call);
}

const saidYes = async (call: Call): Promise<boolean> => /^y(es)?$/i.test((await call.answer('Restore it? [y/N] '))?.trim() ?? '');

export const restoreText = ({ restored, won, lost, undoUntil }: Restored): string =>
  `restored generation ${restored.generation} of ${restored.createdAt}` +
  (undoUntil === null ? '' : `; ${won.total} came back, ${lost.total} went. Undo until ${undoUntil}: adiuva backup undo`);
