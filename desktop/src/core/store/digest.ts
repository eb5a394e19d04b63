import { setImmediate } from 'node:timers/promises';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { macStream } from '../crypto.ts';
import type { Sql } from './database.ts';
import type { Row, SqlValue } from './engine.ts';
import { unescaped } from './json.ts';
import { devicePrefix } from './settings.ts';

/**
 * The store's meaning as one number: HMAC-SHA-256 under a fixed, public key over all tables in the order below, all rows in the order of their key, each as one line
 * of canonical JSON. Left out: this device's secrets, the cache of playbooks, the full-text index, sort columns, the order of insertion. The domain changes when the lines do.
 */
const domain = 'adiuva/store-digest/2';

interface DigestTable {
  readonly name: string;
  readonly key: string;
  readonly select: string;
  readonly line: (row: Row) => unknown;
}

const json = (value: SqlValue | undefined): unknown => JSON.parse(String(value));

const tables: readonly DigestTable[] = [
  {
    name: 'records',
    key: 'id',
    select: 'id, type, version, body, created_at, updated_at from records',
    line: (r) => [r['id'], r['type'], r['version'], json(r['body']), r['created_at'], r['updated_at']],
  },
  {
    name: 'documents',
    key: 'id',
    select: 'id, collection, title, text, created_at from documents',
    line: (r) => [r['id'], r['collection'], unescaped(r['title']), unescaped(r['text']), r['created_at']],
  },
  {
    name: 'sessions',
    key: 'id',
    select: 'id, title, created_at, updated_at, removed from sessions',
    line: (r) => [r['id'], unescaped(r['title']), r['created_at'], r['updated_at'], r['removed']],
  },
  {
    name: 'messages',
    key: 'id',
    select: `id, session_id, state, text || coalesce((select group_concat(p.text, '' order by p.part) from message_parts p where p.message_seq = messages.seq), '') as text, body, removed from messages`,
    line: (r) => [r['id'], r['session_id'], r['state'], unescaped(r['text']), json(r['body']), r['removed']],
  },
  { name: 'plans', key: 'id', select: 'id, hash, state, run_id, body from plans', line: (r) => [r['id'], r['hash'], r['state'], r['run_id'], json(r['body'])] },
  {
    name: 'runs',
    key: 'id',
    select: 'id, plan_id, body, undone_at, undo_run_id from runs',
    line: (r) => [r['id'], r['plan_id'], json(r['body']), r['undone_at'], r['undo_run_id']],
  },
  { name: 'activity', key: 'id', select: 'id, body from activity', line: (r) => [r['id'], json(r['body'])] },
  { name: 'queue', key: 'id', select: 'id, body from queue', line: (r) => [r['id'], json(r['body'])] },
  { name: 'settings', key: 'key', select: `key, body from settings where key not like '${devicePrefix}%'`, line: (r) => [r['key'], json(r['body'])] },
  { name: 'playbook_results', key: 'id', select: 'id, body from playbook_results', line: (r) => [r['id'], json(r['body'])] },
  { name: 'sent', key: 'message_id', select: 'message_id, host, body from sent', line: (r) => [r['message_id'], r['host'], json(r['body'])] },
];

const page = 500;

/** @param sql a snapshot: rows must not change meanwhile */
export async function digestOf(sql: Pick<Sql, 'all'>): Promise<string> {
  const running = macStream(new TextEncoder().encode(domain));
  for (const { name, key, select, line } of tables) {
    running.add(`${name}\n`);
    for (let after = ''; ;) {
      const rows = await sql.all(`select * from (select ${select}) where ${key} > ? order by ${key} limit ${page}`, [after]);
      for (const row of rows) running.add(`${canonicalJson(line(row))}\n`);
      if (rows.length < page) break;
      after = String(rows.at(-1)![key]);
      // A synchronous engine would otherwise hold the event loop for the whole store.
      await setImmediate();
    }
  }
  return Buffer.from(running.end()).toString('hex');
}

/** How many rows of each of these tables count. @param sql a snapshot, where the numbers must agree */
export async function countsOf(sql: Pick<Sql, 'all'>): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { name, select } of tables) {
    const [row] = await sql.all(`select count(*) as n from (select ${select})`);
    counts[name] = Number(row?.['n']);
  }
  return counts;
}
