/** What was asked for last, at most `most` of them, each believed for a while: in front of something slower. */
export interface Recent<T> {
  /** The value of `key`, made where it is not there any more. Whoever asks meanwhile waits for the same; a failure is not kept. */
  get(key: string, make: () => Promise<T>): Promise<T>;
}

export function openRecent<T>({ most, believedMs, now }: { most: number; believedMs: number; now: () => number }): Recent<T> {
  const kept = new Map<string, { readonly at: number; readonly value: Promise<T> }>();
  return {
    get(key, make) {
      const before = kept.get(key);
      kept.delete(key);
      const fresh = before && Math.abs(now() - before.at) < believedMs ? before : { at: now(), value: make() };
      kept.set(key, fresh);
      if (fresh !== before)
        fresh.value.catch(() => {
          if (kept.get(key) === fresh) kept.delete(key);
        });
      if (kept.size > most) kept.delete(kept.keys().next().value!);
      return fresh.value;
    },
  };
}
