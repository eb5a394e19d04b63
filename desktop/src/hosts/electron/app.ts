import type Electron from 'electron';
import { join } from 'node:path';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Assets } from '../page.ts';
import { childEnvironment, CoreChild } from './core-child.ts';
import { openKeyStore } from './key-store.ts';
import { openOutside } from './outside-dialog.ts';
import { createRate, rates } from './rate.ts';
import { answerPage, lockContents, lockSession, scheme, schemes } from './security.ts';
import { openWindow } from './window.ts';

export interface AppParts {
  readonly electron: Pick<
    typeof Electron,
    'app' | 'BrowserWindow' | 'Menu' | 'MessageChannelMain' | 'Notification' | 'dialog' | 'protocol' | 'safeStorage' | 'session' | 'shell' | 'utilityProcess'
  >;
  /** Reads the built window; asked once the app is ready. */
  readonly loadAssets: () => Promise<Assets>;
  /** Absolute paths of the built preload and of the core's process. */
  readonly preload: string;
  readonly coreProcess: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Before the app is ready: sandbox everywhere, own scheme, Chromium's own files in a folder of the data. */
function prepare({ electron: { app, protocol }, dataDir }: AppParts): void {
  app.enableSandbox();
  app.setPath('userData', join(dataDir, 'electron'));
  app.setPath('sessionData', join(dataDir, 'electron'));
  protocol.registerSchemesAsPrivileged(schemes);
}

/** Only what an editor needs: the default menu would offer developer tools and zoom of the whole page on every machine. */
function menuFor({ electron: { Menu }, platform }: AppParts): Electron.Menu | null {
  if (platform !== 'darwin') return null;
  return Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]);
}

async function makeCore(parts: AppParts, outside: (address: string) => void): Promise<CoreChild> {
  const { electron, coreProcess, env, platform, clock, random, log } = parts;
  const { Notification, safeStorage, utilityProcess } = electron;
  return new CoreChild({
    fork: () => utilityProcess.fork(coreProcess, [], { serviceName: 'Adiuva core', env: childEnvironment(env), stdio: 'inherit' }),
    secrets: await openKeyStore(safeStorage, platform),
    notify: (title, body) => void (Notification.isSupported() && new Notification({ title, body }).show()),
    outside,
    clock,
    random,
    log,
  });
}

/**
 * The life of the app: one instance, one window, one core. Resolves once the window is open; false where another instance runs, which then shows
 * its window instead.
 */
export async function runApp(parts: AppParts): Promise<boolean> {
  const { electron, clock, preload } = parts;
  const { app, Menu, protocol, session } = electron;
  // The lock belongs to the data folder, which is set first.
  prepare(parts);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return false;
  }
  await app.whenReady();
  const assets = await parts.loadAssets();
  Menu.setApplicationMenu(menuFor(parts));
  lockSession(session.defaultSession);
  protocol.handle(scheme, (request) => answerPage(request, assets));

  const may = createRate(clock, rates.outside);
  const outside = (address: string) => void openOutside({ dialog: electron.dialog, shell: electron.shell, may }, address);
  // Whatever contents are ever made, by whatever way.
  app.on('web-contents-created', (_event, contents) => lockContents(contents, outside));
  const core = await makeCore(parts, outside);
  core.start();
  const open = () => openWindow({ electron, preload, core, clock });
  let window = open();
  const show = () => {
    if (window.isDestroyed()) window = open();
    if (window.isMinimized()) window.restore();
    window.focus();
  };
  app.on('second-instance', show);
  app.on('activate', show);
  app.on('window-all-closed', () => parts.platform !== 'darwin' && app.quit());
  closeFirst(app, core);
  return true;
}

/** The app ends after the core closed its store, not before. */
function closeFirst(app: Electron.App, core: CoreChild): void {
  let closed = false;
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    void core.close().then(() => {
      closed = true;
      app.quit();
    });
  });
}
