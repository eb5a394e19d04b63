import './without-eval.ts';
import '@fontsource-variable/inter/wght.css';
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';
import './ui/floating.css';
import { createRoot } from 'react-dom/client';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import type { Bridge } from '../bridge/client.ts';
import { AppContext, type App } from './app-context.ts';
import { AppRoot } from './app.tsx';
import { connect, restartOnToken } from './connect.ts';
import { Announcer } from './data/announcer.ts';
import { QueryCache } from './data/cache.ts';
import { listen } from './data/listen.ts';
import { Toasts } from './data/toasts.ts';
import { WindowMemory } from './data/window-memory.ts';
import { NoSession } from './features/unlock/no-session.tsx';
import { isCode } from './words/problems.ts';

/** Everything the screens use, around one bridge. */
function appOf(bridge: Bridge): App {
  const cache: QueryCache = new QueryCache(bridge, (error) => {
    if (isCode(error, 'vault.locked')) cache.invalidate(['vault.state']);
  });
  listen(bridge, cache);
  return {
    bridge,
    cache,
    clock: systemClock,
    nextFrame: (fn) => requestAnimationFrame(fn),
    toasts: new Toasts(systemClock),
    announcer: new Announcer(),
    systemZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    mac: navigator.platform.startsWith('Mac'),
    memory: new WindowMemory(sessionStorage),
  };
}

async function start(place: HTMLElement): Promise<void> {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  restartOnToken(window);
  const connected = await connect({ window, fetch: (...args) => fetch(...args), clock: systemClock, random: systemRandom });
  const root = createRoot(place);
  if ('refused' in connected) return root.render(<NoSession />);
  root.render(
    <AppContext value={appOf(connected.bridge)}>
      <AppRoot />
    </AppContext>,
  );
}

void start(document.getElementById('root') ?? document.body);
