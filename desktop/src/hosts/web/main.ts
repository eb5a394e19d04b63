import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { createCore } from '../../core/core.ts';
import { serveControl } from '../control.ts';
import { configExit } from '../environment.ts';
import { createMissed } from '../missed.ts';
import { nodeHost, ownSettings } from '../node-host.ts';
import { loadAssets } from '../page.ts';
import { startWebServer } from './server.ts';

/** Built beside the bundle of this file; `--assets FOLDER` names another. */
const builtWindow = () => fileURLToPath(new URL('../renderer', import.meta.url));

/** Starts core and window; gives what closes both. */
async function start(assetsFolder: string) {
  const settings = ownSettings();
  const assets = await loadAssets(assetsFolder);
  const host = nodeHost('web', settings);
  const core = await createCore(host);
  const missed = createMissed();
  const serving = { core: core.api, subscribe: core.subscribe, onMissed: missed.onMissed, turn: (next: () => void) => void setImmediate(next) };
  const server = await startWebServer({ serving, assets, port: settings.clientPort, clock: host.clock, random: host.random }).catch(async (error: unknown) => {
    await core.close();
    throw error;
  });
  const control = await serveControl(settings.dataDir, { link: server.link, changed: missed.tell }).catch((error: unknown) => {
    host.log.warn('control.unavailable', { code: error instanceof AdiuvaError ? error.code : 'internal' });
    return { close: async () => {} };
  });
  const close = async () => {
    await Promise.all([control.close(), server.close()]);
    await core.close();
  };
  return { link: server.link, close };
}

/** Enter in the terminal prints a fresh link; the one before may have been used or grown old. */
function onEnter(act: () => void): () => void {
  if (!process.stdin.isTTY) return () => {};
  const lines = createInterface({ input: process.stdin });
  lines.on('line', act);
  return () => {
    lines.close();
    process.stdin.destroy();
  };
}

/** All faults at once, words and names but no values. */
function fail(error: unknown): never {
  const ours = error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error });
  process.stderr.write(`adiuva: ${ours.row.title}${ours.detail ? `: ${ours.detail}` : ''}. ${ours.row.hint}\n`);
  process.exit(ours.code === 'config.invalid' ? configExit : 1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { assets: { type: 'string' } } });
  const { link, close } = await start(values.assets ?? builtWindow());
  const print = () => void process.stdout.write(`client ready ${link()}\n`);
  const stopListening = onEnter(print);
  let closing = false;
  const stop = () => {
    if (closing) return;
    closing = true;
    stopListening();
    close().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  print();
}

await main().catch(fail);
