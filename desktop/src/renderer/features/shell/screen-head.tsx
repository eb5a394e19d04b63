import type { ReactNode } from 'react';
import { useNarrow } from '../../data/hooks.ts';
import { ConnectivityBadge } from '../status/status-bar.tsx';

/** The head of a screen: its name, what it shows, its actions. In a narrow window also how the cloud is reached. */
export function ScreenHead({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  const narrow = useNarrow();
  return (
    <header className="screen-head">
      <div className="screen-name">
        <h1>{title}</h1>
        {note && <div className="small soft">{note}</div>}
      </div>
      <div className="screen-actions">
        {narrow && <ConnectivityBadge brief />}
        {children}
      </div>
    </header>
  );
}
