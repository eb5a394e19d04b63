import type { BackupState, BackupTarget } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct } from '../../data/hooks.ts';
import { Select } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { targetKey } from '../../words/backups.ts';
import { Group } from '../settings/group.tsx';

type Every = BackupState['automatic']['every'];

const choices = [
  { value: 'off', label: 'Off' },
  { value: 'daily', label: 'Daily' },
  { value: 'weekly', label: 'Weekly' },
] as const;

/** Backups that start by themselves, and where they go. */
export function Schedule({ state, places, target }: { state: BackupState; places: readonly BackupTarget[]; target: BackupTarget | null }) {
  const { bridge, cache } = useApp();
  const act = useAct();
  const { automatic } = state;
  const goal = automatic.target ?? target;
  const set = (every: Every, into: BackupTarget | null) =>
    void act(async () => cache.write('backup.state', undefined, await bridge.call('backup.schedule', { every, target: into })));
  const lead = 'Runs while the device is idle, and before an update changes the store. What was interrupted goes on where it stopped.';
  return (
    <Group title="By itself" lead={goal ? lead : `${lead} Choose a place above first.`}>
      <div className="settings-line">
        <span className="strong">Back up</span>
        <Segmented label="Back up by itself" value={automatic.every} choices={choices} onChange={(every) => set(every, goal)} />
      </div>
      <div className="settings-line">
        <label className="strong" htmlFor="backup-goal">
          Into
        </label>
        <span className="backup-goal">
          <Select
            id="backup-goal"
            choices={places.map((place) => ({ value: targetKey(place), label: place.kind === 'cloud' ? 'The cloud' : place.path }))}
            value={goal ? targetKey(goal) : ''}
            disabled={places.length === 0}
            onChange={(event) => set(automatic.every, places.find((place) => targetKey(place) === event.target.value) ?? null)}
          />
        </span>
      </div>
    </Group>
  );
}
