import { Readable } from 'node:stream';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Run } from '../adapters/run-log/run-log.ts';

/**
 * `pingMs`: a proxy closes what is silent for longer. After `silentTicks` of it without taking anything of what waits a reader is gone. `queued` bytes may
 * wait for a slow one.
 */
export const sseLimits = { pingMs: 20_000, silentTicks: 3, queued: 64 * 1024 } as const;

/**
 * A run's frames from after `afterSeq` on, as server-sent events (WHATWG HTML §9.2): `id` is the frame's `seq`. Ends after the last frame. For a slow
 * reader nothing piles up; one that takes nothing for a minute is let go, which ends the stream and never the run.
 */
export const sseFrames = (run: Run, afterSeq: number, clock: Clock): Readable => new Events(run, afterSeq, clock);

class Events extends Readable {
  readonly #run: Run;
  readonly #clock: Clock;
  readonly #unwatch: () => void;
  #stopTick: () => void = () => {};
  #sent: number;
  #wanted = false;
  #stalled = 0;

  constructor(run: Run, afterSeq: number, clock: Clock) {
    super({ highWaterMark: sseLimits.queued });
    this.#run = run;
    this.#clock = clock;
    this.#sent = afterSeq;
    this.#unwatch = run.watch(() => this.#pump());
    this.#wait();
  }

  override _read(): void {
    this.#wanted = true;
    this.#stalled = 0;
    this.#pump();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#unwatch();
    this.#stopTick();
    done(error);
  }

  #pump(): void {
    const { lastSeq } = this.#run;
    while (this.#wanted && this.#sent < lastSeq) {
      let text = '';
      while (this.#sent < lastSeq && text.length < sseLimits.queued) text += `id: ${++this.#sent}\ndata: ${this.#run.frame(this.#sent)}\n\n`;
      this.#wanted = this.push(text);
    }
    if (this.#wanted && this.#run.state !== 'running') {
      this.#wanted = false;
      this.push(null);
    }
  }

  #wait(): void {
    this.#stopTick = this.#clock.after(sseLimits.pingMs, () => this.#tick());
  }

  #tick(): void {
    if (!this.#wanted && ++this.#stalled >= sseLimits.silentTicks) return void this.destroy();
    if (this.#wanted) this.#wanted = this.push(`data: ${JSON.stringify({ seq: this.#sent, requestId: this.#run.requestId, type: 'ping' })}\n\n`);
    this.#wait();
  }
}
