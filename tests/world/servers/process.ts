import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The program's path, or null when this machine has none. */
export function findProgram(name: string, folders: readonly string[] = []): string | null {
  const places = [...folders, ...(process.env['PATH'] ?? '').split(delimiter)];
  return places.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Says loudly, once a file, that tests against the real thing are left out, and why. Null says that they run. */
export function missing(what: string, program: string | null, remedy: string): string | null {
  if (program) return null;
  const reason = `${what} is not installed (${remedy})`;
  process.stderr.write(`\n*** SKIPPED: ${reason}\n\n`);
  return reason;
}

/** A folder of its own under the system's temporary one. */
export const temporaryFolder = (name: string): string => mkdtempSync(join(tmpdir(), `adiuva-${name}-`));

export interface Daemon {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server and waits until its output matches `ready`. It dies with this process, and its folder with it. */
export async function startDaemon(
  command: string,
  args: readonly string[],
  { ready, folder, ...options }: SpawnOptions & { ready: RegExp; folder: string },
): Promise<Daemon> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  await untilReady(child, command, ready);
  return {
    pid: child.pid!,
    stop: async () => {
      process.removeListener('exit', end);
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGINT');
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function untilReady(child: ChildProcess, command: string, ready: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      if (ready.test(said)) resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${said.slice(-2_000)}`)));
  });
}
