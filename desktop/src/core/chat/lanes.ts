/** Work of one conversation in the order it was asked for; different conversations do not wait for each other. */
export interface Lanes {
  run<T>(lane: string, work: () => Promise<T>): Promise<T>;
}

export function createLanes(): Lanes {
  const ends = new Map<string, Promise<unknown>>();
  return {
    run(lane, work) {
      const turn = (ends.get(lane) ?? Promise.resolve()).then(work);
      const end = turn
        .catch(() => undefined)
        .finally(() => {
          if (ends.get(lane) === end) ends.delete(lane);
        });
      ends.set(lane, end);
      return turn;
    },
  };
}
