import { spawn } from 'node:child_process';
import { homedir, hostname } from 'node:os';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog, type Log } from '@adiuva/shared/kit/log.ts';
import type { Host } from '../core/host.ts';
import { readEnvironment, type HostSettings } from './environment.ts';
import { outsideUrl } from './outside.ts';

/** Version of the desktop side, as in `package.json` (a test compares them). */
export const version = '0.1.0';

/** The settings of this very process. @throws AdiuvaError `config.invalid` */
export const ownSettings = (): HostSettings => readEnvironment({ platform: process.platform, env: process.env, userFolder: homedir() });

/** JSON lines to stderr: stdout belongs to what the user reads. */
export const stderrLog = (level: HostSettings['logLevel']): Log => jsonLog((line) => void process.stderr.write(`${line}\n`), systemClock.now, level);

const openers: Readonly<Record<string, readonly [string, ...string[]]>> = { darwin: ['open'], win32: ['rundll32', 'url.dll,FileProtocolHandler'] };

/** Hands an https or mailto address to the system's own opener, as one argument and without a shell. */
async function openOutside(address: string): Promise<void> {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, outsideUrl(address).href], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

/** A host that is a plain Node process: no key store, no notifications of its own (the screen shows them as events). */
export function nodeHost(name: Host['name'], settings: HostSettings): Host {
  const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
  return {
    name,
    dataDir: settings.dataDir,
    cloudUrl: settings.cloudUrl,
    version,
    deviceName: hostname().slice(0, 100) || 'computer',
    timeZone,
    locale,
    clock: systemClock,
    random: systemRandom,
    log: stderrLog(settings.logLevel),
    fetch: globalThis.fetch,
    secrets: null,
    notify: () => {},
    openExternal: openOutside,
  };
}
