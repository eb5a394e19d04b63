import { type FormEvent, type ReactNode, useState } from 'react';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { useApp } from '../../app-context.ts';
import { TextField } from '../../ui/field.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { threePlaces } from './three-words.ts';

/** Asks for three of the twelve words; the core decides whether they are right. */
export function AskWords({ onConfirmed, children }: { onConfirmed: () => void; children: (ready: boolean) => ReactNode }) {
  const { bridge, cache } = useApp();
  const [places] = useState(() => threePlaces(systemRandom));
  const [typed, setTyped] = useState<readonly string[]>(['', '', '']);
  const [wrong, setWrong] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const check = async (event: FormEvent) => {
    event.preventDefault();
    setWrong(false);
    const words = places.map((index, at) => ({ index, word: (typed[at] ?? '').trim().toLowerCase() }));
    const answer = await bridge.call('vault.confirmPhrase', { words }).catch(setError);
    if (!answer) return;
    setWrong(!answer.ok);
    if (answer.ok) cache.invalidate(['vault.state', 'status.get']);
    if (answer.ok) onConfirmed();
  };
  return (
    <form onSubmit={(event) => void check(event)}>
      <div className="asked-words">
        {places.map((place, at) => (
          <TextField
            key={place}
            label={`Word ${place + 1}`}
            autoFocus={at === 0}
            autoCapitalize="off"
            value={typed[at] ?? ''}
            onChange={(event) => setTyped(typed.map((word, index) => (index === at ? event.target.value : word)))}
          />
        ))}
      </div>
      {wrong && (
        <p className="field-error" role="alert">
          These are not the words at these places. Check the numbers on your paper.
        </p>
      )}
      {error !== null && <ErrorNote error={error} />}
      {children(typed.every((word) => word.trim() !== ''))}
    </form>
  );
}
