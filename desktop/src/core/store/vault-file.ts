import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AdiuvaError, describeIssues } from '@adiuva/shared/contracts/errors.ts';
import { slot, type Slot } from './slots.ts';

/**
 * Names of the files in the vault's folder. Without the key file the store is noise, even to who has the words: so it is kept twice, and the copy
 * serves where the first is lost or damaged.
 */
export const vaultFiles = {
  head: 'vault.json',
  copy: 'vault.copy.json',
  store: 'store.db',
  lock: 'vault.lock',
  /** A store that a restore builds and checks, and the lock of whoever does it. */
  restored: 'store.db.restored',
  restoreLock: 'vault.restore.lock',
  backupLock: 'vault.backup.lock',
  /** While a swap is under way: see `swap.ts`. */
  swap: 'vault.swap.json',
} as const;

const size = 64 * 1024;

const head = z.strictObject({
  format: z.literal('adiuva-vault'),
  version: z.literal(1),
  vaultId: z.uuid(),
  createdAt: z.iso.datetime({ offset: true }),
  /** Schema of the store, written before a migration begins: an older version can refuse without opening the store. */
  schema: z.int().positive(),
  /** False until three of the words were typed back. */
  phraseConfirmed: z.boolean(),
  slots: z.array(z.unknown()).max(16),
});

/** What lies beside the store in the clear: how to get at its key. Nothing in it tells anything about the content. */
export interface VaultHead extends Omit<z.infer<typeof head>, 'slots'> {
  readonly slots: readonly Slot[];
  /** Slots that this version cannot read, kept as they are. */
  readonly strange: readonly unknown[];
}

/** @throws AdiuvaError `vault.corrupt`, `vault.newer` */
export function parseHead(text: string): VaultHead {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new AdiuvaError('vault.corrupt', { detail: 'The key file vault.json is damaged.', cause: error });
  }
  const version = z.looseObject({ format: z.literal('adiuva-vault'), version: z.int() }).safeParse(data);
  if (version.success && version.data.version > 1) throw new AdiuvaError('vault.newer');
  const parsed = head.safeParse(data);
  if (!parsed.success) throw new AdiuvaError('vault.corrupt', { detail: `The key file vault.json is damaged: ${describeIssues(parsed.error)}` });
  const slots = parsed.data.slots.map((each) => ({ each, good: slot.safeParse(each).data }));
  return { ...parsed.data, slots: slots.flatMap(({ good }) => good ?? []), strange: slots.filter(({ good }) => !good).map(({ each }) => each) };
}

/** Null where there is none. A damaged or missing key file is answered from its copy. @throws AdiuvaError `vault.corrupt`, `vault.newer` */
export async function readHead(dataDir: string): Promise<VaultHead | null> {
  const [first, copy] = await Promise.allSettled([readOne(dataDir, vaultFiles.head), readOne(dataDir, vaultFiles.copy)]);
  const usable = copy.status === 'fulfilled' ? copy.value : null;
  if (first.status === 'fulfilled') return first.value ?? usable;
  const damaged = first.reason instanceof AdiuvaError && first.reason.code === 'vault.corrupt';
  if (damaged && usable) return usable;
  throw first.reason;
}

/** True where key file and copy are both there and say the same, and nothing half written lies beside them. */
export async function headsAgree(dataDir: string): Promise<boolean> {
  if ([vaultFiles.head, vaultFiles.copy].some((name) => existsSync(join(dataDir, `${name}.new`)))) return false;
  const texts = await Promise.all([vaultFiles.head, vaultFiles.copy].map((name) => readFile(join(dataDir, name), 'utf8').catch(() => null)));
  return texts[0] !== null && texts[0] === texts[1];
}

async function readOne(dataDir: string, name: string): Promise<VaultHead | null> {
  let text: string;
  try {
    text = await readFile(join(dataDir, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new AdiuvaError('vault.corrupt', { detail: 'The key file vault.json cannot be read.', cause: error });
  }
  if (text.length > size) throw new AdiuvaError('vault.corrupt', { detail: 'The key file vault.json is damaged: too long.' });
  return parseHead(text);
}

export function headText({ strange, ...rest }: VaultHead): string {
  return `${JSON.stringify({ ...rest, slots: [...rest.slots, ...strange] }, null, 2)}\n`;
}

/** Replaces the key file as a whole, then its copy; after a crash there is the old one or the new one. */
export async function writeHead(dataDir: string, changed: VaultHead): Promise<void> {
  const text = headText(changed);
  for (const name of [vaultFiles.head, vaultFiles.copy]) {
    await replaceFile(join(dataDir, name), text);
    await syncFolder(dataDir);
  }
}

/** The store's words for what the operating system refused in the data folder. */
export function folderError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return new AdiuvaError('vault.disk_full', { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new AdiuvaError('permission.denied', { cause: error, detail: 'The data folder cannot be written.' });
  return error;
}

/** The whole file or none of it, and it lasts; the caller syncs the folder. @throws AdiuvaError `vault.disk_full`, `permission.denied` */
export async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  try {
    const handle = await open(fresh, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw folderError(error);
  }
}

/** Makes renames in the folder last. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}
