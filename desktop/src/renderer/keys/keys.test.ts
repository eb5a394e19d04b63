import { describe, expect, it } from 'vitest';
import { commandFor, conflicts, isComposing, keyParts, keysOf, pressName } from './keys.ts';

const press = (key: string, held = '') => ({
  key,
  ctrlKey: held.includes('c'),
  metaKey: held.includes('m'),
  altKey: held.includes('a'),
  shiftKey: held.includes('s'),
});

describe('a press by name', () => {
  it.each([
    [press('k', 'c'), false, 'Mod+K'],
    [press('k', 'm'), true, 'Mod+K'],
    [press('k', 'c'), true, 'k'],
    [press('F', 'cs'), false, 'Mod+Shift+F'],
    [press('?', 's'), false, '?'],
    [press('Enter', 'c'), false, 'Mod+Enter'],
    [press('[', 'c'), false, 'Mod+['],
    [press('n', 'a'), false, 'Alt+N'],
    [press('Control', 'c'), false, null],
    [press(' '), false, 'Space'],
  ])('%j', (pressed, mac, name) => expect(pressName(pressed, mac)).toBe(name));

  it('knows an input method at work, the old sign too', () => {
    expect([isComposing({ ...press('Enter'), isComposing: true }), isComposing({ ...press('Enter'), keyCode: 229 }), isComposing(press('Enter'))]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('commands', () => {
  it('take one press or two', () => {
    expect(commandFor('Mod+K', null, {})).toEqual({ command: 'palette', pending: null });
    expect(commandFor('g', null, {})).toEqual({ command: null, pending: 'g' });
    expect(commandFor('t', 'g', {})).toEqual({ command: 'goToday', pending: null });
    expect(commandFor('t', null, {})).toEqual({ command: null, pending: null });
  });

  it('approve and reject never by plain Enter', () => expect([...keysOf('approve', {}), ...keysOf('reject', {})]).toEqual(['Mod+Enter', 'Mod+Backspace']));
  it('have no key in common by default', () => expect([...conflicts({})]).toEqual([]));

  it('follow the keys of the user and show where two collide', () => {
    expect(commandFor('Mod+J', null, { palette: 'Mod+J' }).command).toBe('palette');
    expect(commandFor('Mod+K', null, { palette: 'Mod+J' }).command).toBeNull();
    expect([...conflicts({ palette: 'Mod+P' })]).toEqual([['Mod+P', ['palette', 'goTo']]]);
  });

  it('are drawn in parts, the plus sign too', () =>
    expect([keyParts('Mod+Shift+F', false), keyParts('g t', false), keyParts('Mod++', false), keyParts('Mod+K', true)]).toEqual([
      ['Ctrl', 'Shift', 'F'],
      ['g', 't'],
      ['Ctrl', '+'],
      ['⌘', 'K'],
    ]));
});
