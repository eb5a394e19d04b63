/**
 * Counts that live for a short while: rate limits and throttles. Keys hold no text of users; who counts an email counts its hash.
 * Losing all counts costs nothing but patience.
 */
export interface Counters {
  readonly engine: 'memory' | 'redis';
  /**
   * Adds `by` (1; negative takes back, never below 0) to `key`. The window of `windowMs` begins with the first count and does not move.
   * @returns the count and the end of the window, in ms since the epoch
   */
  hit(key: string, windowMs: number, now: number, by?: number): Promise<{ count: number; resetAt: number }>;
  probe(): Promise<void>;
  close(): Promise<void>;
}
