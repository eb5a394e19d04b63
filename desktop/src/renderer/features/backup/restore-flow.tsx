import { CircleCheck } from 'lucide-react';
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { BackupState, BackupTarget, RestorePoint, RestorePreview } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useHere, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote, Skeleton } from '../../ui/states.tsx';
import { whereText } from '../../words/backups.ts';
import { absoluteText } from '../../words/dates.ts';
import { isCode } from '../../words/problems.ts';
import { phraseOf, WordsField } from '../onboarding/words-field.tsx';
import { FrontPage } from '../unlock/front-page.tsx';
import { useUndoRestore } from './kept-notice.tsx';
import { Preview } from './restore-preview.tsx';
import { TaskProgress } from './task-progress.tsx';
import { useTask } from './use-task.ts';

interface RestoreFlowProps {
  readonly target: BackupTarget;
  /** Null for the newest. */
  readonly point: RestorePoint | null;
  readonly onDone: () => void;
}

/** One restore from its choice to its end: fetched and checked beside the vault, looked at, then swapped in. */
export function RestoreFlow({ target, point, onDone }: RestoreFlowProps) {
  const { bridge, cache } = useApp();
  const [preview, setPreview] = useState<RestorePreview | null>(null);
  const [restored, setRestored] = useState<BackupState | null>(null);
  const restoring = useTask();
  const shown = useCallback((made: RestorePreview) => setPreview(made), []);
  useDiscard(preview !== null && restored === null && !restoring.busy);
  const restore = () =>
    void restoring.run(async () => {
      const state = await bridge.call('backup.restore');
      setRestored(state);
      cache.write('backup.state', undefined, state);
      cache.invalidate('all');
    });
  if (restored) return <Restored kept={restored.kept} onDone={onDone} />;
  if (!preview) return <Prepare target={target} point={point} onReady={shown} onBack={onDone} />;
  return <Preview preview={preview} busy={restoring.busy} error={restoring.error} onRestore={restore} onBack={onDone} />;
}

/** What was made ready and not used is thrown away when the user turns to something else. */
function useDiscard(waiting: boolean): void {
  const { bridge, cache } = useApp();
  const held = useRef(waiting);
  held.current = waiting;
  useEffect(
    () => () => {
      if (held.current)
        void bridge.call('backup.discard').then(
          (state) => cache.write('backup.state', undefined, state),
          () => {},
        );
    },
    [bridge, cache],
  );
}

interface PrepareProps {
  readonly target: BackupTarget;
  readonly point: RestorePoint | null;
  readonly onReady: (preview: RestorePreview) => void;
  readonly onBack: () => void;
}

/** Fetches and checks the whole backup. Nothing of the vault is touched, so leaving is always safe. */
function Prepare({ target, point, onReady, onBack }: PrepareProps) {
  const { bridge } = useApp();
  const { data: state } = useQuery('backup.state', undefined);
  const { busy, error, run } = useTask();
  const [phrase, setPhrase] = useState<string | null>(null);
  const id = point?.id;
  const prepare = useCallback(
    () =>
      run(async () => {
        onReady(await bridge.call('backup.prepare', { target, ...(id !== undefined && { id }), ...(phrase !== null && { phrase }) }));
        return true;
      }),
    [run, onReady, bridge, target, id, phrase],
  );
  useEffect(() => void prepare(), [prepare]);
  const leave = () => {
    if (busy) bridge.call('backup.cancel').catch(() => {});
    onBack();
  };
  const foreign = isCode(error, 'backup.wrong_phrase', 'vault.phrase_invalid');
  return (
    <FrontPage
      title="Getting the backup ready"
      step="Step 1 of 2"
      lead={`Every part is read ${whereText(target)} and checked before anything is decided. Your vault is not touched.`}
    >
      {busy && (state?.running ? <TaskProgress running={state.running} onCancel={leave} /> : <Skeleton lines={3} />)}
      {error !== null && <ErrorNote error={error} {...(!foreign && { onRetry: () => void prepare() })} />}
      {foreign && <OtherWords onPhrase={setPhrase} />}
      {!(busy && state?.running) && (
        <Button look="quiet" wide onClick={leave}>
          Back to my data
        </Button>
      )}
    </FrontPage>
  );
}

/** The backup was sealed with other words than this vault's. */
function OtherWords({ onPhrase }: { onPhrase: (phrase: string) => void }) {
  const [typed, setTyped] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    onPhrase(phraseOf(typed));
  };
  return (
    <form onSubmit={send}>
      <WordsField
        label="Twelve words of that backup"
        autoFocus
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        hint="It was made with other words than this vault has. Type the words that belong to it."
      />
      <Button type="submit" look="primary" wide disabled={phraseOf(typed).split(' ').length !== 12}>
        Try these words
      </Button>
    </form>
  );
}

function Restored({ kept, onDone }: { kept: BackupState['kept']; onDone: () => void }) {
  const here = useHere();
  const { busy, error, undo } = useUndoRestore();
  const back = () => void undo().then((undone) => undone && onDone());
  return (
    <FrontPage title="The backup is restored" step="Done" lead="Everything in the window shows the restored data now.">
      {kept && (
        <div className="notice good">
          <CircleCheck size={17} aria-hidden />
          <div>
            Your data from before is kept until <time dateTime={kept.until}>{absoluteText(kept.until, here)}</time>. Undo brings it back in one click, here or
            under Settings, Backup.
          </div>
        </div>
      )}
      {error !== null && <ErrorNote error={error} />}
      <Button look="primary" wide autoFocus disabled={busy} onClick={onDone}>
        Go on
      </Button>
      {kept && (
        <Button look="quiet" wide disabled={busy} onClick={back}>
          {busy ? 'Going back…' : 'Undo restore'}
        </Button>
      )}
    </FrontPage>
  );
}
