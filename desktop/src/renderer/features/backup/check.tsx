import { FlaskConical, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { BackupState, BackupTarget, VerifyResult } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { Group } from '../settings/group.tsx';
import { useDone } from '../shell/acts.ts';
import { useTask } from './use-task.ts';
import { VerifyReport } from './verify-report.tsx';

/** Two proofs: that every part can be read, and that the whole comes back. */
export function Check({ state, target }: { state: BackupState; target: BackupTarget }) {
  const { bridge, cache, announcer } = useApp();
  const done = useDone();
  const { busy, error, run } = useTask();
  const [report, setReport] = useState<VerifyResult | null>(null);
  const verify = (full: boolean) =>
    void run(async () => {
      setReport(null);
      const made = await bridge.call('backup.verify', { target, full });
      setReport(made);
      announcer.say(made.ok ? 'The check found nothing wrong.' : 'The check found faults.');
    });
  const drill = () =>
    void run(async () => {
      cache.write('backup.state', undefined, await bridge.call('backup.drill', { target }));
      done('A restore was proven: what came back is what was backed up.');
    });
  const off = busy || state.running !== null;
  return (
    <Group
      title="Proof"
      lead="A check reads parts of the newest backup and compares them. A proven restore puts the newest backup together in a temporary place, compares the result, and throws it away. Nothing here changes."
    >
      <div className="row wrap">
        {target.kind === 'cloud' && (
          <Button icon={ShieldCheck} disabled={off} onClick={() => verify(false)}>
            Check a sample
          </Button>
        )}
        <Button icon={ShieldCheck} disabled={off} onClick={() => verify(true)}>
          Check everything
        </Button>
        <Button icon={FlaskConical} disabled={off} onClick={drill}>
          Prove a restore now
        </Button>
      </div>
      {error !== null && <ErrorNote error={error} />}
      {report && <VerifyReport report={report} />}
    </Group>
  );
}
