import { type FormEvent, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { SecretField } from '../../ui/field.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { ConfirmStep } from '../onboarding/confirm-step.tsx';
import { WordsStep } from '../onboarding/words-step.tsx';
import { useDone } from '../shell/acts.ts';
import { FrontPage } from '../unlock/front-page.tsx';
import { TaskProgress } from './task-progress.tsx';
import { useTask } from './use-task.ts';

type Because = 'lost' | 'exposed';

/** New words, shown once and three of them typed back, as at the first time. */
export function NewPhrase({ because, onDone }: { because: Because; onDone: () => void }) {
  const { cache } = useApp();
  const done = useDone();
  const [phrase, setPhrase] = useState<string | null>(null);
  const [written, setWritten] = useState(false);
  const made = (words: string) => {
    cache.invalidate(['vault.state', 'backup.state', 'status.get']);
    setPhrase(words);
  };
  const confirmed = () => {
    onDone();
    done('Your new words are confirmed. Destroy the old paper.');
  };
  if (phrase === null) return <AskPassphrase because={because} onMade={made} onBack={onDone} />;
  if (!written) return <WordsStep step="Step 2 of 3" title="Write down your new words" phrase={phrase} onNext={() => setWritten(true)} onLater={onDone} />;
  return <ConfirmStep step="Step 3 of 3" onBack={() => setWritten(false)} onLater={onDone} onConfirmed={confirmed} />;
}

const words: Readonly<Record<Because, { title: string; lead: string; busy: string }>> = {
  lost: {
    title: 'New words for a lost paper',
    lead: 'Your backups stay as they are; twelve new words open them. If somebody may have found the old paper, go back and choose “Someone saw my words”.',
    busy: 'Making new words…',
  },
  exposed: {
    title: 'New words and new keys',
    lead: 'New keys are made and everything is backed up again, which takes as long as a first backup. Afterwards the old backups are removed. Whoever copied them together with your old words can still read those copies.',
    busy: 'Making new keys…',
  },
};

function AskPassphrase({ because, onMade, onBack }: { because: Because; onMade: (phrase: string) => void; onBack: () => void }) {
  const { bridge } = useApp();
  const { data: state } = useQuery('backup.state', undefined);
  const { busy, error, run } = useTask();
  const [passphrase, setPassphrase] = useState('');
  const said = words[because];
  const send = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { recoveryPhrase } = await bridge.call('backup.newPhrase', { passphrase, because });
      onMade(recoveryPhrase);
    });
  };
  return (
    <FrontPage title={said.title} step="Step 1 of 3" lead={said.lead}>
      <form onSubmit={send}>
        <SecretField
          label="Your passphrase"
          autoComplete="current-password"
          autoFocus
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
          hint="To be sure that it is you."
        />
        {busy && state?.running && <TaskProgress running={state.running} />}
        {error !== null && <ErrorNote error={error} />}
        <Button type="submit" look="primary" wide disabled={busy || passphrase === ''}>
          {busy ? said.busy : 'Get new words'}
        </Button>
        <Button look="quiet" wide disabled={busy} onClick={onBack}>
          Back
        </Button>
      </form>
    </FrontPage>
  );
}
