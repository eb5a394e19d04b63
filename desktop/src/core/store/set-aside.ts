import { copyFile, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFile } from './restored-file.ts';
import { newPlace } from './swap.ts';
import { folderError, syncFolder, vaultFiles } from './vault-file.ts';

/** Folder for what was left of vaults that could not be opened any more. Nothing of ours ever deletes there. */
const folder = 'damaged';

/** What belongs to one vault beside its key files: the store, stores it kept, a note of a swap. All of it is under its own key. */
const belongings = /^(store\.db(\.new)?(-wal|-shm|-journal|-pages|-pages\.new)?|kept|vault\.swap\.json(\.new)?)$/;
/** And the folder of what it remembered of its places, where the next one's memory comes to lie beside it. */
const memories = 'backups';
const heads = [vaultFiles.head, vaultFiles.copy];

/** Everything there is of a vault now, relative to the data folder. */
export async function leftOf(dataDir: string): Promise<string[]> {
  const remembered = (await readdir(join(dataDir, memories)).catch(() => [])).map((name) => `${memories}/${name}`);
  return [...(await readdir(dataDir)).filter((name) => belongings.test(name)), ...remembered];
}

export interface SetAside {
  /** As it was before; for where the new vault could not be finished. */
  putBack(): Promise<void>;
}

/**
 * Moves what is left of a vault out of the way of another one. Its key files are copied and stay, to be replaced by the new ones: however this is interrupted, the
 * folder never looks as if there had been no vault. Nobody else has it open.
 * @param left of {@link leftOf}
 * @throws AdiuvaError `vault.disk_full`, `permission.denied`
 */
export async function setAside(dataDir: string, left: readonly string[], now: number): Promise<SetAside> {
  const place = join(dataDir, folder, await newPlace(dataDir, folder, now));
  const moved: string[] = [];
  const putBack = async () => {
    for (const name of moved.toReversed()) await rename(join(place, name), join(dataDir, name));
    await syncFolder(dataDir);
    await rm(place, { recursive: true, force: true });
    await rmdir(join(dataDir, folder)).catch(() => undefined);
  };
  try {
    for (const name of heads) await copied(join(dataDir, name), join(place, name));
    for (const name of left) {
      await mkdir(dirname(join(place, name)), { recursive: true, mode: 0o700 });
      await rename(join(dataDir, name), join(place, name));
      moved.push(name);
    }
    for (const each of [place, join(dataDir, folder), dataDir]) await syncFolder(each);
  } catch (error) {
    await putBack();
    throw folderError(error);
  }
  return { putBack };
}

async function copied(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await syncFile(to);
}
