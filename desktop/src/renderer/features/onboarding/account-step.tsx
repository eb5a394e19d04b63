import { Button } from '../../ui/button.tsx';
import { AccountForm } from '../settings/account-form.tsx';
import { FrontPage } from '../unlock/front-page.tsx';

export function AccountStep({ onDone }: { onDone: () => void }) {
  return (
    <FrontPage
      title="An account, if you want one"
      step="Step 4 of 4"
      lead="An account lets the assistant in the cloud help with what needs it. Without one, everything on this device works the same. The account password never opens your vault."
    >
      <AccountForm onDone={onDone} />
      <Button look="quiet" wide onClick={onDone}>
        Use without account
      </Button>
    </FrontPage>
  );
}
