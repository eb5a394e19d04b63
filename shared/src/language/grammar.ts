import type { Day, WallTime } from './civil.ts';

/** What the parsers of this room read: the text folded to ASCII lower case at unchanged positions, and the user's now. */
export interface Scan {
  readonly text: string;
  readonly now: WallTime;
  readonly today: Day;
  /** Wall time of an ISO 8601 text with an offset. */
  readonly local: (iso: string) => WallTime | undefined;
}

export interface Hit<T> {
  end: number;
  value: T;
}

/** Reads a value that starts exactly at `at`, or says that there is none. */
export type Parser<T> = (scan: Scan, at: number) => Hit<T> | null;

/** A sticky pattern whose groups become a value; `read` may still refuse. Patterns here never nest quantifiers, so each match is linear. */
export function rx<T>(source: string, read: (groups: readonly (string | undefined)[], scan: Scan) => T | null): Parser<T> {
  const pattern = new RegExp(source, 'y');
  return (scan, at) => {
    pattern.lastIndex = at;
    const found = pattern.exec(scan.text);
    if (!found) return null;
    const value = read(found, scan);
    return value === null ? null : { end: at + found[0].length, value };
  };
}

/** Longer words first, because a pattern takes the first that fits; sources with pattern signs keep their order. */
const longerFirst = (source: string): string =>
  /[\\[\](){}?*+]/.test(source)
    ? source
    : source
        .split('|')
        .sort((a, b) => b.length - a.length)
        .join('|');

/** A word or phrase that carries no value of its own. */
export const word = (source: string): Parser<true> => rx(`(?:${longerFirst(source)})(?![a-z0-9])`, () => true);

/** One of the keys of a table; longer keys win. */
export function oneOf<T>(table: Readonly<Record<string, T>>): Parser<T> {
  const keys = Object.keys(table).sort((a, b) => b.length - a.length);
  const source = keys.map((key) => key.replaceAll(' ', '[ -]')).join('|');
  return rx(`(${source})(?![a-z0-9])`, ([, key]) => table[key!.replaceAll('-', ' ')] ?? table[key!] ?? null);
}

const gap = /[\s,]{0,3}/y;

export function skipGap(text: string, at: number): number {
  gap.lastIndex = at;
  gap.exec(text);
  return gap.lastIndex;
}

type Values<P extends readonly Parser<unknown>[]> = { -readonly [K in keyof P]: P[K] extends Parser<infer V> ? V : never };

/** One after another, with blanks or commas between; `build` may still refuse. */
export function seq<const P extends readonly Parser<unknown>[], T>(parsers: P, build: (values: Values<P>, scan: Scan) => T | null): Parser<T> {
  return (scan, start) => {
    const values: unknown[] = [];
    let end = start;
    for (const parser of parsers) {
      const from = values.length === 0 ? end : skipGap(scan.text, end);
      const hit = parser(scan, from);
      if (!hit) return null;
      values.push(hit.value);
      if (hit.end > from) end = hit.end;
    }
    const value = build(values as Values<P>, scan);
    return value === null ? null : { end, value };
  };
}

/** The longest of several readings; of equal ones the first. */
export function longest<T>(...parsers: readonly Parser<T>[]): Parser<T> {
  return (scan, at) => {
    let best: Hit<T> | null = null;
    for (const parser of parsers) {
      const hit = parser(scan, at);
      if (hit && (!best || hit.end > best.end)) best = hit;
    }
    return best;
  };
}

/** Present or not; absent takes no text, not even the blank before it. */
export const maybe =
  <T>(parser: Parser<T>): Parser<T | undefined> =>
  (scan, at) =>
    parser(scan, at) ?? { end: at, value: undefined };

export const map =
  <A, B>(parser: Parser<A>, read: (value: A, scan: Scan) => B | null): Parser<B> =>
  (scan, at) => {
    const hit = parser(scan, at);
    const value = hit ? read(hit.value, scan) : null;
    return value === null ? null : { end: hit!.end, value };
  };

/** Remembers what a parser found at each place of a text; for those that several others try at the same place. */
export function once<T>(parser: Parser<T>): Parser<T> {
  const kept = new WeakMap<Scan, Map<number, Hit<T> | null>>();
  return (scan, at) => {
    const hits = kept.get(scan) ?? new Map<number, Hit<T> | null>();
    if (hits.size === 0) kept.set(scan, hits);
    const known = hits.get(at);
    if (known !== undefined) return known;
    const hit = parser(scan, at);
    hits.set(at, hit);
    return hit;
  };
}
