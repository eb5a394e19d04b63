import { DatabaseBackup } from 'lucide-react';
import type { Status } from '../../../bridge/shapes.ts';
import { useHere, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Popover } from '../../ui/menu.tsx';
import { ProgressBar } from '../../ui/progress.tsx';
import { phaseOf, progressFacts, shareOf, taskWords, warningOf } from '../../words/backups.ts';
import { whenText } from '../../words/dates.ts';
import { go } from '../shell/route.ts';

/** One line on backups: what runs, else what is wrong, else the last one. */
export function useBackupText({ lastBackup }: Status): string {
  const here = useHere();
  const { data: state } = useQuery('backup.state', undefined);
  if (state?.running) {
    const share = shareOf(state.running);
    return `${taskWords[state.running.task].brief}${share === null ? '…' : ` ${Math.floor(share * 100)} %`}`;
  }
  const warning = state ? warningOf(state, here.now) : null;
  return warning?.text ?? (lastBackup ? `Backup ${whenText(lastBackup, here)}` : 'Backup: none yet');
}

/** Backups in the status bar; more on them behind it. */
export function BackupItem({ status }: { status: Status }) {
  const here = useHere();
  const { data: state } = useQuery('backup.state', undefined);
  const text = useBackupText(status);
  const running = state?.running ?? null;
  const warning = state && !running ? warningOf(state, here.now) : null;
  const last = status.lastBackup;
  const trigger = (
    <button type="button" className="status-item">
      {warning ? <span className={`dot ${warning.kind === 'failed' ? 'bad' : 'warn'}`} aria-hidden /> : <DatabaseBackup size={14} aria-hidden />}
      {text}
      {running && (
        <span className="status-progress">
          <ProgressBar label={taskWords[running.task].title} share={shareOf(running)} />
        </span>
      )}
    </button>
  );
  return (
    <Popover title={running ? taskWords[running.task].title : (warning?.text ?? 'Backup')} trigger={trigger}>
      {running && <p className="figures">{[phaseOf(running), ...progressFacts(running)].join(' · ')}</p>}
      <p>Last backup: {last ? whenText(last, here) : 'none yet'}.</p>
      <p>Last proven restore: {status.lastProvenRestore ? whenText(status.lastProvenRestore, here) : 'none yet'}.</p>
      {!last && <p>Your data is on this device only.</p>}
      <p>
        <Button small onClick={() => go('settings', 'backup')}>
          Open backups
        </Button>
      </p>
    </Popover>
  );
}
