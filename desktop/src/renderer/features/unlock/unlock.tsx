import { isDamage, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { InputOf } from '../../../bridge/procedures.ts';
import type { VaultState } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { SecretField } from '../../ui/field.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { wordsOf } from '../../words/problems.ts';
import { phraseOf, WordsField } from '../onboarding/words-field.tsx';
import { FrontPage } from './front-page.tsx';
import { VaultTrouble } from './vault-trouble.tsx';

type Secret = InputOf<'vault.unlock'>;

function useUnlock() {
  const { bridge, cache, announcer } = useApp();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const unlock = async (secret: Secret) => {
    setBusy(true);
    setError(null);
    try {
      cache.write('vault.state', undefined, await bridge.call('vault.unlock', secret));
      cache.invalidate('all');
    } catch (thrown) {
      setError(thrown);
      announcer.alert(wordsOf(thrown).title);
      setBusy(false);
    }
  };
  return { busy, error, unlock, forget: () => setError(null) };
}

/** The locked vault: the passphrase, the twelve words, or this system's key store where it was set up. */
export function Unlock({ vault }: { vault: VaultState }) {
  const [by, setBy] = useState<'passphrase' | 'phrase'>('passphrase');
  const [secret, setSecret] = useState('');
  const { busy, error, unlock, forget } = useUnlock();
  const words = by === 'phrase';
  const send = (event: FormEvent) => {
    event.preventDefault();
    void unlock(words ? { with: 'phrase', phrase: phraseOf(secret) } : { with: 'passphrase', passphrase: secret });
  };
  const swap = () => {
    setBy(words ? 'passphrase' : 'phrase');
    setSecret('');
  };
  const trouble = error === null ? null : toProblem(error);
  if (trouble && isDamage(trouble)) return <VaultTrouble problem={trouble} onLook={forget} />;
  return (
    <FrontPage
      title="Welcome back"
      lead={words ? 'Type your twelve words in order, with spaces between them.' : 'Your vault is locked. The passphrase opens it.'}
    >
      <form onSubmit={send}>
        {words ? (
          <WordsField key="words" autoFocus value={secret} onChange={(event) => setSecret(event.target.value)} />
        ) : (
          <SecretField
            key="passphrase"
            label="Passphrase"
            autoFocus
            autoComplete="current-password"
            value={secret}
            onChange={(event) => setSecret(event.target.value)}
          />
        )}
        {error !== null && <ErrorNote error={error} />}
        <Button type="submit" look="primary" wide disabled={busy || secret.trim() === ''}>
          {busy ? 'Unlocking…' : 'Unlock'}
        </Button>
        {vault.slots.includes('os') && (
          <Button wide icon={KeyRound} disabled={busy} onClick={() => void unlock({ with: 'os' })}>
            Unlock with this system
          </Button>
        )}
        {(vault.slots.includes('phrase') || words) && (
          <Button look="quiet" wide onClick={swap}>
            {words ? 'Use the passphrase' : 'Use the twelve words'}
          </Button>
        )}
      </form>
    </FrontPage>
  );
}
