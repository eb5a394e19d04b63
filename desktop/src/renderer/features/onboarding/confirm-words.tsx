import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { ErrorNote, Skeleton } from '../../ui/states.tsx';
import { useDone } from '../shell/acts.ts';
import { FrontPage } from '../unlock/front-page.tsx';
import { ConfirmStep } from './confirm-step.tsx';
import { usePhrase } from './use-phrase.ts';
import { WordsStep } from './words-step.tsx';

/** The words shown again and three of them typed back, for a vault that was made without. */
export function ConfirmWords({ onDone }: { onDone: () => void }) {
  const { phrase, error } = usePhrase();
  const [written, setWritten] = useState(false);
  const done = useDone();
  const confirmed = () => {
    onDone();
    done('Your twelve words are confirmed. Keep the paper safe.');
  };
  if (phrase === undefined) return <Waiting error={error} onLater={onDone} />;
  if (phrase !== null && !written) return <WordsStep phrase={phrase} onNext={() => setWritten(true)} onLater={onDone} />;
  return <ConfirmStep onBack={phrase === null ? null : () => setWritten(false)} onLater={onDone} onConfirmed={confirmed} />;
}

function Waiting({ error, onLater }: { error: unknown; onLater: () => void }) {
  return (
    <FrontPage title="Your twelve words">
      {error === null ? <Skeleton lines={6} /> : <ErrorNote error={error} />}
      <Button look="quiet" wide onClick={onLater}>
        Later
      </Button>
    </FrontPage>
  );
}
