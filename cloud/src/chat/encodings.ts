/** A way in which a model may be asked to write down what it must not say. */
export interface Encoding {
  readonly name: string;
  /** Every form the text takes: where it stands in something longer, the bytes may fall on another boundary. */
  forms(text: string): readonly string[];
  /** Also looked for in whole instructions, not only in marks. */
  readonly long?: true;
  /** Looked for again inside another encoding: base64 of reversed, hex of base64. */
  readonly inner?: true;
  /** Written in dots and dashes rather than in letters. */
  readonly signs?: true;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz';
const bytes = (text: string) => [...Buffer.from(text)];
const reversed = (text: string) => Array.from(text).toReversed().join('');
const isLetter = /[a-z]/i;

/** Each letter by another of the alphabet. */
const byLetter = (text: string, other: (index: number) => number): string =>
  text.replace(/[a-z]/gi, (letter) => {
    const to = alphabet[other(alphabet.indexOf(letter.toLowerCase())) % 26]!;
    return letter < 'a' ? to.toUpperCase() : to;
  });
const shifted = (text: string, by: number) => byLetter(text, (index) => index + by);

/** Groups of `size` characters stand for `block` bytes; of what begins elsewhere in a block only whole groups are sure. */
function aligned(text: string, block: number, encode: (data: Buffer) => string, size: number): string[] {
  return Array.from({ length: block }, (_, offset) => {
    const data = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = data.subarray(0, data.length - (data.length % block));
    const sure = offset === 0 ? 0 : size;
    return encode(whole).slice(sure);
  });
}

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** RFC 4648 §6, of whole blocks of five bytes. */
function base32(data: Buffer): string {
  const bits = [...data].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => base32Alphabet[Number.parseInt(five, 2)]!).join('');
}

const flipped: Readonly<Record<string, string>> = { b: 'q', q: 'b', d: 'p', p: 'd', n: 'u', u: 'n' };
const words = (text: string) => text.split(/\s+/);

/** ICAO spelling. */
const spoken =
  'alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu'.split(
    ' ',
  );
const spokenOtherwise: Readonly<Record<string, string>> = { alfa: 'alpha', juliett: 'juliet' };
const spell = (text: string, word: (spoken: string) => string) =>
  Array.from(text.toLowerCase(), (letter) => (isLetter.test(letter) ? word(spoken[alphabet.indexOf(letter)]!) : ` ${letter} `)).join(' ');

/** ITU-R M.1677-1. */
const morse = '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(' ');

/** A code for every byte, one after the other. */
const codes = (text: string, code: (byte: number) => string) => [bytes(text).map(code).join(' ')];

/**
 * All that the guard recognises; in letters as the table of look-alikes folds them, so spaces, punctuation, case and the alphabet of base64url make
 * no difference, and `%7a`, `7A` and `7a:` are one. What is not here, a paraphrase above all, passes.
 */
export const encodings: readonly Encoding[] = [
  { name: 'plain', forms: (text) => [text], long: true, inner: true },
  { name: 'reversed', forms: (text) => [reversed(text)], long: true, inner: true },
  { name: 'words reversed', forms: (text) => [words(text).toReversed().join(' ')], long: true },
  { name: 'each word reversed', forms: (text) => [words(text).map(reversed).join(' ')], long: true },
  { name: 'rot13', forms: (text) => [shifted(text, 13)], long: true, inner: true },
  { name: 'caesar', forms: (text) => Array.from({ length: 25 }, (_, by) => shifted(text, by + 1)) },
  { name: 'atbash', forms: (text) => [byLetter(text, (index) => 25 - index)], long: true },
  { name: 'rot47', forms: (text) => [text.replace(/[!-~]/g, (char) => String.fromCharCode(33 + ((char.charCodeAt(0) + 14) % 94)))] },
  { name: 'upside down', forms: (text) => [reversed(text.toLowerCase().replace(/[bqdpnu]/g, (letter) => flipped[letter]!))] },
  { name: 'doubled', forms: (text) => [text.replace(/\S/g, '$&$&')] },
  { name: 'upper case', forms: (text) => [text.toUpperCase()], inner: true },
  { name: 'spaced', forms: (text) => [Array.from(text).join(' ')], inner: true },
  { name: 'base64', forms: (text) => aligned(text, 3, (data) => data.toString('base64'), 4), long: true, inner: true },
  { name: 'base32', forms: (text) => aligned(text, 5, base32, 8) },
  { name: 'hex', forms: (text) => codes(text, (byte) => byte.toString(16).padStart(2, '0')), long: true, inner: true },
  { name: 'hex in a row', forms: (text) => [Buffer.from(text).toString('hex'), Buffer.from(text).toString('hex').toUpperCase()], inner: true },
  { name: 'hex with x', forms: (text) => codes(text, (byte) => `x${byte.toString(16)}`), long: true },
  { name: 'hex with 0x', forms: (text) => codes(text, (byte) => `0x${byte.toString(16)}`) },
  { name: 'unicode escapes', forms: (text) => codes(text, (byte) => `u00${byte.toString(16)}`) },
  { name: 'decimal', forms: (text) => codes(text, String), long: true },
  { name: 'octal', forms: (text) => codes(text, (byte) => byte.toString(8)) },
  { name: 'binary', forms: (text) => codes(text, (byte) => byte.toString(2).padStart(8, '0')) },
  { name: 'places in the alphabet', forms: (text) => [text.toLowerCase().replace(/[a-z]/g, (letter) => ` ${alphabet.indexOf(letter) + 1} `)] },
  { name: 'url', forms: (text) => [encodeURIComponent(text)], long: true },
  { name: 'spelling', forms: (text) => [spell(text, (word) => word), spell(text, (word) => spokenOtherwise[word] ?? word)] },
  { name: 'morse', forms: (text) => [Array.from(text.toLowerCase(), (letter) => morse[alphabet.indexOf(letter)] ?? '').join(' ')], signs: true },
];
