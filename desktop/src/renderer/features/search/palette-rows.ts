import { CornerDownLeft, type LucideIcon } from 'lucide-react';
import { type CommandName, commands } from '../../keys/keys.ts';
import { newChat } from '../shell/acts.ts';
import type { Panels } from '../shell/panels.ts';
import type { ScreenName } from '../shell/route.ts';
import { screens } from '../shell/screens.ts';

export interface PaletteRow {
  readonly key: string;
  readonly group: string;
  readonly label: string;
  readonly note?: string;
  readonly icon: LucideIcon;
  readonly command?: CommandName;
  readonly run: () => void;
}

/** Actions of the palette beside the screens. */
export function actionRows(panels: Panels, lock: () => void, toggleRail: () => void): PaletteRow[] {
  const acts: readonly [CommandName, () => void][] = [
    ['newChat', newChat],
    ['leftPanel', toggleRail],
    ['keySheet', panels.openKeySheet],
    ['lock', lock],
  ];
  return acts.map(([command, run]) => ({ key: command, group: 'Actions', label: commands[command].label, icon: CornerDownLeft, command, run }));
}

export const screenRows = (open: (screen: ScreenName) => void): PaletteRow[] =>
  screens.map(({ name, label, icon, command }) => ({ key: `screen-${name}`, group: 'Go to', label, icon, command, run: () => open(name) }));

/** Rows whose label has all the typed words, each at the beginning of one of its own. */
export function matching(rows: readonly PaletteRow[], typed: string): PaletteRow[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const own = `${row.label} ${row.note ?? ''}`.toLowerCase().split(/[\s,/]+/);
    return words.every((word) => own.some((part) => part.startsWith(word)));
  });
}
