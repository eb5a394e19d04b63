import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { buildStale, root } from './build.ts';

const say = (line: string) => void process.stderr.write(`adiuva: ${line}\n`);

interface Wanted {
  cloud: boolean;
  client: boolean;
  open: boolean;
}

function readFlags(args: readonly string[]): Wanted {
  const known = ['--no-open', '--cloud-only', '--client-only'];
  const unknown = args.filter((arg) => !known.includes(arg));
  if (unknown.length > 0 || (args.includes('--cloud-only') && args.includes('--client-only'))) {
    say(`usage: npm start -- [--no-open] [--cloud-only | --client-only]`);
    process.exit(2);
  }
  return {
    cloud: !args.includes('--client-only'),
    client: !args.includes('--cloud-only'),
    open: !args.includes('--no-open') && !args.includes('--cloud-only'),
  };
}

/** Half of Adiuva as a child: passes its lines on and tells its address once it is ready. */
class Half {
  readonly ready: Promise<string>;
  readonly ended: Promise<number>;
  private readonly child: ChildProcess;

  constructor(name: string, script: string, env: NodeJS.ProcessEnv, stdin: 'inherit' | 'ignore') {
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, script)], { env, stdio: [stdin, 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.child.stdout! });
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(code ?? (signal ? 0 : 1))));
    this.ready = new Promise((resolve) => {
      lines.on('line', (line) => {
        process.stdout.write(`${line}\n`);
        if (line.startsWith(`${name} ready `)) resolve(line.slice(name.length + 7));
      });
    });
  }

  stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
  }
}

/** Electron's binary where it was fetched; the package alone does not bring it. */
function electronBinary(): string | undefined {
  try {
    const folder = path.dirname(createRequire(path.join(root, 'desktop/package.json')).resolve('electron/package.json'));
    return [path.join(folder, 'dist/electron'), path.join(folder, 'dist/Electron.app/Contents/MacOS/Electron'), path.join(folder, 'dist/electron.exe')].find(
      existsSync,
    );
  } catch {
    return undefined;
  }
}

const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);

/**
 * A page only this user can read that leads to the address: arguments of a process can be read by every user of the machine, and the address
 * holds the launch token.
 */
function redirectPage(url: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'adiuva-open-'));
  const page = path.join(folder, 'open.html');
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><title>Adiuva</title><meta http-equiv="refresh" content="0;url=${url}">`, { mode: 0o600 });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  setTimeout(remove, 30_000).unref();
  return page;
}

/** Shows the window: Electron where its binary is, the default browser otherwise. */
function openWindow(url: string, env: NodeJS.ProcessEnv): ChildProcess | undefined {
  if (!hasDisplay()) return void say('no display here: open the address above in a browser.');
  const electron = electronBinary();
  const browser = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  const [command, args] = electron ? [electron, [path.join(root, 'desktop/dist/electron/main.mjs')]] : [browser, [redirectPage(url)]];
  const child = spawn(command, args, { env, stdio: 'ignore', detached: electron === undefined });
  child.on('error', () => say('no browser could be opened: open the address above yourself.'));
  if (!electron) child.unref();
  return electron ? child : undefined;
}

async function main() {
  const wanted = readFlags(process.argv.slice(2));
  await buildStale(
    [
      ...(wanted.cloud ? (['cloud'] as const) : []),
      ...(wanted.client ? (['web', 'renderer'] as const) : []),
      ...(wanted.open && electronBinary() ? (['electron'] as const) : []),
    ],
    say,
  );
  const env: NodeJS.ProcessEnv = { LOG_LEVEL: 'warn', ...process.env };
  const halves: Half[] = [];
  let window: ChildProcess | undefined;
  let stopping = false;
  const stopAll = () => {
    stopping = true;
    window?.kill('SIGTERM');
    for (const half of halves) half.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopAll);

  const port = env['ADIUVA_CLOUD_PORT'] ?? '8787';
  if (wanted.cloud) {
    const cloud = new Half('cloud', 'cloud/dist/main.mjs', env, 'ignore');
    halves.push(cloud);
    let up = false;
    void cloud.ready.then(() => (up = true));
    void cloud.ended.then((code) => {
      if (stopping) return;
      // A cloud that stops later leaves the client useful; one that never came up is a fault to show at once.
      if (up && wanted.client) return say('the cloud has stopped; the client goes on without it.');
      process.exitCode = code || 1;
      stopAll();
    });
    if (wanted.client && env['ADIUVA_CLOUD_URL'] === undefined) {
      env['ADIUVA_CLOUD_URL'] = port === '0' ? await Promise.race([cloud.ready, cloud.ended.then(() => '')]) : `http://127.0.0.1:${port}`;
    }
  }
  if (wanted.client && !stopping) {
    env['ADIUVA_CLOUD_URL'] ??= `http://127.0.0.1:${port === '0' ? '8787' : port}`;
    const client = new Half('client', 'desktop/dist/web/web.mjs', env, 'inherit');
    halves.push(client);
    void client.ended.then((code) => {
      if (stopping) return;
      process.exitCode = code || 1;
      stopAll();
    });
    if (wanted.open) void client.ready.then((url) => (window = openWindow(url, env)));
  }
  await Promise.all(halves.map((half) => half.ended));
}

await main();
