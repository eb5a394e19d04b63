import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ChatSession } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import { EngineError, type Row } from './engine.ts';
import { escaped, unescaped } from './json.ts';
import { pointReads } from './point-reads.ts';
import { indexed } from './words.ts';

export interface SessionsTable {
  /** Null for an unknown or removed one. */
  get(id: string): Promise<ChatSession | null>;
  /** Last used first; `after` is the id of the last one of the page before. */
  list(page: { limit: number; after?: string | undefined }): Promise<ChatSession[]>;
  /** `messages` is counted, not stored. */
  insert(session: ChatSession): Promise<void>;
  /** @throws AdiuvaError `session.not_found` */
  update(session: ChatSession): Promise<void>;
  /** Hides it and its messages, which {@link restore} takes back. @throws AdiuvaError `session.not_found` */
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
}

const columnNames = [
  'id',
  'title',
  'created_at',
  'updated_at',
  '(select count(*) from messages m where m.session_id = sessions.id and m.removed = 0) as messages',
];
const columns = columnNames.join(', ');

function sessionOf(row: Row): ChatSession {
  return {
    id: String(row['id']),
    title: unescaped(row['title']),
    createdAt: String(row['created_at']),
    updatedAt: String(row['updated_at']),
    messages: Number(row['messages']),
  };
}

const toRow = ({ id, title, createdAt, updatedAt }: ChatSession) => [id, escaped(title), createdAt, updatedAt, Date.parse(updatedAt), indexed(title)];
const intoColumns = '(id, title, created_at, updated_at, at, words_title) values (?, ?, ?, ?, ?, ?)';

export function sessionsTable(sql: Sql): SessionsTable {
  async function mark(id: string, removed: 0 | 1): Promise<void> {
    if ((await sql.run('update sessions set removed = ? where id = ?', [removed, id])) === 0) throw new AdiuvaError('session.not_found');
  }
  return {
    get: pointReads(sql, { columns: columnNames, from: 'sessions', where: 'removed = 0', shape: sessionOf }),
    async list({ limit, after }) {
      const since = after === undefined ? '' : 'and (-at, id) > (select -at, id from sessions where id = ?)';
      const rows = await sql.all(
        `select ${columns} from sessions where removed = 0 ${since} order by at desc, id limit ?`,
        after === undefined ? [limit] : [after, limit],
      );
      return rows.map(sessionOf);
    },
    async insert(session) {
      await sql.run(`insert into session_in ${intoColumns}`, toRow(session));
    },
    async update(session) {
      try {
        await sql.run(`insert into session_next ${intoColumns}`, toRow(session));
      } catch (error) {
        if (error instanceof EngineError && error.fault === 'constraint') throw new AdiuvaError('session.not_found', { cause: error });
        throw error;
      }
    },
    remove: (id) => mark(id, 1),
    restore: (id) => mark(id, 0),
  };
}
