import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A folder of the test's own; removed by `remove`. */
export function ownFolder(name: string) {
  const folder = mkdtempSync(path.join(tmpdir(), `adiuva-${name}-`));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** An environment without the settings of whoever runs the tests, nor of the npm that does: its cache is not that of a user's own npm. */
export function cleanEnv(own: Record<string, string>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^(npm_(?!config_registry$)|ADIUVA_|OPENAI_|S3_|DATABASE_URL|REDIS_URL|JWT_|LOG_LEVEL|VITEST|NODE_ENV|TEST$)/.test(name)) delete env[name];
  return { ...env, ...own };
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

const collect = (child: ChildProcessWithoutNullStreams) =>
  new Promise<Finished>((resolve) => {
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
    child.on('close', (code) => resolve({ code, ...out }));
  });

/** One call of the command line as a user makes it, but for npm itself. */
export function adiuva(args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Finished> {
  const child = spawn(process.execPath, [path.join(root, 'infra/bootstrap/cli.ts'), ...args], { env, cwd: root });
  child.stdin.on('error', () => {}); // a verb that reads no input may end before it was written
  child.stdin.end(input);
  return collect(child);
}

/** Lets the launcher install and build what is missing, in the environment of whoever runs the tests. */
export async function prepare(): Promise<void> {
  const end = await collect(spawn('npm', ['run', '-s', 'adiuva', '--', '--version'], { env: cleanEnv({}), cwd: root }));
  if (end.code !== 0) throw new Error(`npm run adiuva failed:\n${end.stdout}${end.stderr}`);
}

export interface Started {
  readonly pid: number;
  /** Resolves with the rest of the line that begins with `name ready `. */
  ready(name: 'cloud' | 'client'): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

/** `npm start` with these flags, npm included. */
export function npmStart(flags: readonly string[], env: NodeJS.ProcessEnv): Started {
  const child = spawn('npm', ['start', '--', ...flags], { env, cwd: root });
  const finished = collect(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    pid: child.pid!,
    ready: (name) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const line = text.split('\n').find((l) => l.startsWith(`${name} ready `));
          if (line) resolve(line.slice(name.length + 7).trim());
        };
        child.stdout.on('data', look);
        void finished.then((end) => reject(new Error(`npm start ended before it was ready:\n${end.stdout}${end.stderr}`)));
        look();
      }),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return finished;
    },
  };
}

/** Processes that descend from `pid`, as ids; empty where there is no /proc. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const entry of procEntries()) {
    const stat = statOf(entry);
    if (stat) parents.set(stat.parent, [...(parents.get(stat.parent) ?? []), stat.pid]);
  }
  const below = (id: number): number[] => (parents.get(id) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

export const isAlive = (pid: number) => {
  const stat = statOf(String(pid));
  return stat !== undefined && stat.state !== 'Z';
};

function procEntries(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function statOf(pid: string): { pid: number; parent: number; state: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid: Number(pid), parent: Number(parent), state: state! };
  } catch {
    return undefined;
  }
}

/** One of our processes as every user of the machine can see it, and what it has open for writing. */
export interface Seen {
  readonly pid: number;
  readonly args: string;
  readonly environment: string;
  readonly writes: readonly string[];
}

/** Arguments, environment and files open for writing of a process; undefined once it is gone, or where there is no /proc. */
export function look(pid: number): Seen | undefined {
  const of = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
  try {
    return { pid, args: of('cmdline'), environment: of('environ'), writes: openForWriting(pid) };
  } catch {
    return undefined;
  }
}

/** The two lowest bits of the flags (octal): 0 reads only. */
const mayWrite = (fdinfo: string) => (Number.parseInt(/^flags:\s*([0-7]+)/m.exec(fdinfo)?.[1] ?? '0', 8) & 3) !== 0;

function openForWriting(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return file.startsWith('/') && !/^\/(dev|proc|sys)\//.test(file) && mayWrite(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ? [file] : [];
    } catch {
      return [];
    }
  });
}
