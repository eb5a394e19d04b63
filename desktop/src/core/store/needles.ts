import type { Sql } from './database.ts';
import { unescaped } from './json.ts';
import { labelOf } from '@adiuva/shared/contracts/records.ts';
import { recordOf, textOf } from './records.ts';

/** Finds any of many byte strings in a stream of chunks, whatever their number, at the pace of one table look-up a byte. */
export interface Finder {
  /** True once a chunk, with what came before it, holds one of the strings. */
  feed(chunk: Uint8Array): boolean;
}

const anchor = 4;
const slotBits = 16;
const slotOf = (four: number) => Math.imul(four, 0x9e3779b1) >>> (32 - slotBits);

/** Strings shorter than this are never looked for: chance finds them. */
export const needleMin = 12;
const needleMax = 32;

export class Needles {
  #byStart = new Map<number, Buffer[]>();
  #slots = new Uint8Array(1 << slotBits);
  readonly count: number;

  constructor(texts: Iterable<string>) {
    const unique = new Set(texts);
    for (const text of unique) for (const encoding of ['utf8', 'utf16le'] as const) this.#add(Buffer.from(text, encoding));
    this.count = unique.size;
  }

  #add(needle: Buffer): void {
    const start = needle.readUInt32BE(0);
    this.#slots[slotOf(start)] = 1;
    this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), needle]);
  }

  finder(): Finder {
    let rest: Uint8Array = new Uint8Array();
    return {
      feed: (chunk) => {
        const data = Buffer.concat([rest, chunk]);
        rest = data.subarray(Math.max(0, data.length - needleMax * 4));
        return this.#in(data);
      },
    };
  }

  #in(data: Buffer): boolean {
    let four = 0;
    for (let at = 0; at < data.length; at++) {
      four = ((four << 8) | data[at]!) >>> 0;
      if (at < anchor - 1 || this.#slots[slotOf(four)] === 0) continue;
      const from = at - anchor + 1;
      for (const needle of this.#byStart.get(four) ?? [])
        if (data.compare(needle, 0, needle.length, from, Math.min(data.length, from + needle.length)) === 0) return true;
    }
    return false;
  }
}

/** Characters that other formats may write in another way. */
const fragile = /["\\\p{Cc}\p{Cs}]+/u;

/** Passages of a text by which it would be known again: its beginning, its end and some between. */
function passages(text: string): string[] {
  return text.split(fragile).flatMap((piece) => {
    const whole = piece.trim();
    if (whole.length < needleMin) return [];
    if (whole.length <= needleMax) return [whole];
    const last = whole.length - needleMax;
    const starts = Array.from({ length: between + 1 }, (_, index) => Math.floor((last * index) / between));
    return [...new Set(starts)].map((start) => whole.slice(start, start + needleMax)).filter((part) => part.isWellFormed());
  });
}

const between = 4;
const perText = 20;

/** How much of each table is looked for: the newest, which a leak of today would hold, and some of the oldest. */
const some = (table: string, columns: string, count: number) =>
  `select ${columns} from (select * from ${table} order by seq desc limit ${count}) union all select ${columns} from (select * from ${table} order by seq limit ${count / 4})`;

/** Distinctive passages of what the user keeps in the store. */
export async function contentOf(sql: Pick<Sql, 'all'>): Promise<string[]> {
  const records = await sql.all(some('records', 'id, type, version, body, created_at, updated_at', 400));
  const messages = await sql.all(some('messages', 'text', 400));
  const sessions = await sql.all(some('sessions', 'title', 200));
  const documents = await sql.all(some('documents', 'title, substr(text, 1, 20000) as text', 100));
  // Other settings are words of ours, as names of time zones, which lie on the disk for other reasons.
  const settings = await sql.all("select body from settings where key like 'draft%' or key like 'device.recovery-phrase%'");
  const texts = [
    ...settings.flatMap((row) => JSON.parse(String(row['body'])) as unknown).filter((value) => typeof value === 'string'),
    ...records.map((row) => recordOf(row)).flatMap(({ type, fields }) => [labelOf(type, fields), textOf(type, fields)]),
    ...messages.map((row) => unescaped(row['text'])),
    ...sessions.map((row) => unescaped(row['title'])),
    ...documents.flatMap((row) => [unescaped(row['title']), unescaped(wholeEscapes(String(row['text'])))]),
  ];
  return texts.flatMap((text) => passages(text).slice(0, perText));
}

/** Escaped text that was cut may end within an escape. */
const wholeEscapes = (cut: string): string =>
  cut.replace(/\\(u[0-9a-f]{0,3})?$/, (tail, _hex, at: number) => (cut.slice(0, at).match(/\\*$/)![0].length % 2 === 0 ? '' : tail));
