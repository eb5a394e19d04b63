import { Unplug } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useApp } from '../../app-context.ts';

export function useLinkState() {
  const { bridge } = useApp();
  return useSyncExternalStore(
    (listener) => bridge.onState(listener),
    () => bridge.state(),
  );
}

/** One line while the window has no core: what is shown may be old, nothing typed is lost. */
export function LinkNotice() {
  if (useLinkState() !== 'lost') return null;
  return (
    <div className="link-notice" role="alert">
      <Unplug size={15} aria-hidden />
      <span>The window lost its core and is connecting again. What you typed stays here; what is shown may be old.</span>
    </div>
  );
}
