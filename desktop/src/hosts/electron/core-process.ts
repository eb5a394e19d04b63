import { createCore } from '../../core/core.ts';
import { nodeHost, ownSettings } from '../node-host.ts';
import { runService } from './core-service.ts';

const { parentPort } = process;
runService({ parent: parentPort, host: nodeHost('electron', ownSettings()), createCore, exit: (code) => process.exit(code) });
