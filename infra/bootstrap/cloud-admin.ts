import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { buildStale, root } from './build.ts';

await buildStale(['cloud'], (line) => void process.stderr.write(`adiuva: ${line}\n`));
await import(pathToFileURL(path.join(root, 'cloud/dist/admin.mjs')).href);
