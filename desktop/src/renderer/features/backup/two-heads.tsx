import { GitFork } from 'lucide-react';
import { useState } from 'react';
import type { BackupTarget, RestorePoint } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { useDone } from '../shell/acts.ts';
import { usePanels } from '../shell/panels.ts';
import { useTask } from './use-task.ts';

const words: Readonly<Record<string, { title: string; text: string }>> = {
  'backup.forked': {
    title: 'Another device has backed up here since',
    text: 'Automatic backups wait, so that neither device overwrites the other. Look at that backup and restore it here, or let this device go on with its own data.',
  },
  'backup.rolled_back': {
    title: 'The newest backup offered here is older than one made by this device',
    text: 'It may have been put back by mistake or on purpose, so automatic backups wait. Restore what is there, or let this device go on with its own data.',
  },
};

/** The newest backup there is not the one this device knows: what happened, and the two ways on. Neither deletes anything. */
export function TwoHeads({ code, target, newest }: { code: string; target: BackupTarget; newest: RestorePoint | null }) {
  const { bridge, cache } = useApp();
  const { cover } = usePanels();
  const done = useDone();
  const { busy, error, run } = useTask();
  const [asking, setAsking] = useState(false);
  const said = words[code];
  const takeOver = () =>
    void run(async () => {
      cache.write('backup.state', undefined, await bridge.call('backup.takeOver', { target }));
      cache.invalidate(['backup.list']);
      done('This device goes on with the backups here.');
    });
  return (
    <div className="notice warn">
      <GitFork size={17} aria-hidden />
      <div className="grow">
        <div className="strong">{said?.title}</div>
        <div>{said?.text}</div>
        <div className="notice-actions">
          <Button small disabled={busy} onClick={() => cover({ kind: 'restore', target, point: newest })}>
            Restore that backup…
          </Button>
          <Button small disabled={busy} onClick={() => setAsking(true)}>
            Let this device take over…
          </Button>
        </div>
        {error !== null && <ErrorNote error={error} />}
      </div>
      <Confirm open={asking} onClose={() => setAsking(false)} title="Let this device take over?" confirm="Take over" onConfirm={takeOver}>
        The next backup here holds the data of this device. What is in the other backup and not on this device is then not in the newest one; it stays among the
        restore points.
      </Confirm>
    </div>
  );
}
