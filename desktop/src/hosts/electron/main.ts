import electron from 'electron';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { configExit } from '../environment.ts';
import { ownSettings, stderrLog } from '../node-host.ts';
import { loadAssets } from '../page.ts';
import { runApp } from './app.ts';

/** Built beside this file: `preload.cjs`, `core.mjs`, and the window in `../renderer`. */
const built = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function main(): Promise<void> {
  const { dataDir, logLevel } = ownSettings();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => electron.app.quit());
  await runApp({
    electron,
    loadAssets: () => loadAssets(built('../renderer')),
    preload: built('preload.cjs'),
    coreProcess: built('core.mjs'),
    dataDir,
    env: process.env,
    platform: process.platform,
    clock: systemClock,
    random: systemRandom,
    log: stderrLog(logLevel),
  });
}

main().catch((error: unknown) => {
  const ours = error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error });
  process.stderr.write(`adiuva: ${ours.row.title}${ours.detail ? `: ${ours.detail}` : ''}. ${ours.row.hint}\n`);
  electron.app.exit(ours.code === 'config.invalid' ? configExit : 1);
});
