import { CircleCheck } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { InputOf } from '../../../bridge/procedures.ts';
import type { VaultState } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useQuery, useSettings } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { SecretField, SelectField, Switch } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Answer, ErrorNote } from '../../ui/states.tsx';
import { strengthOf } from '../onboarding/strength.ts';
import { phraseOf, WordsField } from '../onboarding/words-field.tsx';
import { WordsBanner } from '../onboarding/words-banner.tsx';
import { useDone, useSaveSettings } from '../shell/acts.ts';
import { Group } from './group.tsx';

const locks = [
  { value: '0', label: 'Never' },
  { value: '5', label: 'After 5 minutes' },
  { value: '15', label: 'After 15 minutes' },
  { value: '30', label: 'After 30 minutes' },
  { value: '60', label: 'After an hour' },
  { value: '240', label: 'After 4 hours' },
];

export function SecurityTab() {
  const { cache } = useApp();
  const entry = useQuery('vault.state', undefined);
  return (
    <Answer entry={entry} onRetry={() => cache.invalidate(['vault.state'])}>
      {(vault) => (
        <>
          <Words vault={vault} />
          <Locking vault={vault} />
          <ChangePassphrase />
        </>
      )}
    </Answer>
  );
}

function Words({ vault }: { vault: VaultState }) {
  return (
    <Group title="Twelve words" lead="They open the vault when the passphrase is lost. Once they are confirmed, nobody can show them again.">
      {vault.phraseConfirmed ? (
        <p className="row">
          <CircleCheck size={17} aria-hidden className="good-icon" />
          Confirmed. Keep the paper safe.
        </p>
      ) : (
        <WordsBanner />
      )}
    </Group>
  );
}

function Locking({ vault }: { vault: VaultState }) {
  const { bridge, cache } = useApp();
  const act = useAct();
  const save = useSaveSettings();
  const { autoLockMinutes } = useSettings();
  const setOs = (enabled: boolean) => void act(async () => cache.write('vault.state', undefined, await bridge.call('vault.setOsSlot', { enabled })));
  const own = locks.some(({ value }) => value === String(autoLockMinutes))
    ? locks
    : [...locks, { value: String(autoLockMinutes), label: `After ${autoLockMinutes} minutes` }];
  return (
    <Group title="Locking">
      <SelectField
        label="Lock by itself when not used"
        choices={own}
        value={String(autoLockMinutes)}
        onChange={(event) => void save({ autoLockMinutes: Number(event.target.value) })}
      />
      <Switch
        label="Unlock with this system"
        hint="Keeps a key in the key store of this system, where it has one. Whoever can use your login can then open the vault."
        checked={vault.slots.includes('os')}
        onChange={setOs}
      />
    </Group>
  );
}

type Current = InputOf<'vault.setPassphrase'>['current'];

const currentWays = [
  { value: 'passphrase', label: 'Passphrase' },
  { value: 'phrase', label: 'Twelve words' },
] as const;

function ChangePassphrase() {
  const { bridge, cache } = useApp();
  const done = useDone();
  const [by, setBy] = useState<'passphrase' | 'phrase'>('passphrase');
  const [secret, setSecret] = useState('');
  const [next, setNext] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const current: Current = by === 'phrase' ? { with: 'phrase', phrase: phraseOf(secret) } : { with: 'passphrase', passphrase: secret };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      cache.write('vault.state', undefined, await bridge.call('vault.setPassphrase', { current, passphrase: next }));
      setSecret('');
      setNext('');
      done('The passphrase was changed.');
    } catch (thrown) {
      setError(thrown);
    }
    setBusy(false);
  };
  return (
    <Group title="Change the passphrase">
      <form className="column" onSubmit={(event) => void save(event)}>
        <div>
          <Segmented label="Prove it is you with" value={by} choices={currentWays} onChange={setBy} />
        </div>
        {by === 'phrase' ? (
          <WordsField rows={2} value={secret} onChange={(event) => setSecret(event.target.value)} />
        ) : (
          <SecretField label="Passphrase now" autoComplete="current-password" value={secret} onChange={(event) => setSecret(event.target.value)} />
        )}
        <SecretField
          label="New passphrase"
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.target.value)}
          hint={next === '' ? undefined : strengthOf(next).says}
        />
        {error !== null && <ErrorNote error={error} />}
        <div className="dialog-actions">
          <Button type="submit" look="primary" disabled={busy || secret.trim() === '' || strengthOf(next).level === 0}>
            {busy ? 'Changing…' : 'Change'}
          </Button>
        </div>
      </form>
    </Group>
  );
}
