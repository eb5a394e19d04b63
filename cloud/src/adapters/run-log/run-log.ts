import { chatLimits } from '@adiuva/shared/contracts/chat.ts';

/**
 * Bounds of what is kept. Sizes are characters of JSON: `totalSize` of one process, `userSize` and `keptPerUser` of one user in a log that instances share.
 * A run whose instance has said nothing for `leaseMs` (it does so every `beatMs`) is over; who reads it elsewhere looks every `lookMs`. After `awayMs`
 * without the shared log such a reader is sent away.
 */
export const runLimits = {
  keptMs: chatLimits.runKeptMs,
  runSize: 4 * 1024 * 1024,
  totalSize: 128 * 1024 * 1024,
  userSize: 32 * 1024 * 1024,
  keptPerUser: 64,
  active: 2_000,
  activePerUser: 8,
  leaseMs: 6_000,
  beatMs: 2_000,
  lookMs: 1_000,
  awayMs: 10_000,
} as const;
export type RunLimits = { readonly [K in keyof typeof runLimits]: number };

/** Users choose request ids, so only both together name a run. */
export interface RunId {
  readonly userId: string;
  readonly requestId: string;
}

export interface RunOrder extends RunId {
  /** Equal for requests that mean the same. */
  readonly fingerprint: string;
}

export interface RunEnd {
  readonly state: 'done' | 'failed' | 'cancelled';
  /** The same request may begin it anew. */
  readonly again: boolean;
}

/** One answer in the making or made, wherever it is made. It belongs to the service, not to the connection that asked for it. */
export interface Run extends RunId {
  readonly state: 'running' | RunEnd['state'];
  readonly lastSeq: number;
  /** Frame `seq`, from 1 to `lastSeq`, as the JSON that is sent. */
  frame(seq: number): string;
  /** Calls `changed` after every new frame, until the returned function is called. */
  watch(changed: () => void): () => void;
  /** Resolves when the last frame is there. */
  ended(): Promise<void>;
  /**
   * Has it ended by whoever makes it, with an error frame `chat.cancelled`; an answer that is complete stays as it is. Resolves when it has ended, or
   * when its instance does not answer.
   */
  cancel(): Promise<void>;
}

/** A run that this process makes. */
export interface RunWriter extends Run {
  /** Characters taken so far. */
  readonly size: number;
  /** Whether anybody can still read how it ends. */
  readonly awaited: boolean;
  /** The frame after the last one; readers see it once it is kept. With `end` it was the last, and nothing is taken after it. */
  append(frame: string, end?: RunEnd): void;
  /**
   * Called when the run is not to go on: a reader cancelled it, or others took it for dead and nothing of it is wanted any more. It may be
   * called again until the last frame may be seen.
   */
  stop: (why: 'cancelled' | 'lost') => void;
}

/** The run of an order: one that begins here and now, or one that the same request began before. */
export type Claim = { readonly begun: RunWriter } | { readonly known: Run };

/** The frames of all runs, for 15 minutes after their end. They hold what users wrote, so they are in memory, here or in Redis, and nowhere else. */
export interface RunLog {
  readonly engine: 'memory' | 'redis';
  /**
   * Of many that claim the same at the same time, one begins.
   * @throws AdiuvaError `chat.request_reused` · `rate.limited` · `dependency.unavailable`
   */
  claim(order: RunOrder): Promise<Claim>;
  /** Null for the run of another user too. @throws AdiuvaError `dependency.unavailable` when it may be where nobody can look now */
  find(id: RunId): Promise<Run | null>;
  probe(): Promise<void>;
  /** Forgets everything of this process; what others can read stays for them. */
  close(): Promise<void>;
}
