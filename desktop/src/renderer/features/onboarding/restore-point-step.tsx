import { type FormEvent, useState } from 'react';
import type { RestorePoint } from '../../../bridge/shapes.ts';
import { useHere } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { absoluteText, relativeText } from '../../words/dates.ts';
import { pointFacts } from '../backup/history.tsx';
import { FrontPage } from '../unlock/front-page.tsx';

interface RestorePointStepProps {
  readonly points: readonly RestorePoint[];
  readonly onPoint: (point: RestorePoint) => void;
  readonly onBack: () => void;
}

/** Which restore point; the newest unless the user says otherwise. A new device cannot know a newer one, so date and generation are shown. */
export function RestorePointStep({ points, onPoint, onBack }: RestorePointStepProps) {
  const here = useHere();
  const [chosen, choose] = useState(() => points.find(({ newest }) => newest) ?? points[0]);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (chosen) onPoint(chosen);
  };
  return (
    <FrontPage
      title="Choose what to restore"
      step="Step 2 of 3"
      lead="The newest is usually right. Look at its date: this device cannot know whether there was a newer one."
    >
      <form onSubmit={send}>
        <div className="choose-points" role="radiogroup" aria-label="Restore points">
          {points.map((point) => (
            <div key={point.id} className="place" data-chosen={point.id === chosen?.id}>
              <label className="place-head">
                <input type="radio" name="restore-point" autoFocus={point.id === chosen?.id} checked={point.id === chosen?.id} onChange={() => choose(point)} />
                <span className="grow">
                  <span className="strong">{absoluteText(point.createdAt, here)}</span>
                  <span className="small soft figures">
                    {relativeText(point.createdAt, here)} · {pointFacts(point)}
                  </span>
                </span>
                {point.newest && <span className="badge accent">newest</span>}
              </label>
            </div>
          ))}
        </div>
        <Button type="submit" look="primary" wide disabled={!chosen}>
          Continue
        </Button>
        <Button look="quiet" wide onClick={onBack}>
          Back
        </Button>
      </form>
    </FrontPage>
  );
}
