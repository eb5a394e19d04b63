import { type FormEvent, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { SecretField } from '../../ui/field.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { FrontPage } from '../unlock/front-page.tsx';
import { strengthOf } from './strength.ts';

function StrengthHint({ passphrase }: { passphrase: string }) {
  const { level, says } = strengthOf(passphrase);
  return (
    <>
      <div className="strength" data-level={level} aria-hidden>
        {[1, 2, 3, 4].map((mark) => (
          <span key={mark} />
        ))}
      </div>
      {passphrase === '' ? 'At least 8 characters. Four or more unrelated words are easy to remember and hard to guess.' : says}
    </>
  );
}

export function PassphraseStep({ onMade }: { onMade: (phrase: string) => void }) {
  const { bridge } = useApp();
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const differs = again !== '' && again !== passphrase;
  const ready = strengthOf(passphrase).level > 0 && again === passphrase && !busy;
  const make = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    setError(null);
    bridge
      .call('vault.create', { passphrase })
      .then(({ recoveryPhrase }) => onMade(recoveryPhrase), setError)
      .finally(() => setBusy(false));
  };
  return (
    <FrontPage
      title="Make your vault"
      step="Step 1 of 4"
      lead="Everything you write is kept in an encrypted vault on this device. Choose the passphrase that opens it."
    >
      <form onSubmit={make}>
        <SecretField
          label="Passphrase"
          autoComplete="new-password"
          autoFocus
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
          hint={<StrengthHint passphrase={passphrase} />}
        />
        <SecretField
          label="The same again"
          autoComplete="new-password"
          value={again}
          onChange={(event) => setAgain(event.target.value)}
          error={differs && again.length >= passphrase.length ? 'The two are not the same.' : null}
        />
        {error !== null && <ErrorNote error={error} />}
        <Button type="submit" look="primary" wide disabled={!ready}>
          {busy ? 'Making the vault…' : 'Make the vault'}
        </Button>
      </form>
    </FrontPage>
  );
}
