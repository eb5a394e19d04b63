import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { buildStale, root } from './build.ts';

// stdout belongs to the command; what is being built goes to stderr.
await buildStale(['cli'], (line) => void process.stderr.write(`adiuva: ${line}\n`));
await import(pathToFileURL(path.join(root, 'desktop/dist/cli/cli.mjs')).href);
