/**
 * What a character is to somebody who looks for hidden words: the letter it looks like, or what stands between letters. Case, accents, width, style
 * (𝐛𝐨𝐥𝐝, ⓒircled, ᵗiny), look-alikes of other scripts, digits for letters, Braille, flags and invisible copies of ASCII all come to the same letter.
 */
export const kinds = { invisible: 1, word: 2, line: 3, dot: 4, dash: 5, many: 6 } as const;
/** Above all of {@link kinds}: the code of a letter. */
export const firstLetter = 32;

/** Letter, and what is taken for it after NFKD (Unicode UAX #15) and lower case; digits and signs as people write letters with them. */
const lookAlikes: readonly (readonly [string, string])[] = [
  ['a', '4@аαɑɐᴀ∀'],
  ['b', '8вьʙƅβ'],
  ['c', 'сϲᴄɔⅽ'],
  ['d', 'ԁᴅɖԃ'],
  ['e', '3еεєҽᴇəǝ'],
  ['f', 'ƒꜰɟғ'],
  ['g', '69ɡցɢƃ'],
  ['h', 'һհнʜɥη'],
  ['i', '1lіιıɩӏןɪᴉʟǀ'],
  ['j', 'јյᴊɾϳ'],
  ['k', 'кκᴋʞ'],
  ['m', 'мᴍɯ'],
  ['n', 'пոɴ'],
  ['o', '0оοօσᴏ'],
  ['p', 'рρᴘ'],
  ['q', 'ԛգ'],
  ['r', 'гᴦʀɹ'],
  ['s', '5$ѕꜱ'],
  ['t', '7тτᴛʇ'],
  ['u', 'υսᴜ'],
  ['v', 'νѵᴠʌ'],
  ['w', 'ԝωᴡʍ'],
  ['x', 'хχ×'],
  ['y', 'уүγʏʎ'],
  ['z', '2ᴢʐ'],
];
const alike = new Map(lookAlikes.flatMap(([letter, list]) => Array.from(list, (other) => [other, letter] as const)));

const braille = '⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵';
const brailleOrder = 'abcdefghijklmnopqrstuvwxyz';

/** Blocks that copy the alphabet without a decomposition: first code, last code, what the first stands for. */
const copies: readonly (readonly [number, number, number])[] = [
  [0x1f1e6, 0x1f1ff, 0x61], // regional indicators
  [0x1f150, 0x1f169, 0x61], // negative circled
  [0x1f170, 0x1f189, 0x61], // negative squared
  [0xe0020, 0xe007e, 0x20], // tags: invisible ASCII
  [0xfe00, 0xfe0f, 0], // variation selectors, a byte each
  [0xe0100, 0xe01ef, 16], // the rest of them
];

/** The letters of one character; none for what is no letter. */
function lettersOf(code: number): string {
  const copy = copies.find(([first, last]) => code >= first && code <= last);
  const raw = copy ? String.fromCharCode(code - copy[0] + copy[2]) : String.fromCodePoint(code);
  const dots = braille.indexOf(raw);
  if (dots >= 0) return folded(brailleOrder[dots]!);
  return Array.from(raw.normalize('NFKD').toLowerCase(), folded).join('');
}

const folded = (char: string): string => alike.get(char) ?? (/[\p{L}\p{N}]/u.test(char) ? char : '');

function kindOf(code: number): number {
  const letters = lettersOf(code);
  if (letters.length === 1) return letters.charCodeAt(0);
  if (letters.length > 1) return kinds.many;
  const raw = String.fromCodePoint(code);
  if (/[\n\r\u2028\u2029]/.test(raw)) return kinds.line;
  if (/[.·•∙⋅]/.test(raw)) return kinds.dot;
  if (/[-_‐-―−]/.test(raw)) return kinds.dash;
  if (/['’]/.test(raw)) return kinds.invisible;
  return /[\p{M}\p{Cf}]/u.test(raw) || copies.some(([first, last]) => code >= first && code <= last) ? kinds.invisible : kinds.word;
}

/** Kinds of the first plane, filled as they are asked for: text uses few of them, again and again. */
const known = new Uint16Array(0x1_0000);

/** The letter of a code point, or one of {@link kinds}; of `many` the letters are {@link lettersIn} it. */
export function kind(code: number): number {
  if (code > 0xffff) return kindOf(code);
  return known[code] || (known[code] = kindOf(code));
}

/** Letters of a text, as the kinds above fold them. */
export function lettersIn(text: string): string {
  let letters = '';
  for (const char of text) {
    const found = kind(char.codePointAt(0)!);
    if (found >= firstLetter) letters += String.fromCharCode(found);
    else if (found === kinds.many) letters += lettersOf(char.codePointAt(0)!);
  }
  return letters;
}
