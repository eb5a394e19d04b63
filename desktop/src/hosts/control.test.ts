import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { askLink, serveControl, tellChanged } from './control.ts';

const answering = (link: () => string, changed = () => {}) => ({ link, changed });

const folders: string[] = [];
const folder = (more = '') => {
  const made = mkdtempSync(join(tmpdir(), 'adiuva-control-'));
  folders.push(made);
  return join(made, more);
};
afterEach(() => folders.splice(0).forEach((made) => rmSync(made, { recursive: true, force: true })));

describe('the control socket', () => {
  it('gives a fresh link to the same user and to nobody else', async () => {
    const dataDir = folder('home');
    let asked = 0;
    const control = await serveControl(
      dataDir,
      answering(() => `http://127.0.0.1:1/#${++asked}`),
    );
    expect(await askLink(dataDir)).toBe('http://127.0.0.1:1/#1');
    expect(await askLink(dataDir)).toBe('http://127.0.0.1:1/#2');
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'control.sock')).mode & 0o777).toBe(0o600);
    await control.close();
    expect(existsSync(join(dataDir, 'control.sock'))).toBe(false);
    await expect(askLink(dataDir)).rejects.toMatchObject({ code: 'dependency.unavailable' });
  });

  it('lies elsewhere where the path is too long for a socket', async () => {
    const dataDir = folder('x'.repeat(120));
    const control = await serveControl(
      dataDir,
      answering(() => 'link'),
    );
    expect(await askLink(dataDir)).toBe('link');
    await control.close();
  });

  it('leaves a running host in charge and replaces what a crashed one left', async () => {
    const dataDir = folder();
    const first = await serveControl(
      dataDir,
      answering(() => 'first'),
    );
    const second = await serveControl(
      dataDir,
      answering(() => 'second'),
    );
    await second.close();
    expect(await askLink(dataDir)).toBe('first');
    await first.close();
    writeFileSync(join(dataDir, 'control.sock'), '');
    const third = await serveControl(
      dataDir,
      answering(() => 'third'),
    );
    expect(await askLink(dataDir)).toBe('third');
    await third.close();
  });

  it('hears that another process changed the vault', async () => {
    const dataDir = folder();
    let changes = 0;
    await tellChanged(dataDir);
    const control = await serveControl(
      dataDir,
      answering(
        () => 'link',
        () => changes++,
      ),
    );
    await tellChanged(dataDir);
    expect(changes).toBe(1);
    await control.close();
  });

  it('answers nothing but its question', async () => {
    const dataDir = folder();
    const control = await serveControl(
      dataDir,
      answering(() => 'secret'),
    );
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(join(dataDir, 'control.sock'), () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket
        .on('data', (chunk) => (text += chunk))
        .on('close', () => resolve(text))
        .on('error', () => {});
    });
    expect(answer).toBe('');
    await control.close();
  });

  it('does not trust a folder that others can write to', async () => {
    const dataDir = folder('y'.repeat(120));
    const control = await serveControl(
      dataDir,
      answering(() => 'link'),
    );
    await control.close();
    const { createHash } = await import('node:crypto');
    const { userInfo } = await import('node:os');
    const shared = join(tmpdir(), `adiuva-${userInfo().uid}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
    folders.push(shared);
    chmodSync(shared, 0o777);
    await expect(
      serveControl(
        dataDir,
        answering(() => 'link'),
      ),
    ).rejects.toMatchObject({ code: 'permission.denied' });
  });
});
