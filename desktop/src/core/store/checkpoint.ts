import type { Connection } from './engine.ts';
import type { PageTracker, TrackedPages } from './page-tracker.ts';

/**
 * The one way of the store's log into its file. With the write lock held nobody adds to the log, so what the tracker read is all that is copied; SQLite copies on a second
 * connection, because one inside a transaction does not. The log's file is not cut here: that would need the lock that is held. The next writer begins it anew, and
 * `journal_size_limit` cuts it then.
 */
export class Checkpoints {
  readonly #writer: Connection;
  readonly #open: () => Promise<Connection>;
  readonly #tracker: PageTracker | null;
  #copier: Connection | null = null;

  /** @param tracker null for a file that no backup is made of */
  constructor(writer: Connection, open: () => Promise<Connection>, tracker: PageTracker | null) {
    this.#writer = writer;
    this.#open = open;
    this.#tracker = tracker;
  }

  /**
   * Copies what no reader is in the way of. The caller has the turn of the writer.
   * @returns whether that was everything
   * @throws EngineError `busy` where another process writes
   */
  async run(): Promise<boolean> {
    const tracker = this.#tracker;
    if (tracker) return await this.#locked(async (chance, everything) => tracker.stamp(chance).then(() => everything));
    const [row] = await this.#writer.all('pragma wal_checkpoint(truncate)');
    return row?.['busy'] === 0;
  }

  /** As {@link run}; where everything was copied, `work` runs before anyone can write again. @returns null where a reader was in the way */
  async freeze<T>(work: (tracked: TrackedPages) => Promise<T>): Promise<T | null> {
    const tracker = this.#tracker;
    if (!tracker) throw new Error('this file is not tracked');
    return await this.#locked(async (chance, everything) => {
      if (everything) return await work(await tracker.mark(chance));
      await tracker.stamp(chance);
      return null;
    });
  }

  async close(): Promise<void> {
    await this.#copier?.close();
    this.#copier = null;
  }

  async #locked<T>(then: (chance: Uint8Array, everything: boolean) => Promise<T>): Promise<T> {
    const copier = (this.#copier ??= await this.#open());
    await this.#writer.run('begin immediate');
    try {
      const [row] = await this.#writer.all('select randomblob(16) as a, randomblob(16) as b');
      const chance = (name: string) => Uint8Array.from(row![name] as Uint8Array);
      await this.#tracker?.harvest(chance('a'));
      const [copied] = await copier.all('pragma wal_checkpoint(passive)');
      return await then(chance('b'), copied?.['busy'] === 0 && copied['log'] === copied['checkpointed']);
    } finally {
      await this.#writer.run('rollback').catch(() => undefined);
    }
  }
}
