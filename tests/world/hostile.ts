import { existsSync, readFileSync } from 'node:fs';

const deep = (levels: number, wrap: (inside: unknown) => unknown) => {
  let value: unknown = 'x';
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
};

/** Values that fit nowhere or hardly anywhere, by name; all of them can cross the bridge or come out of JSON. */
export const hostileValues: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['zero', 0],
  ['a negative', -1],
  ['a fraction', 1.5],
  ['a huge number', 1e308],
  ['not a number', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['an empty text', ''],
  ['blanks', ' \t\u00a0\u2003'],
  ['control characters', '\0\u0001\u001b[2J\u007f\u0085 bell\u0007 long enough'],
  ['binary', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')],
  ['a lone surrogate', 'half \ud83e of a sign \udd94'],
  ['directions', '\u202egnp.exe\u2066\u2069\ufeff'],
  ['10 MB', 'x'.repeat(10 * 1024 * 1024)],
  ['an empty list', []],
  ['a list of many kinds', [null, undefined, 1, 'x', {}, []]],
  ['100,000 items', Array.from({ length: 100_000 }, (_, index) => index)],
  ['an empty object', {}],
  ['a prototype key', JSON.parse('{"__proto__":{"polluted":true},"id":"x"}')],
  ['a constructor key', { constructor: { prototype: { polluted: true } }, toString: 'x', valueOf: 1, toJSON: 'x' }],
  ['a date', new Date(0)],
  ['no date', new Date(Number.NaN)],
  ['nested lists', deep(10_000, (inside) => [inside])],
  ['nested objects', deep(10_000, (inside) => ({ fields: inside }))],
];

type Path = (string | number)[];

/** Every place in a value, the whole first. */
export function pathsOf(value: unknown, at: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [at];
  return [at, ...Object.entries(value).flatMap(([key, inside]) => pathsOf(inside, [...at, Array.isArray(value) ? Number(key) : key]))];
}

export const valueAt = (value: unknown, path: Path): unknown => path.reduce((inside, key) => (inside as Record<string | number, unknown>)[key], value);

/** A copy with something else in one place. */
export function withAt(value: unknown, [key, ...rest]: Path, put: unknown): unknown {
  if (key === undefined) return put;
  const copy: Record<string | number, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string | number, unknown>)[key] = withAt((copy as Record<string | number, unknown>)[key], rest, put);
  return copy;
}

/** The same without what stands in one place. */
export function withoutAt(value: unknown, path: Path): unknown {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const parent = valueAt(value, path.slice(0, -1));
  if (Array.isArray(parent)) return withAt(value, path.slice(0, -1), parent.toSpliced(Number(last), 1));
  return withAt(value, path.slice(0, -1), Object.fromEntries(Object.entries(parent as object).filter(([key]) => key !== last)));
}

const vectors = new URL('../../../shared/vectors/strings/blns.json', import.meta.url);
/** Why the naughty strings are missing, where they are. */
export const naughtyMissing = existsSync(vectors) ? undefined : 'no ../shared/vectors/strings/blns.json beside the repository';
/** The Big List of Naughty Strings, each with a number that keeps two equal ones apart. */
export const naughtyStrings: readonly string[] = naughtyMissing ? [] : [...new Set(JSON.parse(readFileSync(vectors, 'utf8')) as string[])];
