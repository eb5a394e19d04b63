import { createContext, useContext } from 'react';
import type { BackupTarget, RestorePoint } from '../../../bridge/shapes.ts';

/** What the inspector on the right shows. */
export type Inspected =
  | { readonly kind: 'record'; readonly id: string }
  | { readonly kind: 'newEvent'; readonly startAt: string; readonly endAt: string; readonly allDay: boolean }
  | { readonly kind: 'sent'; readonly messageId: string }
  | { readonly kind: 'why'; readonly title: string; readonly sources: readonly string[]; readonly score: number; readonly collection: string };

/** What takes the whole window until it is done. */
export type Cover =
  | { readonly kind: 'words' }
  | { readonly kind: 'newPhrase'; readonly because: 'lost' | 'exposed' }
  /** Without a point the newest one. */
  | { readonly kind: 'restore'; readonly target: BackupTarget; readonly point: RestorePoint | null };

/** What is open beside the screen; the shell owns it. */
export interface Panels {
  readonly inspected: Inspected | null;
  inspect(what: Inspected | null): void;
  openPalette(mode: 'search' | 'goTo'): void;
  openKeySheet(): void;
  cover(what: Cover): void;
  /** The place of backups last looked at; it outlives what covers the window. */
  readonly place: BackupTarget | null;
  choosePlace(place: BackupTarget): void;
}

const nothing = () => {};
export const PanelsContext = createContext<Panels>({
  inspected: null,
  inspect: nothing,
  openPalette: nothing,
  openKeySheet: nothing,
  cover: nothing,
  place: null,
  choosePlace: nothing,
});
export const usePanels = (): Panels => useContext(PanelsContext);
