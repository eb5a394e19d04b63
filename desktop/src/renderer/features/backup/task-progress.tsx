import { X } from 'lucide-react';
import { useEffect } from 'react';
import type { BackupProgress } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { ProgressBar } from '../../ui/progress.tsx';
import { phaseOf, progressFacts, shareOf, taskWords } from '../../words/backups.ts';
import './backup.css';

/** What runs now, how far it is, and the way out. */
export function TaskProgress({ running, onCancel }: { running: BackupProgress; onCancel?: () => void }) {
  const { bridge, announcer } = useApp();
  const act = useAct();
  const { title } = taskWords[running.task];
  useEffect(() => announcer.say(`${title}.`), [announcer, title]);
  const cancel = onCancel ?? (() => void act(() => bridge.call('backup.cancel')));
  return (
    <div className="task-progress">
      <div className="row between">
        <div className="grow">
          <span className="strong">{title}</span>
          <span className="soft"> · {phaseOf(running)}</span>
        </div>
        <Button small icon={X} onClick={cancel}>
          Cancel
        </Button>
      </div>
      <ProgressBar label={title} share={shareOf(running)} />
      <div className="task-facts small soft figures">
        {progressFacts(running).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </div>
    </div>
  );
}
