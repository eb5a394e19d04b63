import { Button } from '../../ui/button.tsx';
import { FrontPage } from '../unlock/front-page.tsx';
import { AskWords } from './ask-words.tsx';

export function ConfirmStep({ onBack, onConfirmed }: { onBack: () => void; onConfirmed: () => void }) {
  return (
    <FrontPage title="Confirm three of them" step="Step 3 of 4" lead="Type the words that stand at these places. This shows that your paper is right.">
      <AskWords onConfirmed={onConfirmed}>
        {(ready) => (
          <>
            <Button type="submit" look="primary" wide disabled={!ready}>
              Confirm
            </Button>
            <Button look="quiet" wide onClick={onBack}>
              Show the words again
            </Button>
          </>
        )}
      </AskWords>
    </FrontPage>
  );
}
