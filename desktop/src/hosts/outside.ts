import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';

/** Addresses that may be opened outside: web pages over TLS and mail, judged by a parser and never by their beginning. */
const schemes = ['https:', 'mailto:'];

/** The address as the parser understood it. @throws AdiuvaError `permission.denied` */
export function outsideUrl(address: string): URL {
  const url = URL.parse(address);
  if (!url || !schemes.includes(url.protocol) || url.username !== '' || url.password !== '')
    throw new AdiuvaError('permission.denied', { detail: 'only https and mailto addresses are opened' });
  return url;
}

/** What the user is shown before anything opens: the host of a page, the scheme and address of a mail. */
export const nameOf = (url: URL): string => (url.protocol === 'mailto:' ? `mailto:${url.pathname}` : url.host);
