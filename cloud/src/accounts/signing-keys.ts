import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose';

/** A private Ed25519 key as a JWK (RFC 8037 §2). */
export interface PrivateKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly kid: string;
  readonly x: string;
  readonly d: string;
}

/** Keys ready for use: the first of the set signs, all verify, found by their exact `kid` in this table alone. */
export interface SigningKeys {
  readonly current: { readonly kid: string; readonly key: CryptoKey };
  readonly byKid: ReadonlyMap<string, CryptoKey>;
  /** What `/.well-known/jwks.json` shows. */
  readonly publicSet: { keys: PublicKey[] };
}

export interface PublicKey {
  kty: 'OKP';
  crv: 'Ed25519';
  kid: string;
  x: string;
  alg: 'EdDSA';
  use: 'sig';
}

const publicKey = ({ kid, x }: PrivateKey): PublicKey => ({ kty: 'OKP', crv: 'Ed25519', kid, x, alg: 'EdDSA', use: 'sig' });

/** @throws when a key is no Ed25519 key */
export async function openSigningKeys({ keys }: { readonly keys: readonly PrivateKey[] }): Promise<SigningKeys> {
  const first = keys[0];
  if (!first) throw new Error('a key set needs a key');
  const entries = await Promise.all(keys.map(async (key) => [key.kid, (await importJWK({ ...publicKey(key) }, 'EdDSA')) as CryptoKey] as const));
  const { kty, crv, x, d } = first;
  const current = { kid: first.kid, key: (await importJWK({ kty, crv, x, d }, 'EdDSA')) as CryptoKey };
  return { current, byKid: new Map(entries), publicSet: { keys: keys.map(publicKey) } };
}

/** A set of one new key, named by its thumbprint (RFC 7638). */
export async function makeKeySet(): Promise<{ keys: PrivateKey[] }> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { x, d } = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: x! });
  return { keys: [{ kty: 'OKP', crv: 'Ed25519', kid, x: x!, d: d! }] };
}
