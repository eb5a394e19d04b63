import { type FormEvent, useState } from 'react';
import type { BackupTarget, RestorePoint } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SecretField } from '../../ui/field.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { absoluteText } from '../../words/dates.ts';
import { useDone } from '../shell/acts.ts';
import { useTask } from './use-task.ts';

/** Asks before a restore point goes; in the cloud for the account's password too. */
export function DeleteBackup({ point, target, onClose }: { point: RestorePoint; target: BackupTarget; onClose: () => void }) {
  const { bridge, cache } = useApp();
  const here = useHere();
  const done = useDone();
  const { busy, error, run } = useTask();
  const [password, setPassword] = useState('');
  const cloud = target.kind === 'cloud';
  const send = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await bridge.call('backup.delete', { target, id: point.id, ...(cloud && { password }) });
      cache.invalidate(['backup.list', 'backup.state', 'status.get']);
      done('The backup was deleted.');
      onClose();
    });
  };
  return (
    <Dialog open onClose={onClose} title="Delete this backup?">
      <p className="soft">
        Your vault as it was on {absoluteText(point.createdAt, here)} can then not be restored from here. The other restore points stay whole, and the data on
        this device is not touched.
      </p>
      <form className="column" onSubmit={send}>
        {cloud && (
          <SecretField
            label="Account password"
            autoComplete="current-password"
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        {error !== null && <ErrorNote error={error} />}
        <div className="dialog-actions">
          <Button autoFocus={!cloud} onClick={onClose}>
            Keep it
          </Button>
          <Button type="submit" look="danger" disabled={busy || (cloud && password === '')}>
            {busy ? 'Deleting…' : 'Delete'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
