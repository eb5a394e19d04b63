import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Announce } from '../../bridge/events.ts';
import { settings as shape, type Settings } from '../../bridge/shapes.ts';
import type { Store, Tables } from '../store/store.ts';

const key = 'settings';

/** What holds before the user chose anything. */
export const defaults: Settings = {
  appearance: { theme: 'system', density: 'comfortable', railCollapsed: false, reducedMotion: false },
  displayName: '',
  timeZone: null,
  autoLockMinutes: 15,
  keys: {},
  briefHiddenOn: null,
};

/** A change: only what is named; `appearance` field by field, `keys` as a whole. */
export type SettingsPatch = {
  [K in keyof Settings]?: (K extends 'appearance' ? { [A in keyof Settings['appearance']]?: Settings['appearance'][A] | undefined } : Settings[K]) | undefined;
};

export interface SettingsRoom {
  get(): Promise<Settings>;
  /** @throws AdiuvaError `request.invalid` for a time zone nobody knows */
  set(patch: SettingsPatch): Promise<Settings>;
}

export function createSettings({ store, announce }: { store: () => Store; announce: Announce }): SettingsRoom {
  return {
    get: () => read(store().t),
    async set(patch) {
      if (patch.timeZone) refuseUnknownZone(patch.timeZone);
      const next = await store().tx(async (t) => {
        const merged = merge(await read(t), patch);
        await t.settings.set(key, merged);
        return merged;
      });
      announce('settings.changed', next);
      return next;
    },
  };
}

/** Each part by itself, so that one value an older or newer version wrote does not cost the others. */
async function read(t: Tables): Promise<Settings> {
  const row = (await t.settings.get(key)) as Partial<Record<keyof Settings, unknown>> | null | undefined;
  const part = <K extends keyof Settings>(name: K): Settings[K] => {
    const parsed = shape.shape[name].safeParse(row?.[name]);
    return parsed.success ? (parsed.data as Settings[K]) : defaults[name];
  };
  return {
    appearance: part('appearance'),
    displayName: part('displayName'),
    timeZone: part('timeZone'),
    autoLockMinutes: part('autoLockMinutes'),
    keys: part('keys'),
    briefHiddenOn: part('briefHiddenOn'),
  };
}

const named = <T extends object>(patch: T) => Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));

function merge(now: Settings, { appearance, ...rest }: SettingsPatch): Settings {
  return { ...now, ...named(rest), appearance: { ...now.appearance, ...named(appearance ?? {}) } };
}

function refuseUnknownZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new AdiuvaError('request.invalid', { detail: 'timeZone: is not a known IANA time zone' });
  }
}
