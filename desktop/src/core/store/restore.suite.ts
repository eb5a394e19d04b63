import { readFileSync, readSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { argonBounds } from '@adiuva/shared/contracts/backup.ts';
import { pageKeys, recipherPages } from '../crypto.ts';
import type { RawKey } from './engine.ts';
import { engineOf } from './pages.suite.ts';
import type { BuildStore } from './restored.ts';
import type { Store } from './store.ts';
import type { Reached } from './swap.ts';
import { openVault, type Vault, type VaultOptions } from './vault.ts';

/** What tests of restoring start from, and the process that is killed in the middle of one. */

/** The pages of an open store and the key they are under: what a backup of it holds. */
export interface Packed {
  readonly pages: Buffer;
  readonly key: RawKey;
}

export async function packed(store: Store): Promise<Packed> {
  const frozen = await store.pages.freeze();
  try {
    const pages = Buffer.alloc(frozen.pages * frozen.pageSize);
    for (let at = 0; at < pages.length;) at += readSync(frozen.fd, pages, at, pages.length - at, at);
    return { pages, key: store.dataKey() };
  } finally {
    await frozen.release();
  }
}

export const unpack =
  ({ pages, key }: Packed): BuildStore =>
  async (path, to) => {
    const copy = Buffer.from(pages);
    const bad = recipherPages(copy, 0, pageKeys(key.key, key.salt), pageKeys(to.key, to.salt), systemRandom);
    if (bad !== null) throw new Error(`page ${bad} does not hold`);
    writeFileSync(path, copy, { flag: 'wx' });
  };

export const cheap = { timeCost: argonBounds.timeCost.min, memoryKiB: argonBounds.memoryKiB.min, parallelism: 1 };
export const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
export const secret = { with: 'passphrase', passphrase: 'correct horse battery' } as const;

export const acts = ['swap', 'swap with phrase', 'undo', 'create', 'replace phrase'] as const;
/** Ways not to do it, by which the harness is seen failing. */
export const mutants = ['swap without intention', 'key file before store'] as const;
export type Act = (typeof acts)[number] | (typeof mutants)[number];

export function vaultAt(dataDir: string, engineName: string, more: Partial<VaultOptions> = {}): Vault {
  return openVault({
    dataDir,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    secrets: null,
    slotCost: cheap,
    engines: [() => engineOf(engineName)],
    ...more,
  });
}

/** Does one thing to the vault from a packed store; `reached` is told each step. */
export async function actOn(act: Act, dataDir: string, engineName: string, backup: Packed, reached: VaultOptions['reached']): Promise<void> {
  const vault = vaultAt(dataDir, engineName, reached ? { reached } : {});
  const build: BuildStore = async (path, key) => {
    await unpack(backup)(path, key);
    await reached?.('pages written');
  };
  if (act === 'swap without intention') return await swapCarelessly(vault, dataDir, build, reached!);
  if (act === 'key file before store') return await createCarelessly(vault, dataDir, build, reached!);
  if (act === 'create') await vault.createFrom({ vaultId: '01999999-0000-7000-8000-000000000001', phrase: words, passphrase: secret.passphrase, build });
  else {
    await vault.unlock(secret);
    await reached?.('unlocked');
    if (act === 'undo') await vault.undoSwap();
    else if (act === 'replace phrase') await vault.replacePhrase(words);
    else await (await vault.stage(build)).swap(act === 'swap' ? {} : { phrase: words });
  }
  await reached?.('done');
  await vault.lock();
  await reached?.('locked');
}

async function swapCarelessly(vault: Vault, dataDir: string, build: BuildStore, reached: Reached): Promise<void> {
  const store = await vault.unlock(secret);
  const key = store.dataKey();
  await vault.lock();
  const path = join(dataDir, 'store.db');
  await build(`${path}.restored`, key);
  rmSync(path);
  await reached('removed');
  renameSync(`${path}.restored`, path);
  await reached('done');
}

async function createCarelessly(vault: Vault, dataDir: string, build: BuildStore, reached: Reached): Promise<void> {
  const store = await vault.create(secret.passphrase).then(({ store: made }) => made);
  const key = store.dataKey();
  await vault.lock();
  rmSync(join(dataDir, 'store.db'));
  await reached('key file written');
  await build(join(dataDir, 'store.db'), key);
  await reached('done');
}

/** `node restore.suite.ts FOLDER ENGINE ACT PACKED STEP`: dies by SIGKILL at the step of that number, or `-` for not; says each step, and the error code where it fails. */
const [, script, folder, engine, act, file, step] = process.argv;
if (script?.endsWith('restore.suite.ts') && folder && engine && act && file && step) {
  const [key, salt, pages] = [readFileSync(file).subarray(0, 32), readFileSync(file).subarray(32, 48), readFileSync(file).subarray(48)];
  let count = 0;
  try {
    await actOn(act as Act, folder, engine, { pages, key: { key, salt } }, (name) => {
      writeSync(1, `${name}\n`);
      if (String(count++) === step) process.kill(process.pid, 'SIGKILL');
    });
  } catch (error) {
    writeSync(1, `failed ${String((error as { code?: string }).code ?? error)}\n`);
    process.exit(3);
  }
}
