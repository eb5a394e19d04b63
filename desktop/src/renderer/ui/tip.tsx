import { Tooltip } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';
import { Keys } from './keys.tsx';

/** A name that appears on hover and focus. The thing itself carries its own accessible name. */
export function Tip({
  text,
  keys,
  side = 'top',
  children,
}: {
  text: string;
  keys?: string;
  side?: 'top' | 'right' | 'bottom';
  children: ReactElement<Record<string, unknown>>;
}) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner side={side} sideOffset={6}>
          <Tooltip.Popup className="tip">
            {text}
            {keys !== undefined && <Keys of={keys} />}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
