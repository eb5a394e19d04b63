import type { IncomingHttpHeaders } from 'node:http';

interface Current {
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified?: number | undefined;
}

/** True when the client has what is there: `If-None-Match`, and without it `If-Modified-Since`, to the second (RFC 9110 §13.2.2). */
export function isFresh(headers: IncomingHttpHeaders, { etag, lastModified }: Current): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return lastModified !== undefined && !Number.isNaN(since) && Math.floor(lastModified / 1000) * 1000 <= since;
}

/** The one range of `Range: bytes=…` within `size` bytes; null where there is none to be followed: that is answered with everything (RFC 9110 §14.2). */
export function rangeOf(header: string | undefined, size: number): { start: number; end: number } | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end && start < size ? { start, end } : null;
}
