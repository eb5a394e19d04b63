import { existsSync, readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { cleanEnv, npmStart, ownFolder, type Started } from '../world/processes.ts';

/** Where Debian puts Chromium; another place by `CHROMIUM`. */
export const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const chromiumMissing = existsSync(chromiumPath) ? undefined : `no Chromium at ${chromiumPath}: install Debian's package "chromium"`;

export interface App {
  readonly home: string;
  readonly url: string;
  readonly cloudUrl: string;
  readonly browser: Browser;
  /** A window of its own profile; `problems` gathers console errors and every request that left this machine. */
  window(options?: { theme?: 'light' | 'dark'; width?: number; height?: number }): Promise<Window>;
  /** A link that was not used yet. */
  freshLink(): Promise<string>;
  stop(): Promise<void>;
}

export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly problems: string[];
}

/** Everything as a user starts it, on free ports and an empty home. */
export async function startApp(env: Record<string, string> = {}): Promise<App> {
  const home = ownFolder('e2e');
  const started: Started = npmStart(['--no-open'], cleanEnv({ ADIUVA_HOME: home.folder, ADIUVA_CLOUD_PORT: '0', ADIUVA_CLIENT_PORT: '0', ADIUVA_DEFAULT_TIER: 'pro', ...env }));
  const [cloudUrl, url, browser] = await Promise.all([
    started.ready('cloud'),
    started.ready('client'),
    chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] }),
  ]);
  return {
    home: home.folder,
    url,
    cloudUrl,
    browser,
    async window({ theme = 'light', width = 1280, height = 800 } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, timezoneId: 'Europe/Rome', locale: 'en-GB', reducedMotion: 'reduce' });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => !/^(http|ws):\/\/127\.0\.0\.1:|^(data|blob):/.test(request.url()) && problems.push(`remote request to ${new URL(request.url()).host}`));
      return { page, context, problems };
    },
    async freshLink() {
      const { adiuva } = await import('../world/processes.ts');
      const end = await adiuva(['open', '--json'], cleanEnv({ ADIUVA_HOME: home.folder, ADIUVA_CLOUD_URL: cloudUrl }));
      return (JSON.parse(end.stdout) as { url: string }).url;
    },
    async stop() {
      await browser.close();
      await started.stop();
      home.remove();
    },
  };
}

/** Faults of accessibility that axe calls serious or critical. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

export const readText = (file: string) => readFileSync(file, 'utf8');
