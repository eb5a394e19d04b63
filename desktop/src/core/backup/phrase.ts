import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { base64url, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { BackupTarget } from '../../bridge/shapes.ts';
import { newPhrase } from '../store/slots.ts';
import type { Store } from '../store/store.ts';
import type { Vault } from '../store/vault.ts';
import { nextEpoch, parseEnvelope, rewrap } from './keys.ts';
import { changeOwn, ownOf, repositoryOf, type Change, type Own } from './own.ts';
import type { Target } from './target.ts';

export interface PhraseParts {
  readonly store: Store;
  readonly vault: Pick<Vault, 'replacePhrase'>;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** `lost`: new words for the same keys; `exposed`: new words and new keys; null: only finishes what was begun. */
  readonly because: 'lost' | 'exposed' | null;
  /** Every place this device knows. */
  readonly targets: readonly BackupTarget[];
  target(where: BackupTarget): Target;
  /** A full backup with these keys. */
  backUp(own: Own, where: BackupTarget): Promise<void>;
  /** How it went with a place: what was thrown, or null. */
  noted(own: Own, where: BackupTarget, error: unknown): Promise<void>;
}

/**
 * New words. At every moment a crash leaves either the old or the new words that open each place, and the new ones are kept in the store before anything
 * else changes, so that running again finishes: 1. the words and keys to come · 2. the vault's own slot · 3. this device uses them · 4. each place, in one step of its own.
 * @returns the new words; places that could not be reached are done later
 */
export async function changePhrase(parts: PhraseParts): Promise<string> {
  const { store, because } = parts;
  let own = await ownOf(store);
  let phrase = '';
  // One that was begun earlier ends first. It is the wanted one where the reason is the same.
  if (own.change) {
    const begun = own.change;
    own = await promote(parts, own, begun);
    phrase = begun.phrase;
    if (because === begun.because || because === null) return await bring(parts, own, phrase);
  }
  if (because !== null) {
    const change = await changeTo(own, because, parts.random);
    own = await changeOwn(store, (now) => ({ ...now, change }));
    own = await promote(parts, own, change);
    phrase = change.phrase;
  }
  return await bring(parts, own, phrase);
}

async function changeTo(own: Own, because: Change['because'], random: Random): Promise<Change> {
  const phrase = newPhrase(random);
  if (because === 'lost') return { because, phrase, epoch: own.epoch, bmk: own.bmk, envelope: await rewrap(repositoryOf(own), phrase, random) };
  const { epoch, bmk, envelope } = await nextEpoch(own, phrase, random);
  return { because, phrase, epoch, bmk: base64url(bmk), envelope };
}

async function promote({ store, vault, targets }: PhraseParts, own: Own, { phrase, epoch, bmk, envelope }: Change): Promise<Own> {
  await vault.replacePhrase(phrase);
  const owed = [...new Map([...own.owed, ...targets].map((target) => [JSON.stringify(target), target])).values()];
  return await changeOwn(store, (now) => ({ ...now, epoch, bmk, envelope, change: null, owed }));
}

/** Every place that does not have them yet. */
async function bring(parts: PhraseParts, own: Own, phrase: string): Promise<string> {
  for (const where of own.owed) {
    parts.signal.throwIfAborted();
    try {
      await bringTo(parts, own, where);
      await parts.noted(own, where, null);
      await changeOwn(parts.store, (now) => ({ ...now, owed: now.owed.filter((each) => JSON.stringify(each) !== JSON.stringify(where)) }));
    } catch (error) {
      if (parts.signal.aborted) throw error;
      parts.log.warn('backup.owed', { code: error instanceof AdiuvaError ? error.code : 'internal' });
      await parts.noted(own, where, error);
    }
  }
  return phrase;
}

async function bringTo({ target, backUp, signal }: PhraseParts, own: Own, where: BackupTarget): Promise<void> {
  const place = target(where);
  const there = await place.envelope(signal);
  const envelope = there === null || there === undefined ? null : parseEnvelope(there);
  if (!envelope) return await refuseBare(place, signal);
  if (envelope.sum === own.envelope.sum) return;
  if (envelope.repository !== own.repository || envelope.epoch > own.epoch) throw new AdiuvaError('backup.forked');
  if (envelope.epoch === own.epoch) return await place.putEnvelope(own.envelope, envelope.sum, signal);
  await backUp(own, where);
}

/** A place that lost everything needs nothing; a folder that is only not there now does. */
async function refuseBare(place: Target, signal: AbortSignal): Promise<void> {
  if (place.where.kind === 'folder') throw new AdiuvaError('backup.unreachable');
  if (await place.newest(signal)) throw new AdiuvaError('backup.corrupt', { detail: 'The envelope is missing.' });
}
