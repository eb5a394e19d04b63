import { useRef } from 'react';
import { AlertDialog } from '@base-ui/react/alert-dialog';
import { useApp } from '../../app-context.ts';
import { useAct, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Answer } from '../../ui/states.tsx';
import { counted } from '../../words/numbers.ts';
import { StepRow } from './step-row.tsx';
import { hasFault } from './steps.ts';

interface Says {
  readonly title: string;
  readonly lead: string;
  readonly keep: string;
  readonly act: string;
  readonly done: string;
}

const undoing: Says = {
  title: 'Undo this?',
  lead: 'This is what undoing writes. You can do it again afterwards.',
  keep: 'Keep it',
  act: 'Undo',
  done: 'Undone. Your records are as they were before.',
};
const redoing: Says = {
  title: 'Do it again?',
  lead: 'This is what doing it again writes. You can undo it afterwards.',
  keep: 'Leave it undone',
  act: 'Do',
  done: 'Done again. Undo is on the card.',
};

/** Shows what taking a run back would write before it does so; taking back an undo is a redo. The safe button has the focus. */
export function UndoDialog({ runId, redo, onClose }: { runId: string; redo: boolean; onClose: () => void }) {
  const says = redo ? redoing : undoing;
  const { bridge, cache, announcer } = useApp();
  const act = useAct();
  const safe = useRef<HTMLButtonElement>(null);
  const preview = useQuery('plans.undoPreview', { runId });
  const agree = async () => {
    onClose();
    // The card shows what became of it, so it is only said.
    if (await act(() => bridge.call('plans.undo', { runId }))) announcer.say(says.done);
    cache.invalidate(['plans.get', 'plans.run']);
  };
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="veil" />
        <AlertDialog.Popup className="dialog" initialFocus={safe}>
          <AlertDialog.Title>{says.title}</AlertDialog.Title>
          <AlertDialog.Description className="soft">{says.lead}</AlertDialog.Description>
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
              {says.keep}
            </Button>
            <Button look="primary" disabled={!preview.data || hasFault(preview.data)} onClick={() => void agree()}>
              {says.act}
              {preview.data ? ` ${counted(preview.data.writes, 'write')}` : ''}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
