import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { buildStale, root } from './build.ts';

const say = (line: string) => void process.stderr.write(`adiuva: ${line}\n`);
const bin = (name: string) => path.join(root, 'node_modules/.bin', name);

function run(label: string, command: string, args: string[], env: NodeJS.ProcessEnv = process.env): boolean {
  say(label);
  return spawnSync(command, args, { cwd: root, env, stdio: 'inherit' }).status === 0;
}

/** Programs the tests drive, by the Debian package that brings each. */
const programs = { chromium: ['/usr/bin/chromium'], 'postgresql-15': ['/usr/lib/postgresql/15/bin/postgres'], 'redis-server': ['/usr/bin/redis-server'] };

/** Installs what is missing where that is possible; elsewhere the tests that need a program say that they are skipped, and why. */
function installPrograms() {
  const missing = Object.entries(programs)
    .filter(([, places]) => !places.some(existsSync))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const debian = existsSync('/etc/os-release') && /debian/i.test(readFileSync('/etc/os-release', 'utf8'));
  if (!debian || process.getuid?.() !== 0) return say(`the tests that need ${missing.join(', ')} will be skipped: install these packages to run them.`);
  const apt = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  say(`installing ${missing.join(', ')} for the tests…`);
  spawnSync('apt-get', ['update', '-qq'], { env: apt, stdio: 'ignore' });
  const done = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env: apt, stdio: ['ignore', 'ignore', 'inherit'] });
  if (done.status !== 0) say(`could not install ${missing.join(', ')}: their tests will be skipped.`);
}

async function test(args: string[], env: NodeJS.ProcessEnv) {
  installPrograms();
  await buildStale(['cloud', 'cli', 'web', 'electron', 'renderer'], say);
  return vitest('testing…', args, env);
}

/** A machine that stalls for seconds fails a test a thousand times for nothing; what passed only at the second try is named at the end. */
function vitest(label: string, args: string[], env: NodeJS.ProcessEnv = process.env): boolean {
  const reporters = ['--reporter=default', '--reporter=./tests/report.ts'];
  return run(label, process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--retry=1', ...reporters, ...args], env);
}

const steps: Record<string, (args: string[]) => Promise<boolean> | boolean> = {
  test: (args) => test(args, process.env),
  /** The long forms of the fault and fuzz tests. */
  soak: (args) => test(args, { ...process.env, ADIUVA_SOAK: '1' }),
  verify: () =>
    [
      () => run('types…', bin('tsc'), ['-b']),
      () => run('lint…', bin('oxlint'), ['--type-aware', '--deny-warnings']),
      () => run('format…', bin('oxfmt'), ['--check']),
      () => run('unused code…', bin('knip'), []),
      () => vitest('rooms and unit tests…', ['tests/rules', 'shared/src', 'cloud/src', 'desktop/src']),
    ].every((step) => step()),
};

const [name = 'test', ...rest] = process.argv.slice(2);
process.exitCode = (await steps[name]!(rest)) ? 0 : 1;
