import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Access, Caller } from './access.ts';

/** @throws AdiuvaError `auth.token_invalid` · `auth.token_expired` */
export type Authenticate = (token: string) => Promise<Caller>;

/** The caller of a route whose access is not `anyone` or `optional`. @throws AdiuvaError `auth.required` */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new AdiuvaError('auth.required');
  return request.caller;
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1), null without the header. @throws AdiuvaError `auth.token_invalid` for another form */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined) return null;
  const match = /^Bearer ([A-Za-z0-9._~+/-]{1,4096}=*)$/i.exec(header);
  if (!match) throw new AdiuvaError('auth.token_invalid');
  return match[1]!;
}

/** Makes every route say whose things it touches, when it is registered rather than when it is attacked. */
export function requireAccess(app: FastifyInstance): void {
  app.decorateRequest('caller', null);
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.access) throw new Error(`route ${String(method)} ${url} does not say whose things it touches (config.access)`);
  });
}

/** Resolves the caller as the route's access asks. @throws AdiuvaError `auth.required` · `auth.token_invalid` · `auth.token_expired` */
export async function identify(request: FastifyRequest, access: Access, authenticate: Authenticate): Promise<Caller | null> {
  if (access === 'anyone') return null;
  const token = bearerToken(request.headers.authorization);
  if (token !== null) return authenticate(token);
  if (access === 'optional') return null;
  throw new AdiuvaError('auth.required');
}
