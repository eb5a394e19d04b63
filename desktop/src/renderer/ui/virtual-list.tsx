import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

interface VirtualListProps<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly rowHeight: number;
  readonly label: string;
  readonly row: (item: T, index: number) => ReactNode;
  readonly onEnd?: () => void;
}

/** Beyond this many rows only those in sight are drawn. */
const drawnWhole = 200;

/** Arrow keys, Home and End move between the rows' main buttons. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement) || event.target.matches('input, textarea, select')) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row-focus]')];
  const at = rows.findIndex((row) => row === event.target || row.closest('li')?.contains(event.target as Node));
  const next = rows[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** A long list that scrolls: whole when short, windowed when long. Each row marks its main control with `data-row-focus`. */
export function VirtualList<T>({ items, keyOf, rowHeight, label, row, onEnd }: VirtualListProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const windowed = items.length > drawnWhole;
  const virtual = useVirtualizer({ count: windowed ? items.length : 0, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 12 });
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  const shown = windowed ? virtual.getVirtualItems() : null;
  const lastShown = shown?.at(-1)?.index ?? 0;
  useEffect(() => {
    if (windowed ? lastShown >= items.length - 20 : true) onEnd?.();
  }, [windowed, lastShown, items.length, onEnd]);
  return (
    <div ref={box} className="list-box">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul
        className="list"
        data-windowed={windowed}
        aria-label={label}
        onKeyDown={moveFocus}
        style={shown ? { height: virtual.getTotalSize(), position: 'relative' } : undefined}
      >
        {shown
          ? shown.map((place) => {
              const item = items[place.index];
              return (
                item !== undefined && (
                  <li
                    key={keyOf(item)}
                    aria-setsize={items.length}
                    aria-posinset={place.index + 1}
                    style={{ position: 'absolute', insetInline: 0, top: 0, height: place.size, transform: `translateY(${place.start}px)` }}
                  >
                    {row(item, place.index)}
                  </li>
                )
              );
            })
          : items.map((item, index) => <li key={keyOf(item)}>{row(item, index)}</li>)}
      </ul>
    </div>
  );
}
