import { existsSync } from 'node:fs';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { adiuva, cleanEnv, npmStart, ownFolder, root, type Started } from '../world/processes.ts';

/** Where Debian puts Chromium; another place by `CHROMIUM`. */
export const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const chromiumMissing = existsSync(chromiumPath) ? undefined : `no Chromium at ${chromiumPath}: install Debian's package "chromium"`;

export interface App {
  readonly home: string;
  /** The address with a launch token that was not used yet. */
  readonly url: string;
  readonly cloudUrl: string;
  /** A window of its own profile; `problems` gathers console errors and every request that would leave this machine. */
  window(options?: { theme?: 'light' | 'dark'; width?: number; height?: number }): Promise<Window>;
  /** A link that was not used yet, from the command line. */
  freshLink(): Promise<string>;
  pullCloud(): Promise<void>;
  plugCloud(): Promise<void>;
  /** Ends the client and starts it again on the same home, with something done to it in between. */
  restartClient(between?: () => void): Promise<string>;
  /** Everything both halves printed. */
  output(): string;
  stop(): Promise<void>;
}

export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly problems: string[];
}

const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Both halves as a user starts them, on free ports and an empty home; the client alone where the cloud is another app's. */
export async function startApp(env: Record<string, string> = {}, sharedCloud?: string): Promise<App> {
  const home = ownFolder('e2e');
  const own = (more: Record<string, string>) =>
    cleanEnv({ ADIUVA_HOME: home.folder, ADIUVA_DEFAULT_TIER: 'pro', ADIUVA_CLIENT_PORT: '0', TZ: 'Europe/Rome', ...env, ...more });
  const printed: string[] = [];
  const end = async (half: Started) => {
    const { stdout, stderr } = await half.stop();
    printed.push(stdout, stderr);
  };
  const startCloud = (port: string) => npmStart(['--cloud-only'], own({ ADIUVA_CLOUD_PORT: port }));
  let cloud = sharedCloud === undefined ? startCloud('0') : null;
  const cloudUrl = sharedCloud ?? (await cloud!.ready('cloud'));
  const startClient = () => npmStart(['--client-only', '--no-open'], own({ ADIUVA_CLOUD_URL: cloudUrl }));
  let client = startClient();
  const [url, browser] = await Promise.all([client.ready('client'), chromium.launch({ executablePath: chromiumPath, args: flags })]);
  return {
    home: home.folder,
    url,
    cloudUrl,
    window: (options) => openWindow(browser, options),
    async freshLink() {
      const { stdout } = await adiuva(['open', '--json'], own({ ADIUVA_CLOUD_URL: cloudUrl }));
      return (JSON.parse(stdout) as { url: string }).url;
    },
    async pullCloud() {
      if (cloud) await end(cloud);
    },
    async plugCloud() {
      cloud = startCloud(new URL(cloudUrl).port);
      await cloud.ready('cloud');
    },
    async restartClient(between) {
      await end(client);
      between?.();
      client = startClient();
      return client.ready('client');
    },
    output: () => printed.join(''),
    async stop() {
      await browser.close();
      await Promise.all([end(client), ...(cloud ? [end(cloud)] : [])]);
      home.remove();
    },
  };
}

async function openWindow(
  browser: Browser,
  { theme = 'light', width = 1280, height = 800 }: { theme?: 'light' | 'dark'; width?: number; height?: number } = {},
): Promise<Window> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    timezoneId: 'Europe/Rome',
    locale: 'en-GB',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on(
    'request',
    (request) => !/^(http|ws):\/\/127\.0\.0\.1:|^(data|blob):/.test(request.url()) && problems.push(`remote request to ${new URL(request.url()).host}`),
  );
  return { page, context, problems };
}

/** Faults of accessibility that axe calls serious or critical. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/** What the screen showed when a step failed, under `tests/e2e/out`. */
export async function keepPicture(page: Page, name: string) {
  const file = path.join(root, 'tests/e2e/out', `${name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 60)}.png`);
  await page.screenshot({ path: file, timeout: 5_000 }).catch(() => {});
}
