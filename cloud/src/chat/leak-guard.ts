/** What must not be said: `marks` never leave at all, of `texts` no run of {@link runLength} letters goes on. */
export interface Secrets {
  readonly marks: readonly string[];
  readonly texts: readonly string[];
}

/** Letters and digits after which repeating our own instructions is no accident any more. */
export const runLength = 48;
export const withheld = '[withheld]';

/**
 * Watches a text that arrives in pieces. Only letters and digits count, in any case, so spacing, punctuation and invisible characters do not
 * hide anything. A net, not a wall: a paraphrase passes. The output does not depend on where the pieces are cut.
 */
export interface LeakGuard {
  /** The part that may leave now; a piece that might become a mark waits. */
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
  /** Whether a whole text would be changed. */
  holds(text: string): boolean;
}

/** Prepares the secrets once; each stream then gets a guard of its own. */
export function watchFor({ marks, texts }: Secrets): Watch {
  const needles = marks
    .map(letters)
    .filter((needle) => needle.length > 0)
    .map((needle) => ({ needle, fallback: fallbackTable(needle) }));
  const runs = new Set(texts.map(letters).flatMap(windows));
  const hashes = new Set(Array.from(runs, hashOf));
  const guard = () => new StreamGuard(needles, { runs, hashes });
  const clean = (text: string) => {
    const one = guard();
    return one.push(text) + one.end();
  };
  const holds = (text: string) => {
    const one = guard();
    one.push(text);
    one.end();
    return one.caught > 0;
  };
  return { guard, clean, holds };
}

const letterOrDigit = /[\p{L}\p{N}]+/gu;
/** Letters and digits, in one case and one form. */
const letters = (text: string): string => (text.normalize('NFKC').toLowerCase().match(letterOrDigit) ?? []).join('');
/** The same of one character; the first 128 need no tables of Unicode. */
const plain = Array.from({ length: 128 }, (_, code) => letters(String.fromCharCode(code)));
const lettersOf = (raw: string): string => plain[raw.codePointAt(0)!] ?? letters(raw);

function windows(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - runLength + 1) }, (_, start) => text.slice(start, start + runLength));
}

/** Windows of the secret texts, and their hashes, which are asked first because they cost next to nothing as the text rolls on. */
interface Runs {
  readonly runs: ReadonlySet<string>;
  readonly hashes: ReadonlySet<number>;
}

/** A rolling hash (Rabin, Karp): of the letters in a window, each times a power of the base. */
const base = 16_777_619;
const highest = Array.from({ length: runLength - 1 }).reduce<number>((power) => Math.imul(power, base), 1);
const hashOf = (window: string): number => window.split('').reduce((hash, letter) => (Math.imul(hash, base) + letter.charCodeAt(0)) | 0, 0);

interface Needle {
  readonly needle: string;
  /** Knuth, Morris, Pratt: how much still matches after a mismatch at each place. */
  readonly fallback: readonly number[];
}

function fallbackTable(needle: string): number[] {
  const table = [0];
  for (let at = 1, matched = 0; at < needle.length; at++) {
    while (matched > 0 && needle[at] !== needle[matched]) matched = table[matched - 1]!;
    if (needle[at] === needle[matched]) matched++;
    table.push(matched);
  }
  return table;
}

class StreamGuard implements LeakGuard {
  readonly #needles: readonly Needle[];
  readonly #runs: Runs;
  /** How much of each needle the end of the text matches, and the most of all. */
  #matched: number[];
  #most = 0;
  /** What waits because it may be the beginning of a mark, and how many letters it holds. */
  #waiting: { raw: string; letters: number }[] = [];
  /** The last letters, in a ring, and their hash. */
  readonly #ring = new Uint16Array(runLength);
  #at = 0;
  #hash = 0;
  #half = '';
  #inRun = false;
  caught = 0;

  constructor(needles: readonly Needle[], runs: Runs) {
    this.#needles = needles;
    this.#runs = runs;
    this.#matched = needles.map(() => 0);
  }

  push(text: string): string {
    let whole = this.#half + text;
    // A character cut in two by the chunk border waits for its other half.
    this.#half = /[\uD800-\uDBFF]$/.exec(whole)?.[0] ?? '';
    if (this.#half) whole = whole.slice(0, -1);
    let out = '';
    for (const raw of whole) out += this.#take(raw);
    return out;
  }

  end(): string {
    const half = this.#half;
    this.#half = '';
    const out = (half && this.#take(half)) + this.#waiting.map(({ raw }) => raw).join('');
    this.#waiting = [];
    return out;
  }

  #take(raw: string): string {
    const found = lettersOf(raw);
    let mark = false;
    for (let i = 0; i < found.length; i++) mark = this.#advance(found.charCodeAt(i)) || mark;
    if (mark) return this.#withholdMark();
    if (found === '' ? this.#inRun : this.#isRun()) return this.#withholdRun();
    this.#inRun = false;
    if (this.#most === 0 && this.#waiting.length === 0) return raw;
    this.#waiting.push({ raw, letters: found.length });
    return this.#release();
  }

  /** True when a mark is complete. */
  #advance(letter: number): boolean {
    const oldest = this.#ring[this.#at]!;
    this.#ring[this.#at] = letter;
    this.#at = (this.#at + 1) % runLength;
    this.#hash = (Math.imul((this.#hash - Math.imul(oldest, highest)) | 0, base) + letter) | 0;
    let most = 0;
    let complete = false;
    for (let index = 0; index < this.#needles.length; index++) {
      const { needle, fallback } = this.#needles[index]!;
      let matched = this.#matched[index]!;
      while (matched > 0 && (matched === needle.length || needle.charCodeAt(matched) !== letter)) matched = fallback[matched - 1]!;
      if (needle.charCodeAt(matched) === letter) matched++;
      this.#matched[index] = matched;
      most = Math.max(most, matched);
      complete ||= matched === needle.length;
    }
    this.#most = most;
    return complete;
  }

  /** Whether the last letters stand in a secret text. */
  #isRun(): boolean {
    if (!this.#runs.hashes.has(this.#hash)) return false;
    const last = Array.from({ length: runLength }, (_, index) => this.#ring[(this.#at + index) % runLength]!);
    return this.#runs.runs.has(String.fromCharCode(...last));
  }

  #withholdMark(): string {
    this.#waiting = [];
    this.#matched.fill(0);
    this.#most = 0;
    this.caught++;
    return withheld;
  }

  #withholdRun(): string {
    const first = !this.#inRun;
    this.#inRun = true;
    this.#waiting = [];
    if (first) this.caught++;
    return first ? withheld : '';
  }

  /** All but the letters that may still become a mark, and what stands between them. */
  #release(): string {
    const keep = this.#most;
    let held = this.#waiting.reduce((sum, { letters: count }) => sum + count, 0);
    let out = '';
    while (this.#waiting.length > 0 && (keep === 0 || held > keep)) {
      const { raw, letters: count } = this.#waiting.shift()!;
      held -= count;
      out += raw;
    }
    return out;
  }
}
