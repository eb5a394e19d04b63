import { useEffect, useState } from 'react';
import { useApp } from '../../app-context.ts';

/** The twelve words. They are held by the screen that shows them alone, never by the cache. */
export interface AskedPhrase {
  /** Undefined until the core has answered, null once they are confirmed: nobody can show them then. */
  readonly phrase: string | null | undefined;
  readonly error: unknown;
}

export function usePhrase(): AskedPhrase {
  const { bridge } = useApp();
  const [asked, setAsked] = useState<AskedPhrase>({ phrase: undefined, error: null });
  useEffect(() => {
    const call = new AbortController();
    bridge.call('vault.phrase', undefined, { signal: call.signal }).then(
      ({ recoveryPhrase }) => setAsked({ phrase: recoveryPhrase, error: null }),
      (error: unknown) => !call.signal.aborted && setAsked({ phrase: undefined, error }),
    );
    return () => call.abort();
  }, [bridge]);
  return asked;
}
