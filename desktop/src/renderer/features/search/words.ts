export const absent = 'Document';

/** Where a hit comes from, in words. */
const sources: Readonly<Record<string, string>> = {
  keyword: 'The words stand in it.',
  keywords: 'The words stand in it.',
  fts: 'The words stand in it.',
  title: 'The words stand in its title.',
  vector: 'It means something close.',
  prefix: 'A word begins like it.',
  recent: 'You used it lately.',
};

export const sourceText = (source: string): string => sources[source] ?? source;

/** A stretch of a snippet: between the marks the core puts around found words, or beside them. */
export interface Marked {
  readonly text: string;
  readonly found: boolean;
}

/** Splits a text at the words that were searched for, whatever their case. */
export function markWords(text: string, query: string): Marked[] {
  const words = query
    .split(/\s+/)
    .filter((word) => word.length > 1)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (words.length === 0) return [{ text, found: false }];
  const pattern = new RegExp(`(${words.join('|')})`, 'giu');
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, found: index % 2 === 1 }))
    .filter((part) => part.text !== '');
}
