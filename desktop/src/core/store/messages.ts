import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Message } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import { EngineError, type Row, type SqlValue } from './engine.ts';
import { escaped, parsed, unescaped } from './json.ts';
import { pointReads } from './point-reads.ts';
import { indexed } from './words.ts';

export interface MessagesTable {
  /** Null for an unknown or removed one. */
  get(id: string): Promise<Message | null>;
  /** In the order they were inserted; `after` is the id of the last one of the page before. */
  list(sessionId: string, page: { limit: number; after?: string | undefined }): Promise<Message[]>;
  /** The last `n`, oldest of them first. */
  last(sessionId: string, n: number): Promise<Message[]>;
  /** @throws AdiuvaError `session.not_found` */
  insert(message: Message): Promise<void>;
  /** Replaces everything but the order, the text with all that was appended to it. @throws AdiuvaError `message.not_found` */
  update(message: Message): Promise<void>;
  /**
   * Appends the text of one frame. A `seq` that is not above every one before changes nothing, so that a repeat is harmless. Search finds the text once
   * {@link update} was called. @returns whether it was appended
   */
  appendText(id: string, seq: number, text: string): Promise<boolean>;
  /** The highest `seq` appended so far, 0 for none: where to resume. */
  lastSeq(id: string): Promise<number>;
  /** Hides it; {@link restore} takes that back. @throws AdiuvaError `message.not_found` */
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  /** Messages that stream or wait, oldest first. */
  unfinished(): Promise<Message[]>;
}

// What streams in is kept as parts until the next update: appending to one long text would write all of it again each time.
const whole = `text || coalesce((select group_concat(p.text, '' order by p.part) from message_parts p where p.message_seq = messages.seq), '') as text`;
const lastPart = `max(messages.applied, coalesce((select max(p.part) from message_parts p where p.message_seq = messages.seq), 0))`;
const applied = `case state when 'streaming' then ${lastPart} end as applied`;
const columnNames = ['id', 'session_id', 'state', 'body', whole, applied];
const columns = columnNames.join(', ');

function messageOf(row: Row, body: unknown = parsed(row['body'])): Message {
  const seq = Number(row['applied'] ?? 0);
  return {
    ...(body as Omit<Message, 'id' | 'sessionId' | 'state' | 'text' | 'seq'>),
    id: String(row['id']),
    sessionId: String(row['session_id']),
    state: row['state'] as Message['state'],
    text: unescaped(row['text']),
    ...(seq > 0 && { seq }),
  };
}

function toRow({ id, sessionId, state, text, ...body }: Message): SqlValue[] {
  return [id, sessionId, state, escaped(text), JSON.stringify({ ...body, seq: undefined }), indexed(text)];
}

const intoColumns = '(id, session_id, state, text, body, words_text) values (?, ?, ?, ?, ?, ?)';

export function messagesTable(sql: Sql): MessagesTable {
  async function mark(id: string, removed: 0 | 1): Promise<void> {
    if ((await sql.run('update messages set removed = ? where id = ?', [removed, id])) === 0) throw new AdiuvaError('message.not_found');
  }
  return {
    get: pointReads(sql, { columns: columnNames, from: 'messages', where: 'removed = 0', shape: messageOf }),
    async list(sessionId, { limit, after }) {
      const since = after === undefined ? '' : 'and seq > (select seq from messages where id = ?)';
      const rows = await sql.all(
        `select ${columns} from messages where session_id = ? and removed = 0 ${since} order by seq limit ?`,
        after === undefined ? [sessionId, limit] : [sessionId, after, limit],
      );
      return rows.map((row) => messageOf(row));
    },
    async last(sessionId, n) {
      const rows = await sql.all(`select ${columns} from messages where session_id = ? and removed = 0 order by seq desc limit ?`, [sessionId, n]);
      return rows.map((row) => messageOf(row)).reverse();
    },
    async insert(message) {
      try {
        await sql.run(`insert into message_in ${intoColumns}`, toRow(message));
      } catch (error) {
        if (error instanceof EngineError && error.message.includes('FOREIGN KEY')) throw new AdiuvaError('session.not_found', { cause: error });
        throw error;
      }
    },
    async update(message) {
      try {
        await sql.run(`insert into message_next ${intoColumns}`, toRow(message));
      } catch (error) {
        if (error instanceof EngineError && error.fault === 'constraint') throw new AdiuvaError('message.not_found', { cause: error });
        throw error;
      }
    },
    async appendText(id, seq, text) {
      return (
        (await sql.run(`insert into message_parts (message_seq, part, text) select messages.seq, ?, ? from messages where id = ? and ? > ${lastPart}`, [
          seq,
          escaped(text),
          id,
          seq,
        ])) === 1
      );
    },
    async lastSeq(id) {
      const [row] = await sql.all(`select ${lastPart} as seq from messages where id = ?`, [id]);
      return Number(row?.['seq'] ?? 0);
    },
    remove: (id) => mark(id, 1),
    restore: (id) => mark(id, 0),
    async unfinished() {
      const rows = await sql.all(`select ${columns} from messages where state in ('streaming', 'queued') and removed = 0 order by seq`);
      return rows.map((row) => messageOf(row));
    },
  };
}
