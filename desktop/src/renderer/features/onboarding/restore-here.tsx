import { useState } from 'react';
import type { RestorePoint } from '../../../bridge/shapes.ts';
import { RestorePassphraseStep } from './restore-passphrase-step.tsx';
import { RestorePointStep } from './restore-point-step.tsx';
import { RestoreSourceStep } from './restore-source-step.tsx';

type Step = { at: 'source' } | { at: 'point'; points: readonly RestorePoint[] } | { at: 'passphrase'; points: readonly RestorePoint[]; point: RestorePoint };

interface RestoreHereProps {
  /** Where the way back from the first step leads. */
  readonly back: string;
  readonly onRestored: () => void;
  readonly onBack: () => void;
}

/**
 * A vault from a backup, on a new device or instead of one that is damaged: where it is and the twelve words, which restore point, the passphrase of this device.
 */
export function RestoreHere({ back, onRestored, onBack }: RestoreHereProps) {
  const [step, setStep] = useState<Step>({ at: 'source' });
  if (step.at === 'source') return <RestoreSourceStep back={back} onPoints={(points) => setStep({ at: 'point', points })} onBack={onBack} />;
  if (step.at === 'point')
    return (
      <RestorePointStep
        points={step.points}
        onPoint={(point) => setStep({ at: 'passphrase', points: step.points, point })}
        onBack={() => setStep({ at: 'source' })}
      />
    );
  return <RestorePassphraseStep point={step.point} onRestored={onRestored} onBack={() => setStep({ at: 'point', points: step.points })} />;
}
