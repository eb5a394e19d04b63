import { type FormEvent, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { Button } from '../../ui/button.tsx';
import { SecretField, TextField } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { ErrorNote } from '../../ui/states.tsx';

type Way = 'register' | 'login';

const ways = [
  { value: 'register', label: 'Make an account' },
  { value: 'login', label: 'Sign in' },
] as const;

/** Registers or signs in. The password goes to the core and is not kept. */
export function AccountForm({ onDone }: { onDone: () => void }) {
  const { bridge, cache } = useApp();
  const [way, setWay] = useState<Way>('register');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await bridge.call(`account.${way}`, { email: email.trim(), password });
      setPassword('');
      cache.invalidate(['account.state', 'status.get']);
      onDone();
    } catch (thrown) {
      setError(thrown);
    }
    setBusy(false);
  };
  const makes = way === 'register';
  return (
    <form className="column" onSubmit={(event) => void send(event)}>
      <div>
        <Segmented label="Make an account or sign in" value={way} choices={ways} onChange={setWay} />
      </div>
      <TextField label="Email" type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
      <SecretField
        label="Account password"
        autoComplete={makes ? 'new-password' : 'current-password'}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        hint={makes ? 'At least 8 characters, and not your vault passphrase.' : undefined}
      />
      {error !== null && <ErrorNote error={error} />}
      <Button type="submit" look="primary" wide disabled={busy || email.trim() === '' || password.length < (makes ? 8 : 1)}>
        {busy ? 'One moment…' : makes ? 'Make the account' : 'Sign in'}
      </Button>
    </form>
  );
}
