import { useState } from 'react';
import { isDamage, type Problem } from '@adiuva/shared/contracts/errors.ts';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { StoredProblem } from '../../ui/states.tsx';
import { RestoreHere } from '../onboarding/restore-here.tsx';
import { FrontPage } from './front-page.tsx';

interface VaultTroubleProps {
  readonly problem: Problem;
  readonly onLook: () => void;
}

/** The vault cannot be opened, for a reason that no passphrase helps with. Nothing here deletes: a restore keeps what is left of the vault aside. */
export function VaultTrouble({ problem, onLook }: VaultTroubleProps) {
  const { cache } = useApp();
  const [restoring, setRestoring] = useState(false);
  if (restoring) return <RestoreHere back="Back" onRestored={() => cache.invalidate('all')} onBack={() => setRestoring(false)} />;
  const damaged = isDamage(problem);
  return (
    <FrontPage title="The vault cannot be opened">
      <StoredProblem problem={problem} />
      {damaged && <p className="soft">A restore makes a new vault from a backup. The damaged files are kept, in the folder “damaged” of your data.</p>}
      {damaged && (
        <Button look="primary" wide onClick={() => setRestoring(true)}>
          Restore from a backup
        </Button>
      )}
      <Button wide onClick={onLook}>
        Look again
      </Button>
    </FrontPage>
  );
}
