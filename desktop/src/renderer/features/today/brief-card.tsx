import { Cloud, HardDrive, RefreshCw, X } from 'lucide-react';
import type { Today } from '../../../bridge/shapes.ts';
import { useHere } from '../../data/hooks.ts';
import { IconButton } from '../../ui/button.tsx';
import { civilFrom, clockText } from '../../words/zone.ts';
import { Parts } from '../playbooks/parts.tsx';
import { hashOf } from '../shell/route.ts';
import { type Brief, useBrief } from './use-brief.ts';

/** The day in a few lines at the top of Today. It is there when it is there: the list below does not wait for it. */
export function BriefCard({ today, onHide }: { today: Today | undefined; onHide: () => void }) {
  const { brief, busy, refresh } = useBrief(today);
  if (!brief || brief.lead.length === 0) return null;
  return (
    <section className="card brief" aria-labelledby="brief-name">
      <header className="brief-head">
        <h2 id="brief-name" className="grow">
          Brief
        </h2>
        <Made brief={brief} />
        <IconButton tiny icon={RefreshCw} label="Make the brief again" disabled={busy} onClick={refresh} />
        <IconButton tiny icon={X} label="Hide the brief for today" onClick={onHide} />
      </header>
      <Parts sections={brief.lead} />
      {brief.waits && <p className="small soft">The words of the cloud come by themselves.</p>}
      {brief.parts.length > 0 && (
        <details className="brief-more">
          <summary className="small soft">All of it</summary>
          <Parts sections={brief.parts} />
          <p className="small brief-all">
            <a href={hashOf('playbooks')}>All playbooks</a>
          </p>
        </details>
      )}
    </section>
  );
}

function Made({ brief: { by, madeAt } }: { brief: Brief }) {
  const here = useHere();
  const Icon = by === 'cloud' ? Cloud : HardDrive;
  const civil = civilFrom(madeAt, here.zone);
  return (
    <span className="small soft brief-made">
      <Icon size={13} aria-hidden />
      {by === 'cloud' ? 'Made with the cloud' : 'Made on this device'}, <time dateTime={madeAt}>{civil ? clockText(civil) : ''}</time>
    </span>
  );
}
