import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';

/**
 * How the command line reaches a running host: a socket in the data folder that only this user can open (the folder has mode 0700, the socket
 * 0600; a named pipe on Windows). One question a connection, one line back. Nothing secret lies on the disk.
 */
export interface Control {
  /** A fresh link to the window. */
  link(): string;
  /** Another process changed the vault: what the window shows may be old. */
  changed(): void;
}

const questions: Readonly<Record<string, (control: Control) => string>> = {
  'link\n': (control) => control.link(),
  'changed\n': (control) => {
    control.changed();
    return 'ok';
  },
};

/** `sun_path` holds 104 bytes on macOS and 108 on Linux. */
const longestPath = 100;

interface Place {
  readonly path: string;
  /** Folder to be made for the socket, where it does not lie in the data folder. */
  readonly folder: string | null;
}

function placeOf(dataDir: string): Place {
  const short = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\adiuva-${short}`, folder: null };
  const path = join(dataDir, 'control.sock');
  if (Buffer.byteLength(path) <= longestPath) return { path, folder: null };
  const folder = join(tmpdir(), `adiuva-${userInfo().uid}-${short}`);
  return { path: join(folder, 's'), folder };
}

/** A folder in a place that all users share must be ours alone: another could have made it first. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700, recursive: true });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o077) !== 0)
    throw new AdiuvaError('permission.denied', { detail: 'the folder for the control socket belongs to someone else' });
}

function ask(path: string, question: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path, () => socket.write(question));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (answer = (answer + chunk.toString()).slice(0, 4_096)));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(answer.endsWith('\n') ? answer.trim() : undefined));
  });
}

function serve(socket: Socket, control: Control): void {
  let question = '';
  socket.setTimeout(5_000, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    question = (question + chunk.toString()).slice(0, 100);
    const known = Object.keys(questions).find((name) => name.startsWith(question));
    if (known === undefined) socket.destroy();
    else if (known === question) socket.end(`${questions[known]!(control)}\n`);
  });
}

const listening = (server: Server, path: string) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });

/**
 * Answers the command line until closed. Where another running host of the same folder answers already, that one stays in charge and this one
 * stays silent; what a crashed one left is replaced.
 */
export async function serveControl(dataDir: string, control: Control): Promise<{ close(): Promise<void> }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { path, folder } = placeOf(dataDir);
  if (folder) await ownFolder(folder);
  if ((await ask(path, 'link\n')) !== undefined) return { close: async () => {} };
  if (process.platform !== 'win32') await rm(path, { force: true });
  const server = createServer((socket) => serve(socket, control));
  await listening(server, path);
  if (process.platform !== 'win32') await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** A fresh link to the running host's window. @throws AdiuvaError `dependency.unavailable` where none runs in this folder */
export async function askLink(dataDir: string): Promise<string> {
  const link = await ask(placeOf(dataDir).path, 'link\n');
  if (link === undefined || link === '') throw new AdiuvaError('dependency.unavailable', { detail: 'No client runs here. Start one with "npm start".' });
  return link;
}

/** Tells a running host, if there is one, that the vault was changed from here. */
export async function tellChanged(dataDir: string): Promise<void> {
  await ask(placeOf(dataDir).path, 'changed\n');
}
