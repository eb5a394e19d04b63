import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { errorFrame, Frames } from './frames.ts';
import { away, type Reach } from './reach.ts';
import type { Batch, Generation } from './redis-store.ts';
import type { RunEnd, RunOrder, RunWriter } from './run-log.ts';

/** Frames and characters that travel at once. */
const batchOf = { frames: 256, size: 256 * 1024 } as const;

export interface SharedRunDeps {
  readonly reach: Reach;
  /** The last frame may be seen. */
  readonly ended: (run: SharedRun) => void;
  /** Others have ended it, or made it anew: who asks again has to ask the shared log. */
  readonly lost: (run: SharedRun) => void;
}

/**
 * A run of this process that others can read. A frame may be seen once the shared log has it, so nobody ever saw more than what survives this process;
 * while that log is away it may be seen at once, and is handed in later.
 */
export class SharedRun extends Frames implements RunWriter, Generation {
  readonly fingerprint: string;
  readonly generation: string;
  readonly awaited = true;
  stop: RunWriter['stop'] = () => {};

  readonly #deps: SharedRunDeps;
  /** Frames that the shared log has. */
  #kept = 0;
  #end: RunEnd | undefined;
  #sending = false;
  #sent: Promise<void> = Promise.resolve();
  #lost = false;

  constructor(order: RunOrder, generation: string, deps: SharedRunDeps) {
    super(order);
    this.fingerprint = order.fingerprint;
    this.generation = generation;
    this.#deps = deps;
  }

  append(frame: string, end?: RunEnd): void {
    if (this.#lost || this.#end) return;
    this.take(frame);
    this.#end = end;
    void this.send();
  }

  async cancel(): Promise<void> {
    if (this.state === 'running') this.stop('cancelled');
    await this.ended();
  }

  /** Nothing more is to be said to the shared log. */
  get settled(): boolean {
    return this.#lost || (this.state !== 'running' && this.#kept === this.taken);
  }

  /** Hands in what is not kept yet; where there is nothing, it is a sign of life. */
  send(): Promise<void> {
    if (!this.#sending) this.#sent = this.#sendAll();
    return this.#sent;
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    try {
      while (await this.#sendSome());
    } finally {
      // In the same step that found nothing more: a frame that comes a moment later begins again.
      this.#sending = false;
    }
  }

  /** Whether there is more to send. */
  async #sendSome(): Promise<boolean> {
    const batch = this.#batch();
    const answer = await this.#deps.reach.ask((store) => store.append(this, batch));
    if (answer === away) this.#reveal(this.taken);
    else if (answer.lost) this.#lose();
    else this.#keep(answer);
    return answer !== away && !this.#lost && this.#kept < this.taken;
  }

  #keep({ last, wanted }: { readonly last: number; readonly wanted: boolean }): void {
    this.#kept = last;
    this.#reveal(last);
    if (wanted && this.state === 'running') this.stop('cancelled');
  }

  #batch(): Batch {
    const frames: string[] = [];
    for (let size = 0; frames.length < batchOf.frames && size < batchOf.size && this.#kept + frames.length < this.taken;) {
      const frame = this.frame(this.#kept + frames.length + 1);
      frames.push(frame);
      size += frame.length;
    }
    return { first: this.#kept + 1, frames, total: this.taken, end: this.#end };
  }

  #reveal(seq: number): void {
    if (this.state !== 'running') return;
    const end = seq === this.taken ? this.#end : undefined;
    this.show(seq, end);
    if (end) this.#deps.ended(this);
  }

  #lose(): void {
    this.#lost = true;
    this.dropUnseen();
    if (this.state === 'running') {
      this.take(errorFrame(this.requestId, this.lastSeq + 1, new AdiuvaError('chat.interrupted')));
      this.show(this.taken, { state: 'failed', again: true });
    }
    this.#deps.lost(this);
    this.stop('lost');
  }
}
