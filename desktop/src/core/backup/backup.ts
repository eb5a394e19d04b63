import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { CoreApi } from '../../bridge/procedures.ts';

/** Rows of the bridge table that this room answers. */
export type BackupRows = { [N in keyof CoreApi as N extends `backup.${infer _}` ? N : never]: CoreApi[N] };

/** Backups of the open vault, and their restore. */
export interface Backups {
  /** One function a row of the bridge. */
  readonly rows: BackupRows;
  /** For the status: the newest backup anywhere, and when a restore was last proven. */
  times(): Promise<{ lastBackup: string | null; lastProvenRestore: string | null }>;
  close(): Promise<void>;
}

export function createBackups(): Backups {
  const state = async () => ({
    ready: false,
    automatic: { every: 'off' as const, target: null, nextAt: null },
    places: [],
    lastBackup: null,
    lastProvenRestore: null,
    running: null,
    kept: null,
  });
  const refused = () => Promise.reject(new AdiuvaError('backup.not_set_up'));
  return {
    rows: {
      'backup.state': state,
      'backup.setUp': refused,
      'backup.schedule': refused,
      'backup.create': refused,
      'backup.cancel': async () => ({}),
      'backup.list': refused,
      'backup.verify': refused,
      'backup.drill': refused,
      'backup.delete': refused,
      'backup.takeOver': refused,
      'backup.prepare': refused,
      'backup.restore': refused,
      'backup.discard': state,
      'backup.undoRestore': () => Promise.reject(new AdiuvaError('backup.nothing_kept')),
      'backup.open': () => Promise.reject(new AdiuvaError('backup.missing')),
      'backup.restoreHere': () => Promise.reject(new AdiuvaError('backup.missing')),
      'backup.newPhrase': refused,
    },
    times: async () => ({ lastBackup: null, lastProvenRestore: null }),
    close: async () => undefined,
  };
}
