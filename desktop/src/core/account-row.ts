import type { CloudDeps } from './cloud/cloud.ts';
import type { Store } from './store/store.ts';
import type { UnmigratedStore } from './store/vault.ts';

/** A key that begins with `device.` stays on this device: it is left out of the digest and of backups. */
const key = 'device.account';

type Tokens = CloudDeps['tokens'];

/** The row that holds the session with the cloud, over settings that are reached in transactions alone. */
export const accountIn = (settings: UnmigratedStore['settings']): Tokens => ({
  load: () => settings((table) => table.get(key)),
  change: (work) =>
    settings(async (table) => {
      const next = work(await table.get(key));
      if (next !== undefined) await (next ? table.set(key, next) : table.remove(key));
    }),
});

/** The same of the open store. */
export const accountRow = (store: Store): Tokens => ({
  ...accountIn((work) => store.tx(({ settings }) => work(settings))),
  load: () => store.t.settings.get(key),
});
