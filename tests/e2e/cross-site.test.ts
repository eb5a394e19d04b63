import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import type { CoreApi } from '../../desktop/src/bridge/procedures.ts';
import type { Asset } from '../../desktop/src/hosts/page.ts';
import { startWebServer, type WebServer } from '../../desktop/src/hosts/web/server.ts';
import { chromiumMissing, chromiumPath } from './app.ts';

const vault = { state: 'open' as const, vaultId: 'v', slots: [], phraseConfirmed: true, problem: null };
const asked: string[] = [];
/** A core that notes every call that reached it. */
const core = new Proxy({}, { get: (_core, name: string) => async () => (asked.push(name), vault) }) as unknown as CoreApi;

const asset = (text: string, type: string): Asset => ({ body: Buffer.from(text), type, kept: false, etag: '"e"' });
const page = asset('<!doctype html><title>Adiuva</title><script type="module" src="/own.js"></script>', 'text/html; charset=utf-8');
/** What the real window does first: exchanges the token, then opens the socket and asks something. */
const script = `
  parent.postMessage('framed', '*');
  const headers = { 'content-type': 'application/json' };
  const session = await fetch('/session', { method: 'POST', headers, body: JSON.stringify({ token: location.hash.slice(1) }) });
  const socket = new WebSocket('ws://' + location.host + '/trpc');
  socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'vault.state' } }));
  socket.onmessage = ({ data }) => (document.title = session.status + ' ' + JSON.parse(data).result.data.state);
  socket.onclose = () => (document.title = session.status + ' closed');
`;

/** Every way a page of another origin can try; each resolves with what it could see. */
const attack = (target: string) => `<!doctype html><title>attack</title><body><script type="module">
  const target = '${target}';
  const json = { 'content-type': 'application/json' };
  const attempt = async (act) => { try { return String(await act()); } catch (error) { return 'refused'; } };
  const socket = () => new Promise((resolve) => {
    const ws = new WebSocket(target.replace('http', 'ws') + '/trpc');
    ws.onopen = () => { ws.send('{"id":1,"method":"mutation","params":{"path":"vault.lock"}}'); resolve('open'); };
    ws.onerror = () => resolve('refused');
  });
  const load = (tag, key, path) => new Promise((resolve) => {
    const element = Object.assign(document.createElement(tag), { onload: () => resolve('loaded'), onerror: () => resolve('refused') });
    element[key] = target + path;
    document.body.append(element);
  });
  const framed = () => new Promise((resolve) => {
    addEventListener('message', () => resolve('loaded'));
    document.body.append(Object.assign(document.createElement('iframe'), { src: target + '/', onload: () => setTimeout(() => resolve('refused'), 300) }));
  });
  const form = (type) => new Promise((resolve) => {
    document.body.insertAdjacentHTML('beforeend', '<iframe name="' + type + '"></iframe><form target="' + type + '" method="post" enctype="' + type + '" action="' + target + '/trpc/vault.lock"><input name=\\'{"json":"\\' value=\\'"}\\'></form>');
    document.body.lastChild.submit();
    setTimeout(() => resolve('sent'), 300);
  });
  const results = {
    read: await attempt(async () => (await fetch(target + '/trpc/vault.state', { credentials: 'include' })).status),
    blind: await attempt(async () => (await fetch(target + '/trpc/vault.state', { credentials: 'include', mode: 'no-cors' })).type),
    write: await attempt(async () => (await fetch(target + '/trpc/vault.lock', { method: 'POST', credentials: 'include', headers: json, body: '' })).status),
    text: await attempt(async () => (await fetch(target + '/trpc/vault.lock', { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{}' })).type),
    session: await attempt(async () => (await fetch(target + '/session', { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{}' })).type),
    beacon: await attempt(async () => navigator.sendBeacon(target + '/trpc/vault.lock', new Blob(['{}'], { type: 'text/plain' }))),
    socket: await attempt(socket),
    script: await attempt(() => load('script', 'src', '/own.js')),
    image: await attempt(() => load('img', 'src', '/trpc/vault.state')),
    frame: await attempt(framed),
    forms: await attempt(async () => [await form('text/plain'), await form('application/x-www-form-urlencoded')]),
  };
  document.title = 'done ' + JSON.stringify(results);
</script>`;

const listening = (server: Server) => new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

describe.skipIf(chromiumMissing)(`the loopback host in Chromium${chromiumMissing ? ` (${chromiumMissing})` : ''}`, () => {
  let host: WebServer;
  let evil: Server;
  let evilPort: number;
  let browser: Browser;

  beforeAll(async () => {
    const serving = { core, subscribe: () => () => {}, turn: (next: () => void) => void setImmediate(next) };
    host = await startWebServer({
      serving,
      assets: new Map([
        ['/', page],
        ['/own.js', asset(script, 'text/javascript; charset=utf-8')],
      ]),
      port: 0,
      clock: systemClock,
      random: systemRandom,
    });
    evil = createServer((_request, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end(attack(`http://127.0.0.1:${host.port}`)));
    evilPort = await listening(evil);
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
    evil?.closeAllConnections();
    await new Promise((resolve) => evil?.close(resolve));
  });

  it('lets its own page in', async () => {
    const context = await browser.newContext();
    const window = await context.newPage();
    await window.goto(host.link());
    await expect.poll(() => window.title()).toBe('204 open');
    await context.close();
  });

  it.each(['127.0.0.1', 'localhost'])('accepts nothing from a page on %s with another port, in a browser that is signed in', async (name) => {
    const context = await browser.newContext();
    const window = await context.newPage();
    await window.goto(host.link());
    await expect.poll(() => window.title()).toBe('204 open');
    asked.length = 0;
    const attacker = await context.newPage();
    await attacker.goto(`http://${name}:${evilPort}/`);
    await expect.poll(() => attacker.title(), { timeout: 15_000 }).toMatch(/^done /);
    const seen = JSON.parse((await attacker.title()).slice(5)) as Record<string, string>;
    expect(asked).toEqual([]);
    expect(seen).toMatchObject({ read: 'refused', write: 'refused', socket: 'refused', script: 'refused', image: 'refused', frame: 'refused' });
    expect(await window.title()).toBe('204 open');
    await context.close();
  });
});
