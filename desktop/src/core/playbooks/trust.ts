import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { parseSigned, playbookSignature, refuseUnreadable, signedBytes, type SignedPlaybook } from '@adiuva/shared/contracts/playbook.ts';
import { isSigned } from '../crypto.ts';

/** Public Ed25519 keys (base64url) by their names. */
export type Keys = Readonly<Record<string, string>>;

/** Whose signatures count: the publisher's, which come with the program, for everything; those of the account's cloud for what a team shares. */
export interface Trust {
  readonly publisher: Keys;
  readonly cloud: Keys;
}

/** The key that a signature must be of; undefined where nobody who may sign this set has such a key. */
function keyFor({ publisher, cloud }: Trust, keyId: string, set: unknown): string | undefined {
  if (Object.hasOwn(publisher, keyId)) return publisher[keyId];
  return set === 'shared' && Object.hasOwn(cloud, keyId) ? cloud[keyId] : undefined;
}

/**
 * A playbook that is to be believed: who may has signed it as it came, which is found out first, and it holds.
 * @throws AdiuvaError `playbook.signature` · `playbook.newer` · `playbook.invalid`
 */
export function believed(data: unknown, trust: Trust): SignedPlaybook {
  refuseUnreadable(data);
  const { signature, set } = (data ?? {}) as { signature?: unknown; set?: unknown };
  const named = playbookSignature.safeParse(signature);
  if (!named.success) throw new AdiuvaError('playbook.signature', { detail: 'it has none' });
  const { keyId, value } = named.data;
  const key = keyFor(trust, keyId, set);
  if (key === undefined) throw new AdiuvaError('playbook.signature', { detail: 'nobody who is known here has signed it' });
  if (!isSigned(signedBytes(data as Record<string, unknown>), value, key)) throw new AdiuvaError('playbook.signature');
  return parseSigned(data);
}

/** Whether some of these are a team's, by a key that is not known yet. */
export const namesStrangeKey = (answered: readonly Readonly<Record<string, unknown>>[], { publisher, cloud }: Trust): boolean =>
  answered.some(({ set, signature }) => {
    const keyId = String((signature as { keyId?: unknown } | null | undefined)?.keyId);
    return set === 'shared' && !Object.hasOwn(publisher, keyId) && !Object.hasOwn(cloud, keyId);
  });
