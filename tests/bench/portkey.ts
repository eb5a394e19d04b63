import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../.cache/peers/portkey/', import.meta.url));
const packages = ['@portkey-ai/gateway@1.15.2', 'hono@4.9.7', '@hono/node-server@1.19.19'];
const installMs = 180_000;
const startMs = 30_000;

/** What must be in the file exactly once, and what takes its place. */
const patches = [
  // As published it gives `fetch` a Response of its own, and every streamed answer is a 500.
  ['options.overrideGlobalObjects !== false', 'false'],
  // It would listen to the whole network, and has no option for that.
  ['options?.port ?? 3e3, options.hostname,', "options?.port ?? 3e3, '127.0.0.1',"],
] as const;

export interface Portkey {
  readonly port: number;
  readonly process: ChildProcess;
  readonly pid: number;
}

/**
 * The gateway in a process of its own, on loopback; installed with npm the first time, where git does not look.
 * @throws Error that says in one line why there is none
 */
export async function startPortkey(): Promise<Portkey> {
  install();
  const port = await freePort();
  const main = `${folder}node_modules/@portkey-ai/gateway/build/start-server.js`;
  const child = spawn(process.execPath, [main, `--port=${port}`, '--headless'], { cwd: folder, stdio: 'ignore', env: { PATH: process.env['PATH'] } });
  try {
    await listening(child, port);
  } catch (error) {
    child.kill();
    throw error;
  }
  return { port, process: child, pid: child.pid! };
}

/** Where a request goes, as the gateway is told with every one. */
export const portkeyHeaders = (upstreamPort: number) => ({
  authorization: 'Bearer x',
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
});

function install(): void {
  const stamp = `${folder}installed`;
  const wanted = JSON.stringify([packages, patches]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}package.json`, '{"private":true,"type":"module"}\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--no-package-lock', '--loglevel=error', '--fetch-retries=1'];
  const args = ['install', '--prefix', folder, ...quiet, '--save-exact', ...packages];
  const done = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', timeout: installMs });
  if (done.error) throw new Error(`npm: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`npm install ended with ${done.status}: ${lastLine(done.stderr)}`);
  patch(`${folder}node_modules/@hono/node-server/dist/index.mjs`);
  writeFileSync(stamp, wanted);
}

/** A second time it finds everything as it should be. */
function patch(file: string): void {
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of patches) {
    const parts = text.split(from);
    if (parts.length === 2) text = parts.join(to);
    else if (!text.includes(to)) throw new Error(`its server is not as expected: ${parts.length - 1} times "${from}"`);
  }
  writeFileSync(file, text);
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    }),
  );
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  let failed = '';
  child.once('error', (error) => (failed = error.message));
  child.once('exit', (code, signal) => (failed = `it ended with ${code ?? signal} at its start`));
  for (const until = Date.now() + startMs; Date.now() < until && !failed;) {
    const answered = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
    if (answered?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(failed || `it does not answer within ${startMs / 1_000} s`);
}
