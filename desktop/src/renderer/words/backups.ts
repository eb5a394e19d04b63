import type { BackupProgress, BackupState, BackupTarget } from '../../bridge/shapes.ts';
import { typeNames } from './fields.ts';
import { bytesText, counted } from './numbers.ts';
import { DAY } from './zone.ts';

type TaskName = BackupProgress['task'];

/** What runs, as its heading, and as short as the status bar wants it. */
export const taskWords: Readonly<Record<TaskName, { title: string; brief: string }>> = {
  backup: { title: 'Backing up', brief: 'Backing up' },
  verify: { title: 'Checking a backup', brief: 'Checking' },
  restore: { title: 'Getting a backup ready', brief: 'Restoring' },
  drill: { title: 'Proving a restore', brief: 'Proving' },
  'new-keys': { title: 'Uploading everything under new keys', brief: 'New keys' },
};

export const phaseWords: Readonly<Record<BackupProgress['phase'], string>> = {
  preparing: 'Getting ready',
  reading: 'Reading what changed',
  uploading: 'Sending what is new',
  downloading: 'Fetching',
  checking: 'Checking every part',
  finishing: 'Finishing',
};

/** A folder takes what the cloud is sent. */
export const phaseOf = ({ phase, target }: BackupProgress): string => {
  if (target.kind === 'cloud') return phaseWords[phase];
  return phase === 'uploading' ? 'Writing what is new' : phase === 'downloading' ? 'Reading the backup' : phaseWords[phase];
};

/** `about 40 s left`, `about 3 min left`. */
export function leftText(seconds: number): string {
  if (seconds < 1) return 'nearly done';
  if (seconds < 90) return `about ${Math.ceil(seconds)} s left`;
  if (seconds < 5_400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${Math.round(seconds / 3_600)} h left`;
}

/** From 0 to 1; null while nobody knows how much there is. */
export const shareOf = ({ bytes, objects }: BackupProgress): number | null => {
  const { done, total } = bytes.total > 0 ? bytes : objects;
  return total > 0 ? Math.min(1, done / total) : null;
};

const ofText = (done: string, total: number, all: string) => (total > 0 ? `${done} of ${all}` : done);

/** The facts of a task that runs, each on its own: bytes, parts, rate, time left. What is not known yet is left out. */
export function progressFacts({ bytes, objects, bytesPerSecond, secondsLeft }: BackupProgress): string[] {
  return [
    bytes.total > 0 || bytes.done > 0 ? ofText(bytesText(bytes.done), bytes.total, bytesText(bytes.total)) : '',
    objects.total > 0 ? ofText(String(objects.done), objects.total, counted(objects.total, 'part')) : '',
    bytesPerSecond > 0 ? `${bytesText(Math.round(bytesPerSecond))}/s` : '',
    secondsLeft === null ? '' : leftText(secondsLeft),
  ].filter((fact) => fact !== '');
}

export const sameTarget = (a: BackupTarget, b: BackupTarget): boolean =>
  a.kind === b.kind && (a.kind === 'cloud' || (b.kind === 'folder' && a.path === b.path));

export const targetKey = (target: BackupTarget): string => (target.kind === 'cloud' ? 'cloud' : `folder ${target.path}`);

/** In the middle of a sentence: `in the cloud`, `in /media/disk/backup`. */
export const whereText = (target: BackupTarget): string => (target.kind === 'cloud' ? 'in the cloud' : `in ${target.path}`);

/** A path that names one place whatever folder a program runs in, on any system. */
export const isWholePath = (path: string): boolean => /^(\/|[A-Za-z]:[\\/]|\\\\[^\\])/.test(path);

/** Codes of a place whose newest backup is not the one this device knows: the user decides. */
export const decisions: readonly string[] = ['backup.forked', 'backup.rolled_back'];

export interface BackupWarning {
  readonly kind: 'decide' | 'failed' | 'late';
  readonly text: string;
}

const periods = { off: Number.POSITIVE_INFINITY, daily: DAY, weekly: 7 * DAY } as const;

/** What the user should know before it hurts, the gravest first: a decision that waits, a failure, a backup that is two periods late. */
export function warningOf(state: BackupState, now: number): BackupWarning | null {
  const codes = state.places.flatMap(({ lastProblem }) => (lastProblem ? [lastProblem.code] : []));
  if (codes.some((code) => decisions.includes(code))) return { kind: 'decide', text: 'Backups wait for you' };
  if (codes.includes('backup.skipped')) return { kind: 'failed', text: 'No backup before the update' };
  if (codes.length > 0) return { kind: 'failed', text: 'The last backup failed' };
  if (state.lastBackup === null) return null;
  const age = now - Date.parse(state.lastBackup);
  return age > 2 * periods[state.automatic.every] ? { kind: 'late', text: `No backup for ${counted(Math.floor(age / DAY), 'day')}` } : null;
}

/** What a table or a type holds, as a heading of a count. */
const kinds: ReadonlyMap<string, string> = new Map([
  ['records', 'Tasks, events, notes, projects'],
  ['documents', 'Documents'],
  ['sessions', 'Conversations'],
  ['messages', 'Messages'],
  ['plans', 'Plans'],
  ['runs', 'Plans carried out'],
  ['activity', 'Lines of activity'],
  ['queue', 'Waiting in the outbox'],
  ['settings', 'Settings'],
  ['sent', 'Contexts that were sent'],
  ['playbook_results', 'Results of playbooks'],
]);
const types = new Map(Object.entries(typeNames));

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

export const kindText = (table: string): string => kinds.get(table) ?? capital(types.get(table)?.many ?? table);

/** Of one row: `Task`, `Message`. */
export const typeText = (type: string): string => capital(types.get(type)?.one ?? type);
