import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { privateKeySet, type CloudConfig, type CloudSecrets, type PrivateKeySet } from './config.ts';
import type { SigningKeys } from './accounts/signing-keys.ts';

/** A change of the file is seen within this. Access tokens of a key that everybody knows hold meanwhile. */
const lookMs = 30_000;

const fileOf = ({ dataDir }: Pick<CloudConfig, 'dataDir'>) => join(dataDir, 'jwt-keys.json');

/** The keys that sign access tokens: those of the configuration, else those in the data folder, which are looked at again and again because an operator may change them. */
export function watchedKeys(config: CloudConfig, { signingKeys }: CloudSecrets, now: () => number): () => Promise<SigningKeys> {
  let known: { text: string; keys: SigningKeys } | undefined;
  let looked: { at: number; keys: Promise<SigningKeys> } | undefined;
  const look = async (): Promise<SigningKeys> => {
    const { openSigningKeys } = await import('./accounts/signing-keys.ts');
    const text = signingKeys ? JSON.stringify(signingKeys) : await keptKeys(config);
    if (known?.text !== text) known = { text, keys: await openSigningKeys(readKeys(text)) };
    return known.keys;
  };
  return () => {
    if (looked && Math.abs(now() - looked.at) < lookMs) return looked.keys;
    const keys = look();
    const mine = { at: now(), keys };
    looked = mine;
    keys.catch(() => looked === mine && (looked = undefined));
    return keys;
  };
}

/** Changes the keys in the data folder. @returns null where they come from the configuration: there `next` is what to set */
export async function rotateKeys(
  config: CloudConfig,
  { signingKeys }: CloudSecrets,
  compromised: boolean,
): Promise<{ kids: string[]; next: PrivateKeySet | null }> {
  const [{ rotateKeySet }, { replaceText }] = await Promise.all([import('./accounts/signing-keys.ts'), import('./adapters/keys/key-file.ts')]);
  const next = await rotateKeySet(signingKeys ?? readKeys(await keptKeys(config)), compromised);
  if (!signingKeys) await replaceText(fileOf(config), JSON.stringify(next));
  return { kids: next.keys.map(({ kid }) => kid), next: signingKeys ? next : null };
}

async function keptKeys(config: CloudConfig): Promise<string> {
  const [{ makeKeySet }, { keptText }] = await Promise.all([import('./accounts/signing-keys.ts'), import('./adapters/keys/key-file.ts')]);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  return keptText(fileOf(config), async () => JSON.stringify(await makeKeySet()));
}

function readKeys(text: string): PrivateKeySet {
  const kept = privateKeySet.safeParse(JSON.parse(text));
  if (!kept.success) throw new AdiuvaError('config.invalid', { detail: 'jwt-keys.json in the data folder is not a set of private Ed25519 keys' });
  return kept.data;
}
