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
  const guard = () => new StreamGuard(needles, runs);
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
const letters = (text: string): string => (text.normalize('NFKC').toLowerCase().match(letterOrDigit) ?? []).join('');

function windows(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - runLength + 1) }, (_, start) => text.slice(start, start + runLength));
}

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
  readonly #runs: ReadonlySet<string>;
  /** How much of each needle the end of the text matches. */
  #matched: number[];
  /** What waits because it may be the beginning of a mark, and how many letters it holds. */
  #waiting: { raw: string; letters: number }[] = [];
  #tail = '';
  #half = '';
  #inRun = false;
  caught = 0;

  constructor(needles: readonly Needle[], runs: ReadonlySet<string>) {
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
    const found = letters(raw);
    let mark = false;
    for (const letter of found) mark = this.#advance(letter) || mark;
    if (mark) return this.#withholdMark();
    const run = found === '' ? this.#inRun : this.#runs.has(this.#tail);
    if (run) return this.#withholdRun();
    this.#inRun = false;
    this.#waiting.push({ raw, letters: found.length });
    return this.#release();
  }

  /** True when a mark is complete. */
  #advance(letter: string): boolean {
    this.#tail = (this.#tail + letter).slice(-runLength);
    let complete = false;
    for (const [index, { needle, fallback }] of this.#needles.entries()) {
      let matched = this.#matched[index]!;
      while (matched > 0 && (matched === needle.length || needle[matched] !== letter)) matched = fallback[matched - 1]!;
      if (needle[matched] === letter) matched++;
      this.#matched[index] = matched;
      complete ||= matched === needle.length;
    }
    return complete;
  }

  #withholdMark(): string {
    this.#waiting = [];
    this.#matched = this.#matched.map(() => 0);
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
    const keep = Math.max(0, ...this.#matched);
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
