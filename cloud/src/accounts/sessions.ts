import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { AccountStore, SessionState, UserRow } from '../adapters/db/database.ts';
import type { Caller } from '../http/access.ts';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';

/** How long a session's state is believed without asking, and how often open sockets ask: an end elsewhere shows within both. */
const believedMs = 30_000;
const cacheSize = 10_000;

export interface SessionDeps {
  readonly store: () => Promise<AccountStore>;
  readonly clock: Clock;
  readonly log: Log;
  readonly tierOf: (user: UserRow) => TierName;
}

/** True while nothing ended the session: itself, its user's epoch, time. */
export const isLive = ({ session, user }: SessionState, now: number): boolean =>
  session.ended === null && session.epoch === user.epoch && session.expiresAt > now;

interface Known {
  readonly caller: Caller | null;
  readonly readAt: number;
}

/** Who is behind a session and whether it lives, from the database with a short memory; tells open sockets when it ends. */
export class Sessions {
  readonly #deps: SessionDeps;
  readonly #known = new Map<string, Promise<Known>>();
  readonly #watchers = new Map<string, Set<() => void>>();
  #stopTimer: (() => void) | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /** The caller of a live session, null of any other. */
  async caller(sessionId: string): Promise<Caller | null> {
    const now = this.#deps.clock.now();
    const known = await (this.#known.get(sessionId) ?? this.#remember(sessionId));
    if (Math.abs(now - known.readAt) < believedMs) return known.caller;
    return (await this.#remember(sessionId)).caller;
  }

  /** Calls `onEnd` once when the session is found to have ended. @returns a function that stops watching */
  watch(sessionId: string, onEnd: () => void): () => void {
    const watchers = this.#watchers.get(sessionId) ?? new Set();
    this.#watchers.set(sessionId, watchers.add(onEnd));
    this.#schedule();
    return () => {
      watchers.delete(onEnd);
      if (watchers.size === 0 && this.#watchers.get(sessionId) === watchers) this.#watchers.delete(sessionId);
      if (this.#watchers.size === 0) this.close();
    };
  }

  /** To be called after the tier of a user changed here: the next request looks again. */
  async forget(userId: string): Promise<void> {
    for (const [id, known] of this.#known) if ((await known.catch(() => null))?.caller?.userId === userId) this.#known.delete(id);
  }

  /** To be called after a session, or all of a user's, ended here: acts at once instead of after the memory runs out. */
  async ended(which: { sessionId: string } | { userId: string }): Promise<void> {
    if ('sessionId' in which) this.#known.delete(which.sessionId);
    else await this.forget(which.userId);
    await this.#sweep();
  }

  close(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #remember(sessionId: string): Promise<Known> {
    if (this.#known.size >= cacheSize) this.#known.clear();
    const reading = this.#read(sessionId);
    this.#known.set(sessionId, reading);
    // A failed look is not an answer to keep.
    reading.catch(() => this.#known.get(sessionId) === reading && this.#known.delete(sessionId));
    return reading;
  }

  async #read(sessionId: string): Promise<Known> {
    const readAt = this.#deps.clock.now();
    const state = await (await this.#deps.store()).sessionState(sessionId);
    if (!state || !isLive(state, readAt)) return { caller: null, readAt };
    const { id: userId, seats } = state.user;
    return { caller: { userId, sessionId, tier: this.#deps.tierOf(state.user), seats }, readAt };
  }

  #schedule(): void {
    this.#stopTimer ??= this.#deps.clock.after(believedMs, () => {
      this.#stopTimer = undefined;
      void this.#sweep().finally(() => this.#watchers.size > 0 && this.#schedule());
    });
  }

  async #sweep(): Promise<void> {
    const watched = [...this.#watchers.keys()];
    if (watched.length === 0) return;
    try {
      const live = new Set(await (await this.#deps.store()).liveSessions(watched, this.#deps.clock.now()));
      for (const id of watched) if (!live.has(id)) this.#announce(id);
    } catch {
      this.#deps.log.warn('watched sessions not checked', { count: watched.length });
    }
  }

  #announce(sessionId: string): void {
    const watchers = this.#watchers.get(sessionId) ?? [];
    this.#watchers.delete(sessionId);
    this.#known.delete(sessionId);
    for (const onEnd of watchers) onEnd();
  }
}
