import { lstat, readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { extname, join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';

/** What the page may load: its own files and nothing else; the bundled font is one of them. `'self'` of `connect-src` includes the socket of the same host and port (CSP3 §6.7.2.8). */
export const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "object-src 'none'",
  "media-src 'none'",
  "frame-src 'none'",
  "worker-src 'none'",
  "manifest-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const denied = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
];

/** Headers of every answer that a window gets, whichever host it has. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': denied.map((name) => `${name}=()`).join(', '),
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** One file of the built window. `kept` files carry a hash of their content in their name and never change. */
export interface Asset {
  readonly body: Buffer<ArrayBuffer>;
  readonly type: string;
  readonly kept: boolean;
  readonly etag: string;
}

/** Path of the request (`/`, `/assets/index-4f2a91bc.js`) → file. */
export type Assets = ReadonlyMap<string, Asset>;

const hashed = /-[\w-]{8,}\.\w+$/;

async function filesBelow(folder: string, path = ''): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir(join(folder, path))).sort()) {
    const stat = await lstat(join(folder, path, name));
    if (stat.isDirectory()) found.push(...(await filesBelow(folder, `${path}/${name}`)));
    else if (stat.isFile() && types[extname(name)]) found.push(`${path}/${name}`);
  }
  return found;
}

/**
 * Reads the built window once: afterwards a request can only name what is in this map, and no path of a request ever meets the file system.
 * Links and unknown kinds of files are left out.
 * @throws AdiuvaError `config.invalid` where there is no built window
 */
export async function loadAssets(folder: string): Promise<Assets> {
  const paths = await filesBelow(folder).catch(() => [] as string[]);
  if (!paths.includes('/index.html')) throw new AdiuvaError('config.invalid', { detail: 'the folder of the window has no index.html: build it first' });
  const assets = new Map<string, Asset>();
  for (const path of paths) {
    const body = await readFile(join(folder, path));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    assets.set(path, { body, type: types[extname(path)]!, kept: path.startsWith('/assets/') && hashed.test(path), etag });
  }
  return assets.set('/', assets.get('/index.html')!);
}
