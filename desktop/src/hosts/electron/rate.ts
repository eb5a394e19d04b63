import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Channel } from '../../bridge/channel.ts';

/** True while no more than `most` came within `everyMs`: a bucket that fills evenly. */
export function createRate(clock: Clock, { most, everyMs }: { most: number; everyMs: number }): () => boolean {
  let [left, at] = [most, clock.now()];
  return () => {
    const now = clock.now();
    left = Math.min(most, left + ((now - at) * most) / everyMs);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}

/** What the window may ask on each of its channels; more than a person or our own screen ever needs. */
export const rates = {
  connect: { most: 20, everyMs: 10_000 },
  outside: { most: 5, everyMs: 10_000 },
  bridge: { most: 4_000, everyMs: 1_000 },
} as const;

/** A channel that closes when its other side floods it; size is bounded by the channel itself. */
export function limitedChannel(channel: Channel, may: () => boolean): Channel {
  return { ...channel, onText: (listener) => channel.onText((text) => (may() ? listener(text) : channel.close())) };
}
