import { useEffect, useState } from 'react';
import type { VaultState } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { ErrorNote, Skeleton } from '../../ui/states.tsx';
import { FrontPage } from '../unlock/front-page.tsx';
import { AccountStep } from './account-step.tsx';
import { ConfirmStep } from './confirm-step.tsx';
import { PassphraseStep } from './passphrase-step.tsx';
import { RestoreHere } from './restore-here.tsx';
import { usePhrase } from './use-phrase.ts';
import { WordsStep } from './words-step.tsx';

type Step = { at: 'passphrase' | 'resume' | 'account' | 'restore' } | { at: 'words' | 'confirm'; phrase: string };

/** Where to begin: a window that was loaded anew in the middle goes on where it was. */
function firstStep({ state, phraseConfirmed }: VaultState): Step {
  if (state !== 'open') return { at: 'passphrase' };
  return { at: phraseConfirmed ? 'account' : 'resume' };
}

/** Making a vault: a passphrase, the twelve words, three of them typed back, an account or none; or restoring one from a backup. */
export function Onboarding({ vault, onDone }: { vault: VaultState; onDone: () => void }) {
  const { cache, memory } = useApp();
  const [step, setStep] = useState<Step>(() => firstStep(vault));
  // A restored vault has its words and needs no further step: a window that is loaded anew goes straight to it.
  useEffect(() => (step.at === 'restore' ? memory.forget('onboarding') : memory.remember('onboarding', 'begun')), [memory, step.at]);
  const finish = () => {
    memory.forget('onboarding');
    cache.invalidate('all');
    onDone();
  };
  const showWords = (phrase: string) => setStep({ at: 'words', phrase });
  if (step.at === 'passphrase') return <PassphraseStep onMade={showWords} onRestore={() => setStep({ at: 'restore' })} />;
  if (step.at === 'restore') return <RestoreHere back="Make a new vault instead" onRestored={finish} onBack={() => setStep({ at: 'passphrase' })} />;
  if (step.at === 'resume') return <Resume onPhrase={showWords} onNone={() => setStep({ at: 'account' })} />;
  if (step.at === 'words') return <WordsStep step="Step 2 of 4" phrase={step.phrase} onNext={() => setStep({ at: 'confirm', phrase: step.phrase })} />;
  if (step.at === 'confirm') return <ConfirmStep step="Step 3 of 4" onBack={() => showWords(step.phrase)} onConfirmed={() => setStep({ at: 'account' })} />;
  return <AccountStep onDone={finish} />;
}

/** Asks the core for the words that were shown before. */
function Resume({ onPhrase, onNone }: { onPhrase: (phrase: string) => void; onNone: () => void }) {
  const { phrase, error } = usePhrase();
  useEffect(() => {
    if (phrase === null) onNone();
    else if (phrase !== undefined) onPhrase(phrase);
  });
  return (
    <FrontPage title="Write down these twelve words" step="Step 2 of 4">
      {error === null ? <Skeleton lines={6} /> : <ErrorNote error={error} />}
    </FrontPage>
  );
}
