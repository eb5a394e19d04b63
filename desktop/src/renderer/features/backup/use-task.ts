import { useCallback, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { isCode, wordsOf } from '../../words/problems.ts';
import { useDone } from '../shell/acts.ts';

/** One long act of this part of the screen: whether it goes on, and the error it ended with. */
export interface Task {
  readonly busy: boolean;
  readonly error: unknown;
  /** Undefined where it failed or was cancelled; both are shown. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
}

export function useTask(): Task {
  const { announcer } = useApp();
  const done = useDone();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = useCallback(
    async <T>(work: () => Promise<T>) => {
      setBusy(true);
      setError(null);
      try {
        return await work();
      } catch (thrown) {
        if (isCode(thrown, 'backup.cancelled')) return void done('Cancelled. Nothing is lost, and what has arrived is kept.');
        setError(thrown);
        announcer.alert(`${wordsOf(thrown).title}. ${wordsOf(thrown).hint}`);
        return undefined;
      } finally {
        setBusy(false);
      }
    },
    [announcer, done],
  );
  return { busy, error, run };
}
