import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { buildStale, root } from './build.ts';

const folder = path.join(root, 'tests/bench');
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`adiuva: no benchmark named ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exit(2);
}

await buildStale(['cloud', 'cli', 'web', 'renderer'], (line) => void process.stderr.write(`adiuva: ${line}\n`));
mkdirSync(path.join(root, 'bench/out'), { recursive: true });
for (const name of wanted.length > 0 ? wanted : known) {
  process.stdout.write(`\n== ${name}\n`);
  const done = spawnSync(process.execPath, ['--expose-gc', path.join(folder, `${name}.bench.ts`)], { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) process.exitCode = 1;
}
