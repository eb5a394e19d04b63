import { type FormEvent, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { phraseOf, WordsField } from '../onboarding/words-field.tsx';
import { Group } from '../settings/group.tsx';
import { useDone } from '../shell/acts.ts';
import { useTask } from './use-task.ts';

/** A vault whose words were confirmed before there were backups: they are needed once, because nobody keeps them. */
export function SetUp() {
  const { bridge, cache } = useApp();
  const done = useDone();
  const { busy, error, run } = useTask();
  const [typed, setTyped] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      cache.write('backup.state', undefined, await bridge.call('backup.setUp', { phrase: phraseOf(typed) }));
      setTyped('');
      done('Backups are set up.');
    });
  };
  return (
    <Group
      title="Set up backups"
      lead="Backups are sealed with your twelve words. Nobody keeps the words, so type them once; from then on backups run without them."
    >
      <form className="column" onSubmit={send}>
        <WordsField rows={2} value={typed} onChange={(event) => setTyped(event.target.value)} hint="In order, with spaces between them, from your paper." />
        {error !== null && <ErrorNote error={error} />}
        <div className="dialog-actions">
          <Button type="submit" look="primary" disabled={busy || phraseOf(typed).split(' ').length !== 12}>
            {busy ? 'Setting up…' : 'Set up backups'}
          </Button>
        </div>
      </form>
    </Group>
  );
}
