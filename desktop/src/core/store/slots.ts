import { entropyToMnemonic, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { z } from 'zod';
import { argonParameters, type ArgonParameters } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { base64url, type Random } from '@adiuva/shared/kit/ids.ts';
import type { HostSecrets } from '../host.ts';
import { argon2id, hkdf, key, open, seal, wipe, type ArgonCost } from '../crypto.ts';
import type { RawKey } from './engine.ts';

/**
 * The ways to the database key. Each slot holds the same 48 bytes (32 of key, 16 of salt) sealed under a key of its own, bound to the vault, the slot and its
 * parameters; which one opens decides that a secret is right. A slot that is damaged or unknown counts as not there: the others still open.
 */

const bytes = (least: number, most: number) =>
  z
    .base64url()
    .min(Math.ceil((least * 4) / 3))
    .max(Math.ceil((most * 4) / 3));
const sealed = bytes(76, 76);

const secretSlot = z.strictObject({ kind: z.enum(['passphrase', 'phrase']), version: z.literal(1), argon: argonParameters, sealed });
const osSlot = z.strictObject({ kind: z.literal('os'), version: z.literal(1), backend: z.string().max(100), key: bytes(32, 16_384), sealed });
export const slot = z.discriminatedUnion('kind', [secretSlot, osSlot]);
export type Slot = z.infer<typeof slot>;
export type SecretSlot = z.infer<typeof secretSlot>;
export type OsSlot = z.infer<typeof osSlot>;

/** Cost of new slots: about 0.14 s. Stored with each slot, so that it can grow. */
export const slotCost: ArgonCost = { timeCost: 3, memoryKiB: 65_536, parallelism: 1 };

export const passphraseMin = 8;

/** Passphrases that look the same are the same: composed and decomposed forms of a letter, full-width digits. */
const secretBytes = (text: string) => new TextEncoder().encode(text.normalize('NFKC'));

/** @throws AdiuvaError `vault.passphrase_weak` under 8 characters */
export function refuseWeak(passphrase: string): void {
  if (Array.from(passphrase.normalize('NFKC').trim()).length < passphraseMin) throw new AdiuvaError('vault.passphrase_weak');
}

/** Twelve words of 128 random bits (BIP39, English). */
export const newPhrase = (random: Random): string => entropyToMnemonic(Uint8Array.from(random(16)), wordlist);

/** The one spelling of a phrase. @throws AdiuvaError `vault.phrase_invalid` for anything but twelve known words with a right checksum */
export function canonicalPhrase(typed: string): string {
  const words = typed
    .normalize('NFKD')
    .toLowerCase()
    .split(/[\s,.;]+/u)
    .filter((word) => word !== '');
  const phrase = words.join(' ');
  if (words.length !== 12 || !validateMnemonic(phrase, wordlist)) throw new AdiuvaError('vault.phrase_invalid');
  return phrase;
}

const decode = (text: string): Uint8Array => Buffer.from(text, 'base64url');

/** What a slot is bound to: its vault and everything in it but the sealed bytes. */
function contextOf(vaultId: string, made: Omit<SecretSlot, 'sealed'> | Omit<OsSlot, 'sealed'>): Uint8Array {
  return new TextEncoder().encode(canonicalJson({ format: 'adiuva-vault', vaultId, slot: { ...made, sealed: undefined } }));
}

async function wrappingKey(kind: SecretSlot['kind'], secret: string, argon: ArgonParameters): Promise<Uint8Array> {
  const stretched = await argon2id(secretBytes(secret), decode(argon.salt), argon);
  const wrapping = hkdf(stretched, new Uint8Array(), `adiuva/vault/1/${kind}`);
  wipe(stretched);
  return wrapping;
}

function sealKey(wrapping: Uint8Array, raw: RawKey, context: Uint8Array, random: Random): string {
  const plain = Buffer.concat([raw.key, raw.salt]);
  const text = base64url(seal(key(wrapping), plain, context, random));
  wipe(plain, wrapping);
  return text;
}

function openKey(wrapping: Uint8Array, text: string, context: Uint8Array): RawKey | null {
  const plain = open(key(wrapping), decode(text), context);
  wipe(wrapping);
  if (plain?.length !== 48) return null;
  return { key: plain.subarray(0, 32), salt: plain.subarray(32) };
}

/** @param secret the passphrase as typed, or the canonical phrase */
export async function makeSecretSlot(
  kind: SecretSlot['kind'],
  secret: string,
  vaultId: string,
  raw: RawKey,
  random: Random,
  cost: ArgonCost,
): Promise<SecretSlot> {
  const head = { kind, version: 1 as const, argon: { version: 0x13 as const, ...cost, salt: base64url(random(16)) } };
  const wrapping = await wrappingKey(kind, secret, head.argon);
  return { ...head, sealed: sealKey(wrapping, raw, contextOf(vaultId, head), random) };
}

/** The key, or null where the secret (or the slot) is wrong. */
export async function openSecretSlot(made: SecretSlot, secret: string, vaultId: string): Promise<RawKey | null> {
  return openKey(await wrappingKey(made.kind, secret, made.argon), made.sealed, contextOf(vaultId, made));
}

export async function makeOsSlot(secrets: HostSecrets, vaultId: string, raw: RawKey, random: Random): Promise<OsSlot> {
  const wrapping = random(32);
  const head = { kind: 'os' as const, version: 1 as const, backend: secrets.backend, key: base64url(await secrets.encrypt(wrapping)) };
  return { ...head, sealed: sealKey(wrapping, raw, contextOf(vaultId, head), random) };
}

/** The key, or null where the key store no longer gives what it was given. */
export async function openOsSlot(made: OsSlot, secrets: HostSecrets, vaultId: string): Promise<RawKey | null> {
  const wrapping = await secrets.decrypt(decode(made.key)).catch(() => null);
  if (wrapping?.length !== 32) return null;
  return openKey(Uint8Array.from(wrapping), made.sealed, contextOf(vaultId, made));
}
