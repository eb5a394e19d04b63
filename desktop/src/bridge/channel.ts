/** Bounds of the bridge; `text` and `burst` count UTF-16 units, which are never more than the bytes. */
export const bridgeLimits = {
  /** One message towards the core. */
  text: 4 * 1024 * 1024,
  /** What a link may hand over at all: between this and `text` the caller still gets an answer by id. */
  frame: 16 * 1024 * 1024,
  /** Nesting of a value. */
  depth: 64,
  /** Calls of one screen that run at the same time. */
  calls: 512,
  /** Events kept for a screen that does not read; beyond it they are dropped and the screen is told to ask again. */
  events: 20_000,
  /** Messages under way on a message port before the sender waits. */
  window: 64,
} as const;

/** One connection between a screen and the core: whole texts, in order, both ways. */
export interface Channel {
  /** Resolves when the other side can take more; never rejects, a lost side is told by `onClose`. */
  send(text: string): Promise<void>;
  onText(listener: (text: string) => void): void;
  /** Called once, also when this side closed. */
  onClose(listener: () => void): void;
  close(): void;
}

/** A promise of a new connection: asked again after a loss. */
export type Connect = (signal: AbortSignal) => Promise<Channel>;
