import type { Random } from '@adiuva/shared/kit/ids.ts';
import { encodings, type Encoding } from './encodings.ts';
import { firstLetter, kind, kinds, lettersIn } from './letters.ts';

/** What must not be said: no {@link markLength} letters of `marks` on end, no {@link runLength} letters of `texts`, in any of the {@link encodings}. */
export interface Secrets {
  readonly marks: readonly string[];
  readonly texts: readonly string[];
}

/** Bytes of chance in a mark, two letters each, of those that most encodings keep apart: no digits, which number lists, and nothing that rot47 makes a sign of. */
const markBytes = 12;
const markLetters = 'bcdefghpqrstvwxy';

/** A word to put into instructions. One for all that are watched together is enough, and every further one makes the table larger. */
export const newMark = (random: Random): string => Array.from(random(markBytes), (byte) => `${markLetters[byte >> 4]}${markLetters[byte & 15]}`).join('');

/** Letters after which a piece of a mark is no accident. */
export const markLength = 10;
/** Letters and digits after which repeating our own instructions is no accident any more; half of it once something was withheld. */
export const runLength = 48;
export const withheld = '[withheld]';

/**
 * Watches a text that arrives in pieces, as letters alone, in several views: all of them, the first of each word, the first and the last of each line,
 * and the dots and dashes. A net, not a wall: a paraphrase passes. The output does not depend on where the pieces are cut.
 */
export interface LeakGuard {
  /** The part that may leave now; what agrees with a secret so far waits. */
  push(text: string): string;
  /** What was still waiting. */
  end(): string;
  /** How often something was withheld. */
  readonly caught: number;
}

export interface Watch {
  /** A guard for one stream. */
  guard(): LeakGuard;
  /** A whole text, cleaned. */
  clean(text: string): string;
  /** Whether a whole text, or any text in a value, or all that stand under one name together, would be changed. */
  holds(value: unknown): boolean;
}

/** Prepares the secrets once; each stream then gets a guard of its own. */
export function watchFor(secrets: Secrets): Watch {
  const book = bookOf(secrets);
  const guard = () => new StreamGuard(book);
  const clean = (text: string) => {
    const one = guard();
    return one.push(text) + one.end();
  };
  const changes = (text: string) => {
    const one = guard();
    one.push(text);
    return one.caught > 0;
  };
  return { guard, clean, holds: (value) => textsIn(value).some(changes) };
}

/** Every text of a value: names and strings in their order, and once more what stands under each name, so that nothing hides between two fields. */
function textsIn(value: unknown): string[] {
  const all: string[] = [];
  const named = new Map<string, string[]>();
  const collect = (item: unknown, name: string) => {
    if (typeof item === 'string') {
      all.push(item);
      named.set(name, [...(named.get(name) ?? []), item]);
    } else if (Array.isArray(item)) for (const one of item) collect(one, name);
    else if (item !== null && typeof item === 'object')
      for (const [key, one] of Object.entries(item)) {
        all.push(key);
        collect(one, key);
      }
  };
  collect(value, '');
  return [...all, all.join('\n'), ...[...named.values()].map((texts) => texts.join('\n'))];
}

/** Letters that are compared at once, by a rolling hash (Rabin, Karp); the last `remembered` letters are kept to look back. */
const windowLength = 8;
const remembered = 64;
/** How far apart the windows of secrets lie that are looked up. */
const strides = { marks: 2, texts: 16 } as const;
/** Agreements that are followed at the same time in one view. */
const mostLive = 128;

const base = 16_777_619;
const highest = Array.from({ length: windowLength - 1 }).reduce<number>((power) => Math.imul(power, base), 1);

/** Everything that is looked for, as letters one after the other, and where in it each window stands. */
interface Book {
  readonly letters: Uint16Array;
  /** Places right behind a window, 0 where none is, found by hash; the number of slots is a power of two. */
  readonly slots: Int32Array;
  /** Of each letter in the book: where its secret ends, and how many letters on end are enough. */
  readonly secretAt: Uint32Array;
  readonly ends: readonly number[];
  readonly enough: readonly number[];
  readonly isMark: readonly boolean[];
}

interface Entry {
  readonly letters: string;
  readonly enough: number;
  readonly isMark: boolean;
}

function bookOf({ marks, texts }: Secrets): Book {
  const inner = encodings.filter((encoding) => encoding.inner);
  const twice = (mark: string) =>
    inner.flatMap((first) => first.forms(mark).flatMap((form) => encodings.flatMap((then) => entries(form, then, mark, markLength, true))));
  const long = encodings.filter((encoding) => encoding.long);
  const list = [...marks.flatMap(twice), ...texts.flatMap((text) => long.flatMap((encoding) => entries(text, encoding, text, runLength, false)))];
  const unique = [...new Map(list.map((entry) => [entry.letters, entry])).values()];
  // A letter that no text holds stands between two secrets, so that no window goes over a border.
  const whole = unique.map((entry) => `${entry.letters}\0`).join('');
  const letters = new Uint16Array(whole.length);
  for (let at = 0; at < whole.length; at++) letters[at] = whole.charCodeAt(at);
  return { letters, ...indexed(letters, unique) };
}

/** What has to agree at the least, in bits: some encodings keep so few letters, or so few different ones, that numbers and dashes would agree by chance. */
const leastBits = 32;

/** The letters of a secret in one encoding; as many of them are enough as stand for `enough` of its own. */
function entries(text: string, encoding: Encoding, secret: string, enough: number, isMark: boolean): Entry[] {
  const own = lettersIn(secret).length;
  return encoding
    .forms(text)
    .map((form) => (encoding.signs ? form.replace(/[^.-]/g, '') : lettersIn(form)))
    .map((letters) => ({ letters, isMark, enough: Math.max(leastLetters(letters), Math.ceil((enough * letters.length) / own)) }))
    .filter(({ letters, enough: needed }) => letters.length >= needed);
}

const leastLetters = (letters: string): number => Math.max(windowLength, Math.ceil(leastBits / Math.log2(Math.max(2, new Set(letters).size))));

function indexed(letters: Uint16Array, list: readonly Entry[]): Omit<Book, 'letters'> {
  const places: number[] = [];
  const secretAt = new Uint32Array(letters.length);
  const ends: number[] = [];
  let start = 0;
  for (const [index, { letters: own, isMark }] of list.entries()) {
    const end = start + own.length;
    secretAt.fill(index, start, end + 1);
    ends.push(end);
    for (let at = start + windowLength; at <= end; at += isMark ? strides.marks : strides.texts) places.push(at);
    start = end + 1;
  }
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(4 * places.length + 4)));
  for (const place of places) {
    let slot = slotOf(hashAt(letters, place), slots.length);
    while (slots[slot] !== 0) slot = (slot + 1) % slots.length;
    slots[slot] = place;
  }
  return { slots, secretAt, ends, enough: list.map(({ enough }) => enough), isMark: list.map(({ isMark }) => isMark) };
}

const slotOf = (hash: number, size: number): number => ((hash ^ (hash >>> 15)) >>> 0) & (size - 1);

/** Of the window that ends before `place`. */
function hashAt(letters: Uint16Array, place: number): number {
  let hash = 0;
  for (let at = place - windowLength; at < place; at++) hash = (Math.imul(hash, base) + letters[at]!) | 0;
  return hash;
}

/** An agreement under way: where in the book it goes on, and how many letters agree. */
interface Live {
  readonly place: number;
  readonly matched: number;
}

/** What a view says of the text after a letter: nothing agrees, something agrees so far, enough does and goes on. */
const states = { nothing: 0, agrees: 1, goesOn: 2 } as const;

/** One view of the text: a row of letters that is compared with the book. */
class View {
  readonly #book: Book;
  readonly #ring = new Uint16Array(remembered);
  #at = 0;
  #hash = 0;
  #live: readonly Live[] = [];
  /** Of {@link states}, added up. */
  state = 0;

  constructor(book: Book) {
    this.#book = book;
  }

  /** Takes the next letter; true when it is one of enough on end. `lenient`: half of an instruction is enough. */
  see(letter: number, lenient: boolean): boolean {
    const ring = this.#ring;
    const oldest = ring[(this.#at - windowLength) & (remembered - 1)]!;
    ring[this.#at & (remembered - 1)] = letter;
    this.#at++;
    this.#hash = (Math.imul((this.#hash - Math.imul(oldest, highest)) | 0, base) + letter) | 0;
    const { slots } = this.#book;
    if (this.state === states.nothing && slots[slotOf(this.#hash, slots.length)] === 0) return false;
    return this.#follow(letter, lenient);
  }

  #follow(letter: number, lenient: boolean): boolean {
    const { letters, ends, secretAt } = this.#book;
    const agree = this.#live.flatMap(({ place, matched }) => (letters[place] === letter ? [{ place: place + 1, matched: matched + 1 }] : []));
    this.#begin(agree);
    const isEnough = ({ place, matched }: Live) => matched >= this.#enough(place, lenient);
    const goesOn = ({ place }: Live) => place < ends[secretAt[place - 1]!]!;
    this.#live = agree.filter(goesOn);
    this.state = (this.#live.length > 0 ? states.agrees : 0) | (this.#live.some(isEnough) ? states.goesOn : 0);
    return agree.some(isEnough);
  }

  /** Adds the places in the book where the last letters stand. */
  #begin(agree: Live[]): void {
    const { slots } = this.#book;
    for (let slot = slotOf(this.#hash, slots.length); slots[slot] !== 0 && agree.length < mostLive; slot = (slot + 1) & (slots.length - 1)) {
      const place = slots[slot]!;
      if (agree.some((one) => one.place === place)) continue;
      const matched = this.#lookBack(place);
      if (matched >= windowLength) agree.push({ place, matched });
    }
  }

  /** How many letters before a place in the book are the last ones of the text. */
  #lookBack(place: number): number {
    const { letters } = this.#book;
    for (let back = 1; back <= remembered; back++) {
      const letter = letters[place - back];
      if (!letter || letter !== this.#ring[(this.#at - back) & (remembered - 1)]) return back - 1;
    }
    return remembered;
  }

  #enough(place: number, lenient: boolean): number {
    const { secretAt, enough, isMark } = this.#book;
    const secret = secretAt[place - 1]!;
    return lenient && !isMark[secret] ? Math.ceil(enough[secret]! / 2) : enough[secret]!;
  }
}

const [dot, dash] = [0x2e, 0x2d];
/** In no secret, so that nothing agrees across it. */
const gap = 1;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

class StreamGuard implements LeakGuard {
  readonly #all: View;
  readonly #words: View;
  readonly #lines: View;
  readonly #lineEnds: View;
  readonly #signs: View;
  #inWord = false;
  #inLine = false;
  #inSigns = false;
  #last = 0;
  #half = '';
  #held = '';
  #withholds = false;
  caught = 0;

  constructor(book: Book) {
    this.#all = new View(book);
    this.#words = new View(book);
    this.#lines = new View(book);
    this.#lineEnds = new View(book);
    this.#signs = new View(book);
  }

  push(text: string): string {
    const whole = this.#half + text;
    // A character cut in two by the chunk border waits for its other half.
    this.#half = (whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800 ? whole.slice(-1) : '';
    return this.#pass(whole, whole.length - this.#half.length);
  }

  end(): string {
    const half = this.#half;
    this.#half = '';
    const out = this.#pass(half, half.length) + this.#held;
    this.#held = '';
    return out;
  }

  /** What may leave of the first `length` of a text. */
  #pass(text: string, length: number): string {
    let out = '';
    /** From here on nothing has left yet; from `heldAt` on it waits. */
    let from = 0;
    let heldAt = this.#held === '' ? -1 : 0;
    for (let at = 0; at < length;) {
      const unit = text.charCodeAt(at);
      const code = unit >= 0xd800 && unit < 0xdc00 ? text.codePointAt(at)! : unit;
      const next = at + (code > 0xffff ? 2 : 1);
      const enough = this.#read(code);
      const state = this.#all.state | this.#words.state | this.#lines.state | this.#lineEnds.state | this.#signs.state;
      if (!enough && state === states.nothing && heldAt < 0 && !this.#withholds) {
        at = next;
        continue;
      }
      if (enough) {
        if (!this.#withholds) out += text.slice(from, heldAt < 0 ? at : heldAt) + this.#withhold();
        this.#held = '';
        from = next;
        heldAt = -1;
      } else if (state === states.nothing) {
        this.#withholds = false;
        out += this.#held;
        this.#held = '';
        heldAt = -1;
      } else {
        // What stands between two letters that are withheld goes with the second.
        this.#withholds &&= (state & states.goesOn) !== 0;
        if (heldAt < 0) heldAt = at;
      }
      at = next;
    }
    const until = heldAt < 0 ? length : Math.max(heldAt, from);
    this.#held += text.slice(until, length);
    return out === '' && from === 0 && until === text.length ? text : out + text.slice(from, until);
  }

  #withhold(): string {
    this.#withholds = true;
    this.caught++;
    return withheld;
  }

  /** Shows a character to the views; true when one of them has seen enough. */
  #read(code: number): boolean {
    const what = kind(code);
    if (what >= firstLetter) return this.#letter(what, code);
    if (what === kinds.invisible) return false;
    if (what === kinds.many) return Array.from(lettersIn(String.fromCodePoint(code)), (letter) => this.#letter(letter.charCodeAt(0), code)).some(Boolean);
    this.#inWord = false;
    if (what === kinds.line) return this.#endLine();
    if (what !== kinds.dot && what !== kinds.dash) return false;
    this.#inSigns = true;
    return this.#signs.see(what === kinds.dot ? dot : dash, this.caught > 0);
  }

  /** Digits begin no word and no line: they number them. */
  #letter(letter: number, code: number): boolean {
    const lenient = this.caught > 0;
    let enough = this.#all.see(letter, lenient);
    if (this.#inSigns) {
      // The stops of sentences are no signs of one word.
      this.#inSigns = false;
      this.#signs.see(gap, lenient);
    }
    const digit = isDigit(code);
    if (!this.#inWord) {
      this.#inWord = true;
      if (!digit) enough = this.#words.see(letter, lenient) || enough;
    }
    if (digit) return enough;
    this.#last = letter;
    if (this.#inLine) return enough;
    this.#inLine = true;
    return this.#lines.see(letter, lenient) || enough;
  }

  #endLine(): boolean {
    const last = this.#last;
    this.#inLine = false;
    this.#last = 0;
    return last !== 0 && this.#lineEnds.see(last, this.caught > 0);
  }
}
