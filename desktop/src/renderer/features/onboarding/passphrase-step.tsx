import { ArchiveRestore } from 'lucide-react';
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

interface PassphraseFormProps {
  readonly label: string;
  readonly busyLabel: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onPassphrase: (passphrase: string) => void;
}

/** A new passphrase, typed twice. */
export function PassphraseForm({ label, busyLabel, busy, error, onPassphrase }: PassphraseFormProps) {
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const differs = again !== '' && again !== passphrase;
  const ready = strengthOf(passphrase).level > 0 && again === passphrase && !busy;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (ready) onPassphrase(passphrase);
  };
  return (
    <form onSubmit={send}>
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
        {busy ? busyLabel : label}
      </Button>
    </form>
  );
}

export function PassphraseStep({ onMade, onRestore }: { onMade: (phrase: string) => void; onRestore: () => void }) {
  const { bridge } = useApp();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const make = (passphrase: string) => {
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
      <PassphraseForm label="Make the vault" busyLabel="Making the vault…" busy={busy} error={error} onPassphrase={make} />
      <div className="front-other">
        <span className="small soft">You used Adiuva before?</span>
        <Button wide icon={ArchiveRestore} disabled={busy} onClick={onRestore}>
          Restore from a backup
        </Button>
      </div>
    </FrontPage>
  );
}
