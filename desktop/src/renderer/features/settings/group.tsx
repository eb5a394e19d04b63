import type { ReactNode } from 'react';

/** A subject of the settings, with a sentence on what it is for. */
export function Group({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className="settings-group">
      <div>
        <h2>{title}</h2>
        {lead && <p className="small soft">{lead}</p>}
      </div>
      <div className="card settings-card">{children}</div>
    </section>
  );
}
