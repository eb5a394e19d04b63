import type { IncomingMessage } from 'node:http';
import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { pageHeaders } from '../page.ts';

/** What is served: names under which this host is known (`127.0.0.1:8788`), read once it listens. */
export interface Gate {
  readonly hosts: readonly string[];
}

/** All values of one header as they came, so that a repeated one is seen. */
function raw({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === name);
}

/** A page may be opened from outside, as by a click in a terminal: the top document, without any effect. */
const opensPage = (req: IncomingMessage) =>
  req.url === '/' && req.method === 'GET' && raw(req, 'sec-fetch-mode').join() === 'navigate' && raw(req, 'sec-fetch-dest').join() === 'document';

function sitesAllowed(req: IncomingMessage, changes: boolean): readonly string[] {
  if (changes) return ['same-origin'];
  return opensPage(req) ? ['same-origin', 'none', 'same-site', 'cross-site'] : ['same-origin', 'none'];
}

/**
 * Whether a request may come in at all. `Host` must be there once and equal a known value to the letter, the target must be a path
 * (RFC 9112 §3.2.1), an `Origin` must be ours, and it must be there on everything that changes state or opens a socket; `Sec-Fetch-Site`, where
 * the browser sends it, must say the same.
 */
export function mayEnter(req: IncomingMessage, gate: Gate, upgrade = false): boolean {
  const hosts = raw(req, 'host');
  const host = hosts[0];
  if (hosts.length !== 1 || host === undefined || !gate.hosts.includes(host)) return false;
  if (!['GET', 'HEAD', 'POST'].includes(req.method ?? '') || !/^\/(?!\/)/.test(req.url ?? '')) return false;
  const changes = upgrade || req.method === 'POST';
  const origins = raw(req, 'origin');
  if (origins.length > 1 || (changes && origins.length === 0) || origins.some((origin) => origin !== `http://${host}`)) return false;
  const sites = raw(req, 'sec-fetch-site');
  return sites.length <= 1 && sites.every((site) => sitesAllowed(req, changes).includes(site));
}

const body = JSON.stringify(toProblem(new AdiuvaError('permission.denied')));
const headers = {
  ...pageHeaders,
  'cache-control': 'no-store',
  'content-type': 'application/problem+json',
  'content-length': String(Buffer.byteLength(body)),
  connection: 'close',
};

/**
 * The one answer to everything that may not: a wrong host, origin, cookie, token, or bytes that are no HTTP. Always the same, so that it tells
 * nothing about which.
 */
export const refusal = Buffer.from(['HTTP/1.1 403 Forbidden', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n'));
