import type { ContextRecord } from '../contracts/chat.ts';

/** How a name said by the user fits the records at hand: one, several equally good, or none. */
export type Match = { kind: 'one'; record: ContextRecord } | { kind: 'many'; records: ContextRecord[] } | { kind: 'none' };

const filler = new Set(
  'the a an my our your his her their to for of with on at in and or is it this that task tasks todo item event meeting appointment reminder note please from by about as'.split(
    ' ',
  ),
);

/** Words of a text without accents, fillers and inflection, so that "invoices" finds "invoice". */
export function keyWords(text: string): string[] {
  const plain = text.slice(0, 500).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const all = plain.match(/[\p{L}\p{N}]+/gu) ?? [];
  const words = all.filter((w) => !filler.has(w));
  return (words.length > 0 ? words : all).map(stem);
}

const stem = (w: string): string =>
  w.length > 4
    ? w
        .replace(/(?:ies)$/, 'y')
        .replace(/(?:'s|es|s)$/, '')
        .replace(/(?:ing|ed)$/, '') || w
    : w.length > 3
      ? w.replace(/s$/, '')
      : w;

/** One letter more, less or other, for words long enough to be told apart. */
function alike(a: string, b: string): boolean {
  if (a === b) return true;
  if (Math.min(a.length, b.length) >= 4 && (a.startsWith(b) || b.startsWith(a)) && Math.abs(a.length - b.length) <= 3) return true;
  return a.length >= 5 && b.length >= 5 && oneApart(a, b);
}

function oneApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  let [x, y] = [a.length, b.length];
  while (x > i && y > i && a[x - 1] === b[y - 1]) [x, y] = [x - 1, y - 1];
  return x - i <= 1 && y - i <= 1;
}

/** Share of the said words that a title holds; 0 when too few are found. */
export function fit(said: readonly string[], title: string): number {
  const words = keyWords(title);
  if (said.length === 0 || words.length === 0) return 0;
  const share = said.filter((w) => words.some((t) => alike(w, t))).length / said.length;
  return share < 0.6 ? 0 : share;
}

const titleOf = (record: ContextRecord): string => String(record.fields['title'] ?? record.fields['name'] ?? record.fields['subject'] ?? '');

/** The title says just these words. */
const says = (said: readonly string[], record: ContextRecord): boolean => {
  const words = keyWords(titleOf(record));
  return words.length === said.length && words.every((w) => said.some((s) => alike(s, w)));
};

/** The record a name means. Of several that hold all its words only one that holds nothing else is chosen; a longer title is no reason. */
export function matchRecord(name: string, records: readonly ContextRecord[]): Match {
  const said = keyWords(name);
  const scored = records.map((record) => ({ record, score: fit(said, titleOf(record)) })).filter(({ score }) => score > 0);
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const top = scored.filter(({ score }) => score >= best - 0.01).map(({ record }) => record);
  if (top.length === 0) return { kind: 'none' };
  if (top.length === 1) return { kind: 'one', record: top[0]! };
  const exact = top.filter((record) => says(said, record));
  return exact.length === 1 ? { kind: 'one', record: exact[0]! } : { kind: 'many', records: top };
}
