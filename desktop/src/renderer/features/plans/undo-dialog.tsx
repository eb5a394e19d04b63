import { useRef } from 'react';
import { AlertDialog } from '@base-ui/react/alert-dialog';
import type { RunView } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Answer } from '../../ui/states.tsx';
import { counted } from '../../words/numbers.ts';
import { useUndo } from '../shell/acts.ts';
import { StepRow } from './step-row.tsx';
import { hasFault } from './steps.ts';

/** Shows what an undo would write before it does so. The safe button has the focus. */
export function UndoDialog({ run, onClose }: { run: RunView; onClose: () => void }) {
  const { cache } = useApp();
  const undo = useUndo();
  const safe = useRef<HTMLButtonElement>(null);
  const preview = useQuery('plans.undoPreview', { runId: run.runId });
  const agree = async () => {
    onClose();
    await undo(run.runId, 'Undone. Your records are as they were before.');
    cache.invalidate(['plans.get', 'plans.runs']);
  };
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="veil" />
        <AlertDialog.Popup className="dialog" initialFocus={safe}>
          <AlertDialog.Title>Undo this?</AlertDialog.Title>
          <AlertDialog.Description className="soft">This is what undoing writes. It can be done again by asking again.</AlertDialog.Description>
          <Answer entry={preview} lines={3} onRetry={() => cache.invalidate(['plans.undoPreview'])}>
            {(view) => (
              <ol className="plan-steps boxed">
                {view.steps.map((step, index) => (
                  <StepRow key={index} step={step} index={index} open={false} />
                ))}
              </ol>
            )}
          </Answer>
          <div className="dialog-actions">
            <Button ref={safe} onClick={onClose}>
              Keep it
            </Button>
            <Button look="primary" disabled={!preview.data || hasFault(preview.data)} onClick={() => void agree()}>
              Undo{preview.data ? ` ${counted(preview.data.writes, 'write')}` : ''}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
