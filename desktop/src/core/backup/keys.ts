import { backupEnvelope, backupHead, type BackupEnvelope, type BackupHead } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError, describeIssues, parseAs } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { base64url, type Random } from '@adiuva/shared/kit/ids.ts';
import { z } from 'zod';
import { argon2id, hkdf, key, mac, openMessage, same, sealMessage, sha256, wipe, type ArgonCost, type Key } from '../crypto.ts';
import { canonicalPhrase } from '../store/slots.ts';
import { contextOf } from './format.ts';

/** Phrase → wrapping key → master key (BMK) → subkeys, as `docs/backup-format.md` says. */

const purposes = ['blob', 'manifest', 'name', 'print', 'head', 'digest', 'escrow'] as const;
type Purpose = (typeof purposes)[number];

/** The subkeys of one repository and epoch. Plain data: it can be posted to a worker as it is. */
export interface Keys extends Readonly<Record<Purpose, Key>> {
  /** 16 bytes, base64url. */
  readonly repository: string;
  readonly epoch: number;
}

/** Which repository a master key belongs to. */
export interface Repository {
  readonly repository: string;
  readonly epoch: number;
  /** 32 bytes. */
  readonly bmk: Uint8Array;
}

/** Cost of new envelopes: about 0.14 s. */
export const envelopeCost: ArgonCost = { timeCost: 3, memoryKiB: 65_536, parallelism: 1 };

const decode = (text: string): Uint8Array => Buffer.from(text, 'base64url');
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export function keysOf({ repository, epoch, bmk }: Repository): Keys {
  const subkey = (purpose: Purpose): Key => {
    const bytes = hkdf(bmk, decode(repository), `adiuva/backup/1/${purpose}/${epoch}`);
    const made = key(bytes);
    wipe(bytes);
    return made;
  };
  const made = Object.fromEntries(purposes.map((purpose) => [purpose, subkey(purpose)])) as Record<Purpose, Key>;
  return { repository, epoch, ...made };
}

/** A repository of its own with its first master key. @param phrase twelve words, as typed. @throws AdiuvaError `vault.phrase_invalid` */
export async function makeRepository(phrase: string, random: Random, cost = envelopeCost): Promise<Repository & { readonly envelope: BackupEnvelope }> {
  const made = { repository: base64url(random(16)), epoch: 1, bmk: random(32) };
  return { ...made, envelope: await wrap(made, phrase, random, cost) };
}

/** The next epoch of a repository: a new master key under new words; the old words open nothing sealed with it. */
export async function nextEpoch(
  { repository, epoch }: Omit<Repository, 'bmk'>,
  phrase: string,
  random: Random,
  cost = envelopeCost,
): Promise<Repository & { readonly envelope: BackupEnvelope }> {
  const made = { repository, epoch: epoch + 1, bmk: random(32) };
  return { ...made, envelope: await wrap(made, phrase, random, cost) };
}

/** The same master key under other words (or the same words with a fresh salt). */
export const rewrap = wrap;

async function wrap(made: Repository, phrase: string, random: Random, cost = envelopeCost): Promise<BackupEnvelope> {
  const head = {
    format: 'adiuva-backup-envelope' as const,
    version: 1 as const,
    repository: made.repository,
    epoch: made.epoch,
    argon: { version: 0x13 as const, timeCost: cost.timeCost, memoryKiB: cost.memoryKiB, parallelism: cost.parallelism, salt: base64url(random(16)) },
  };
  const wrapping = await wrappingKey(canonicalPhrase(phrase), head.argon);
  const sealed = base64url(sealMessage(wrapping, made.bmk, envelopeContext(head), random));
  return { ...head, sealed, sum: sumOf({ ...head, sealed }) };
}

async function wrappingKey(phrase: string, argon: BackupEnvelope['argon']): Promise<Key> {
  const stretched = await argon2id(encode(phrase), decode(argon.salt), argon);
  const bytes = hkdf(stretched, new Uint8Array(), 'adiuva/backup/1/wrapping');
  const made = key(bytes);
  wipe(stretched, bytes);
  return made;
}

const envelopeContext = ({ repository, epoch, ...rest }: Omit<BackupEnvelope, 'sealed' | 'sum'>): Uint8Array =>
  contextOf(repository, epoch, 'envelope', base64url(sha256(canonicalJson({ repository, epoch, ...rest }))));

const sumOf = (envelope: Omit<BackupEnvelope, 'sum'>): string => base64url(sha256(canonicalJson(envelope)));

const versioned = z.looseObject({ format: z.literal('adiuva-backup-envelope'), version: z.int() });

/** An envelope from outside: its shape, bounds and sum. @throws AdiuvaError `backup.missing` for null · `backup.newer` · `backup.corrupt` */
export function parseEnvelope(data: unknown): BackupEnvelope {
  if (data === null || data === undefined) throw new AdiuvaError('backup.missing');
  const head = versioned.safeParse(data);
  if (head.success && head.data.version > 1) throw new AdiuvaError('backup.newer');
  const parsed = backupEnvelope.safeParse(data);
  if (!parsed.success) throw new AdiuvaError('backup.corrupt', { detail: `The envelope does not hold: ${describeIssues(parsed.error)}` });
  const { sum, ...rest } = parsed.data;
  if (sum !== sumOf(rest)) throw new AdiuvaError('backup.corrupt', { detail: 'The envelope is damaged.' });
  return parsed.data;
}

/**
 * The master key from an envelope and the twelve words.
 * @throws AdiuvaError `vault.phrase_invalid` for what is no phrase at all · `backup.missing` · `backup.newer` · `backup.corrupt` · `backup.wrong_phrase`
 */
export async function openEnvelope(data: unknown, phrase: string): Promise<Repository> {
  const { sealed, sum: _sum, ...head } = parseEnvelope(data);
  const wrapping = await wrappingKey(canonicalPhrase(phrase), head.argon);
  const bmk = openMessage(wrapping, decode(sealed), envelopeContext(head));
  if (bmk === 'wrong_key') throw new AdiuvaError('backup.wrong_phrase');
  if (bmk?.length !== 32) throw new AdiuvaError('backup.corrupt', { detail: 'The envelope is damaged.' });
  return { repository: head.repository, epoch: head.epoch, bmk };
}

/** The head that makes `manifest` the newest. */
export function headOf(keys: Keys, generation: number, manifest: string): BackupHead {
  const head = { repository: keys.repository, epoch: keys.epoch, generation, manifest };
  return { ...head, mac: base64url(headMac(keys, head)) };
}

const headMac = (keys: Keys, head: Omit<BackupHead, 'mac'>): Uint8Array => mac(keys.head, encode(canonicalJson(head)));

/** A head from outside. @throws AdiuvaError `backup.corrupt` where it is none or was not made with these keys */
export function checkHead(keys: Keys, data: unknown): BackupHead {
  const { mac: given, ...head } = parseAs(backupHead, data, 'backup.corrupt');
  if (head.repository !== keys.repository || head.epoch !== keys.epoch)
    throw new AdiuvaError('backup.corrupt', { detail: 'The newest backup belongs to another repository.' });
  if (!same(headMac(keys, head), decode(given))) throw new AdiuvaError('backup.corrupt', { detail: 'The entry of the newest backup is damaged.' });
  return { ...head, mac: given };
}

/** The database key (32) and salt (16) of the pages, for the manifest's `escrow`. */
export function sealEscrow(keys: Keys, vaultId: string, raw: { readonly key: Uint8Array; readonly salt: Uint8Array }, random: Random): string {
  const plain = Buffer.concat([raw.key, raw.salt]);
  const sealed = base64url(sealMessage(keys.escrow, plain, contextOf(keys.repository, keys.epoch, 'escrow', vaultId), random));
  wipe(plain);
  return sealed;
}

/** @throws AdiuvaError `backup.corrupt` */
export function openEscrow(keys: Keys, vaultId: string, escrow: string): { key: Uint8Array; salt: Uint8Array } {
  const plain = openMessage(keys.escrow, decode(escrow), contextOf(keys.repository, keys.epoch, 'escrow', vaultId));
  if (plain === null || plain === 'wrong_key' || plain.length !== 48) throw new AdiuvaError('backup.corrupt', { detail: 'The key of the pages is damaged.' });
  return { key: plain.subarray(0, 32), salt: plain.subarray(32) };
}
