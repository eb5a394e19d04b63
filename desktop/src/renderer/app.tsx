import { Tooltip } from '@base-ui/react/tooltip';
import { useEffect, useState } from 'react';
import type { VaultState } from '../bridge/shapes.ts';
import { useApp } from './app-context.ts';
import { useMedia, useQuery, useSettings } from './data/hooks.ts';
import { Onboarding } from './features/onboarding/onboarding.tsx';
import { VaultTrouble } from './features/unlock/vault-trouble.tsx';
import { Shell } from './features/shell/shell.tsx';
import { useLinkState } from './features/shell/link-notice.tsx';
import { FrontPage } from './features/unlock/front-page.tsx';
import { Unlock } from './features/unlock/unlock.tsx';
import { ErrorNote, Skeleton } from './ui/states.tsx';
import { LiveRegions, Toaster } from './ui/toaster.tsx';

/** The window: theme, the gate that the vault's state decides, messages. */
export function AppRoot() {
  return (
    <Tooltip.Provider delay={500}>
      <Theme />
      <Gate />
      <Toaster />
      <LiveRegions />
    </Tooltip.Provider>
  );
}

/** Puts theme, density and motion on the root element. */
function Theme() {
  const { appearance } = useSettings();
  const dark = useMedia('(prefers-color-scheme: dark)');
  const theme = appearance.theme === 'system' ? (dark ? 'dark' : 'light') : appearance.theme;
  useEffect(() => {
    Object.assign(document.documentElement.dataset, { theme, density: appearance.density, motion: appearance.reducedMotion ? 'less' : 'full' });
  }, [theme, appearance.density, appearance.reducedMotion]);
  return null;
}

function Gate() {
  const { cache, toasts, announcer } = useApp();
  const vault = useQuery('vault.state', undefined);
  const open = vault.data?.state === 'open';
  useEffect(() => {
    if (open) return;
    toasts.clear();
    announcer.clear();
    document.title = 'Adiuva';
  }, [open, toasts, announcer]);
  if (vault.data) return <Gated vault={vault.data} />;
  return (
    <FrontPage title="Adiuva">{vault.error ? <ErrorNote error={vault.error} onRetry={() => cache.invalidate(['vault.state'])} /> : <Waiting />}</FrontPage>
  );
}

function Waiting() {
  const lost = useLinkState() === 'lost';
  return lost ? <p className="soft">The core does not answer yet. The window connects by itself as soon as it does.</p> : <Skeleton lines={3} />;
}

/** Which door the window shows. Making a vault opens it; the window stays with the twelve words until they were confirmed. */
function Gated({ vault }: { vault: VaultState }) {
  const { cache, memory } = useApp();
  const [making, setMaking] = useState(() => vault.state === 'missing' || memory.idOf('onboarding') !== null);
  if (vault.problem) return <VaultTrouble problem={vault.problem} onLook={() => cache.invalidate(['vault.state'])} />;
  if (vault.state === 'missing' || (making && vault.state === 'open')) return <Onboarding vault={vault} onDone={() => setMaking(false)} />;
  if (vault.state === 'locked') return <Unlock vault={vault} />;
  return <Shell />;
}
