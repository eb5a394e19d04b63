import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { type Bridge, createBridge } from '../bridge/client.ts';
import { type PortLike, portChannel } from '../bridge/link-port.ts';
import { connectSocket } from '../bridge/link-socket.ts';

/** What Electron's preload puts on the window: a word that a port is wanted. The port comes back as a message of the same window. */
export interface PreloadDoor {
  connect(): void;
}

export interface ConnectParts {
  readonly window: Window & { readonly adiuva?: PreloadDoor };
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: Random;
}

/** Connected, or the reason why not: this browser holds no session of the host. */
export type Connected = { readonly bridge: Bridge } | { readonly refused: true };

/** A launch token is base64url; a place in the app starts with a slash. */
const launchToken = /^#([A-Za-z0-9_-]{20,200})$/;

export const tokenIn = (hash: string): string | null => launchToken.exec(hash)?.[1] ?? null;

/** Takes the launch token out of the address, so that no history keeps it. */
function takeToken({ location, history }: Window): string | null {
  const token = tokenIn(location.hash);
  if (token !== null) history.replaceState(null, '', '#/today');
  return token;
}

async function holdsSession(request: typeof fetch, token: string | null): Promise<boolean> {
  const ok = (answer: Response) => answer.status === 204;
  const no = () => false;
  if (token !== null) {
    const headers = { 'content-type': 'application/json' };
    const made = await request('/session', { method: 'POST', headers, body: JSON.stringify({ token }) }).then(ok, no);
    if (made) return true;
  }
  return request('/session').then(ok, no);
}

export const portMessage = 'adiuva:port';

/** Asks the preload for a port to the core; a fresh one after each loss. */
function askForPort(window: Window, door: PreloadDoor, signal: AbortSignal): Promise<PortLike> {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const onMessage = (event: MessageEvent) => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== portMessage || !port) return;
      listening.abort();
      resolve(port);
    };
    window.addEventListener('message', onMessage, { signal: AbortSignal.any([listening.signal, signal]) });
    door.connect();
  });
}

/** Picks the link: Electron's port where the preload is there, else the loopback host's socket after its session. */
export async function connect({ window, fetch: request, clock, random }: ConnectParts): Promise<Connected> {
  const { adiuva } = window;
  if (adiuva) return { bridge: createBridge({ connect: async (signal) => portChannel(await askForPort(window, adiuva, signal)), clock, random }) };
  if (!(await holdsSession(request, takeToken(window)))) return { refused: true };
  const address = `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}/trpc`;
  return { bridge: createBridge({ connect: connectSocket(address, (url) => new WebSocket(url)), clock, random }) };
}

/** A fresh link opened in this very window only changes the fragment: the page starts anew with it. */
export function restartOnToken({ location }: Window): void {
  addEventListener('hashchange', () => tokenIn(location.hash) !== null && location.reload());
}
