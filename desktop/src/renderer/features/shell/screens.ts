import { BookOpen, CalendarDays, Inbox, ListTodo, type LucideIcon, MessagesSquare, NotebookText, Search, Settings, Sun } from 'lucide-react';
import type { Status } from '../../../bridge/shapes.ts';
import type { CommandName } from '../../keys/keys.ts';
import type { ScreenName } from './route.ts';

export interface ScreenRow {
  readonly name: ScreenName;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly command: CommandName;
  /** In the bottom bar of narrow windows; the rest is behind "More". */
  readonly main: boolean;
  /** Reached from the palette, by keys and from what it belongs to; the rail stays short without it. */
  readonly quiet?: boolean;
  /** How many things wait there. */
  readonly count?: (status: Status) => number;
}

/** The screens in the order of the rail. */
export const screens: readonly ScreenRow[] = [
  { name: 'today', label: 'Today', icon: Sun, command: 'goToday', main: true },
  { name: 'chat', label: 'Chat', icon: MessagesSquare, command: 'goChat', main: true },
  { name: 'tasks', label: 'Tasks', icon: ListTodo, command: 'goTasks', main: true },
  { name: 'calendar', label: 'Calendar', icon: CalendarDays, command: 'goCalendar', main: true },
  { name: 'notes', label: 'Notes', icon: NotebookText, command: 'goNotes', main: false },
  { name: 'search', label: 'Search', icon: Search, command: 'searchAll', main: false },
  { name: 'playbooks', label: 'Playbooks', icon: BookOpen, command: 'goPlaybooks', main: false, quiet: true },
  { name: 'outbox', label: 'Outbox', icon: Inbox, command: 'goOutbox', main: false, count: ({ queue }) => queue.waiting + queue.needsYou + queue.running },
  { name: 'settings', label: 'Settings', icon: Settings, command: 'settings', main: false },
];
