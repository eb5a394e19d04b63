import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';

/** Where the cloud is. `http` and `socket` end in `/api/v1`. */
export interface Address {
  /** What stands outside of the API: the keys. */
  readonly root: string;
  readonly http: string;
  readonly socket: string;
  /** Shown to the user beside what was sent. */
  readonly host: string;
  /**
   * What stored tokens are bound to, so that they never go to another server: the origin, or `loopback` for any port of this machine, because
   * a cloud of one's own may get another port at each start.
   */
  readonly realm: string;
}

const isLoopback = (hostname: string): boolean => hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

/** Why an address is refused; undefined when it holds. */
function fault(url: URL): string | undefined {
  if (url.username || url.password) return 'must not hold a user name or a password';
  if (url.search || url.hash) return 'must not hold a query or a fragment';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopback(url.hostname)) return undefined;
  return 'must be https, or http on this very machine';
}

/**
 * The cloud's addresses from its base URL. Plain http leaves the machine readable to everyone on the way, so only loopback may use it.
 * @throws AdiuvaError `config.invalid`
 */
export function cloudAddress(base: string): Address {
  if (!URL.canParse(base)) throw new AdiuvaError('config.invalid', { detail: 'ADIUVA_CLOUD_URL: must be a URL' });
  const url = new URL(base);
  const why = fault(url);
  if (why) throw new AdiuvaError('config.invalid', { detail: `ADIUVA_CLOUD_URL: ${why}` });
  const root = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const http = `${root}/api/v1`;
  return { root, http, socket: http.replace(/^http/, 'ws'), host: url.host, realm: isLoopback(url.hostname) ? 'loopback' : url.origin };
}

/**
 * Whether bytes may go to an address that the cloud named: https, or plain http on this very machine where the cloud itself is there. A cloud elsewhere has no
 * business with what listens here.
 */
export function mayReach(cloud: Pick<Address, 'realm'>, address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username || url.password) return false;
  if (isLoopback(url.hostname)) return cloud.realm === 'loopback' && (url.protocol === 'http:' || url.protocol === 'https:');
  return url.protocol === 'https:';
}
