import type { SqlValue } from './engine.ts';

/**
 * Text inside JSON escapes, without the quotes around it: pieces of it can be joined, also where a piece ends in the middle of a surrogate pair, and what UTF-8
 * cannot carry comes back as it was.
 */
export const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
export const unescaped = (stored: SqlValue | undefined): string => JSON.parse(`"${String(stored)}"`) as string;

/** A JSON column. What comes back has the shape that went in: only this room writes these columns, and SQLCipher authenticates every page. */
export const parsed = <T>(stored: SqlValue | undefined): T => JSON.parse(String(stored)) as T;

/** An opaque cursor of a list: the sort values of its last row. */
export const cursor = (values: readonly (string | number)[]): string => Buffer.from(JSON.stringify(values)).toString('base64url');

/** Sort values of a cursor, or null for one that no list here gave. */
export function parseCursor(text: string | undefined, length: number): (string | number)[] | null {
  if (text === undefined) return null;
  try {
    const values: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'string' || typeof value === 'number') ? values : null;
  } catch {
    return null;
  }
}
