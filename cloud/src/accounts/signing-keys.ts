import { webcrypto } from 'node:crypto';
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

/** A set of two new keys: the one that signs, and the next, which everybody knows before it signs. */
export async function makeKeySet(): Promise<{ keys: PrivateKey[] }> {
  return { keys: [await makeKey(), await makeKey()] };
}

/**
 * The set after a change of keys: the next one signs, a new one is made to be next, and what signed until now goes on to verify until the change after this
 * (tokens live fifteen minutes). `compromised`: no key stays, and every access token made before is refused; sessions go on by their refresh tokens.
 */
export async function rotateKeySet({ keys: [current, next] }: { readonly keys: readonly PrivateKey[] }, compromised = false): Promise<{ keys: PrivateKey[] }> {
  if (compromised) return makeKeySet();
  return { keys: [next ?? (await makeKey()), await makeKey(), ...(current ? [current] : [])] };
}

/** Named by its thumbprint (RFC 7638). */
async function makeKey(): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { x, d } = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: x! });
  return { kty: 'OKP', crv: 'Ed25519', kid, x: x!, d: d! };
}

/** A signature over bytes that are no token, by the key that signs now. What is signed must begin with words of its own, so that it can never pass for a token. */
export async function signBytes({ current }: SigningKeys, bytes: Uint8Array): Promise<{ keyId: string; value: string }> {
  const signature = await webcrypto.subtle.sign('Ed25519', current.key, Uint8Array.from(bytes));
  return { keyId: current.kid, value: Buffer.from(signature).toString('base64url') };
}
