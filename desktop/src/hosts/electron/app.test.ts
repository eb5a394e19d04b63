import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { manualClock, systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { createBridge } from '../../bridge/client.ts';
import { portChannel } from '../../bridge/link-port.ts';
import type { Core } from '../../core/core.ts';
import type { Host } from '../../core/host.ts';
import { contentPolicy } from '../page.ts';
import { runApp } from './app.ts';
import { childEnvironment } from './core-child.ts';
import { readFromCore } from './core-link.ts';
import { portOf } from './core-service.ts';
import { fuses } from './fuses.ts';
import { openKeyStore } from './key-store.ts';
import { createRate, limitedChannel, rates } from './rate.ts';
import { isOurFrame, isOwnPage } from './security.ts';
import { stubbedApp, type Seen, type StubOptions } from './stub.suite.ts';

const vault = { state: 'locked' as const, vaultId: 'v', slots: ['os' as const], phraseConfirmed: true, problem: null };

function fakeCore() {
  const hosts: Host[] = [];
  const closed = vi.fn();
  const createCore = async (host: Host): Promise<Core> => {
    hosts.push(host);
    return { api: { 'vault.state': async () => vault } as never, subscribe: () => () => {}, close: async () => closed() };
  };
  return { hosts, closed, createCore: createCore as StubOptions['createCore'] };
}

async function running(options: Partial<StubOptions> = {}) {
  const core = fakeCore();
  const stub = stubbedApp({ createCore: core.createCore, ...options });
  const opened = await runApp(stub.parts);
  return { ...stub, ...core, opened, window: stub.seen.windows[0]! };
}

/** Runs what a listener does with an event and tells whether it was prevented. */
function prevented(emit: (event: { preventDefault(): void }) => void): boolean {
  let stopped = false;
  emit({ preventDefault: () => (stopped = true) });
  return stopped;
}

const asksTo = async (seen: Seen, url: string) => new Promise<boolean>((resolve) => seen.beforeRequest({ url }, ({ cancel }) => resolve(cancel !== true)));
const granted = (seen: Seen, permission: string) => new Promise<boolean>((resolve) => seen.permission.request!({}, permission, resolve));

/** Electron's security checklist (docs, "Security, Native Capabilities, and Your Responsibility", 20 points), each with what proves it here. */
const checklist: [string, (world: Awaited<ReturnType<typeof running>>) => unknown, unknown][] = [
  [
    '1 only secure content: every request but for own files is cancelled',
    async ({ seen }) =>
      Promise.all(
        ['https://example.org/', 'http://127.0.0.1/', 'ws://example.org/', 'file:///etc/passwd', 'app://other/', 'app://window.evil/', 'app://window/'].map(
          (url) => asksTo(seen, url),
        ),
      ),
    [false, false, false, false, false, false, true],
  ],
  [
    '2 no Node in the page',
    ({ window }) => window.options.webPreferences,
    expect.objectContaining({ nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false }),
  ],
  ['3 context isolation', ({ window }) => window.options.webPreferences?.contextIsolation, true],
  [
    '4 sandbox, of every process, before the app is ready',
    ({ window, seen }) => [window.options.webPreferences?.sandbox, seen.calls.indexOf('enableSandbox') < seen.calls.indexOf('ready')],
    [true, true],
  ],
  [
    '5 permissions: asked for, looked up, devices, screens',
    async ({ seen }) => [
      await granted(seen, 'media'),
      await granted(seen, 'notifications'),
      seen.permission.check!(),
      seen.permission.device!(),
      await new Promise((resolve) => seen.permission.media!({}, resolve)),
    ],
    [false, false, false, false, {}],
  ],
  ['6 web security is on', ({ window }) => window.options.webPreferences?.webSecurity, true],
  ['7 a content policy by header', ({ seen }) => seen.handlers['app']!(new Request('app://window/')).headers.get('content-security-policy'), contentPolicy],
  ['8 no insecure content', ({ window }) => window.options.webPreferences?.allowRunningInsecureContent, false],
  ['9 no experimental features', ({ window }) => window.options.webPreferences?.experimentalFeatures, false],
  ['10 no Blink features', ({ window }) => window.options.webPreferences?.enableBlinkFeatures, undefined],
  [
    '11 no webview: neither allowed nor attached',
    ({ window }) => [window.options.webPreferences?.webviewTag, prevented((event) => window.webContents.emit('will-attach-webview', event))],
    [false, true],
  ],
  ['12 options of a webview cannot be chosen: none is attached', ({ window }) => window.webContents.listenerCount('will-attach-webview'), 1],
  [
    '13 navigation stays on the page',
    ({ window }) =>
      ['will-navigate', 'will-redirect', 'will-frame-navigate'].map((name) =>
        prevented((event) => window.webContents.emit(name, { ...event, isMainFrame: true, url: 'https://example.org/' })),
      ),
    [true, true, true],
  ],
  ['14 no new windows', ({ window }) => window.webContents.windowOpen!({ url: 'https://example.org/' }), { action: 'deny' }],
  [
    '15 openExternal only for what was shown and agreed to',
    async ({ window, seen }) => (window.webContents.windowOpen!({ url: 'file:///etc/passwd' }), await Promise.resolve(), [seen.dialogs, seen.opened]),
    [[], []],
  ],
  [
    '16 a current Electron',
    () => Number(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).devDependencies.electron.split('.')[0]) >= 45,
    true,
  ],
  [
    '17 the sender of every message is checked',
    ({ window }) => (window.webContents.ipc.emit('bridge:connect', { senderFrame: { url: 'app://window/', parent: null } }), window.webContents.ports.length),
    0,
  ],
  ['18 no file: scheme', ({ window }) => window.url, 'app://window/'],
  [
    '19 fuses',
    () =>
      Object.entries(fuses)
        .filter(([, on]) => on)
        .map(([name]) => name),
    ['EnableCookieEncryption', 'EnableEmbeddedAsarIntegrityValidation', 'OnlyLoadAppFromAsar'],
  ],
  [
    '20 the page gets nothing of Electron but one word',
    () => [...readFileSync(new URL('./preload.ts', import.meta.url), 'utf8').matchAll(/exposeInMainWorld\(([^)]*)\)/g)].map((match) => match[1]),
    ["'adiuva', { connect: ("],
  ],
];

describe('the checklist', () => {
  it.each(checklist)('%s', async (_name, find, expected) => {
    expect(await find(await running())).toEqual(expected);
  });

  it('never allows a page that only looks like ours', () => {
    expect(['app://window/', 'app://window/#/today', 'APP://window/?q'].map(isOwnPage)).toEqual([true, true, true]);
    const others = [
      'app://window.evil/',
      'app://evil/',
      'app://window:80/',
      'app://user@window/',
      'app://window/other',
      'app://window//evil',
      'app:window',
      'https://window/',
      'file:///window',
      'javascript:alert(1)',
      'about:blank',
      'data:text/html,x',
      'blob:app://window/x',
      '',
    ];
    expect(others.filter(isOwnPage)).toEqual([]);
  });

  it('lets the page move within itself', async () => {
    const { window } = await running();
    expect(prevented((event) => window.webContents.emit('will-navigate', { ...event, url: 'app://window/#/tasks' }))).toBe(false);
    expect(prevented((event) => window.webContents.emit('will-frame-navigate', { ...event, isMainFrame: false, url: 'app://window/' }))).toBe(true);
  });

  it('downloads nothing', async () => {
    const { parts } = await running();
    expect(prevented((event) => parts.electron.session.defaultSession.emit('will-download', event as never))).toBe(true);
  });
});

describe('the page', () => {
  it.each<[string, number]>([
    ['app://window/', 200],
    ['app://window/index.html', 200],
    ['app://window/assets/a-12345678.js', 200],
    ['app://window/assets/', 404],
    ['app://window/..%2f..%2fetc/passwd', 404],
    ['app://window/assets/../../package.json', 404],
    ['app://window/__proto__', 404],
    ['app://other/', 404],
    ['app://user@window.evil/', 404],
  ])('%s → %i, from a fixed map and with the policy', async (url, status) => {
    const { seen } = await running();
    const answer = seen.handlers['app']!({ url, method: 'GET' } as Request);
    expect([answer.status, answer.headers.get('content-security-policy'), answer.headers.get('x-content-type-options')]).toEqual([
      status,
      contentPolicy,
      'nosniff',
    ]);
    expect(seen.handlers['app']!({ url, method: 'POST' } as Request).status).toBe(404);
  });
});

describe('the bridge in Electron', () => {
  const connect = (world: Awaited<ReturnType<typeof running>>) =>
    world.window.webContents.ipc.emit('bridge:connect', { senderFrame: world.window.webContents.mainFrame });

  it('gives our page a port to the core in its own process', async () => {
    const world = await running();
    connect(world);
    const bridge = createBridge({ connect: async () => portChannel(portOf(world.window.webContents.ports[0]!)), clock: systemClock, random: seededRandom(1) });
    expect(await bridge.call('vault.state')).toEqual(vault);
    expect(world.seen.children[0]!.options).toMatchObject({ path: '/built/core.mjs', env: { ADIUVA_HOME: '/data', LOG_LEVEL: 'warn' } });
    expect(JSON.stringify(world.seen.children[0]!.options)).not.toMatch(/SECRET|NODE_OPTIONS/);
    bridge.close();
  });

  it('refuses other frames, arguments and floods', async () => {
    const { window } = await running();
    const { ipc, mainFrame, ports } = window.webContents;
    ipc.emit('bridge:connect', { senderFrame: null });
    ipc.emit('bridge:connect', { senderFrame: { ...mainFrame } });
    ipc.emit('bridge:connect', { senderFrame: mainFrame }, 'more');
    mainFrame.url = 'https://example.org/';
    ipc.emit('bridge:connect', { senderFrame: mainFrame });
    expect(ports).toHaveLength(0);
    mainFrame.url = 'app://window/';
    for (let i = 0; i < 100; i++) ipc.emit('bridge:connect', { senderFrame: mainFrame });
    expect(ports).toHaveLength(rates.connect.most);
    for (const port of ports) port.close();
    expect(isOurFrame({ url: 'app://window/', parent: {} as never }, { mainFrame: mainFrame as never })).toBe(false);
  });

  it('starts the core again when it dies, and gives it the windows that ask meanwhile', async () => {
    const world = await running();
    await vi.waitFor(() => expect(world.hosts).toHaveLength(1), 15_000);
    world.seen.children[0]!.end(9);
    connect(world);
    await vi.waitFor(() => expect(world.seen.children).toHaveLength(2), { timeout: 5_000 });
    const bridge = createBridge({ connect: async () => portChannel(portOf(world.window.webContents.ports[0]!)), clock: systemClock, random: seededRandom(1) });
    expect(await bridge.call('vault.state')).toEqual(vault);
    bridge.close();
  });

  it('closes a port that floods', () => {
    const clock = manualClock();
    const may = createRate(clock, { most: 3, everyMs: 1_000 });
    const [close, heard] = [vi.fn(), vi.fn()];
    let speak: (text: string) => void = () => {};
    limitedChannel({ send: async () => {}, onText: (listener) => void (speak = listener), onClose: () => {}, close }, may).onText(heard);
    for (let i = 0; i < 3; i++) speak('x');
    expect([heard.mock.calls.length, close.mock.calls.length]).toEqual([3, 0]);
    speak('x');
    expect([heard.mock.calls.length, close.mock.calls.length]).toEqual([3, 1]);
    void clock.advance(334);
    speak('x');
    expect(heard).toHaveBeenCalledTimes(4);
  });
});

describe('the key store', () => {
  it('seals for the core, across the border of processes', async () => {
    const { hosts } = await running();
    await vi.waitFor(() => expect(hosts).toHaveLength(1), 15_000);
    const { secrets } = hosts[0]!;
    const key = new Uint8Array([0, 1, 254, 255]);
    const sealed = await secrets!.encrypt(key);
    expect(secrets!.backend).toBe('gnome_libsecret');
    expect(Buffer.from(sealed).includes(Buffer.from(key))).toBe(false);
    expect(await secrets!.decrypt(sealed)).toEqual(key);
  });

  it.each<[string, Partial<StubOptions>]>([
    ['basic_text', { backend: 'basic_text' }],
    ['unknown', { backend: 'unknown' }],
    ['none at all', { available: false }],
  ])('is not offered with %s', async (_name, options) => {
    const { hosts } = await running(options);
    await vi.waitFor(() => expect(hosts).toHaveLength(1), 15_000);
    expect(hosts[0]!.secrets).toBeNull();
  });

  it('is named after the system where Electron names none', async () => {
    const storage = {
      getSelectedStorageBackend: () => {
        throw new Error('Linux only');
      },
      isAsyncEncryptionAvailable: async () => true,
    } as never;
    expect([(await openKeyStore(storage, 'darwin'))?.backend, (await openKeyStore(storage, 'win32'))?.backend]).toEqual(['keychain', 'dpapi']);
  });

  it('takes only messages of known shape from the core', () => {
    const bad = [
      null,
      1,
      'ready',
      {},
      { kind: 'encrypt' },
      { kind: 'encrypt', id: 1, bytes: 'x' },
      { kind: 'encrypt', id: 1.5, bytes: new Uint8Array(1) },
      { kind: 'decrypt', id: 1, bytes: new Uint8Array(65 * 1024) },
      { kind: 'notify', title: 1, body: '' },
      { kind: 'outside', address: 'x'.repeat(3_000) },
      { kind: 'quit' },
    ];
    expect(bad.map(readFromCore)).toEqual(bad.map(() => undefined));
    expect(readFromCore({ kind: 'encrypt', id: 1, bytes: new Uint8Array(2), more: 1 })).toEqual({ kind: 'encrypt', id: 1, bytes: new Uint8Array(2) });
  });
});

describe('outside', () => {
  const click = async (url: string, answer: number) => {
    const world = await running({ answer });
    world.window.webContents.windowOpen!({ url });
    await vi.waitFor(() => expect(world.seen.dialogs.length).toBe(1), 15_000);
    await new Promise(setImmediate);
    return world.seen;
  };

  it('opens a page after its host was shown and the user agreed', async () => {
    const seen = await click('https://example.org/path', 1);
    expect(seen.dialogs[0]).toMatchObject({ message: 'Open example.org outside Adiuva?', defaultId: 0, cancelId: 0 });
    expect(seen.opened).toEqual(['https://example.org/path']);
    expect((await click('mailto:a@example.org', 0)).opened).toEqual([]);
  });

  it.each(['http://example.org/', 'file:///etc/passwd', 'javascript:alert(1)', 'https://user:pass@example.org/', 'app://window/'])(
    'not even asks for %s',
    async (url) => {
      const { window, seen } = await running({ answer: 1 });
      window.webContents.windowOpen!({ url });
      await new Promise(setImmediate);
      expect([seen.dialogs, seen.opened]).toEqual([[], []]);
    },
  );

  it('does not ask without end', async () => {
    const { window, seen } = await running();
    for (let i = 0; i < 50; i++) window.webContents.windowOpen!({ url: 'https://example.org/' });
    await new Promise(setImmediate);
    expect(seen.dialogs).toHaveLength(rates.outside.most);
  });
});

describe('the life of the app', () => {
  it('is one instance: a second one shows the window of the first', async () => {
    const second = await running({ firstInstance: false });
    expect([second.opened, second.seen.calls.includes('quit'), second.seen.windows.length]).toEqual([false, true, 0]);
    const first = await running();
    first.app.emit('second-instance');
    expect(first.window.focused).toBe(1);
    first.window.destroyed = true;
    first.app.emit('activate');
    expect(first.seen.windows).toHaveLength(2);
  });

  it('keeps Chromium’s files in the data folder, under a lock of that folder', async () => {
    const { seen } = await running();
    expect(seen.paths).toEqual({ userData: '/data/electron', sessionData: '/data/electron' });
    expect(seen.calls.indexOf('setPath')).toBeLessThan(seen.calls.indexOf('lock'));
    expect(seen.calls.indexOf('schemes')).toBeLessThan(seen.calls.indexOf('ready'));
    expect(seen.calls).toContain('spell false');
    expect(seen.menus).toEqual([null]);
    expect((await running({ platform: 'darwin' })).seen.menus[0]).toHaveLength(3);
  });

  it('ends after the core closed its store', async () => {
    const { app, seen, closed, hosts } = await running();
    await vi.waitFor(() => expect(hosts).toHaveLength(1), 15_000);
    app.emit('window-all-closed');
    expect(seen.calls).not.toContain('gone');
    await vi.waitFor(() => expect(seen.calls).toContain('gone'), 15_000);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('shows notifications of the core', async () => {
    const { hosts, seen } = await running();
    await vi.waitFor(() => expect(hosts).toHaveLength(1), 15_000);
    hosts[0]!.notify('Due now', 'x'.repeat(10_000));
    await vi.waitFor(() => expect(seen.notified).toEqual([{ title: 'Due now', body: 'x'.repeat(5_000) }]), 15_000);
  });

  it('reloads a page that crashed', async () => {
    const { window } = await running();
    window.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    window.webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
    expect(window.webContents.reloads).toBe(1);
  });

  it('passes on nothing of the environment but what the core reads', () => {
    expect(
      childEnvironment({
        ADIUVA_HOME: 'a',
        ADIUVA_PASSPHRASE: 'p',
        ADIUVA_RECOVERY_PHRASE: 'r',
        OPENAI_API_KEY: 'k',
        NODE_OPTIONS: '-r x',
        ELECTRON_RUN_AS_NODE: '1',
        HOME: 'h',
        PATH: undefined,
      }),
    ).toEqual({ ADIUVA_HOME: 'a', HOME: 'h' });
  });
});
