import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useNarrow } from '../../data/hooks.ts';
import { IconButton } from '../../ui/button.tsx';
import { Sheet } from '../../ui/dialog.tsx';
import { SentInspector } from '../chat/sent-inspector.tsx';
import { NewEvent } from '../records/new-event.tsx';
import { RecordInspector } from '../records/record-inspector.tsx';
import { WhyHit } from '../search/why-hit.tsx';
import { type Inspected, usePanels } from './panels.ts';

interface Look {
  readonly title: string;
  readonly body: ReactNode;
}

function lookOf(what: Inspected): Look {
  if (what.kind === 'record') return { title: 'Details', body: <RecordInspector key={what.id} id={what.id} /> };
  if (what.kind === 'newEvent') return { title: 'New event', body: <NewEvent key={what.startAt} from={what} /> };
  if (what.kind === 'sent') return { title: 'What was sent', body: <SentInspector key={what.messageId} messageId={what.messageId} /> };
  return { title: 'Why this hit', body: <WhyHit hit={what} /> };
}

/** More on one thing, beside what it belongs to; a sheet in a narrow window. Esc closes it. */
export function Inspector() {
  const { inspected, inspect } = usePanels();
  const narrow = useNarrow();
  if (narrow) {
    const look = inspected && lookOf(inspected);
    return (
      <Sheet open={inspected !== null} onClose={() => inspect(null)} title={look?.title ?? ''}>
        {look?.body}
      </Sheet>
    );
  }
  return inspected && <SidePanel {...lookOf(inspected)} onClose={() => inspect(null)} />;
}

function SidePanel({ title, body, onClose }: Look & { onClose: () => void }) {
  const before = useRef<Element | null>(null);
  useEffect(() => {
    before.current = document.activeElement;
    return () => {
      const place = before.current;
      if (place instanceof HTMLElement && place.isConnected) place.focus();
    };
  }, []);
  return (
    <aside className="inspector" aria-label={title} onKeyDown={(event) => event.key === 'Escape' && !event.defaultPrevented && onClose()}>
      <div className="inspector-top">
        <h2>{title}</h2>
        <IconButton icon={X} label="Close" keys="Mod+]" onClick={onClose} />
      </div>
      {body}
    </aside>
  );
}
