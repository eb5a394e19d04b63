import type { ReactNode } from 'react';
import { Mark } from '../shell/rail.tsx';
import './front-page.css';

interface FrontPageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly step?: string;
  /** For what is compared side by side. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** A page before the vault is open: one thing in the middle. */
export function FrontPage({ title, lead, step, wide = false, children }: FrontPageProps) {
  return (
    <div className="front">
      <main className={wide ? 'front-card wide' : 'front-card'}>
        <div className="row between">
          <span className="brand">
            <Mark size={26} />
            Adiuva
          </span>
          {step !== undefined && <span className="small soft">{step}</span>}
        </div>
        <div>
          <h1>{title}</h1>
          {lead && <p className="soft front-lead">{lead}</p>}
        </div>
        {children}
      </main>
      <footer className="front-foot small soft">Encrypted on this device. Nothing leaves it unless you send it.</footer>
    </div>
  );
}
