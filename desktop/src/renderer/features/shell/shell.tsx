import { useEffect, useMemo, useState } from 'react';
import type { BackupTarget } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useBridgeEvent, useNarrow } from '../../data/hooks.ts';
import { useCommands } from '../../keys/use-commands.ts';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { NewPhrase } from '../backup/new-phrase.tsx';
import { RestoreFlow } from '../backup/restore-flow.tsx';
import { CalendarScreen } from '../calendar/calendar-screen.tsx';
import { ChatScreen } from '../chat/chat-screen.tsx';
import { ConfirmWords } from '../onboarding/confirm-words.tsx';
import { NotesScreen } from '../notes/notes-screen.tsx';
import { OutboxScreen } from '../outbox/outbox-screen.tsx';
import { Palette } from '../search/palette.tsx';
import { PlaybooksScreen } from '../playbooks/playbooks-screen.tsx';
import { SearchScreen } from '../search/search-screen.tsx';
import { SettingsScreen } from '../settings/settings-screen.tsx';
import { StatusBar } from '../status/status-bar.tsx';
import { TasksScreen } from '../tasks/tasks-screen.tsx';
import { TodayScreen } from '../today/today-screen.tsx';
import { newChat, useLock, useOpenScreen, useToggleRail } from './acts.ts';
import { BottomBar } from './bottom-bar.tsx';
import { Inspector } from './inspector.tsx';
import { KeySheet } from './key-sheet.tsx';
import { LinkNotice } from './link-notice.tsx';
import { type Cover, type Inspected, type Panels, PanelsContext } from './panels.ts';
import { Rail } from './rail.tsx';
import { type Route, type ScreenName, go, useRoute } from './route.ts';
import { screens } from './screens.ts';
import './shell.css';

const bodies: Readonly<Record<ScreenName, (route: Route) => React.JSX.Element>> = {
  today: () => <TodayScreen />,
  chat: ({ id }) => <ChatScreen sessionId={id} />,
  tasks: () => <TasksScreen />,
  calendar: () => <CalendarScreen />,
  notes: ({ id }) => <NotesScreen noteId={id} />,
  search: () => <SearchScreen />,
  playbooks: ({ id }) => <PlaybooksScreen playbookId={id} />,
  outbox: () => <OutboxScreen />,
  settings: ({ id }) => <SettingsScreen tab={id} />,
};

/** The window of an open vault: rail, screen, inspector, status bar, and what floats over them. */
export function Shell() {
  const { toasts } = useApp();
  const route = useRoute();
  const narrow = useNarrow();
  const [inspected, inspect] = useState<Inspected | null>(null);
  const [palette, openPalette] = useState<'search' | 'goTo' | null>(null);
  const [keySheet, setKeySheet] = useState(false);
  const [covered, cover] = useState<Cover | null>(null);
  const [place, choosePlace] = useState<BackupTarget | null>(null);
  const panels = useMemo(() => ({ inspected, inspect, openPalette, openKeySheet: () => setKeySheet(true), cover, place, choosePlace }), [inspected, place]);
  useEffect(() => inspect(null), [route.screen]);
  useFocusOnScreen(route.screen);
  useBridgeEvent('notification', ({ title, body }) => toasts.add({ tone: 'plain', text: title, detail: body }));
  useShellCommands(panels);
  useTitle(route);
  if (covered) return <Covering what={covered} onDone={() => cover(null)} />;
  return (
    <PanelsContext value={panels}>
      <div className="shell" data-screen={route.screen}>
        {!narrow && <Rail route={route} />}
        <div className="shell-middle">
          <LinkNotice />
          <div className="shell-work">
            <main className="screen" id="screen" tabIndex={-1} key={route.screen}>
              <ErrorBoundary>{bodies[route.screen](route)}</ErrorBoundary>
            </main>
            <ErrorBoundary>
              <Inspector />
            </ErrorBoundary>
          </div>
          {!narrow && <StatusBar />}
        </div>
        {narrow && <BottomBar route={route} />}
      </div>
      <Palette mode={palette} onClose={() => openPalette(null)} />
      <KeySheet open={keySheet} onClose={() => setKeySheet(false)} />
    </PanelsContext>
  );
}

function Covering({ what, onDone }: { what: Cover; onDone: () => void }) {
  if (what.kind === 'words') return <ConfirmWords onDone={onDone} />;
  if (what.kind === 'newPhrase') return <NewPhrase because={what.because} onDone={onDone} />;
  return <RestoreFlow target={what.target} point={what.point} onDone={onDone} />;
}

/** After a move by keys nothing has the focus: the screen takes it, so that the next Tab starts there. */
function useFocusOnScreen(screen: ScreenName): void {
  useEffect(() => {
    if (document.activeElement === document.body) document.getElementById('screen')?.focus();
  }, [screen]);
}

function useTitle({ screen }: Route): void {
  useEffect(() => {
    document.title = `${screens.find((row) => row.name === screen)?.label ?? ''} · Adiuva`;
  }, [screen]);
}

function useShellCommands(panels: Panels): void {
  const lock = useLock();
  const toggleRail = useToggleRail();
  const open = useOpenScreen();
  useCommands({
    palette: () => panels.openPalette('search'),
    goTo: () => panels.openPalette('goTo'),
    keySheet: () => panels.openKeySheet(),
    newChat,
    searchAll: () => go('search'),
    settings: () => go('settings'),
    goToday: () => go('today'),
    goChat: () => open('chat'),
    goTasks: () => go('tasks'),
    goCalendar: () => go('calendar'),
    goNotes: () => go('notes'),
    goPlaybooks: () => go('playbooks'),
    goOutbox: () => go('outbox'),
    rightPanel: () => panels.inspect(null),
    leftPanel: toggleRail,
    lock,
  });
}
