import type { Bridge } from '../../bridge/client.ts';
import type { Message } from '../../bridge/shapes.ts';
import { emptyTranscript, type Transcript, withActivity, withGiven, withList, withMessage, withoutMessage, withToken } from './transcript.ts';

/** Runs a function before the next paint, as `requestAnimationFrame` does. */
export type NextFrame = (fn: () => void) => void;

/** One conversation as it grows: events change it at once, listeners hear of it at most once a frame. */
export class LiveTranscript {
  #now: Transcript = emptyTranscript;
  #shown: Transcript = emptyTranscript;
  #waiting = false;
  readonly #listeners = new Set<() => void>();
  readonly #bridge: Pick<Bridge, 'on'>;
  readonly #sessionId: string;
  readonly #nextFrame: NextFrame;

  constructor(bridge: Pick<Bridge, 'on'>, sessionId: string, nextFrame: NextFrame) {
    this.#bridge = bridge;
    this.#sessionId = sessionId;
    this.#nextFrame = nextFrame;
  }

  /** Listens until the returned function is called. */
  open(): () => void {
    const bridge = this.#bridge;
    const mine =
      <D extends { sessionId: string }>(apply: (data: D) => Transcript) =>
      (data: D) => {
        if (data.sessionId === this.#sessionId) this.#change(apply(data));
      };
    const stops = [
      bridge.on(
        'chat.message',
        mine((message) => withMessage(this.#now, message)),
      ),
      bridge.on(
        'chat.token',
        mine((token) => withToken(this.#now, token)),
      ),
      bridge.on(
        'chat.activity',
        mine((line) => withActivity(this.#now, line)),
      ),
      bridge.on(
        'chat.deleted',
        mine(({ messageId }) => (messageId === null ? emptyTranscript : withoutMessage(this.#now, messageId))),
      ),
    ];
    return () => stops.forEach((stop) => stop());
  }

  snapshot(): Transcript {
    return this.#shown;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  load(list: readonly Message[]): void {
    this.#change(withList(this.#now, list));
  }

  remove(messageId: string): void {
    this.#change(withoutMessage(this.#now, messageId));
  }

  put(message: Message): void {
    this.#change(withGiven(this.#now, message));
  }

  #change(next: Transcript): void {
    if (next === this.#now) return;
    this.#now = next;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#nextFrame(() => this.#show());
  }

  #show(): void {
    this.#waiting = false;
    this.#shown = this.#now;
    for (const listener of [...this.#listeners]) listener();
  }
}
