import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { RunId, RunLimits, RunWriter } from './run-log.ts';

export interface ShelfDeps {
  readonly clock: Clock;
  readonly limits: RunLimits;
}

export const keyOf = ({ userId, requestId }: RunId): string => JSON.stringify([userId, requestId]);

export const tooManyAtOnce = (): AdiuvaError => new AdiuvaError('rate.limited', { retryAfter: 5, detail: 'too many answers at once' });

/** The runs that this process makes or has made, within its bounds. */
export class Shelf<R extends RunWriter> {
  readonly #deps: ShelfDeps;
  readonly #runs = new Map<string, R>();
  readonly #forgetting = new Map<R, () => void>();
  readonly #active = new Set<R>();
  /** Sizes of the complete ones. */
  readonly #sizes = new Map<R, number>();
  #total = 0;

  constructor(deps: ShelfDeps) {
    this.#deps = deps;
  }

  get(id: RunId): R | undefined {
    return this.#runs.get(keyOf(id));
  }

  all(): readonly R[] {
    return [...this.#runs.values()];
  }

  /** @throws AdiuvaError `dependency.unavailable` when this process makes as many answers as it can */
  refuseMore(): void {
    if (this.#active.size >= this.#deps.limits.active) throw new AdiuvaError('dependency.unavailable', { retryAfter: 5 });
  }

  /** @throws AdiuvaError `rate.limited` */
  refuseMoreOf(userId: string): void {
    const own = [...this.#active].filter((run) => run.userId === userId);
    if (own.length >= this.#deps.limits.activePerUser) throw tooManyAtOnce();
  }

  /** In the place of the one that bore its id before. */
  put(run: R): R {
    const before = this.get(run);
    if (before) this.drop(before);
    this.#runs.set(keyOf(run), run);
    this.#active.add(run);
    return run;
  }

  /** The run is complete: it is kept for its time, or until the room is needed. */
  ended(run: R): void {
    this.#active.delete(run);
    if (this.get(run) !== run) return;
    this.#forgetting.set(
      run,
      this.#deps.clock.after(this.#deps.limits.keptMs, () => this.drop(run)),
    );
    this.#sizes.set(run, run.size);
    this.#total += run.size;
    this.#makeRoom();
  }

  drop(run: R): void {
    this.#active.delete(run);
    this.#forgetting.get(run)?.();
    this.#forgetting.delete(run);
    this.#total -= this.#sizes.get(run) ?? 0;
    this.#sizes.delete(run);
    if (this.get(run) === run) this.#runs.delete(keyOf(run));
  }

  clear(): void {
    for (const run of this.all()) this.drop(run);
  }

  /** The oldest complete ones give way. */
  #makeRoom(): void {
    for (const run of this.#sizes.keys()) {
      if (this.#total <= this.#deps.limits.totalSize) return;
      this.drop(run);
    }
  }
}
