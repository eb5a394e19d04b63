import type Electron from 'electron';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { CoreChild } from './core-child.ts';
import { createRate, rates } from './rate.ts';
import { isOurFrame, webPreferences, windowUrl } from './security.ts';

/** Channels between preload and main; the preload repeats them, because it is one file without imports. */
export const channels = { connect: 'bridge:connect', port: 'bridge:port' } as const;

export interface WindowParts {
  readonly electron: Pick<typeof Electron, 'BrowserWindow' | 'MessageChannelMain'>;
  /** Absolute path of the built preload. */
  readonly preload: string;
  readonly core: Pick<CoreChild, 'attach'>;
  readonly clock: Clock;
}

/** Gives the page a fresh port to the core when its preload asks, if it is our page that asks and not too often. */
function listenForConnect({ webContents }: Electron.BrowserWindow, { electron, core, clock }: WindowParts): void {
  const may = createRate(clock, rates.connect);
  webContents.ipc.on(channels.connect, (event, ...given: unknown[]) => {
    if (given.length > 0 || !isOurFrame(event.senderFrame, webContents) || !may()) return;
    const { port1, port2 } = new electron.MessageChannelMain();
    core.attach(port1);
    webContents.postMessage(channels.port, null, [port2]);
  });
}

/** A window on our page, shown once it has painted; its contents are locked by the app as all contents are. */
export function openWindow(parts: WindowParts): Electron.BrowserWindow {
  const window = new parts.electron.BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 360,
    minHeight: 480,
    show: false,
    autoHideMenuBar: true,
    title: 'Adiuva',
    webPreferences: { ...webPreferences, preload: parts.preload },
  });
  listenForConnect(window, parts);
  window.once('ready-to-show', () => window.show());
  window.webContents.on('render-process-gone', (_event, { reason }) => reason !== 'clean-exit' && !window.isDestroyed() && window.webContents.reload());
  void window.loadURL(windowUrl);
  return window;
}
