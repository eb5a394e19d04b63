import { describe, expect, it } from 'vitest';
import { visibleText } from './visible.ts';

describe('text from outside', () => {
  it.each([
    ['plain text, ünïcödé, 日本語, عربى', 'plain text, ünïcödé, 日本語, عربى'],
    ['invoice\u202Efdp.exe', 'invoice⟨RLO⟩fdp.exe'],
    ['a\u200Bb\uFEFF', 'a⟨ZWSP⟩b⟨BOM⟩'],
    ['bell\u0007 escape\u001B[31m', 'bell⟨␇⟩ escape⟨␛⟩[31m'],
    ['line\nbreak\tand tab', 'line\nbreak\tand tab'],
    ['\u2067isolate\u2069', '⟨RLI⟩isolate⟨PDI⟩'],
    ['tag \u{E0041}', 'tag ⟨U+E0041⟩'],
    ['c1 \u0085', 'c1 ⟨U+0085⟩'],
    ['family 👨‍👩‍👧', 'family 👨‍👩‍👧'],
    ['joiner a\u200Db', 'joiner a⟨ZWJ⟩b'],
    ['lone \uD800 half', 'lone ⟨U+D800⟩ half'],
    ['', ''],
  ])('%j', (text, shown) => expect(visibleText(text)).toBe(shown));
});
