import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/world/servers/process.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Address of the ready line. */
  readonly url: () => Promise<string>;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function start(home: string, env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'] ?? '', ADIUVA_HOME: home, ADIUVA_CLOUD_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null }));
  const url = async () => {
    await expect.poll(() => /^cloud ready (http:\S+)$/m.test(said.out), { timeout: 60_000 }).toBe(true);
    return /^cloud ready (http:\S+)$/m.exec(said.out)![1]!;
  };
  return { child, out: () => said.out, err: () => said.err, url, ended };
}

async function post(url: string, path: string, body: object) {
  const answer = await fetch(`${url}/api/v1/auth/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as { accessToken: string; refreshToken: string } };
}
const account = { email: 'ada@example.org', password: 'correct horse battery' };

describe('the process of the cloud', { timeout: 120_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('says where it is, serves, and ends cleanly on %s', async (signal) => {
    const home = temporaryFolder('main');
    const cloud = start(home);
    const url = await cloud.url();
    const health = await fetch(`${url}/api/v1/health`);
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok' }]);
    expect((await post(url, 'register', account)).status).toBe(201);
    cloud.child.kill(signal);
    expect(await cloud.ended).toEqual({ code: 0, signal: null });
    expect(cloud.out()).toMatch(/^cloud ready http:\/\/127\.0\.0\.1:\d+\n$/);
    const lines = cloud
      .err()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(lines.map(({ event }) => event)).toEqual(['request', 'request', 'stopping']);
    expect(cloud.err()).not.toMatch(/ada@|correct horse/);
    rmSync(home, { recursive: true });
  });

  it('keeps accounts and keys over a kill, and its keys to itself', async () => {
    const home = temporaryFolder('main');
    const first = start(home);
    const { body } = await post(await first.url(), 'register', account);
    const keyFile = join(home, 'cloud', 'jwt-keys.json');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'cloud')).mode & 0o077).toBe(0);
    const keys = readFileSync(keyFile, 'utf8');
    first.child.kill('SIGKILL');
    await first.ended;

    const second = start(home);
    const url = await second.url();
    const me = await fetch(`${url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${body.accessToken}` } });
    expect(me.status).toBe(200);
    expect((await post(url, 'login', account)).status).toBe(200);
    expect((await post(url, 'refresh', { refreshToken: body.refreshToken })).status).toBe(200);
    expect(readFileSync(keyFile, 'utf8')).toBe(keys);
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
    rmSync(home, { recursive: true });
  });

  it('refuses a second process on the same folder, with the reason, before it takes a port', async () => {
    const home = temporaryFolder('main');
    const first = start(home);
    await first.url();
    const second = start(home);
    expect((await second.ended).code).toBe(1);
    expect(second.out()).toBe('');
    expect(second.err()).toContain('Another Adiuva cloud is using this data');
    expect(second.err()).toContain(join(home, 'cloud'));
    expect(second.err()).not.toContain('    at ');
    first.child.kill('SIGTERM');
    await first.ended;
    rmSync(home, { recursive: true });
  });

  it('names all faults of its configuration and ends with 78, touching nothing', async () => {
    const home = join(temporaryFolder('main'), 'none');
    const cloud = start(home, { ADIUVA_CLOUD_PORT: 'hush-port', DATABASE_URL: 'hush-database', ADIUVA_DEFAULT_TIER: 'gold' });
    expect((await cloud.ended).code).toBe(78);
    for (const name of ['ADIUVA_CLOUD_PORT', 'DATABASE_URL', 'ADIUVA_DEFAULT_TIER']) expect(cloud.err()).toContain(name);
    expect(cloud.err()).not.toMatch(/hush|    at /);
    expect(existsSync(home)).toBe(false);
  });

  it('says that its port is taken', async () => {
    const home = temporaryFolder('main');
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const cloud = start(home, { ADIUVA_CLOUD_PORT: String(port) });
    expect((await cloud.ended).code).toBe(1);
    expect(cloud.err()).toContain(`EADDRINUSE`);
    expect(cloud.err()).toContain(String(port));
    expect(cloud.out()).toBe('');
    other.close();
    rmSync(home, { recursive: true });
  });

  it('says that its database cannot be reached, without the password of it', async () => {
    const home = temporaryFolder('main');
    const cloud = start(home, { DATABASE_URL: 'postgres://ada:hush@127.0.0.1:9/adiuva' });
    expect((await cloud.ended).code).toBe(1);
    expect(cloud.err()).toContain('A part of the service is not available');
    expect(cloud.err()).not.toMatch(/hush|    at /);
    rmSync(home, { recursive: true });
  });
});
