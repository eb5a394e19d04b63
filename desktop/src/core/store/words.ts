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

/** Scripts written without spaces, and pictographs: each character is a word of its own, a longer word is a phrase of them. */
const alone =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Extended_Pictographic}]/gu;
const word = /[\p{L}\p{N}\p{M}\p{Co}\p{So}]+/gu;
// eslint-disable-next-line no-control-regex -- the very range that needs no work
const ascii = /^[\u0001-\u007f]*$/;

export function indexed(text: string): string {
  if (ascii.test(text)) return text;
  // NUL ends a text inside SQLite's tokenizer, a lone surrogate is no character.
  const whole = text.toWellFormed().replaceAll('\0', ' ').normalize('NFKC');
  return whole.replace(special, (letter) => plainLetters[letter]!).replace(alone, ' $& ');
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

/** A passage of `text` around the first of the words in it, as plain text on one line; its beginning where none is found. */
export function excerpt(text: string, words: readonly QueryWord[]): string {
  const lower = text.toLowerCase();
  const places = words.map(({ tokens }) => lower.indexOf(tokens.join(''))).filter((at) => at >= 0);
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

/** The next beginning of a word, if one is near. */
function afterSpace(text: string, at: number): number {
  const space = text.indexOf(' ', at);
  return space >= 0 && space - at < 20 ? space + 1 : at;
}
