import { FileText, FolderKanban, ListTodo, type LucideIcon, Mail, MessagesSquare, NotebookText, CalendarDays } from 'lucide-react';
import type { SearchHit } from '../../../bridge/shapes.ts';
import { absent } from './words.ts';

export interface HitLook {
  readonly icon: LucideIcon;
  readonly kind: string;
}

const looks: Readonly<Record<string, HitLook>> = {
  task: { icon: ListTodo, kind: 'Task' },
  event: { icon: CalendarDays, kind: 'Event' },
  note: { icon: NotebookText, kind: 'Note' },
  project: { icon: FolderKanban, kind: 'Project' },
  email: { icon: Mail, kind: 'Mail' },
};

export function lookOfHit(hit: SearchHit): HitLook {
  if (hit.sessionId !== null) return { icon: MessagesSquare, kind: 'Chat' };
  return (hit.recordType && looks[hit.recordType]) || { icon: FileText, kind: hit.collection || absent };
}
