import { Undo2 } from 'lucide-react';
import type { BackupState } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { absoluteText, relativeText } from '../../words/dates.ts';
import { useDone } from '../shell/acts.ts';
import { useTask } from './use-task.ts';

/** Goes back to the data from before the last restore. */
export function useUndoRestore() {
  const { bridge, cache } = useApp();
  const done = useDone();
  const task = useTask();
  const undo = () =>
    task.run(async () => {
      cache.write('backup.state', undefined, await bridge.call('backup.undoRestore'));
      cache.invalidate('all');
      done('The restore was undone. Your data is as it was before it.');
      return true;
    });
  return { ...task, undo };
}

/** The data from before the last restore is kept: one click brings it back. */
export function KeptNotice({ kept }: { kept: NonNullable<BackupState['kept']> }) {
  const here = useHere();
  const { busy, error, undo } = useUndoRestore();
  return (
    <>
      <div className="notice words-banner">
        <Undo2 size={17} aria-hidden />
        <div className="grow">
          <div className="strong">You restored a backup {relativeText(kept.restoredAt, here).replace(/^now$/, 'just now')}</div>
          <div>
            Your data from before is kept until <time dateTime={kept.until}>{absoluteText(kept.until, here)}</time>.
          </div>
        </div>
        <Button small disabled={busy} onClick={() => void undo()}>
          {busy ? 'Going back…' : 'Undo restore'}
        </Button>
      </div>
      {error !== null && <ErrorNote error={error} />}
    </>
  );
}
