import { PanelLeftClose, PanelLeftOpen, Plus, Search } from 'lucide-react';
import { useApp } from '../../app-context.ts';
import { useQuery, useSettings } from '../../data/hooks.ts';
import { keysOf } from '../../keys/keys.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Keys } from '../../ui/keys.tsx';
import { Tip } from '../../ui/tip.tsx';
import { usePanels } from './panels.ts';
import { newChat, useToggleRail } from './acts.ts';
import { hashOf, type Route } from './route.ts';
import { type ScreenRow, screens } from './screens.ts';

/** The way around: every screen with its name, and a number where something waits. */
export function Rail({ route }: { route: Route }) {
  const collapsed = useSettings().appearance.railCollapsed;
  const toggle = useToggleRail();
  return (
    <nav className="rail" data-collapsed={collapsed} aria-label="Screens">
      <div className="rail-top">
        <span className="brand">
          <Mark />
          {!collapsed && 'Adiuva'}
        </span>
        {!collapsed && <IconButton icon={PanelLeftClose} label="Collapse" keys="Mod+[" tiny onClick={toggle} />}
      </div>
      <RailActions collapsed={collapsed} />
      <ul>
        {screens
          .filter((row) => !row.quiet)
          .map((row) => (
            <RailLink key={row.name} row={row} here={row.name === route.screen} collapsed={collapsed} />
          ))}
      </ul>
      {collapsed && <IconButton icon={PanelLeftOpen} label="Expand" keys="Mod+[" onClick={toggle} className="rail-expand" />}
    </nav>
  );
}

function RailActions({ collapsed }: { collapsed: boolean }) {
  const { openPalette } = usePanels();
  if (collapsed) {
    return (
      <div className="rail-actions">
        <IconButton icon={Plus} label="New chat" keys="Alt+N" onClick={newChat} />
        <IconButton icon={Search} label="Search and commands" keys="Mod+K" onClick={() => openPalette('search')} />
      </div>
    );
  }
  return (
    <div className="rail-actions">
      <button type="button" className="rail-search" onClick={() => openPalette('search')}>
        <Search size={15} aria-hidden />
        <span className="grow">Search</span>
        <Keys of="Mod+K" />
      </button>
      <Button icon={Plus} wide onClick={newChat}>
        New chat
      </Button>
    </div>
  );
}

function RailLink({ row, here, collapsed }: { row: ScreenRow; here: boolean; collapsed: boolean }) {
  const { keys } = useSettings();
  const { memory } = useApp();
  const { data } = useQuery('status.get', undefined);
  const count = data && row.count ? row.count(data) : 0;
  const Icon = row.icon;
  const link = (
    <a
      href={hashOf(row.name, memory.idOf(row.name))}
      className="rail-link"
      aria-current={here ? 'page' : undefined}
      {...(collapsed && { 'aria-label': row.label })}
    >
      <Icon size={18} aria-hidden />
      {!collapsed && <span className="grow">{row.label}</span>}
      {count > 0 && (
        <span className="rail-count figures">
          {count}
          <span className="unseen"> waiting</span>
        </span>
      )}
    </a>
  );
  return (
    <li>
      {collapsed ? (
        <Tip text={row.label} side="right" keys={keysOf(row.command, keys).at(-1) ?? ''}>
          {link}
        </Tip>
      ) : (
        link
      )}
    </li>
  );
}

/** The sign of Adiuva: a hand's arc over a point. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 24 24" aria-hidden>
      <rect width="24" height="24" rx="7" fill="var(--accent)" />
      <path d="M6.6 17.2 12 6.4l5.4 10.8" fill="none" stroke="var(--on-accent)" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="12" cy="15.4" r="1.7" fill="var(--on-accent)" />
    </svg>
  );
}
