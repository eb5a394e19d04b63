import { useSettings } from '../../data/hooks.ts';
import { commandNames, commands, fixedKeys, keysOf } from '../../keys/keys.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Keys } from '../../ui/keys.tsx';

interface KeyLine {
  readonly label: string;
  readonly keys: readonly string[];
}

function useKeyGroups(): [string, KeyLine[]][] {
  const { keys } = useSettings();
  const groups = new Map<string, KeyLine[]>();
  const add = (group: string, line: KeyLine) => groups.set(group, [...(groups.get(group) ?? []), line]);
  for (const name of commandNames) add(commands[name].group, { label: commands[name].label, keys: keysOf(name, keys) });
  for (const fixed of fixedKeys) add(fixed.group, { label: fixed.label, keys: [fixed.keys] });
  return [...groups];
}

/** Every key on one page. */
export function KeySheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const groups = useKeyGroups();
  return (
    <Dialog open={open} onClose={onClose} title="Keys" wide>
      <div className="key-sheet">
        {groups.map(([group, lines]) => (
          <section key={group}>
            <h3 className="soft">{group}</h3>
            <dl>
              {lines.map((line) => (
                <div key={line.label} className="row between">
                  <dt>{line.label}</dt>
                  <dd className="row">
                    {line.keys.map((key) => (
                      <Keys key={key} of={key} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
