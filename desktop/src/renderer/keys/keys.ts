/** What a key press looks like to us: the part of KeyboardEvent that matters. */
export interface Press {
  readonly key: string;
  readonly code?: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing?: boolean;
  readonly keyCode?: number;
}

/** Everything that has a key. `typing` commands also fire while the cursor stands in a text field. */
export const commands = {
  palette: { label: 'Search and commands', group: 'Anywhere', keys: ['Mod+K'], typing: true },
  goTo: { label: 'Go to', group: 'Anywhere', keys: ['Mod+P'], typing: true },
  newChat: { label: 'New chat', group: 'Anywhere', keys: ['Mod+N', 'Alt+N'], typing: true },
  searchAll: { label: 'Search everything', group: 'Anywhere', keys: ['Mod+Shift+F', '/'], typing: true },
  settings: { label: 'Settings', group: 'Anywhere', keys: ['Mod+,'], typing: true },
  lock: { label: 'Lock', group: 'Anywhere', keys: ['Mod+L'], typing: true },
  keySheet: { label: 'Keys', group: 'Anywhere', keys: ['?'], typing: false },
  leftPanel: { label: 'Show or hide the left panel', group: 'Anywhere', keys: ['Mod+['], typing: true },
  rightPanel: { label: 'Close the right panel', group: 'Anywhere', keys: ['Mod+]'], typing: true },
  goToday: { label: 'Go to Today', group: 'Go to', keys: ['g t'], typing: false },
  goChat: { label: 'Go to Chat', group: 'Go to', keys: ['g c'], typing: false },
  goTasks: { label: 'Go to Tasks', group: 'Go to', keys: ['g k'], typing: false },
  goCalendar: { label: 'Go to Calendar', group: 'Go to', keys: ['g l'], typing: false },
  goNotes: { label: 'Go to Notes', group: 'Go to', keys: ['g n'], typing: false },
  goPlaybooks: { label: 'Go to Playbooks', group: 'Go to', keys: ['g b'], typing: false },
  goOutbox: { label: 'Go to Outbox', group: 'Go to', keys: ['g o'], typing: false },
  focusComposer: { label: 'Write a message', group: 'Chat', keys: ['c'], typing: false },
  copyAnswer: { label: 'Copy the last answer', group: 'Chat', keys: ['Mod+Shift+C'], typing: true },
  focusPlan: { label: 'Move to the waiting plan', group: 'Plans', keys: ['g p'], typing: false },
  approve: { label: 'Approve the plan in focus', group: 'Plans', keys: ['Mod+Enter'], typing: true },
  reject: { label: 'Reject the plan in focus', group: 'Plans', keys: ['Mod+Backspace'], typing: true },
} as const satisfies Record<string, { label: string; group: string; keys: readonly string[]; typing: boolean }>;

export type CommandName = keyof typeof commands;
export const commandNames = Object.keys(commands) as CommandName[];

/** Keys that stay what they are, listed on the sheet for reading only. */
export const fixedKeys = [
  { label: 'Send the message', keys: 'Enter', group: 'Chat' },
  { label: 'New line', keys: 'Shift+Enter', group: 'Chat' },
  { label: 'Stop the answer', keys: 'Escape', group: 'Chat' },
  { label: 'Next or previous row', keys: 'Arrows', group: 'Lists' },
  { label: 'Open the row', keys: 'Enter', group: 'Lists' },
  { label: 'Complete the task', keys: 'Space', group: 'Lists' },
  { label: 'Delete, with undo', keys: 'Delete', group: 'Lists' },
] as const;

/** True while an input method composes: Enter then picks a candidate and never sends. */
export const isComposing = (press: Press): boolean => press.isComposing === true || press.keyCode === 229;

const modifiers = ['Mod', 'Alt', 'Shift'] as const;
const unshifted = /^[?!"#$%&'()*+,\-./:;<=>@[\\\]^_`{|}~]$/;

/** The name of a press as the table writes it, as `Mod+Shift+F`; null for a modifier alone. `Mod` is Command on a Mac, else Control. */
export function pressName(press: Press, mac: boolean): string | null {
  if (['Control', 'Shift', 'Alt', 'Meta', 'Dead', 'AltGraph'].includes(press.key)) return null;
  const mod = mac ? press.metaKey : press.ctrlKey;
  const key = press.key === ' ' ? 'Space' : press.key.length === 1 && (mod || press.altKey || press.shiftKey) ? press.key.toUpperCase() : press.key;
  // A sign that itself needs Shift on most keyboards carries no Shift in its name.
  const shift = press.shiftKey && !unshifted.test(press.key);
  const held = [mod, press.altKey, shift];
  return [...modifiers.filter((_, index) => held[index]), key].join('+');
}

export type Overrides = Readonly<Record<string, string>>;

/** The keys of a command: the user's own instead of the default ones where set. */
export const keysOf = (name: CommandName, overrides: Overrides): readonly string[] => {
  const own = overrides[name];
  return own === undefined || own === '' ? commands[name].keys : [own];
};

/** Commands that share a key, for the settings to show. */
export function conflicts(overrides: Overrides): Map<string, CommandName[]> {
  const byKey = new Map<string, CommandName[]>();
  for (const name of commandNames) for (const key of keysOf(name, overrides)) byKey.set(key, [...(byKey.get(key) ?? []), name]);
  return new Map([...byKey].filter(([, names]) => names.length > 1));
}

/** The command a press means, given what was pressed just before (for `g t`). A lone first half gives `pending`. */
export function commandFor(pressed: string, before: string | null, overrides: Overrides): { command: CommandName | null; pending: string | null } {
  const pair = before === null ? null : `${before} ${pressed}`;
  const found =
    commandNames.find((name) => keysOf(name, overrides).some((key) => key === pair)) ?? commandNames.find((name) => keysOf(name, overrides).includes(pressed));
  if (found) return { command: found, pending: null };
  const starts = commandNames.some((name) => keysOf(name, overrides).some((key) => key.startsWith(`${pressed} `)));
  return { command: null, pending: starts ? pressed : null };
}

const macSigns: Readonly<Record<string, string>> = { Mod: '⌘', Alt: '⌥', Shift: '⇧', Enter: '↩', Backspace: '⌫' };
const signs: Readonly<Record<string, string>> = { Mod: 'Ctrl' };

/** The parts of a key for drawing: `['Ctrl', 'K']`, `['g', 't']`. */
export function keyParts(key: string, mac: boolean): string[] {
  const names = mac ? macSigns : signs;
  return key.split(/[+ ](?=.)/).map((part) => names[part] ?? part);
}
