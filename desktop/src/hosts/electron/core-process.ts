import { createCore } from '../../core/core.ts';
import { serveControl } from '../control.ts';
import { createMissed } from '../missed.ts';
import { nodeHost, ownSettings } from '../node-host.ts';
import { runService } from './core-service.ts';

const { parentPort } = process;
const host = nodeHost('electron', ownSettings());
const missed = createMissed();
runService({ parent: parentPort, host, createCore, exit: (code) => process.exit(code), onMissed: missed.onMissed });

// Here the window is the app's own and needs no link; the command line still tells what it changed.
await serveControl(host.dataDir, { link: () => '', changed: missed.tell }).catch(() => host.log.warn('control.unavailable'));
