import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { labelOf, type Fields, type RecordType, type StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { Sql } from './database.ts';
import { EngineError, type Row, type SqlValue } from './engine.ts';
import { cursor, parseCursor, parsed } from './json.ts';
import { pointReads } from './point-reads.ts';
import { indexed, matching } from './words.ts';

export interface RecordQuery {
  readonly type: RecordType;
  /** Words that must occur, the last one also as a beginning. */
  readonly query?: string | undefined;
  readonly status?: string | undefined;
  /** ISO 8601; what touches the time from `from` on, up to but without `to`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface RecordsTable {
  get(id: string): Promise<StoredRecord | null>;
  /** Tasks: open first, by due time, undated last. Events by start. Notes and projects: last changed first. Mail: newest first. */
  list(query: RecordQuery): Promise<{ records: StoredRecord[]; next: string | null }>;
  /** @throws AdiuvaError `run.conflict` where a record of this id exists */
  insert(record: StoredRecord): Promise<void>;
  /** As {@link insert}, in statements of 100 rows; whole or not at all only inside a transaction. */
  insertMany(records: readonly StoredRecord[]): Promise<void>;
  /** @throws AdiuvaError `run.conflict` unless the stored one has the version before */
  replace(record: StoredRecord): Promise<void>;
  /** A missing id is no error. */
  remove(id: string): Promise<void>;
  /** Number of records of each type that has any. */
  counts(): Promise<Record<string, number>>;
}

/** Milliseconds of a time, or of a plain date's start or end; null for what is neither. */
function instant(value: unknown, end = false): number | null {
  if (typeof value !== 'string') return null;
  const ms = Date.parse(value.length === 10 ? `${value}T${end ? '23:59:59.999' : '00:00:00.000'}Z` : value);
  return Number.isNaN(ms) ? null : ms;
}

const undated = 9e15;

interface Place {
  /** Lists go up by rank, then by `at`, then by id. */
  readonly rank: number;
  readonly at: number;
  readonly begins: number | null;
  readonly ends: number | null;
}

const newestFirst = (ms: number, rank = 0): Place => ({ rank, at: -ms, begins: ms, ends: ms });

/** Where a record of each type stands in its list and in time. */
const placeOf: Readonly<Record<RecordType, (fields: Fields, updated: number) => Place>> = {
  task: (fields) => {
    const due = instant(fields['dueAt'], true);
    return { rank: fields['status'] === 'done' ? 1 : 0, at: due ?? undated, begins: instant(fields['dueAt']), ends: due };
  },
  event: (fields) => {
    const begins = instant(fields['startAt']);
    // The end of an all-day event is the day after its last; one that ends where it starts is that whole day.
    const oneDay = fields['endAt'] === fields['startAt'];
    return { rank: 0, at: begins ?? undated, begins, ends: instant(fields['endAt'], oneDay) };
  },
  note: (_fields, updated) => newestFirst(updated),
  project: (fields, updated) => newestFirst(updated, fields['status'] === 'done' ? 1 : 0),
  email: (fields, updated) => newestFirst(instant(fields['receivedAt']) ?? updated),
};

/** Fields that hold no words of the user's. */
const silent: ReadonlySet<string> = new Set(['priority', 'dueAt', 'status', 'startAt', 'endAt', 'allDay', 'timeZone', 'recurrence', 'receivedAt', 'projectId']);

/** The words a record is found by, beside its label. */
export function textOf(type: RecordType, fields: Fields): string {
  const label = labelOf(type, fields);
  const values = Object.entries(fields)
    .filter(([name]) => !silent.has(name))
    .flatMap(([, value]) => value);
  return values.filter((value): value is string => typeof value === 'string' && value !== label).join('\n');
}

const columnNames = ['id', 'type', 'version', 'body', 'created_at', 'updated_at'];
const columns = columnNames.join(', ');
const intoColumns = 'id, type, version, body, status, rank, at, begins, ends, created_at, updated_at, words_title, words_text';
const slots = `(${Array(13).fill('?').join(', ')})`;

function toRow({ id, type, version, fields, createdAt, updatedAt }: StoredRecord): SqlValue[] {
  const place = placeOf[type](fields, instant(updatedAt) ?? 0);
  const status = typeof fields['status'] === 'string' ? fields['status'] : null;
  return [
    id,
    type,
    version,
    JSON.stringify(fields),
    status,
    place.rank,
    place.at,
    place.begins,
    place.ends,
    createdAt,
    updatedAt,
    indexed(labelOf(type, fields)),
    indexed(textOf(type, fields)),
  ];
}

export function recordOf(row: Row, body: unknown = parsed(row['body'])): StoredRecord {
  return {
    id: String(row['id']),
    type: row['type'] as RecordType,
    fields: body as Fields,
    version: Number(row['version']),
    createdAt: String(row['created_at']),
    updatedAt: String(row['updated_at']),
  };
}

const insertSql = (rows: number) => `insert into record_in (${intoColumns}) values ${Array(rows).fill(slots).join(', ')}`;
const replaceSql = `insert into record_next (${intoColumns}) values ${slots}`;
/** Rows of one statement in {@link RecordsTable.insertMany}. */
const batch = 100;

export function recordsTable(sql: Sql): RecordsTable {
  return {
    get: pointReads(sql, { columns: columnNames, from: 'records', shape: recordOf }),
    list: (query) => list(sql, query),
    insert: (record) => write(sql, insertSql(1), toRow(record)),
    async insertMany(records) {
      for (let at = 0; at < records.length; at += batch) {
        const rows = records.slice(at, at + batch);
        await write(sql, insertSql(rows.length), rows.flatMap(toRow));
      }
    },
    replace: (record) => write(sql, replaceSql, toRow(record)),
    async remove(id) {
      await sql.run('delete from records where id = ?', [id]);
    },
    async counts() {
      const rows = await sql.all('select type, count(*) as n from records group by type');
      return Object.fromEntries(rows.map((row) => [String(row['type']), Number(row['n'])]));
    },
  };
}

async function write(sql: Sql, statement: string, row: SqlValue[]): Promise<void> {
  try {
    await sql.run(statement, row);
  } catch (error) {
    if (error instanceof EngineError && error.fault === 'constraint') throw new AdiuvaError('run.conflict', { cause: error });
    throw error;
  }
}

/** The conditions of a list as SQL, each with its parameters. */
function conditions({ type, query, status, from, to, after }: RecordQuery): readonly (readonly [sql: string, ...params: SqlValue[]])[] {
  const found: (readonly [string, ...SqlValue[]])[] = [['type = ?', type]];
  if (status !== undefined) found.push(['status = ?', status]);
  const [start, end] = [instant(from), instant(to)];
  if (start !== null) found.push(['begins is not null and (begins >= ? or ends > ?)', start, start]);
  if (end !== null) found.push(['begins < ?', end]);
  const last = parseCursor(after, 3);
  if (last) found.push(['(rank, at, id) > (?, ?, ?)', ...last]);
  const words = query === undefined ? '' : matching(query);
  if (words !== '') found.push(['seq in (select rowid / 4 from words where words match ? and rowid % 4 = 0)', words]);
  return found;
}

async function list(sql: Sql, query: RecordQuery): Promise<{ records: StoredRecord[]; next: string | null }> {
  const wanted = conditions(query);
  const where = wanted.map(([condition]) => `(${condition})`).join(' and ');
  const rows = await sql.all(`select ${columns}, rank, at from records where ${where} order by rank, at, id limit ?`, [
    ...wanted.flatMap(([, ...params]) => params),
    query.limit + 1,
  ]);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const next = rows.length > query.limit && last ? cursor([Number(last['rank']), Number(last['at']), String(last['id'])]) : null;
  return { records: page.map((row) => recordOf(row)), next };
}
