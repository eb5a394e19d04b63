import type { CloudDeps } from './cloud/cloud.ts';
import type { Store } from './store/store.ts';

/** A key that begins with `device.` stays on this device: it is left out of the digest and of backups. */
const key = 'device.account';

/** The row of the store that holds the session with the cloud. */
export const accountRow = (store: Store): CloudDeps['tokens'] => ({
  load: () => store.t.settings.get(key),
  change: (work) =>
    store.tx(async (t) => {
      const next = work(await t.settings.get(key));
      if (next !== undefined) await (next ? t.settings.set(key, next) : t.settings.remove(key));
    }),
});
