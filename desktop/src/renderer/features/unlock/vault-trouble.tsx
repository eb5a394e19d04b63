import type { Problem } from '@adiuva/shared/contracts/errors.ts';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { StoredProblem } from '../../ui/states.tsx';
import { FrontPage } from './front-page.tsx';

/** The vault cannot be opened, for a reason that no passphrase helps with. Nothing here deletes. */
export function VaultTrouble({ problem }: { problem: Problem }) {
  const { cache } = useApp();
  return (
    <FrontPage title="The vault cannot be opened">
      <StoredProblem problem={problem} />
      <Button wide onClick={() => cache.invalidate(['vault.state'])}>
        Look again
      </Button>
    </FrontPage>
  );
}
