import { useRef, useState } from 'react';
import type { BackupProgress, RestorePoint } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useBridgeEvent, useHere } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/states.tsx';
import { absoluteText } from '../../words/dates.ts';
import { wordsOf } from '../../words/problems.ts';
import { TaskProgress } from '../backup/task-progress.tsx';
import { FrontPage } from '../unlock/front-page.tsx';
import { PassphraseForm } from './passphrase-step.tsx';

interface RestorePassphraseStepProps {
  readonly point: RestorePoint;
  readonly onRestored: () => void;
  readonly onBack: () => void;
}

/** The last step: a passphrase for this device, then the backup is fetched, checked and opened. Cancelling leaves no vault. */
export function RestorePassphraseStep({ point, onRestored, onBack }: RestorePassphraseStepProps) {
  const here = useHere();
  const { busy, error, running, restore, cancel } = useRestoreHere(point, onRestored);
  const when = absoluteText(point.createdAt, here);
  if (busy)
    return (
      <FrontPage title="Restoring your vault" step="Step 3 of 3" lead={`From the backup of ${when}. Every part is checked before your vault opens.`}>
        {running ? <TaskProgress running={running} onCancel={cancel} /> : <Skeleton lines={3} />}
        {!running && (
          <Button look="quiet" wide onClick={cancel}>
            Cancel
          </Button>
        )}
      </FrontPage>
    );
  return (
    <FrontPage
      title="A passphrase for this device"
      step="Step 3 of 3"
      lead="It opens the restored vault here. It may be a new one; your twelve words stay as they are."
    >
      <PassphraseForm label="Restore" busyLabel="Restoring…" busy={busy} error={error} onPassphrase={restore} />
      <Button look="quiet" wide onClick={onBack}>
        Back
      </Button>
    </FrontPage>
  );
}

function useRestoreHere(point: RestorePoint, onRestored: () => void) {
  const { bridge, cache, announcer } = useApp();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [running, setRunning] = useState<BackupProgress | null>(null);
  const call = useRef<AbortController | null>(null);
  useBridgeEvent('backup.progress', setRunning);
  const restore = async (passphrase: string) => {
    const own = new AbortController();
    call.current = own;
    setBusy(true);
    setError(null);
    try {
      const { vault } = await bridge.call('backup.restoreHere', { id: point.id, passphrase }, { signal: own.signal });
      cache.write('vault.state', undefined, vault);
      announcer.say('Your vault is restored.');
      return onRestored();
    } catch (thrown) {
      if (!own.signal.aborted) {
        setError(thrown);
        announcer.alert(wordsOf(thrown).title);
      }
    }
    setBusy(false);
    setRunning(null);
  };
  return { busy, error, running, restore: (passphrase: string) => void restore(passphrase), cancel: () => call.current?.abort() };
}
