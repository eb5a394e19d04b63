import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { BackupState, BackupTarget, RestorePoint, VerifyResult } from '../../bridge/shapes.ts';
import { password } from './account-verbs.ts';
import { bytesText, withProgress } from './backup-progress.ts';
import { restore, restoreText } from './backup-restore.ts';
import { misused, needed, optional, plain, verb, type Call, type Session, type Verb } from './verb.ts';
import { numbered } from './vault-verbs.ts';

/** The cloud, or the folder that `--to` or `--from` names. */
function targetOf(call: Call, option: 'to' | 'from'): BackupTarget {
  const folder = optional(call, option);
  if (folder === '') throw misused(`--${option} wants a folder`);
  return folder === undefined ? { kind: 'cloud' } : { kind: 'folder', path: call.pathOf(folder) };
}

const where = (target: BackupTarget) => (target.kind === 'cloud' ? 'in the cloud' : `in ${target.path}`);
const one = (call: Call) => (call.args[0] === undefined ? {} : { id: call.args[0] });

/** A task of the core with its progress shown; an interrupt cancels it, and what has arrived is kept. */
async function task<T>(call: Call, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await call.open();
  return cancellable(call, () => withProgress(call, session, () => work(session)));
}

/** @throws AdiuvaError `backup.cancelled` for whatever an interrupt made of the call */
async function cancellable<T>(call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw call.signal.aborted && !(error instanceof AdiuvaError) ? new AdiuvaError('backup.cancelled', { cause: error }) : error;
  }
}

const to = { to: { type: 'string' } } as const;
const from = { from: { type: 'string' } } as const;
const progress = { progress: { type: 'boolean' } } as const;
const account = { 'password-stdin': { type: 'boolean' } } as const;

const pointText = ({ id, generation, createdAt, bytes, objects, newest }: RestorePoint) =>
  `${id}  ${createdAt}  generation ${generation}  ${bytesText(bytes)} in ${objects} parts${newest ? '  newest' : ''}`;

const roomText = (used: number | null, quota: number | null) =>
  used === null ? '' : `\n${bytesText(used)} used${quota === null ? '' : ` of ${bytesText(quota)}`}`;

const create: Verb = verb({
  usage: '[--to DIR] [--full] [--progress]',
  about: 'backs up what is new, to the cloud or to a folder; --full sends everything again',
  words: [0, 0],
  options: { ...to, ...progress, full: { type: 'boolean' } },
  async run(call) {
    const target = targetOf(call, 'to');
    const made = await task(call, ({ api }) => api['backup.create']({ target, full: call.options['full'] === true }, call.signal));
    return { ...made, target };
  },
  text: ({ id, kind, bytes, objects, target }) =>
    plain(kind === 'none' ? `nothing had changed since ${id} ${where(target)}` : `${id}  ${bytesText(bytes)} in ${objects} parts ${where(target)}`),
});

const list: Verb = verb({
  usage: '[--from DIR]',
  about: 'the restore points, newest first',
  words: [0, 0],
  options: from,
  async run(call) {
    const { api } = await call.open();
    return api['backup.list']({ target: targetOf(call, 'from') }, call.signal);
  },
  text: ({ backups, usedBytes, quotaBytes }) => (backups.map(pointText).join('\n') || 'no backups yet') + roomText(usedBytes, quotaBytes),
});

const verifyText = ({ ok, generation, objectsRead, objectsTotal, bytesRead, faults }: VerifyResult) =>
  [
    `generation ${generation}: ${objectsRead} of ${objectsTotal} parts read, ${bytesText(bytesRead)}: ${ok ? 'all right' : `${faults.length} cannot be used`}`,
    ...faults.map(({ object, problem }) => plain(`FAIL  ${object}: ${problem.title}`)),
  ].join('\n');

const verify: Verb = verb({
  usage: '[ID] [--from DIR] [--full] [--progress]',
  about: 'reads a backup and proves every part: of a folder all of it, of the cloud a sample unless --full',
  words: [0, 1],
  options: { ...from, ...progress, full: { type: 'boolean' } },
  run: async (call) => {
    const target = targetOf(call, 'from');
    const full = call.options['full'] === true || target.kind === 'folder';
    return task(call, ({ api }) => api['backup.verify']({ target, full, ...one(call) }, call.signal));
  },
  text: verifyText,
  exit: ({ ok }) => (ok ? 0 : 1),
});

const remove: Verb = verb({
  usage: 'ID [--from DIR] [--password-stdin]',
  about: 'deletes a restore point; in the cloud with the password of the account',
  words: [1, 1],
  options: { ...from, ...account },
  async run(call) {
    const target = targetOf(call, 'from');
    const id = call.args[0]!;
    const { api } = await call.open();
    await api['backup.delete']({ target, id, ...(target.kind === 'cloud' && { password: await password(call) }) }, call.signal);
    return { deleted: id };
  },
  text: ({ deleted }) => `deleted ${plain(deleted)}`,
});

const drill: Verb = verb({
  usage: '[--from DIR] [--progress]',
  about: 'restores the newest backup into a temporary place, compares it and throws it away',
  words: [0, 0],
  options: { ...from, ...progress },
  async run(call) {
    const target = targetOf(call, 'from');
    const { lastProvenRestore } = await task(call, ({ api }) => api['backup.drill']({ target }, call.signal));
    return { lastProvenRestore, target };
  },
  text: ({ lastProvenRestore, target }) => plain(`a restore ${where(target)} was proven: ${lastProvenRestore ?? ''}`),
});

const undo: Verb = verb({
  usage: '',
  about: 'takes the last restore back, and once more brings it again; the other side is kept for 30 days',
  words: [0, 0],
  async run(call) {
    const { kept } = await (await call.open()).api['backup.undoRestore'](undefined);
    return { undone: kept?.undone ?? true, until: kept?.until ?? null };
  },
  text: ({ undone }) => (undone ? 'the restore was undone' : 'the restored data is back'),
});

const everies: readonly BackupState['automatic']['every'][] = ['off', 'daily', 'weekly'];

const schedule: Verb = verb({
  usage: 'off|daily|weekly [--to DIR]',
  about: 'when backups are made by themselves, and where',
  words: [1, 1],
  options: to,
  async run(call) {
    const every = everies.find((known) => known === call.args[0]);
    if (!every) throw misused('the schedule is off, daily or weekly');
    const { automatic } = await (await call.open()).api['backup.schedule']({ every, target: targetOf(call, 'to') });
    return automatic;
  },
  text: ({ every, target, nextAt }) => plain(every === 'off' || !target ? 'off' : `${every}, ${where(target)}${nextAt ? `, next ${nextAt}` : ''}`),
});

const takeOver: Verb = verb({
  usage: '[--to DIR]',
  about: 'after another device backed up there: this device goes on with its own data',
  words: [0, 0],
  options: to,
  async run(call) {
    const target = targetOf(call, 'to');
    await (await call.open()).api['backup.takeOver']({ target }, call.signal);
    return { target };
  },
  text: ({ target }) => plain(`this device goes on with the backups ${where(target)}`),
});

const newPhrase: Verb = verb({
  usage: '--because lost|exposed [--progress]',
  about: 'twelve new words, shown once; exposed: new keys too, and everything is backed up again',
  words: [0, 0],
  options: { because: { type: 'string' }, ...progress },
  async run(call) {
    const because = needed(call, 'because');
    if (because !== 'lost' && because !== 'exposed') throw misused('--because must be lost or exposed');
    const passphrase = await call.secret('ADIUVA_PASSPHRASE', 'Passphrase: ');
    if (passphrase === undefined) throw misused('the passphrase comes from ADIUVA_PASSPHRASE or a terminal');
    return task(call, ({ api }) => api['backup.newPhrase']({ passphrase, because }, call.signal));
  },
  text: ({ recoveryPhrase }) =>
    `Your new recovery words. Write them down on paper and destroy the old ones; they are not shown again.\n\n${numbered(recoveryPhrase)}`,
});

const setUp: Verb = verb({
  usage: '',
  about: 'asks once for the twelve words of a vault that is older than backups',
  words: [0, 0],
  async run(call) {
    const { api } = await call.open();
    const phrase = await call.secret('ADIUVA_RECOVERY_PHRASE', 'Twelve words: ');
    if (phrase === undefined) throw misused('the words come from ADIUVA_RECOVERY_PHRASE or a terminal');
    const { ready } = await api['backup.setUp']({ phrase });
    return { ready };
  },
  text: ({ ready }) => (ready ? 'backups are set up' : 'backups are not set up'),
});

export const backupVerbs: Readonly<Record<string, Verb>> = {
  'backup create': create,
  'backup list': list,
  'backup verify': verify,
  'backup restore': verb({
    usage: '[ID] [--from DIR] [--email E --password-stdin] [--yes] [--progress]',
    about: 'restores a backup, the newest by default: over this vault, or as a new one where there is none',
    words: [0, 1],
    options: { ...from, ...progress, ...account, email: { type: 'string' }, yes: { type: 'boolean' } },
    run: (call) => cancellable(call, () => restore(call, targetOf(call, 'from'))),
    text: restoreText,
  }),
  'backup delete': remove,
  'backup drill': drill,
  'backup undo': undo,
  'backup schedule': schedule,
  'backup take-over': takeOver,
  'backup new-phrase': newPhrase,
  'backup set-up': setUp,
};
