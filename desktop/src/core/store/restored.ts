import type { RawKey } from './engine.ts';
import type { SettingsTable } from './settings.ts';
import type { Store } from './store.ts';

/** Writes the pages of a store to `path`, under `key`: page 1 begins with the key's salt. The file does not exist yet. */
export type BuildStore = (path: string, key: RawKey) => Promise<void>;

/** A whole, checked store of a vault that is not there yet. */
export interface FreshStore extends Pick<Store, 'digest'> {
  counts(): Promise<Readonly<Record<string, number>>>;
  /** With nothing: everything is won. */
  compare(): Promise<Comparison>;
  /** Rows that this device's vault begins with. */
  readonly set: SettingsTable['set'];
}

/** A record that a restore brings or takes. */
export interface ComparedRecord {
  readonly type: string;
  readonly id: string;
  readonly title: string;
}

/** How a staged store differs from the current one. */
export interface Comparison {
  readonly counts: readonly { readonly table: string; readonly here: number; readonly there: number }[];
  /** In the staged one and not here, or newer there; the first 200 by title. */
  readonly won: { readonly total: number; readonly first: readonly ComparedRecord[] };
  /** Here and not in the staged one, or newer here; the first 200 by title. */
  readonly lost: { readonly total: number; readonly first: readonly ComparedRecord[] };
}

export interface SwapHow {
  readonly phrase?: string;
  readonly rows?: readonly (readonly [key: string, value: unknown])[];
}

/** A whole, checked store beside the current one. Nothing of the current one was touched. */
export interface Staged {
  compare(): Promise<Comparison>;
  /** The logical digest, as of `Store.digest`. */
  digest(): Promise<string>;
  counts(): Promise<Readonly<Record<string, number>>>;
  /**
   * Takes the current store's place; that one is kept for 30 days. Everyone must have let go of the current `Store`: it is closed first, also where this throws;
   * take the store from the vault again then, and try again or discard. After a crash there is the old store or the new one, whole.
   * @param how what comes in with the store, in the same step: `phrase`, the twelve words that opened the backup, become the vault's and count as confirmed; `rows` of
   * the settings, over this device's own
   * @throws AdiuvaError `vault.in_use` where another process has the vault open, `vault.disk_full`
   */
  swap(how?: SwapHow): Promise<Store>;
  /** Deletes it. Twice is once. */
  discard(): Promise<void>;
}

/** The store from before the last restore or undo, while it is kept. Times are ISO 8601, UTC. */
export interface Kept {
  readonly restoredAt: string;
  readonly until: string;
}
