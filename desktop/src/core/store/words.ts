/**
 * Text as the full-text index gets it, and what a user typed as a query of it. Both go through {@link indexed}, so that they meet; SQLite's `unicode61` then
 * folds case and diacritics.
 */

// Letters that no decomposition takes apart but every reader of the plain letter expects to find.
const plainLetters: Readonly<Record<string, string>> = {
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ı: 'i',
  þ: 'th',
  Þ: 'TH',
};
const special = /[øØłŁđĐßẞæÆœŒıþÞ]/g;

/**
 * Scripts written without spaces, and pictographs, as ranges of UTF-16: each character is a word of its own, a longer word is a phrase of them. Signs, Thai and Lao,
 * Myanmar, Hangul, Khmer, symbols, radicals to Yi, Hangul, Han; what lies beyond 16 bits is one from U+1F000 on.
 */
const alone: readonly (readonly [from: number, to: number])[] = [
  [0xa9, 0xa9],
  [0xae, 0xae],
  [0x0e00, 0x0eff],
  [0x1000, 0x109f],
  [0x1100, 0x11ff],
  [0x1780, 0x17ff],
  [0x2100, 0x2bff],
  [0x2e80, 0xa4cf],
  [0xa960, 0xa97f],
  [0xaa60, 0xaa7f],
  [0xac00, 0xd7ff],
  [0xf900, 0xfaff],
];
const aloneFrom = 0x1f000;

/** For each UTF-16 unit whether it stands alone: a look-up a character, because a text may have a million. */
const standsAlone = new Uint8Array(0x1_0000);
for (const [from, to] of alone) standsAlone.fill(1, from, to + 1);

const word = /[\p{L}\p{N}\p{M}\p{Co}\p{So}]+/gu;
// oxlint-disable-next-line no-control-regex -- the very range that needs no work
const ascii = /^[\u0001-\u007f]*$/;

export function indexed(text: string): string {
  if (ascii.test(text)) return text;
  // NUL ends a text inside SQLite's tokenizer, a lone surrogate is no character.
  const whole = text.toWellFormed().replaceAll('\0', ' ').normalize('NFKC');
  return spaced(whole.replace(special, (letter) => plainLetters[letter]!));
}

const space = 0x20;

function spaced(text: string): string {
  const units = new Uint16Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const wide = unit >= 0xd800 && unit < 0xdc00;
    const apart = wide ? text.codePointAt(at)! >= aloneFrom : standsAlone[unit] === 1;
    if (apart) units[length++] = space;
    units[length++] = unit;
    if (wide) units[length++] = text.charCodeAt(++at);
    if (apart) units[length++] = space;
  }
  return Buffer.from(units.buffer, 0, length * 2).toString('utf16le');
}

/** One word of a query: the tokens it falls into (several for scripts without spaces), which must stand together. */
export interface QueryWord {
  readonly tokens: readonly string[];
}

/** Words of what the user typed, at most `limit`; operators and quotes of the index's query language are only separators. */
export function queryWords(query: string, limit = 32): QueryWord[] {
  const words: QueryWord[] = [];
  for (const piece of query.split(/[\s\p{Z}]+/u)) {
    for (const [found] of piece.normalize('NFKC').matchAll(word)) {
      const tokens = indexed(found)
        .toLowerCase()
        .split(' ')
        .filter((token) => token !== '');
      if (tokens.length > 0 && words.length < limit) words.push({ tokens });
    }
  }
  return words;
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** The word as an expression of FTS5; a prefix also finds what begins with it. */
export function expression({ tokens }: QueryWord, prefix: boolean): string {
  return quoted(tokens.join(' ')) + (prefix ? ' *' : '');
}

/** All words of what the user typed must occur, the last one also as a beginning; empty where it has no words. */
export function matching(query: string): string {
  const words = queryWords(query);
  return words.map((each, index) => expression(each, index === words.length - 1)).join(' AND ');
}

const edge = 60;
const around = 160;
/** Characters in which the place is looked for. */
const lookedAt = 50_000;

/** A passage of `text` around the first of the words in it, as plain text on one line; its beginning where none is found. */
export function excerpt(text: string, words: readonly QueryWord[]): string {
  const folded = foldInPlace(text.slice(0, lookedAt));
  const places = words.map(({ tokens }) => folded.indexOf(foldInPlace(tokens.join('')))).filter((at) => at >= 0);
  const first = places.length > 0 ? Math.min(...places) : 0;
  const from = first <= edge ? 0 : afterSpace(text, first - edge);
  const to = Math.min(text.length, from + around);
  const passage = text
    .slice(from, to)
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return (from > 0 ? '…' : '') + passage + (to < text.length ? '…' : '');
}

/** Lower case without diacritics, unit by unit, so that places stay what they are. */
function foldInPlace(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  return text.replace(/[\u0080-\uffff]/g, (unit) => unit.normalize('NFD').toLowerCase().charAt(0)).toLowerCase();
}

/** The next beginning of a word, if one is near. */
function afterSpace(text: string, at: number): number {
  const blank = text.indexOf(' ', at);
  return blank >= 0 && blank - at < 20 ? blank + 1 : at;
}
