import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { requestId as requestIdShape } from '@adiuva/shared/contracts/chat.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import { Mirror } from './mirror.ts';
import { away, reachFor, type Reach } from './reach.ts';
import { runLimits, type Claim, type Run, type RunId, type RunLimits, type RunLog, type RunOrder } from './run-log.ts';
import { SharedRun } from './shared-run.ts';
import { keyOf, Shelf, tooManyAtOnce } from './shelf.ts';

export interface RedisRunLogDeps {
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<RunLimits>;
}

/**
 * Runs of all instances on one Redis. Each is made by one of them, and any can read it, cancel it, or answer the same request with it. While Redis is
 * away each instance goes on with its own; nothing is opened before the first run.
 */
export function redisRunLog(deps: RedisRunLogDeps): RunLog {
  return new SharedRunLog(deps);
}

class SharedRunLog implements RunLog {
  readonly engine = 'redis';
  readonly #deps: RedisRunLogDeps & { readonly limits: RunLimits };
  readonly #reach: Reach;
  readonly #shelf: Shelf<SharedRun>;
  readonly #mirrors = new Map<string, Mirror>();
  readonly #claiming = new Map<string, Promise<Claim>>();
  #stopBeat: (() => void) | null = null;

  constructor(deps: RedisRunLogDeps) {
    const limits = { ...runLimits, ...deps.limits };
    this.#deps = { ...deps, limits };
    this.#shelf = new Shelf(this.#deps);
    const owner = newToken(deps.random, 12);
    const cancelled = (id: RunId) => {
      const run = this.#shelf.get(id);
      if (run?.state === 'running') run.stop('cancelled');
    };
    const open = async () => (await import('./redis-store.ts')).openRunStore({ url: deps.url, limits, owner, cancelled });
    this.#reach = reachFor(open, deps);
  }

  async claim(order: RunOrder): Promise<Claim> {
    const key = keyOf(order);
    // One after the other here too: what the first one began must be on the shelf before the second one looks.
    const before = this.#claiming.get(key);
    const claim = (async () => {
      await before?.catch(() => {});
      return this.#claim(order);
    })();
    this.#claiming.set(key, claim);
    try {
      return await claim;
    } finally {
      if (this.#claiming.get(key) === claim) this.#claiming.delete(key);
    }
  }

  async #claim(order: RunOrder): Promise<Claim> {
    const own = this.#shelf.get(order);
    if (own && own.fingerprint !== order.fingerprint) throw new AdiuvaError('chat.request_reused');
    if (own && !own.again) return { known: own };
    this.#shelf.refuseMore();
    const generation = newToken(this.#deps.random, 12);
    const answer = await this.#reach.ask((store) => store.claim({ ...order, generation }));
    if (answer === 'reused') throw new AdiuvaError('chat.request_reused');
    if (answer === 'busy') throw tooManyAtOnce();
    if (answer === 'known') return this.#known(order);
    if (answer === away) this.#shelf.refuseMoreOf(order.userId);
    return { begun: this.#begin(order, generation) };
  }

  async #known(order: RunOrder): Promise<Claim> {
    const known = await this.find(order);
    if (!known) throw new AdiuvaError('dependency.unavailable', { retryAfter: 1 });
    return { known };
  }

  #begin(order: RunOrder, generation: string): SharedRun {
    const run: SharedRun = new SharedRun(order, generation, {
      reach: this.#reach,
      ended: () => this.#shelf.ended(run),
      lost: () => this.#shelf.drop(run),
    });
    this.#beat();
    return this.#shelf.put(run);
  }

  async find(id: RunId): Promise<Run | null> {
    const own = this.#shelf.get(id);
    if (own && !own.again) return own;
    // It stands in the names of keys.
    if (!requestIdShape.safeParse(id.requestId).success) return null;
    const mirror = this.#mirrors.get(keyOf(id));
    if (mirror?.state === 'running') {
      await mirror.look();
      return mirror;
    }
    return this.#read(id, own);
  }

  async #read(id: RunId, own: SharedRun | undefined): Promise<Run | null> {
    const kept = await this.#reach.ask((store) => store.read(id, 0));
    if (kept === away && !own) throw new AdiuvaError('dependency.unavailable', { retryAfter: 5 });
    if (kept === away || !kept || kept.generation === own?.generation) return own ?? null;
    const mirror = new Mirror(id, kept.generation, { ...this.#deps, reach: this.#reach, followed: (...change) => this.#followed(...change) });
    await mirror.read(kept);
    if (mirror.state === 'running' && kept.leaseMs <= 0) await mirror.look();
    return mirror;
  }

  #followed(mirror: Mirror, follows: boolean): void {
    const key = keyOf(mirror);
    if (follows) this.#mirrors.set(key, mirror);
    else if (this.#mirrors.get(key) === mirror) this.#mirrors.delete(key);
  }

  /** Signs of life, for as long as there is anything to say. */
  #beat(): void {
    this.#stopBeat ??= this.#deps.clock.after(this.#deps.limits.beatMs, () => {
      this.#stopBeat = null;
      const open = this.#shelf.all().filter((run) => !run.settled);
      for (const run of open) void run.send();
      if (open.length > 0) this.#beat();
    });
  }

  async probe(): Promise<void> {
    await this.#reach.probe().catch((cause: unknown) => {
      throw new AdiuvaError('dependency.unavailable', { cause, retryAfter: 5 });
    });
  }

  async close(): Promise<void> {
    this.#stopBeat?.();
    await Promise.all(
      this.#shelf
        .all()
        .filter((run) => !run.settled)
        .map((run) => run.send()),
    );
    this.#shelf.clear();
    (await this.#reach.opened())?.close();
  }
}
