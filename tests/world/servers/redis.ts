import { findProgram, freePort, missing, startDaemon, temporaryFolder, type Daemon } from './process.ts';

const program = findProgram('redis-server');

/** Why there is no Redis to test against, or null. */
export const redisMissing = (): string | null => missing('redis-server', program, 'apt-get install redis-server');

/** A real Redis on a free port, empty, keeping nothing. */
export async function startRedis(port?: number): Promise<Daemon & { url: string; port: number }> {
  const folder = temporaryFolder('redis');
  const at = port ?? (await freePort());
  const args = ['--port', String(at), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const daemon = await startDaemon(program!, args, { folder, ready: /Ready to accept connections/ });
  return { ...daemon, port: at, url: `redis://127.0.0.1:${at}` };
}
