import { useApp } from '../app-context.ts';
import { keyParts } from '../keys/keys.ts';

/** A key or a pair of keys, drawn: `Mod+K`, `g t`. */
export function Keys({ of }: { of: string }) {
  const { mac } = useApp();
  return (
    <span className="keys">
      {keyParts(of, mac).map((part) => (
        <kbd key={part}>{part}</kbd>
      ))}
    </span>
  );
}
