/** Characters that a reader cannot see or that turn the order of others, with the name drawn in their place. */
const named: Readonly<Record<number, string>> = {
  0x00ad: 'SHY',
  0x061c: 'ALM',
  0x180e: 'MVS',
  0x200b: 'ZWSP',
  0x200c: 'ZWNJ',
  0x200d: 'ZWJ',
  0x200e: 'LRM',
  0x200f: 'RLM',
  0x2028: 'LS',
  0x2029: 'PS',
  0x202a: 'LRE',
  0x202b: 'RLE',
  0x202c: 'PDF',
  0x202d: 'LRO',
  0x202e: 'RLO',
  0x2060: 'WJ',
  0x2061: 'FA',
  0x2062: 'IT',
  0x2063: 'IS',
  0x2064: 'IP',
  0x2066: 'LRI',
  0x2067: 'RLI',
  0x2068: 'FSI',
  0x2069: 'PDI',
  0xfeff: 'BOM',
  0xfff9: 'IAA',
  0xfffa: 'IAS',
  0xfffb: 'IAT',
  0x3164: 'HF',
  0x115f: 'HCF',
  0x1160: 'HJF',
};

const emoji = /\p{Extended_Pictographic}/u;

function nameOf(code: number, before: string, after: string): string | null {
  if (code === 0x0a || code === 0x09) return null;
  // A joiner between two pictures makes one picture (a family, a flag): nothing is hidden.
  if (code === 0x200d && emoji.test(before || ' ') && emoji.test(after || ' ')) return null;
  const known = named[code];
  if (known) return known;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0))
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if ((code >= 0xe0000 && code <= 0xe007f) || (code >= 0xd800 && code <= 0xdfff)) return `U+${code.toString(16).toUpperCase()}`;
  return null;
}

/** A stretch of a text: as it stands, or the name of one character that would not be seen. */
export interface Stretch {
  readonly text: string;
  readonly hidden: boolean;
}

/** Splits a text so that control, direction and invisible characters can be drawn by name. Line breaks and tabs stay. */
export function visibleStretches(text: string): Stretch[] {
  const characters = Array.from(text);
  const stretches: { text: string; hidden: boolean }[] = [];
  characters.forEach((character, index) => {
    const name = nameOf(character.codePointAt(0) ?? 0, characters[index - 1] ?? '', characters[index + 1] ?? '');
    const last = stretches.at(-1);
    if (name !== null) stretches.push({ text: name, hidden: true });
    else if (last && !last.hidden) last.text += character;
    else stretches.push({ text: character, hidden: false });
  });
  return stretches;
}

/** The same as one string, names in ⟨ ⟩; for titles, labels and copied text. */
export const visibleText = (text: string): string =>
  visibleStretches(text)
    .map((part) => (part.hidden ? `⟨${part.text}⟩` : part.text))
    .join('');
