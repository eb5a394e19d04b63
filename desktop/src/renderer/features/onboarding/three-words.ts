import type { Random } from '@adiuva/shared/kit/ids.ts';

/** Three different places of twelve, from 0, in order. */
export function threePlaces(random: Random): number[] {
  const places = new Set<number>();
  // 252 is the largest multiple of 12 in a byte: what lies above would favour the first places.
  while (places.size < 3) for (const byte of random(8)) if (byte < 252 && places.size < 3) places.add(byte % 12);
  return [...places].sort((a, b) => a - b);
}
