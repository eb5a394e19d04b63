import { Dialog } from '@base-ui/react/dialog';
import { BookOpen, MessagesSquare, Search } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useLatest, useQuery, useSettings, useSettled } from '../../data/hooks.ts';
import { isComposing, keysOf } from '../../keys/keys.ts';
import { Keys } from '../../ui/keys.tsx';
import { Visible } from '../../ui/visible.tsx';
import { useLock, useOpenScreen, useToggleRail } from '../shell/acts.ts';
import { usePanels } from '../shell/panels.ts';
import { go } from '../shell/route.ts';
import { actionRows, matching, type PaletteRow, screenRows } from './palette-rows.ts';
import { lookOfHit } from './targets.ts';
import { useOpenHit } from './use-open-hit.ts';
import './search.css';

type Mode = 'search' | 'goTo';

/** One field for everything: screens, actions, and what is in the vault. */
export function Palette({ mode, onClose }: { mode: Mode | null; onClose: () => void }) {
  return (
    <Dialog.Root open={mode !== null} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className="palette" aria-label={mode === 'goTo' ? 'Go to' : 'Search and commands'}>
          {mode !== null && <PaletteBody mode={mode} onClose={onClose} />}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Conversations to go to and hits of the search, as rows. */
function useFoundRows(mode: Mode, query: string): PaletteRow[] {
  const openHit = useOpenHit();
  const { data: list } = useQuery('chat.sessions', { limit: 200 });
  const { data } = useQuery('search.query', query === '' ? null : { query, limit: 8 });
  const found = useLatest(data);
  const chats = (list?.sessions ?? []).map((session) => ({
    key: session.id,
    group: 'Conversations',
    label: session.title || 'New chat',
    icon: MessagesSquare,
    run: () => go('chat', session.id),
  }));
  if (query === '') return mode === 'goTo' ? chats.slice(0, 6) : [];
  // A conversation is one place to go to, however many of its messages were found.
  const places = new Map((found?.hits ?? []).map((hit) => [hit.sessionId ?? `${hit.collection}-${hit.id}`, hit]));
  const hits = [...places].map(([place, hit]) => ({
    key: place,
    group: 'In the vault',
    label: hit.title || hit.snippet || 'Untitled',
    note: lookOfHit(hit).kind,
    icon: lookOfHit(hit).icon,
    run: () => openHit(hit),
  }));
  const named = matching(chats, query).slice(0, 4);
  return [...named, ...hits.filter((hit) => !named.some((chat) => chat.key === hit.key))];
}

/** Playbooks that can be run here. */
function usePlaybookRows(): PaletteRow[] {
  const { data } = useQuery('playbooks.list', undefined);
  const ready = (data?.playbooks ?? []).filter(({ locked }) => locked === null);
  return ready.map(({ id, title }) => ({
    key: `playbook-${id}`,
    group: 'Playbooks',
    label: title,
    note: 'Playbook',
    icon: BookOpen,
    run: () => go('playbooks', id),
  }));
}

function PaletteBody({ mode, onClose }: { mode: Mode; onClose: () => void }) {
  const panels = usePanels();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const found = useFoundRows(mode, useSettled(typed.trim(), 80));
  const actions = actionRows(panels, useLock(), useToggleRail());
  const places = screenRows(useOpenScreen());
  const playbooks = usePlaybookRows();
  const own = mode === 'search' ? [...places, ...actions, ...playbooks] : [...places, ...playbooks];
  const rows = [...matching(own, typed), ...found];
  const chosen = Math.min(at, rows.length - 1);
  const run = (row: PaletteRow | undefined) => {
    if (!row) return;
    onClose();
    row.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((chosen + step + rows.length) % Math.max(1, rows.length));
    else if (event.key === 'Enter') run(rows[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className="palette-line">
        <Search size={18} aria-hidden />
        <input
          role="combobox"
          aria-expanded
          aria-controls="palette-rows"
          aria-activedescendant={rows[chosen] ? `palette-${chosen}` : undefined}
          aria-label={mode === 'goTo' ? 'Go to' : 'Search and commands'}
          placeholder={mode === 'goTo' ? 'Go to a screen or a conversation' : 'Search everything, or type a command'}
          autoFocus
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        <Keys of="Esc" />
      </div>
      <PaletteRows rows={rows} chosen={chosen} onPoint={setAt} onRun={run} />
    </>
  );
}

function PaletteRows({
  rows,
  chosen,
  onPoint,
  onRun,
}: {
  rows: readonly PaletteRow[];
  chosen: number;
  onPoint: (index: number) => void;
  onRun: (row: PaletteRow) => void;
}) {
  const { keys } = useSettings();
  if (rows.length === 0) return <p className="palette-none soft">Nothing found. Try fewer words.</p>;
  return (
    <div id="palette-rows" role="listbox" aria-label="Results" className="palette-rows">
      {rows.map((row, index) => (
        <div key={row.key}>
          {row.group !== rows[index - 1]?.group && (
            <div className="palette-group small" role="presentation">
              {row.group}
            </div>
          )}
          {/* The field keeps the focus and answers the keys; a row only needs the pointer. */}
          {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
          <div
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            className="palette-row"
            onMouseMove={() => onPoint(index)}
            onClick={() => onRun(row)}
            ref={index === chosen ? intoView : undefined}
          >
            <row.icon size={16} aria-hidden />
            <span className="grow cut">
              <Visible text={row.label} />
            </span>
            {row.note !== undefined && <span className="small soft">{row.note}</span>}
            {row.command && <Keys of={keysOf(row.command, keys)[0] ?? ''} />}
          </div>
        </div>
      ))}
    </div>
  );
}

const intoView = (row: HTMLElement | null) => row?.scrollIntoView({ block: 'nearest' });
