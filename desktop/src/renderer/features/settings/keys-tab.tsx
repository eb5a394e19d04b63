import { RotateCcw } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { useSettings } from '../../data/hooks.ts';
import { type CommandName, commandNames, commands, conflicts, keysOf, pressName } from '../../keys/keys.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Keys } from '../../ui/keys.tsx';
import { useSaveSettings } from '../shell/acts.ts';
import { Group } from './group.tsx';

/** Every command with its key. Pressing "Change" and then a key gives it another; commands that share one are named. */
export function KeysTab() {
  const { keys } = useSettings();
  const clashing = conflicts(keys);
  return (
    <Group title="Keys" lead="Some browsers keep Ctrl+N and Ctrl+L to themselves; the second key given here works there too.">
      <ul>
        {commandNames.map((name) => (
          <KeyRow key={name} name={name} clash={[...clashing.values()].find((names) => names.includes(name))?.filter((other) => other !== name) ?? []} />
        ))}
      </ul>
    </Group>
  );
}

function KeyRow({ name, clash }: { name: CommandName; clash: readonly CommandName[] }) {
  const { keys } = useSettings();
  const save = useSaveSettings();
  const { label } = commands[name];
  const own = keys[name] !== undefined && keys[name] !== '';
  const set = (key: string) => void save({ keys: { ...keys, [name]: key } });
  return (
    <li className="key-row">
      <div className="grow">
        {label}
        {clash.length > 0 && <div className="field-error">Also used by: {clash.map((other) => commands[other].label).join(', ')}</div>}
      </div>
      {keysOf(name, keys).map((key) => (
        <Keys key={key} of={key} />
      ))}
      {own && <IconButton tiny icon={RotateCcw} label={`Back to the default key: ${label}`} onClick={() => set('')} />}
      <KeyCatcher label={label} onKey={set} />
    </li>
  );
}

function KeyCatcher({ label, onKey }: { label: string; onKey: (key: string) => void }) {
  const { mac } = useApp();
  const [waiting, setWaiting] = useState(false);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!waiting) return;
    const pressed = pressName(event.nativeEvent, mac);
    if (pressed === null || pressed === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    setWaiting(false);
    if (pressed !== 'Escape') onKey(pressed);
  };
  return (
    <Button
      small
      look="quiet"
      aria-label={waiting ? `Press the new key for: ${label}` : `Change the key: ${label}`}
      onClick={() => setWaiting(true)}
      onBlur={() => setWaiting(false)}
      onKeyDown={onKeyDown}
    >
      {waiting ? 'Press a key' : 'Change'}
    </Button>
  );
}
