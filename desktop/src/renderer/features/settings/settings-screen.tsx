import { Tabs } from '@base-ui/react/tabs';
import { BackupTab } from '../backup/backup-tab.tsx';
import { go } from '../shell/route.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { AboutTab } from './about-tab.tsx';
import { AccountTab } from './account-tab.tsx';
import { AppearanceTab } from './appearance-tab.tsx';
import { KeysTab } from './keys-tab.tsx';
import { PrivacyTab } from './privacy-tab.tsx';
import { SecurityTab } from './security-tab.tsx';
import './settings.css';

const tabs = [
  { id: 'account', label: 'Account', Body: AccountTab },
  { id: 'appearance', label: 'Appearance', Body: AppearanceTab },
  { id: 'security', label: 'Security', Body: SecurityTab },
  { id: 'backup', label: 'Backup', Body: BackupTab },
  { id: 'privacy', label: 'Privacy', Body: PrivacyTab },
  { id: 'keys', label: 'Keys', Body: KeysTab },
  { id: 'about', label: 'About', Body: AboutTab },
] as const;

/** Settings, one subject a tab. */
export function SettingsScreen({ tab }: { tab: string | null }) {
  const known = tabs.find(({ id }) => id === tab)?.id ?? 'account';
  return (
    <>
      <ScreenHead title="Settings" />
      <Tabs.Root className="settings" value={known} onValueChange={(value) => go('settings', String(value), { replace: true })}>
        <Tabs.List className="tab-list" aria-label="Settings">
          {tabs.map(({ id, label }) => (
            <Tabs.Tab key={id} value={id}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <div className="settings-scroll">
          {tabs.map(({ id, Body }) => (
            <Tabs.Panel key={id} value={id} className="settings-panel">
              <Body />
            </Tabs.Panel>
          ))}
        </div>
      </Tabs.Root>
    </>
  );
}
