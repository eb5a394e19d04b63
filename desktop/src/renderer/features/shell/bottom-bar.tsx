import { Ellipsis, Lock } from 'lucide-react';
import { useState } from 'react';
import { useApp } from '../../app-context.ts';
import { useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Sheet } from '../../ui/dialog.tsx';
import { StatusFacts } from '../status/status-bar.tsx';
import { useLock } from './acts.ts';
import { hashOf, type Route } from './route.ts';
import { type ScreenRow, screens } from './screens.ts';

/** The way around in a narrow window: four screens and a sheet with the rest. */
export function BottomBar({ route }: { route: Route }) {
  const [more, setMore] = useState(false);
  const main = screens.filter((row) => row.main);
  const inMore = !main.some((row) => row.name === route.screen);
  return (
    <nav className="bottom-bar" aria-label="Screens">
      {main.map((row) => (
        <BarLink key={row.name} row={row} here={row.name === route.screen} />
      ))}
      <button type="button" className="bar-link" aria-current={inMore ? 'page' : undefined} onClick={() => setMore(true)}>
        <Ellipsis size={20} aria-hidden />
        More
      </button>
      <MoreSheet open={more} onClose={() => setMore(false)} route={route} />
    </nav>
  );
}

function BarLink({ row, here }: { row: ScreenRow; here: boolean }) {
  const { memory } = useApp();
  const Icon = row.icon;
  return (
    <a href={hashOf(row.name, memory.idOf(row.name))} className="bar-link" aria-current={here ? 'page' : undefined}>
      <Icon size={20} aria-hidden />
      {row.label}
    </a>
  );
}

function MoreSheet({ open, onClose, route }: { open: boolean; onClose: () => void; route: Route }) {
  const { data: status } = useQuery('status.get', undefined);
  const lock = useLock();
  return (
    <Sheet open={open} onClose={onClose} title="More">
      <ul className="more-list">
        {screens
          .filter((row) => !row.main)
          .map(({ name, label, icon: Icon, count }) => (
            <li key={name}>
              <a href={hashOf(name)} className="rail-link" aria-current={name === route.screen ? 'page' : undefined} onClick={onClose}>
                <Icon size={18} aria-hidden />
                <span className="grow">{label}</span>
                {status && count && count(status) > 0 && <span className="rail-count figures">{count(status)}</span>}
              </a>
            </li>
          ))}
      </ul>
      {status && <StatusFacts status={status} />}
      <Button icon={Lock} wide onClick={lock}>
        Lock
      </Button>
    </Sheet>
  );
}
