import { hash } from 'node:crypto';
import { decodeProtectedHeader, errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { SigningKeys } from './signing-keys.ts';

/** What a token says and was checked to say. `expiresAt` in ms since the epoch. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly expiresAt: number;
}

export interface TokenDeps {
  readonly keys: () => Promise<SigningKeys>;
  readonly now: () => number;
  readonly random: Random;
}

export const accessSeconds = 15 * 60;

const typ = 'at+jwt';
const issuer = 'adiuva-cloud';
const audience = 'adiuva';
const headerNames = 'alg,kid,typ';
const cacheSize = 10_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** base64url of SHA-256: how refresh tokens are kept and access tokens are remembered. */
export const tokenHash = (token: string): string => hash('sha256', token, 'base64url');

/** An access token: Ed25519, fifteen minutes, RFC 9068's type. */
export async function signAccess({ keys, now, random }: TokenDeps, { userId, sessionId }: Pick<AccessClaims, 'userId' | 'sessionId'>): Promise<string> {
  const { current } = await keys();
  const seconds = Math.floor(now() / 1000);
  return new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: 'EdDSA', typ, kid: current.kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(userId)
    .setJti(newToken(random, 16))
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + accessSeconds)
    .sign(current.key);
}

/** Checks access tokens. Remembers by hash those it has seen to be right, because checking a signature costs more than all else of a request. */
export class TokenChecker {
  readonly #deps: TokenDeps;
  readonly #known = new Map<string, AccessClaims>();
  #keys: SigningKeys | undefined;

  constructor(deps: TokenDeps) {
    this.#deps = deps;
  }

  /** @throws AdiuvaError `auth.token_expired` · `auth.token_invalid` */
  async check(token: string): Promise<AccessClaims> {
    await this.#watchKeys();
    const name = tokenHash(token);
    const claims = this.#known.get(name) ?? (await this.#verify(token));
    if (claims.expiresAt > this.#deps.now()) {
      if (this.#known.size >= cacheSize) this.#known.clear();
      this.#known.set(name, claims);
      return claims;
    }
    this.#known.delete(name);
    throw new AdiuvaError('auth.token_expired');
  }

  /** Drops what is remembered of sessions that ended. */
  forget(ended: (claims: AccessClaims) => boolean): void {
    for (const [name, claims] of this.#known) if (ended(claims)) this.#known.delete(name);
  }

  /** What was right under other keys has to be looked at again: one of them may have been taken out because it was stolen. */
  async #watchKeys(): Promise<void> {
    const keys = await this.#deps.keys();
    if (this.#keys !== keys) this.#known.clear();
    this.#keys = keys;
  }

  async #verify(token: string): Promise<AccessClaims> {
    try {
      const key = await this.#keyFor(token);
      const options = {
        typ,
        issuer,
        audience,
        algorithms: ['EdDSA'],
        requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
        currentDate: new Date(this.#deps.now()),
      };
      const { payload } = await jwtVerify(token, key, options);
      const [userId, sessionId] = [payload.sub, payload['sid']].map(String) as [string, string];
      if (!uuid.test(userId) || !uuid.test(sessionId)) throw new AdiuvaError('auth.token_invalid');
      return { userId, sessionId, expiresAt: payload.exp! * 1000 };
    } catch (error) {
      throw new AdiuvaError(error instanceof joseErrors.JWTExpired ? 'auth.token_expired' : 'auth.token_invalid', { cause: error });
    }
  }

  /** The key by its exact id from our own table. A header with anything beyond the three expected fields (`jwk`, `jku`, `x5u`, `crit`) is refused. */
  async #keyFor(token: string) {
    const header = decodeProtectedHeader(token);
    const key = (await this.#deps.keys()).byKid.get(String(header.kid));
    if (!key || Object.keys(header).sort().join() !== headerNames) throw new AdiuvaError('auth.token_invalid');
    return key;
  }
}
