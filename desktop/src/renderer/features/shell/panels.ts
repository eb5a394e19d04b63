import { createContext, useContext } from 'react';

/** What the inspector on the right shows. */
export type Inspected =
  | { readonly kind: 'record'; readonly id: string }
  | { readonly kind: 'newEvent'; readonly startAt: string; readonly endAt: string; readonly allDay: boolean }
  | { readonly kind: 'sent'; readonly messageId: string }
  | { readonly kind: 'why'; readonly title: string; readonly sources: readonly string[]; readonly score: number; readonly collection: string };

/** What is open beside the screen; the shell owns it. */
export interface Panels {
  readonly inspected: Inspected | null;
  inspect(what: Inspected | null): void;
  openPalette(mode: 'search' | 'goTo'): void;
  openKeySheet(): void;
  /** The twelve words, to confirm them. */
  openWords(): void;
}

export const PanelsContext = createContext<Panels>({ inspected: null, inspect: () => {}, openPalette: () => {}, openKeySheet: () => {}, openWords: () => {} });
export const usePanels = (): Panels => useContext(PanelsContext);
