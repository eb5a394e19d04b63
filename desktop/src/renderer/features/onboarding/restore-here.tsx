import { useState } from 'react';
import type { RestorePoint } from '../../../bridge/shapes.ts';
import { RestorePassphraseStep } from './restore-passphrase-step.tsx';
import { RestorePointStep } from './restore-point-step.tsx';
import { RestoreSourceStep } from './restore-source-step.tsx';

type Step = { at: 'source' } | { at: 'point'; points: readonly RestorePoint[] } | { at: 'passphrase'; points: readonly RestorePoint[]; point: RestorePoint };

/** A vault on a new device from a backup: where it is and the twelve words, which restore point, the passphrase of this device. */
export function RestoreHere({ onRestored, onBack }: { onRestored: () => void; onBack: () => void }) {
  const [step, setStep] = useState<Step>({ at: 'source' });
  if (step.at === 'source') return <RestoreSourceStep onPoints={(points) => setStep({ at: 'point', points })} onBack={onBack} />;
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
