import { Button } from '../../ui/button.tsx';
import { FrontPage } from '../unlock/front-page.tsx';
import { AskWords } from './ask-words.tsx';

interface ConfirmStepProps {
  /** As `Step 3 of 4`; none where it stands alone. */
  readonly step?: string;
  /** Null where nobody can show the words any more. */
  readonly onBack: (() => void) | null;
  readonly onLater?: () => void;
  readonly onConfirmed: () => void;
}

export function ConfirmStep({ step, onBack, onLater, onConfirmed }: ConfirmStepProps) {
  return (
    <FrontPage
      title="Confirm three of them"
      {...(step !== undefined && { step })}
      lead="Type the words that stand at these places. This shows that your paper is right."
    >
      <AskWords onConfirmed={onConfirmed}>
        {(ready) => (
          <>
            <Button type="submit" look="primary" wide disabled={!ready}>
              Confirm
            </Button>
            {onBack && (
              <Button look="quiet" wide onClick={onBack}>
                Show the words again
              </Button>
            )}
            {onLater && (
              <Button look="quiet" wide onClick={onLater}>
                Later
              </Button>
            )}
          </>
        )}
      </AskWords>
    </FrontPage>
  );
}
