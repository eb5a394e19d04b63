import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { buildStale, root } from './build.ts';

// stdout belongs to the command, and with --json stderr does too: there an error is one JSON document.
const quiet = process.argv.includes('--json');
await buildStale(['cli'], (line) => void (quiet || process.stderr.write(`adiuva: ${line}\n`)));
await import(pathToFileURL(path.join(root, 'desktop/dist/cli/cli.mjs')).href);
