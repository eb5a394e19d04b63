import { Check, X } from 'lucide-react';
import type { PlanView } from '../../../bridge/shapes.ts';
import { useSettings } from '../../data/hooks.ts';
import { keysOf } from '../../keys/keys.ts';
import { Button } from '../../ui/button.tsx';
import { Keys } from '../../ui/keys.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { approveLabel, hasFault, isFinal } from './steps.ts';
import type { PlanActs } from './use-plan-acts.ts';

const deletes = (view: PlanView) => view.steps.some(({ step }) => step.action === 'delete_record');

/** The foot of a proposed plan. Nothing here has the focus by itself; a plan that deletes does not wear the inviting colour. */
export function PlanDecision({ view, acts }: { view: PlanView; acts: PlanActs }) {
  const { keys } = useSettings();
  return (
    <>
      {acts.error !== null && <ErrorNote error={acts.error} />}
      <footer className="plan-foot">
        <p className="grow small soft">{isFinal(view) ? 'A step of this cannot be undone.' : 'Nothing is written yet. You can undo it afterwards.'}</p>
        <Button look="quiet" icon={X} disabled={acts.busy} onClick={acts.reject}>
          Reject
          <Keys of={keysOf('reject', keys)[0] ?? ''} />
        </Button>
        <Button look={deletes(view) ? 'danger' : 'primary'} icon={Check} disabled={acts.busy || hasFault(view)} onClick={acts.approve}>
          {acts.busy ? 'One moment…' : approveLabel(view)}
          <Keys of={keysOf('approve', keys)[0] ?? ''} />
        </Button>
      </footer>
    </>
  );
}
