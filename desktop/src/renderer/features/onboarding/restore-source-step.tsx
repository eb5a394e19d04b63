import { type FormEvent, useState } from 'react';
import type { InputOf } from '../../../bridge/procedures.ts';
import type { RestorePoint } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { SecretField, TextField } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { isWholePath } from '../../words/backups.ts';
import { useTask } from '../backup/use-task.ts';
import { FrontPage } from '../unlock/front-page.tsx';
import { phraseOf, WordsField } from './words-field.tsx';
import { ErrorNote } from '../../ui/states.tsx';

const kinds = [
  { value: 'cloud', label: 'In the cloud' },
  { value: 'folder', label: 'In a folder' },
] as const;
type Kind = (typeof kinds)[number]['value'];

interface Typed {
  readonly kind: Kind;
  readonly path: string;
  readonly email: string;
  readonly password: string;
  readonly words: string;
}

/** What the core is asked; the account goes along for the cloud alone. */
function questionOf({ kind, path, email, password, words }: Typed): InputOf<'backup.open'> {
  const phrase = phraseOf(words);
  if (kind === 'folder') return { target: { kind, path: path.trim() }, phrase };
  return { target: { kind }, phrase, email: email.trim(), password };
}

function isComplete({ kind, path, email, password, words }: Typed): boolean {
  const place = kind === 'folder' ? isWholePath(path.trim()) : email.trim() !== '' && password !== '';
  return place && phraseOf(words).split(' ').length === 12;
}

interface RestoreSourceStepProps {
  /** Where the way back leads. */
  readonly back: string;
  readonly onPoints: (points: readonly RestorePoint[]) => void;
  readonly onBack: () => void;
}

/** Where the backup is, and the words that open it. */
export function RestoreSourceStep({ back, onPoints, onBack }: RestoreSourceStepProps) {
  const { bridge } = useApp();
  const { busy, error, run } = useTask();
  const [typed, setTyped] = useState<Typed>({ kind: 'cloud', path: '', email: '', password: '', words: '' });
  const set = (change: Partial<Typed>) => setTyped({ ...typed, ...change });
  const look = (event: FormEvent) => {
    event.preventDefault();
    if (busy || !isComplete(typed)) return;
    void run(async () => onPoints((await bridge.call('backup.open', questionOf(typed))).backups));
  };
  return (
    <FrontPage
      title="Restore from a backup"
      step="Step 1 of 3"
      lead="Your twelve words open the backup. They are used on this device alone and are sent nowhere."
    >
      <form onSubmit={look}>
        <div>
          <Segmented label="Where the backup is" value={typed.kind} choices={kinds} onChange={(kind) => set({ kind })} />
        </div>
        {typed.kind === 'cloud' ? (
          <>
            <TextField
              label="Email"
              type="email"
              autoComplete="username"
              autoFocus
              value={typed.email}
              onChange={(event) => set({ email: event.target.value })}
            />
            <SecretField
              label="Account password"
              autoComplete="current-password"
              value={typed.password}
              onChange={(event) => set({ password: event.target.value })}
            />
          </>
        ) : (
          <TextField
            label="Folder"
            placeholder="/media/disk/adiuva"
            maxLength={4_096}
            value={typed.path}
            onChange={(event) => set({ path: event.target.value })}
            hint="The whole path of the folder you backed up to."
          />
        )}
        <WordsField value={typed.words} onChange={(event) => set({ words: event.target.value })} hint="In order, with spaces between them." />
        {error !== null && <ErrorNote error={error} />}
        <Button type="submit" look="primary" wide disabled={busy || !isComplete(typed)}>
          {busy ? 'Looking…' : 'Look for backups'}
        </Button>
        <Button look="quiet" wide disabled={busy} onClick={onBack}>
          {back}
        </Button>
      </form>
    </FrontPage>
  );
}
