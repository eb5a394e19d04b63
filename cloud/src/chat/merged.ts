/**
 * Generators that run at the same time, as one: whatever comes first leaves first. Returns what each returned, in their order. One that throws ends
 * the others, and so does a reader that leaves.
 */
export async function* merged<T, R>(sources: readonly AsyncGenerator<T, R>[]): AsyncGenerator<T, R[]> {
  const results: R[] = [];
  const step = (index: number) => sources[index]!.next().then((next) => ({ index, next }));
  const waiting = new Map(sources.map((_source, index) => [index, step(index)]));
  try {
    while (waiting.size > 0) {
      const { index, next } = await Promise.race(waiting.values());
      if (next.done) {
        results[index] = next.value;
        waiting.delete(index);
      } else {
        waiting.set(index, step(index));
        yield next.value;
      }
    }
    return results;
  } finally {
    // What still runs is told to stop; nobody waits for it, and nobody hears how it ends.
    for (const [index, pending] of waiting) {
      pending.catch(() => {});
      sources[index]!.return(undefined as never).catch(() => {});
    }
  }
}
