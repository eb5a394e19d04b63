import { type FormEvent, useEffect, useState } from 'react';
import type { Settings } from '../../../bridge/shapes.ts';
import { useSettings, useZone } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, Switch, TextField } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { useSaveSettings } from '../shell/acts.ts';
import { Group } from './group.tsx';

type Appearance = Settings['appearance'];

const themes = [
  { value: 'system', label: 'Like the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

const densities = [
  { value: 'comfortable', label: 'Comfortable' },
  { value: 'compact', label: 'Compact' },
] as const;

export function AppearanceTab() {
  const { appearance } = useSettings();
  const save = useSaveSettings();
  const set = (change: Partial<Appearance>) => void save({ appearance: change });
  return (
    <>
      <Group title="Look">
        <div className="settings-line">
          <span className="strong">Theme</span>
          <Segmented label="Theme" value={appearance.theme} choices={themes} onChange={(theme) => set({ theme })} />
        </div>
        <div className="settings-line">
          <span className="strong">Density</span>
          <Segmented label="Density" value={appearance.density} choices={densities} onChange={(density) => set({ density })} />
        </div>
        <Switch
          label="Less motion"
          hint="Nothing slides or fades. The system's own wish is always kept."
          checked={appearance.reducedMotion}
          onChange={(reducedMotion) => set({ reducedMotion })}
        />
      </Group>
      <Profile />
    </>
  );
}

function Profile() {
  const settings = useSettings();
  const zoneNow = useZone();
  const save = useSaveSettings();
  const [name, setName] = useState(settings.displayName);
  useEffect(() => setName(settings.displayName), [settings.displayName]);
  const zones = [
    { value: '', label: settings.timeZone === null ? `Like the system (${zoneNow.replaceAll('_', ' ')})` : 'Like the system' },
    ...Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') })),
  ];
  const saveName = (event: FormEvent) => {
    event.preventDefault();
    void save({ displayName: name.trim() });
  };
  return (
    <Group title="You" lead="The name and the time zone go along when you ask the cloud, so that “tomorrow” means your tomorrow.">
      <form className="settings-name" onSubmit={saveName}>
        <TextField label="Name" maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" disabled={name.trim() === settings.displayName}>
          Save
        </Button>
      </form>
      <SelectField
        label="Time zone"
        choices={zones}
        value={settings.timeZone ?? ''}
        onChange={(event) => void save({ timeZone: event.target.value || null })}
      />
    </Group>
  );
}
