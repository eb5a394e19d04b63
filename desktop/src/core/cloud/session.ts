import { z } from 'zod';
import { tokenReply, user as userShape, refreshToken as tokenShape, type TokenReply, type User } from '@adiuva/shared/contracts/auth.ts';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { base64url, newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import { ask, type HttpDeps } from './http.ts';

/** Who is signed in, as the screen shows it. */
export interface Account {
  readonly userId: string;
  readonly email: string;
  readonly tier: User['tier'];
}

/** What is kept of a session, in the store as a device secret. `next` is the successor that was chosen for a refresh under way. */
export const tokens = z.strictObject({ version: z.literal(1), realm: z.string(), user: userShape, refreshToken: tokenShape, next: tokenShape.nullable() });
export type Tokens = z.infer<typeof tokens>;
/** Tokens whose successor is named. */
type Chosen = Tokens & { readonly next: string };

/** The row of the session. Several processes may hold the same vault open, so a change reads and writes with nobody's write in between. */
export interface TokenStore {
  load(): Promise<unknown>;
  /** Replaces the row by what `work` makes of it; undefined leaves it. */
  change(work: (stored: unknown) => Tokens | null | undefined): Promise<void>;
}

export interface SessionDeps extends HttpDeps {
  readonly random: Random;
  readonly log: Log;
  readonly tokens: TokenStore;
  readonly deviceName?: string;
}

export interface Session {
  account(): Account | null;
  onAccount(listener: (account: Account | null) => void): () => void;
  register(email: string, password: string): Promise<Account>;
  login(email: string, password: string): Promise<Account>;
  /** Signed out at once on this device; the cloud is told when it can be reached. */
  logout(): Promise<void>;
  /** Reads the stored session; call it when the vault opens, and again when another process may have changed it. */
  load(): Promise<Account | null>;
  /** Forgets what is in memory and leaves what is stored; call it when the vault locks. */
  unload(): void;
}

/** A session that can lend its access token. */
export interface AuthorizedSession extends Session {
  /** Calls `work` with an access token, once more with a fresh one where the first was refused as stale. @throws AdiuvaError `auth.required` */
  withToken<T>(work: (token: string) => Promise<T>): Promise<T>;
  /** Forgets the access token: the cloud called it stale somewhere else. */
  renew(): void;
}

/** A refusal that a fresh access token may cure. */
const stale = new Set<ErrorCode>(['auth.token_expired', 'auth.token_invalid', 'auth.required']);
/** A refusal that ends the session: nothing but a new sign-in cures it. */
const ended = new Set<ErrorCode>(['auth.refresh_invalid', 'auth.refresh_reused']);
const codeOf = (error: unknown): ErrorCode | undefined => (error instanceof AdiuvaError ? error.code : undefined);

/** Access tokens are renewed this long before they end, in milliseconds. */
const margin = 30_000;

/** base64url(SHA-256(token as ASCII)): how a client names its next refresh token. */
export async function tokenHash(token: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))));
}

/**
 * The session of this installation. The access token lives in memory only. A refresh chooses its next refresh token itself and stores it before it
 * asks, so that an answer lost on the way is asked for again with the very same words and never looks like theft.
 */
class InstalledSession implements AuthorizedSession {
  readonly #deps: SessionDeps;
  readonly #listeners = new Set<(account: Account | null) => void>();
  #stored: Tokens | null = null;
  #access: { token: string; until: number } | null = null;
  #refreshing: Promise<string> | null = null;
  /** Counts sign-ins, sign-outs and locks: what began before one of them has no say after it. */
  #era = 0;
  /** Writes of the token row, one after another. */
  #writes: Promise<unknown> = Promise.resolve();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  account(): Account | null {
    const user = this.#stored?.user;
    return user ? { userId: user.id, email: user.email, tier: user.tier } : null;
  }

  onAccount(listener: (account: Account | null) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  register(email: string, password: string): Promise<Account> {
    return this.#enter('/auth/register', email, password);
  }

  login(email: string, password: string): Promise<Account> {
    return this.#enter('/auth/login', email, password);
  }

  async logout(): Promise<void> {
    const left = this.#stored;
    const era = this.#begin();
    await this.#write(era, () => null);
    this.#adopt(null, null);
    if (left) await this.#revoke(left);
  }

  async load(): Promise<Account | null> {
    const era = this.#era;
    const row = this.#fitting(await this.#deps.tokens.load());
    const same = row?.refreshToken === this.#stored?.refreshToken && row?.user.id === this.#stored?.user.id;
    if (era === this.#era && !same && !this.#refreshing) this.#adopt(row, row?.user.id === this.#stored?.user.id ? this.#access : null);
    return this.account();
  }

  /** The row as tokens for this cloud; null for what belongs to another or holds nothing. */
  #fitting(row: unknown): Tokens | null {
    const parsed = tokens.safeParse(row);
    return parsed.success && parsed.data.realm === this.#deps.address.realm ? parsed.data : null;
  }

  unload(): void {
    this.#begin();
    this.#adopt(null, null);
  }

  async withToken<T>(work: (token: string) => Promise<T>): Promise<T> {
    const token = await this.#token();
    try {
      return await work(token);
    } catch (error) {
      const code = codeOf(error);
      if (!code || !stale.has(code)) throw error;
      if (this.#access?.token === token) this.#access = null;
      return work(await this.#token());
    }
  }

  renew(): void {
    this.#access = null;
  }

  async #enter(path: string, email: string, password: string): Promise<Account> {
    const era = this.#begin();
    const { deviceName } = this.#deps;
    const reply = await ask(this.#deps, { method: 'POST', path, body: { email, password, ...(deviceName && { deviceName }) }, reply: tokenReply });
    if (reply.refreshToken === null) throw new AdiuvaError('cloud.bad_reply', { detail: 'the answer holds no refresh token' });
    const row = this.#row(reply, reply.refreshToken);
    await this.#write(era, () => row);
    this.#believe(row, reply);
    return this.account()!;
  }

  async #token(): Promise<string> {
    if (!this.#stored) throw new AdiuvaError('auth.required');
    if (this.#access && this.#deps.clock.now() < this.#access.until) return this.#access.token;
    if (this.#refreshing) return this.#refreshing;
    const refreshing = this.#refresh().finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = null;
    });
    this.#refreshing = refreshing;
    return refreshing;
  }

  async #refresh(): Promise<string> {
    const era = this.#era;
    const chosen = await this.#chooseNext(era);
    try {
      const body = { refreshToken: chosen.refreshToken, nextRefreshTokenHash: await tokenHash(chosen.next) };
      const reply = await ask(this.#deps, { method: 'POST', path: '/auth/refresh', body, reply: tokenReply });
      await this.#keep(era, reply, chosen);
      return reply.accessToken;
    } catch (error) {
      const code = codeOf(error);
      if (!code || !ended.has(code) || era !== this.#era) throw error;
      if (await this.#wentOn(chosen)) return this.#refresh();
      await this.#end(code);
      throw error;
    }
  }

  /** The successor of the stored refresh token, stored before anyone hears of it; the one another process chose, where it did. */
  async #chooseNext(era: number): Promise<Chosen> {
    let chosen: Chosen | null = null;
    await this.#write(era, (row) => {
      const stored = this.#fitting(row);
      chosen = stored && { ...stored, next: stored.next ?? newToken(this.#deps.random) };
      return stored?.next === null ? (chosen as Chosen) : undefined;
    });
    this.#adopt(chosen, null);
    if (!chosen) throw new AdiuvaError('auth.required');
    return chosen;
  }

  /**
   * Stores first and believes after: a row that could not be written is asked for again with the old one, which still works. A row that another
   * process took further from the same answer stays.
   */
  async #keep(era: number, reply: TokenReply, { refreshToken, next }: Chosen): Promise<void> {
    let row: Tokens | null = null;
    await this.#write(era, (stored) => {
      const current = this.#fitting(stored);
      const ours = current?.refreshToken === refreshToken && current.next === next;
      row = ours ? this.#row(reply, next) : current;
      return ours ? row : undefined;
    });
    if (!row) throw new AdiuvaError('auth.required', { detail: 'the account was signed out meanwhile' });
    this.#believe(row, reply);
  }

  #row(reply: TokenReply, refreshToken: string): Tokens {
    return { version: 1, realm: this.#deps.address.realm, user: reply.user, refreshToken, next: null };
  }

  #believe(row: Tokens, reply: TokenReply): void {
    this.#adopt(row, { token: reply.accessToken, until: this.#deps.clock.now() + Math.max(reply.expiresIn * 1000 - margin, 1_000) });
  }

  /** True where the row is no longer the one that was refused: another process refreshed it, or signed in anew. */
  async #wentOn({ refreshToken }: Chosen): Promise<boolean> {
    const row = this.#fitting(await this.#deps.tokens.load());
    return row !== null && row.refreshToken !== refreshToken;
  }

  async #end(code: ErrorCode): Promise<void> {
    this.#deps.log.warn('session.ended', { code });
    const era = this.#begin();
    this.#adopt(null, null);
    await this.#write(era, () => null);
  }

  /** Whether the successor was taken over is unknown while a refresh is under way, so both are given up. */
  async #revoke({ refreshToken, next }: Tokens): Promise<void> {
    for (const token of next ? [next, refreshToken] : [refreshToken]) {
      await ask(this.#deps, { method: 'POST', path: '/auth/logout', body: { refreshToken: token }, reply: z.unknown(), limitMs: 5_000 }).catch(
        (error: unknown) => this.#deps.log.info('session.revoke_failed', { code: codeOf(error) ?? null }),
      );
    }
  }

  #begin(): number {
    this.#refreshing = null;
    return ++this.#era;
  }

  async #write(era: number, work: (stored: unknown) => Tokens | null | undefined): Promise<void> {
    const turn = this.#writes.then(() => {
      if (era !== this.#era) throw new AdiuvaError('auth.required', { detail: 'the account changed meanwhile' });
      return this.#deps.tokens.change(work);
    });
    this.#writes = turn.catch(() => undefined);
    await turn;
    if (era !== this.#era) throw new AdiuvaError('auth.required', { detail: 'the account changed meanwhile' });
  }

  #adopt(stored: Tokens | null, access: { token: string; until: number } | null): void {
    const before = JSON.stringify(this.account());
    this.#stored = stored;
    this.#access = access;
    if (JSON.stringify(this.account()) !== before) for (const listener of this.#listeners) listener(this.account());
  }
}

export const createSession = (deps: SessionDeps): AuthorizedSession => new InstalledSession(deps);
