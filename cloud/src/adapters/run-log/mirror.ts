import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { errorFrame, Frames } from './frames.ts';
import { away, type Reach } from './reach.ts';
import type { Kept } from './redis-store.ts';
import type { RunEnd, RunId, RunLimits } from './run-log.ts';

export interface MirrorDeps {
  readonly reach: Reach;
  readonly clock: Clock;
  readonly limits: RunLimits;
  /** Somebody watches it, or nobody any more. */
  readonly followed: (mirror: Mirror, follows: boolean) => void;
}

const endOf = ({ state, again }: Kept): RunEnd | undefined => (state === 'running' ? undefined : { state, again });

/** A run that another process makes, as far as it was read. Follows the shared log while somebody watches. */
export class Mirror extends Frames {
  readonly generation: string;
  readonly #deps: MirrorDeps;
  #heardAt: number;
  #leave: (() => void) | null = null;
  #looking = false;
  #looked: Promise<void> = Promise.resolve();
  #stale = false;

  constructor(id: RunId, generation: string, deps: MirrorDeps) {
    super(id);
    this.generation = generation;
    this.#deps = deps;
    this.#heardAt = deps.clock.now();
  }

  override watch(changed: () => void): () => void {
    const leave = super.watch(changed);
    this.#follow();
    return () => {
      leave();
      if (!this.watched) this.#rest();
    };
  }

  async cancel(): Promise<void> {
    if (this.state !== 'running') return;
    const { reach, clock, limits } = this.#deps;
    if ((await reach.ask((store) => store.cancel(this))) === away) throw new AdiuvaError('dependency.unavailable', { retryAfter: 5 });
    const enough = new AbortController();
    await Promise.race([this.ended(), clock.sleep(limits.leaseMs + 2 * limits.lookMs, enough.signal).catch(() => {})]);
    enough.abort();
  }

  /** Reads what is new; a run whose process has died is ended then. */
  look(): Promise<void> {
    this.#stale = true;
    if (!this.#looking) this.#looked = this.#lookAll();
    return this.#looked;
  }

  /** Takes what was read after the last frame that is here. */
  async read(kept: Kept | null): Promise<void> {
    this.#heardAt = this.#deps.clock.now();
    // What was followed here ended without a word, and may have begun anew.
    if (kept?.generation !== this.generation) return this.#part(new AdiuvaError('chat.interrupted'));
    for (const frame of kept.frames) this.take(frame);
    this.show(this.taken, endOf(kept));
    if (kept.state === 'running' && kept.leaseMs <= 0) await this.#bury(kept);
  }

  async #lookAll(): Promise<void> {
    this.#looking = true;
    try {
      while (this.#stale && this.state === 'running') {
        this.#stale = false;
        const kept = await this.#deps.reach.ask((store) => store.read(this, this.taken));
        if (kept === away) this.#miss();
        else await this.read(kept);
      }
    } finally {
      this.#looking = false;
    }
  }

  /** Nobody makes it any more. Somebody else may have found out first, so what counts is read again. */
  async #bury({ wanted }: Kept): Promise<void> {
    const seq = this.taken + 1;
    const frame = errorFrame(this.requestId, seq, new AdiuvaError(wanted ? 'chat.cancelled' : 'chat.interrupted'));
    const end: RunEnd = wanted ? { state: 'cancelled', again: false } : { state: 'failed', again: true };
    await this.#deps.reach.ask((store) => store.bury(this, this.generation, seq, frame, end));
    this.#stale = true;
  }

  #miss(): void {
    if (this.#deps.clock.now() - this.#heardAt > this.#deps.limits.awayMs) this.#part(new AdiuvaError('dependency.unavailable', { retryAfter: 5 }));
  }

  /** The end for those who read it here, whatever becomes of it elsewhere. */
  #part(error: AdiuvaError): void {
    this.take(errorFrame(this.requestId, this.taken + 1, error));
    this.show(this.taken, { state: 'failed', again: true });
  }

  #follow(): void {
    if (this.#leave || this.state !== 'running') return;
    const { reach, clock, limits } = this.#deps;
    const look = () => void this.look();
    let unlisten: () => void = () => {};
    let stop = () => {};
    const again = () => {
      if (this.state !== 'running') return this.#rest();
      look();
      stop = clock.after(limits.lookMs, again);
    };
    const leave = () => {
      stop();
      unlisten();
    };
    this.#leave = leave;
    this.#deps.followed(this, true);
    void reach.opened().then((store) => {
      if (store && this.#leave === leave) unlisten = store.listen(this, look);
    });
    again();
  }

  #rest(): void {
    this.#leave?.();
    this.#leave = null;
    this.#deps.followed(this, false);
  }
}
