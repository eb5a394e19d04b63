import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, freePort, missing, startDaemon, temporaryFolder, type Daemon } from './process.ts';

/** Debian keeps the server's programs out of PATH, one folder a version. */
const folders = [18, 17, 16, 15, 14].map((version) => `/usr/lib/postgresql/${version}/bin`);
const server = findProgram('postgres', folders);

/** Why there is no PostgreSQL to test against, or null. */
export const postgresMissing = (): string | null => missing('PostgreSQL', server, 'apt-get install postgresql-15');

export interface PostgresServer extends Daemon {
  /** Makes an empty database, or a copy of another that nobody is connected to. @returns its URL */
  database(name: string, template?: string): string;
}

/** A real PostgreSQL on a free port, with nothing safe about its disk. PostgreSQL refuses to run as root, so root becomes `postgres`. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = temporaryFolder('postgres');
  const who = process.getuid?.() === 0 ? asPostgres(folder) : {};
  const bin = join(server!, '..');
  const data = join(folder, 'data');
  const run = (name: string, args: string[]) => execFileSync(join(bin, name), args, { ...who, cwd: '/', stdio: 'pipe' });
  run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8']);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const daemon = await startDaemon(server!, args, { ...who, cwd: '/', folder, ready: /ready to accept connections/ });
  return {
    ...daemon,
    database: (name, template) => {
      run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', ...(template ? ['-T', template] : []), name]);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
  };
}

function asPostgres(folder: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const who = { uid: id('-u'), gid: id('-g') };
  chownSync(folder, who.uid, who.gid);
  return who;
}
