import { describe, expect, it } from 'vitest';
import { drawnBlocks, endsInFence, seemsCut, splitBlocks } from './blocks.ts';
import { linkTarget } from './links.ts';
import { fenced } from './use-dropped-files.ts';

describe('a growing answer in blocks', () => {
  it('is cut at blank lines', () => expect(splitBlocks('a\nb\n\nc')).toEqual(['a\nb\n', 'c']));
  it('is not cut inside a fence, closed or not', () => {
    expect(splitBlocks('```js\na\n\nb\n```\n\nc')).toHaveLength(2);
    expect(splitBlocks('```js\na\n\nb')).toHaveLength(1);
  });
  it('keeps a loose list together', () => expect(splitBlocks('1. a\n\n2. b\n\n   more\n\nend')).toEqual(['1. a\n\n2. b\n\n   more\n', 'end']));
  it('is drawn as one where a block defines a link for others', () => expect(drawnBlocks('See [a].\n\nb\n\n[a]: https://example.org')).toHaveLength(1));
  it('knows whether a fence is still open', () => expect(['```js\na', '```js\na\n```', 'a', '~~~\n```'].map(endsInFence)).toEqual([true, false, false, true]));
  it('is known to break off only where it is long and ends in the middle', () => {
    const long = 'Word after word. '.repeat(100);
    const ends = ['and so', '```js\nlet a', 'the end.', '**The end.**', '- a last point', '| a | row |', 'A question?'];
    expect(ends.map((end) => seemsCut(`${long}\n\n${end}`))).toEqual([true, true, false, false, false, false, false]);
    expect(seemsCut('and so')).toBe(false);
  });
  it('loses nothing', () => expect(splitBlocks('a\n\n\nb\n\n- c\n\n- d').join('\n')).toBe('a\n\n\nb\n\n- c\n\n- d'));
});

describe('links', () => {
  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '/relative', 'https://user:secret@host.example/', 'not a link', undefined])(
    'that may not be opened: %s',
    (href) => expect(linkTarget(href)).toBeNull(),
  );
  it.each([
    ['https://example.org/guide?x=1', 'example.org'],
    ['http://example.org:8080/', 'example.org:8080'],
    ['mailto:marta@example.org', 'marta@example.org'],
    ['https://exаmple.org/', 'xn--exmple-4nf.org'],
  ])('show where they lead: %s', (href, host) => expect(linkTarget(href)?.host).toBe(host));
});

describe('a text file in a message', () => {
  it('stands in a fence longer than any inside it', () => expect(fenced('a.md', 'x ```` y\n')).toBe('a.md:\n`````\nx ```` y\n`````'));
});
