import { Undo2 } from 'lucide-react';
import type { BackupState } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { absoluteText, relativeText } from '../../words/dates.ts';
import { useDone } from '../shell/acts.ts';
import { useTask } from './use-task.ts';

/** Swaps the store in use with the kept one: takes a restore back, or an undo. */
export function useUndoRestore() {
  const { bridge, cache } = useApp();
  const done = useDone();
  const { busy, error, run } = useTask();
  const undo = () =>
    run(async () => {
      const state = await bridge.call('backup.undoRestore');
      cache.write('backup.state', undefined, state);
      cache.invalidate('all');
      done(state.kept?.undone === false ? 'The restored data is back.' : 'The restore was undone. Your data is as it was before it.');
      return true;
    });
  return { busy, error, undo };
}

const words = {
  restored: { title: 'You restored a backup', kept: 'Your data from before is kept until', button: 'Undo restore' },
  undone: { title: 'You undid a restore', kept: 'What it had brought is kept until', button: 'Bring it back' },
} as const;

/** The other side of the last restore is kept: one click brings it back. */
export function KeptNotice({ kept }: { kept: NonNullable<BackupState['kept']> }) {
  const here = useHere();
  const { busy, error, undo } = useUndoRestore();
  const said = words[kept.undone ? 'undone' : 'restored'];
  return (
    <>
      <div className="notice words-banner">
        <Undo2 size={17} aria-hidden />
        <div className="grow">
          <div className="strong">
            {said.title} {relativeText(kept.restoredAt, here).replace(/^now$/, 'just now')}
          </div>
          <div>
            {said.kept} <time dateTime={kept.until}>{absoluteText(kept.until, here)}</time>.
          </div>
        </div>
        <Button small disabled={busy} onClick={() => void undo()}>
          {busy ? 'One moment…' : said.button}
        </Button>
      </div>
      {error !== null && <ErrorNote error={error} />}
    </>
  );
}
