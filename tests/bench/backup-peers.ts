import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One whole process: seconds on the wall, seconds of processor over all its threads. */
export interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

/**
 * Runs a program and says what it spent, its children included, as the shell counts it.
 * @throws Error with the end of what it printed when it fails
 */
export function spend(command: string, args: readonly string[], options: { cwd?: string; env: NodeJS.ProcessEnv }): Promise<Spent> {
  // bash reports the times of the one command on a descriptor of their own.
  const child = spawn('bash', ['-c', 'TIMEFORMAT="%R %U %S"; { time "$0" "$@" 2>&4; } 4>&2 2>&3', command, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const texts = ['', '', '', ''];
  for (const at of [1, 2, 3]) child.stdio[at]?.on('data', (data: Buffer) => (texts[at] = (texts[at]! + data.toString()).slice(-4_000)));
  return new Promise((ok, no) => {
    child.on('error', no);
    child.on('close', (code) => {
      if (code !== 0) return no(new Error(`${command} ${args.slice(0, 2).join(' ')} ended with ${code}: ${texts[2]!.slice(-500)}${texts[1]!.slice(-500)}`));
      const [wall, user, system] = texts[3]!.trim().split(/\s+/).map(Number);
      ok({ wall: wall!, cpu: user! + system! });
    });
  });
}

export function bytesUnder(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}

/** A program that backs up files, used as its manual says. */
export interface Peer {
  readonly name: 'restic' | 'borg';
  init(): Promise<Spent>;
  backup(file: string, label: string): Promise<Spent & { bytes: number }>;
  verify(): Promise<Spent>;
  restore(label: string, into: string): Promise<Spent>;
}

export const installed = (name: Peer['name']): boolean => spawnSync(name, ['--version']).status === 0 || spawnSync(name, ['version']).status === 0;

/** @param folder empty; repository, cache and settings go there */
export function peer(name: Peer['name'], folder: string): Peer {
  const repository = join(folder, 'repository');
  const env = {
    ...process.env,
    HOME: folder,
    RESTIC_PASSWORD: 'x',
    RESTIC_CACHE_DIR: join(folder, 'cache'),
    BORG_PASSPHRASE: 'x',
    BORG_CACHE_DIR: join(folder, 'cache'),
    BORG_CONFIG_DIR: join(folder, 'config'),
    BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes',
  };
  mkdirSync(folder, { recursive: true });
  const run = (args: readonly string[], cwd = folder) => spend(name, args, { cwd, env });
  const grown = async (work: () => Promise<Spent>) => {
    const before = bytesUnder(repository);
    return { ...(await work()), bytes: bytesUnder(repository) - before };
  };
  const into = (path: string) => {
    mkdirSync(path, { recursive: true });
    return path;
  };
  if (name === 'restic')
    return {
      name,
      init: () => run(['init', '-r', repository]),
      backup: (file, label) => grown(() => run(['-r', repository, 'backup', '--tag', label, file])),
      verify: () => run(['-r', repository, 'check', '--read-data']),
      restore: (label, path) => run(['-r', repository, 'restore', 'latest', '--tag', label, '--target', into(path)]),
    };
  return {
    name,
    init: () => run(['init', '-e', 'repokey', repository]),
    backup: (file, label) => grown(() => run(['create', '-C', 'lz4', `${repository}::${label}`, file])),
    verify: () => run(['check', '--verify-data', repository]),
    restore: (label, path) => run(['extract', `${repository}::${label}`], into(path)),
  };
}
