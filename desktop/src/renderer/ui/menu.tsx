import { Menu as Base } from '@base-ui/react/menu';
import { Popover as BasePopover } from '@base-ui/react/popover';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';

export interface MenuRow {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly danger?: boolean;
  readonly run: () => void;
}

/** A button that opens a list of actions. */
export function Menu({ trigger, rows }: { trigger: ReactElement<Record<string, unknown>>; rows: readonly MenuRow[] }) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end">
          <Base.Popup className="popup">
            {rows.map(({ label, icon: Icon, danger, run }) => (
              <Base.Item key={label} className={danger ? 'popup-item danger' : 'popup-item'} onClick={run}>
                <Icon size={16} aria-hidden />
                {label}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** A button that opens a short text with more on it. */
export function Popover({ trigger, title, children }: { trigger: ReactElement<Record<string, unknown>>; title: string; children: ReactNode }) {
  return (
    <BasePopover.Root>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner sideOffset={8} side="top" align="start" collisionPadding={8}>
          <BasePopover.Popup className="popup text">
            <BasePopover.Title render={<h2 />}>{title}</BasePopover.Title>
            <div className="small soft">{children}</div>
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
