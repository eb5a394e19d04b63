/** `1 write`, `3 writes`, `2 entries`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

const sizes = [
  [1_000_000_000, 'GB'],
  [1_000_000, 'MB'],
  [1_000, 'kB'],
] as const;

/** Bytes in decimal units, as the tiers are written. */
export function bytesText(bytes: number): string {
  const size = sizes.find(([unit]) => bytes >= unit);
  return size ? `${Number((bytes / size[0]).toFixed(1))} ${size[1]}` : `${bytes} bytes`;
}
