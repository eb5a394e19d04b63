import { toProblem, type AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Run, RunEnd, RunId } from './run-log.ts';

/** The last frame of a run that did not come to its end. The same error at the same place is the same text, whoever writes it. */
export const errorFrame = (requestId: string, seq: number, error: AdiuvaError): string =>
  JSON.stringify({ seq, requestId, type: 'error', problem: toProblem(error, requestId) });

/** The frames of one run that may be seen, and who wants to know of more. */
export abstract class Frames implements Run {
  readonly userId: string;
  readonly requestId: string;
  state: Run['state'] = 'running';
  /** It failed in a way that may pass. */
  again = false;
  size = 0;
  lastSeq = 0;

  readonly #frames: string[] = [];
  readonly #watchers = new Set<() => void>();

  constructor({ userId, requestId }: RunId) {
    this.userId = userId;
    this.requestId = requestId;
  }

  abstract cancel(): Promise<void>;

  frame(seq: number): string {
    return this.#frames[seq - 1]!;
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  async ended(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => void (this.state === 'running' || resolve());
    const leave = this.watch(look);
    look();
    await promise;
    leave();
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Frames taken, also those that nobody may see yet. */
  protected get taken(): number {
    return this.#frames.length;
  }

  protected take(frame: string): void {
    this.#frames.push(frame);
    this.size += frame.length;
  }

  /** Gives up what nobody has seen. */
  protected dropUnseen(): void {
    for (const frame of this.#frames.splice(this.lastSeq)) this.size -= frame.length;
  }

  /** Lets everything up to `seq` be seen; with `end` that was all. */
  protected show(seq: number, end?: RunEnd): void {
    if (seq <= this.lastSeq && !end) return;
    this.lastSeq = Math.max(seq, this.lastSeq);
    if (end) Object.assign(this, end);
    for (const changed of this.#watchers) changed();
  }
}
