import type Electron from 'electron';
import type { HostSecrets } from '../../core/host.ts';

/** Backends of the system that protect nothing, or that nobody can name. */
const worthless: readonly string[] = ['basic_text', 'unknown'];

const backendOf = (storage: Pick<Electron.SafeStorage, 'getSelectedStorageBackend'>, platform: string) =>
  ({ darwin: 'keychain', win32: 'dpapi' })[platform] ?? storage.getSelectedStorageBackend();

type Storage = Pick<Electron.SafeStorage, 'getSelectedStorageBackend' | 'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync'>;

/** The system's key store after the app is ready; null where there is none worth the name. It takes text only, so bytes travel as base64. */
export async function openKeyStore(storage: Storage, platform: string): Promise<HostSecrets | null> {
  if (!(await storage.isAsyncEncryptionAvailable())) return null;
  const backend = backendOf(storage, platform);
  if (worthless.includes(backend)) return null;
  return {
    backend,
    encrypt: async (plain) => new Uint8Array(await storage.encryptStringAsync(Buffer.from(plain).toString('base64'))),
    decrypt: async (sealed) => new Uint8Array(Buffer.from((await storage.decryptStringAsync(Buffer.from(sealed))).result, 'base64')),
  };
}
