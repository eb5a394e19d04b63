/** Screens that want to hear that something changed outside this process. */
export interface Missed {
  onMissed(listener: () => void): () => void;
  tell(): void;
}

export function createMissed(): Missed {
  const listeners = new Set<() => void>();
  return {
    onMissed(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell: () => listeners.forEach((listener) => listener()),
  };
}
