import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type Electron from 'electron';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { Core } from '../../core/core.ts';
import type { Asset } from '../page.ts';
import type { AppParts } from './app.ts';
import { runService } from './core-service.ts';

/** A real port in the shape of Electron's: an emitter whose messages are events. */
function mainPort(port: MessagePort): Electron.MessagePortMain {
  const emitter = new EventEmitter();
  port.on('message', (data: unknown) => emitter.emit('message', { data, ports: [] }));
  port.on('close', () => emitter.emit('close'));
  return Object.assign(emitter, {
    postMessage: (message: unknown) => port.postMessage(message),
    start: () => port.start(),
    close: () => port.close(),
  }) as unknown as Electron.MessagePortMain;
}

class MessageChannelMain {
  readonly port1: Electron.MessagePortMain;
  readonly port2: Electron.MessagePortMain;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    [this.port1, this.port2] = [mainPort(port1), mainPort(port2)];
  }
}

/** Everything the host did to Electron, for a test to look at. */
export interface Seen {
  calls: string[];
  windows: StubWindow[];
  children: StubChild[];
  menus: unknown[];
  paths: Record<string, string>;
  schemes: unknown;
  handlers: Record<string, (request: Request) => Response>;
  permission: {
    request?: (contents: unknown, permission: string, answer: (granted: boolean) => void) => void;
    check?: () => boolean;
    device?: () => boolean;
    media?: (request: unknown, answer: (streams: object) => void) => void;
  };
  beforeRequest: (details: { url: string }, answer: (verdict: { cancel?: boolean }) => void) => void;
  dialogs: { message: string; buttons: string[]; defaultId: number; cancelId: number }[];
  opened: string[];
  notified: { title: string; body: string }[];
}

class Contents extends EventEmitter {
  readonly ipc = new EventEmitter();
  readonly mainFrame: { url: string; parent: null } = { url: 'app://window/', parent: null };
  readonly ports: Electron.MessagePortMain[] = [];
  windowOpen: ((details: { url: string }) => { action: string }) | undefined;
  reloads = 0;
  setWindowOpenHandler = (handler: (details: { url: string }) => { action: string }) => void (this.windowOpen = handler);
  postMessage = (_channel: string, _message: unknown, ports: Electron.MessagePortMain[]) => void this.ports.push(...ports);
  reload = () => void this.reloads++;
}

export class StubWindow extends EventEmitter {
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents = new Contents();
  url = '';
  shown = 0;
  focused = 0;
  destroyed = false;
  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.options = options;
  }
  loadURL = async (url: string) => void (this.url = url);
  show = () => void this.shown++;
  focus = () => void this.focused++;
  restore = () => {};
  isMinimized = () => false;
  isDestroyed = () => this.destroyed;
}

/** The core's process, run in this one: messages are copied as between processes. */
export class StubChild extends EventEmitter {
  readonly parent = new EventEmitter() as EventEmitter & { postMessage(message: unknown): void };
  readonly options: unknown;
  gone = false;
  constructor(path: string, options: unknown, createCore: (host: never) => Promise<Core>) {
    super();
    this.options = { path, ...(options as object) };
    this.parent.postMessage = (message) => queueMicrotask(() => this.emit('message', structuredClone(message)));
    const host = {
      name: 'electron' as const,
      dataDir: '/nowhere',
      cloudUrl: '',
      version: '0',
      deviceName: '',
      timeZone: 'UTC',
      locale: 'en',
      clock: systemClock,
      random: seededRandom(1),
      log: silentLog,
      fetch,
    };
    runService({ parent: this.parent as never, host, createCore: createCore as never, exit: (code) => this.end(code), onMissed: () => () => {} });
  }
  postMessage = (message: unknown, ports: unknown[] = []) => void queueMicrotask(() => this.parent.emit('message', { data: structuredClone(message), ports }));
  end(code: number) {
    if (this.gone) return;
    this.gone = true;
    this.emit('exit', code);
  }
  kill = () => (this.end(15), true);
}

export interface StubOptions {
  readonly createCore: (host: never) => Promise<Core>;
  readonly firstInstance?: boolean;
  readonly answer?: number;
  readonly backend?: string;
  readonly available?: boolean;
  readonly platform?: string;
}

/** The parts of the app over a stub of Electron that only remembers. */
export function stubbedApp({ createCore, firstInstance = true, answer = 0, backend = 'gnome_libsecret', available = true, platform = 'linux' }: StubOptions) {
  const seen: Seen = {
    calls: [],
    windows: [],
    children: [],
    menus: [],
    paths: {},
    schemes: undefined,
    handlers: {},
    permission: {},
    beforeRequest: () => {},
    dialogs: [],
    opened: [],
    notified: [],
  };
  const note = (name: string) => () => void seen.calls.push(name);
  let quitting = false;
  const app = Object.assign(new EventEmitter(), {
    enableSandbox: note('enableSandbox'),
    setPath: (name: string, path: string) => void ((seen.paths[name] = path), seen.calls.push('setPath')),
    requestSingleInstanceLock: () => (seen.calls.push('lock'), firstInstance),
    whenReady: async () => void seen.calls.push('ready'),
    quit() {
      seen.calls.push('quit');
      let stopped = false;
      app.emit('will-quit', { preventDefault: () => (stopped = true) });
      if (!stopped && !quitting) {
        quitting = true;
        seen.calls.push('gone');
      }
    },
  });
  const defaultSession = Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: (handler: Seen['permission']['request']) => void (seen.permission.request = handler!),
    setPermissionCheckHandler: (handler: Seen['permission']['check']) => void (seen.permission.check = handler!),
    setDevicePermissionHandler: (handler: Seen['permission']['device']) => void (seen.permission.device = handler!),
    setDisplayMediaRequestHandler: (handler: Seen['permission']['media']) => void (seen.permission.media = handler!),
    setSpellCheckerEnabled: (on: boolean) => void seen.calls.push(`spell ${on}`),
    webRequest: { onBeforeRequest: (listener: Seen['beforeRequest']) => void (seen.beforeRequest = listener) },
  });
  class BrowserWindow extends StubWindow {
    constructor(options: Electron.BrowserWindowConstructorOptions) {
      super(options);
      seen.windows.push(this);
      app.emit('web-contents-created', {}, this.webContents);
    }
  }
  class Notification {
    static isSupported = () => true;
    readonly #options: { title: string; body: string };
    constructor(options: { title: string; body: string }) {
      this.#options = options;
    }
    show = () => void seen.notified.push(this.#options);
  }
  const electron = {
    app,
    BrowserWindow,
    MessageChannelMain,
    Notification,
    Menu: { setApplicationMenu: (menu: unknown) => void seen.menus.push(menu), buildFromTemplate: (template: unknown) => template },
    dialog: { showMessageBox: async (options: Seen['dialogs'][number]) => (seen.dialogs.push(options), { response: answer, checkboxChecked: false }) },
    shell: { openExternal: async (url: string) => void seen.opened.push(url) },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown) => ((seen.schemes = schemes), seen.calls.push('schemes')),
      handle: (name: string, handler: (request: Request) => Response) => void (seen.handlers[name] = handler),
    },
    session: { defaultSession },
    utilityProcess: {
      fork: (path: string, _args: string[], options: unknown) => (seen.children.push(new StubChild(path, options, createCore)), seen.children.at(-1)!),
    },
    safeStorage: {
      getSelectedStorageBackend: () => backend,
      isAsyncEncryptionAvailable: async () => available,
      encryptStringAsync: async (text: string) => Buffer.from(`sealed:${text}`),
      decryptStringAsync: async (sealed: Buffer) => ({ shouldReEncrypt: false, result: sealed.toString().replace(/^sealed:/, '') }),
    },
  } as unknown as AppParts['electron'];
  const page: Asset = { body: Buffer.from('<!doctype html>'), type: 'text/html; charset=utf-8', kept: false, etag: '"e"' };
  const script: Asset = { body: Buffer.from('1'), type: 'text/javascript; charset=utf-8', kept: true, etag: '"e"' };
  const parts: AppParts = {
    electron,
    loadAssets: async () =>
      new Map([
        ['/', page],
        ['/index.html', page],
        ['/assets/a-12345678.js', script],
      ]),
    preload: '/built/preload.cjs',
    coreProcess: '/built/core.mjs',
    dataDir: '/data',
    env: { ADIUVA_HOME: '/data', NODE_OPTIONS: '--inspect', SECRET_TOKEN: 'x', LOG_LEVEL: 'warn' },
    platform,
    clock: systemClock,
    random: seededRandom(2),
    log: silentLog,
  };
  return { seen, parts, app };
}
