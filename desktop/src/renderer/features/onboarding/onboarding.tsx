import { useState } from 'react';
import { useApp } from '../../app-context.ts';
import { AccountStep } from './account-step.tsx';
import { ConfirmStep } from './confirm-step.tsx';
import { PassphraseStep } from './passphrase-step.tsx';
import { WordsStep } from './words-step.tsx';

type Step = { at: 'passphrase' } | { at: 'words' | 'confirm'; phrase: string } | { at: 'account' };

/** Making a vault: a passphrase, the twelve words shown once, three of them typed back, an account or none. */
export function Onboarding({ onDone }: { onDone: () => void }) {
  const { cache } = useApp();
  const [step, setStep] = useState<Step>({ at: 'passphrase' });
  const finish = () => {
    cache.invalidate('all');
    onDone();
  };
  if (step.at === 'passphrase') return <PassphraseStep onMade={(phrase) => setStep({ at: 'words', phrase })} />;
  if (step.at === 'words') return <WordsStep phrase={step.phrase} onNext={() => setStep({ at: 'confirm', phrase: step.phrase })} />;
  if (step.at === 'confirm') return <ConfirmStep onBack={() => setStep({ at: 'words', phrase: step.phrase })} onConfirmed={() => setStep({ at: 'account' })} />;
  return <AccountStep onDone={finish} />;
}
