import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import type { VaultState } from '../../bridge/shapes.ts';
import { holdFile, type HeldFile } from './held-file.ts';
import { schemaNumber } from './migrate.ts';
import { readHead, vaultFiles, type VaultHead } from './vault-file.ts';

/** What can be said of the folder without a key. */
export async function stateOf(dataDir: string, isOpen: boolean): Promise<VaultState> {
  try {
    const found = await readHead(dataDir);
    if (!found) return { state: 'missing', vaultId: null, slots: [], phraseConfirmed: false, problem: null };
    const problem = await headerFault(dataDir, found).then((fault) => (fault ? toProblem(fault) : null));
    return {
      state: isOpen ? 'open' : 'locked',
      vaultId: found.vaultId,
      slots: found.slots.map(({ kind }) => kind),
      phraseConfirmed: found.phraseConfirmed,
      problem,
    };
  } catch (error) {
    return { state: isOpen ? 'open' : 'locked', vaultId: null, slots: [], phraseConfirmed: false, problem: toProblem(error) };
  }
}

async function headerFault(dataDir: string, found: VaultHead): Promise<AdiuvaError | null> {
  if (found.schema > schemaNumber) return new AdiuvaError('vault.newer');
  const store = join(dataDir, vaultFiles.store);
  const path = [store, `${store}.new`].find((each) => existsSync(each));
  // Between two steps of a swap the store has no name of its own; opening the vault gives it back.
  if (path === undefined && existsSync(join(dataDir, vaultFiles.swap))) return null;
  let file: HeldFile;
  try {
    file = await holdFile(path ?? store);
  } catch {
    return new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is missing.' });
  }
  try {
    return faultOf(await file.read(0, 16));
  } finally {
    await file.release();
  }
}

/** What the first 16 bytes of the store's file say against it. */
export function faultOf(header: Uint8Array): AdiuvaError | null {
  if (Buffer.from(header).toString('latin1').startsWith('SQLite format 3')) return new AdiuvaError('vault.plaintext');
  return header.length < 16 ? new AdiuvaError('vault.corrupt', { detail: 'The data file store.db is cut off.' }) : null;
}
