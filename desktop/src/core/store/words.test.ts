import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { excerpt, expression, indexed, matching, queryWords } from './words.ts';

describe('words of a query', () => {
  it.each([
    ['Invoice for Märta', ['invoice', 'for', 'märta']],
    ['"quoted" AND (x OR NOT y) NEAR/3 title:z* ^w', ['quoted', 'and', 'x', 'or', 'not', 'y', 'near', '3', 'title', 'z', 'w']],
    ["don't e-mail a@b.example", ['don', 't', 'e', 'mail', 'a', 'b', 'example']],
    ['会議', ['会 議']],
    ['Ｗｉｄｅ ﬁne', ['wide', 'fine']],
    ['Łódź Straße', ['lódź', 'strasse']],
    ['', []],
    ['\0\ud800 \u202e ,;', []],
  ])('%j', (query, words) => {
    expect(queryWords(query).map(({ tokens }) => tokens.join(' '))).toEqual(words);
  });

  it('are bounded', () => {
    expect(queryWords('a '.repeat(10_000))).toHaveLength(32);
  });

  it('make an expression with the last word as a beginning', () => {
    expect(matching('send "inv')).toBe('"send" AND "inv" *');
    expect(expression({ tokens: ['会', '議'] }, false)).toBe('"会 議"');
  });

  it('text without a letter for the index stays as it is', () => {
    expect(indexed('plain ascii\n1')).toBe('plain ascii\n1');
    expect(indexed('a\0b')).toBe('a b');
    expect(indexed('“x” – Grüße, привет')).toBe('“x” – Grüsse, привет');
    expect(indexed('a会議😀b𝛼𠀀')).toBe('a 会  議  😀 bα 𠀀 ');
  });
});

describe('excerpt', () => {
  const text = `${'lorem ipsum '.repeat(30)}the needle here ${'dolor sit '.repeat(30)}`;

  it('finds the place whatever the case and the diacritics', () => {
    const far = `${'lorem ipsum '.repeat(30)}MÄRTA 会議 here`;
    for (const query of ['marta', 'Märta', '会議']) expect([query, excerpt(far, queryWords(query))]).toEqual([query, expect.stringContaining('MÄRTA 会議')]);
  });

  it('shows the place of the first word, on one line', () => {
    const shown = excerpt(text, queryWords('Needle'));
    expect(shown).toMatch(/^….*the needle here.*…$/);
    expect(shown.length).toBeLessThan(180);
    expect(excerpt('one\n\n two\0three', [])).toBe('one two three');
  });

  it('never shows half a character', () => {
    const strings = new URL('../../../../../shared/vectors/strings/blns.json', import.meta.url);
    const naughty = existsSync(strings) ? (JSON.parse(readFileSync(strings, 'utf8')) as string[]) : [];
    for (const each of ['😀'.repeat(200), ...naughty]) expect(excerpt(`${each}${text}`, queryWords('needle')).isWellFormed()).toBe(true);
  });
});
