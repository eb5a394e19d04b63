import type { Sql } from './database.ts';

/** The store as the pages of its file: what a backup reads. */
export interface Pages {
  /**
   * Copies the whole log into the file and holds the file still until `release`, while writers go on in the log. Waits up to half a minute for readers that
   * are in the way. The log grows meanwhile, and closing the store waits for the release.
   * @throws AdiuvaError `vault.in_use` where a reader or another process stays in the way, `backup.cancelled` by `signal`, `vault.locked`, `vault.disk_full`
   */
  freeze(signal?: AbortSignal): Promise<FrozenPages>;
}

/** The file as it stands at one moment, consistent by itself; it does not change before `release`. */
export interface FrozenPages {
  readonly pageSize: 4096;
  readonly pages: number;
  /** Of the file, open for reading; threads may read it by number with positions. Whoever reads must not close it: that would drop SQLite's locks. */
  readonly fd: number;
  /** Position in the life of the page tracker, to be kept with a backup made from here; means nothing to others. */
  readonly mark: string;
  /** Numbers from 0, rising, of all pages that may have changed since `mark`; null where tracking was lost meanwhile: then compare the tags of the pages. */
  changedSince(mark: string): Uint32Array | null;
  /** Reads of the same moment. */
  readonly sql: Pick<Sql, 'all'>;
  /** Twice is once. */
  release(): Promise<void>;
}
