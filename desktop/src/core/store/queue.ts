import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { QueueJob } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import { parsed } from './json.ts';
import { pointReads } from './point-reads.ts';

/** A job of the queue with what it needs to run. */
export type StoredJob = QueueJob & { payload: unknown };

export interface QueueTable {
  insert(job: StoredJob): Promise<void>;
  get(id: string): Promise<StoredJob | null>;
  /** Oldest first. */
  list(): Promise<StoredJob[]>;
  /** @throws AdiuvaError `queue.not_found` */
  update(job: StoredJob): Promise<void>;
  /** A missing id is no error. @returns whether it was there */
  remove(id: string): Promise<boolean>;
  counts(): Promise<{ waiting: number; needsYou: number; running: number }>;
}

export function queueTable(sql: Sql): QueueTable {
  return {
    async insert(job) {
      await sql.run('insert into queue (id, state, body) values (?, ?, ?)', [job.id, job.state, JSON.stringify(job)]);
    },
    get: pointReads(sql, { columns: ['id', 'body'], from: 'queue', shape: (_row, body) => body as StoredJob }),
    async list() {
      const rows = await sql.all('select body from queue order by seq');
      return rows.map((row) => parsed<StoredJob>(row['body']));
    },
    async update(job) {
      if ((await sql.run('update queue set state = ?, body = ? where id = ?', [job.state, JSON.stringify(job), job.id])) === 0)
        throw new AdiuvaError('queue.not_found');
    },
    async remove(id) {
      return (await sql.run('delete from queue where id = ?', [id])) === 1;
    },
    async counts() {
      const rows = await sql.all('select state, count(*) as n from queue group by state');
      const of = (state: StoredJob['state']) => Number(rows.find((row) => row['state'] === state)?.['n'] ?? 0);
      return { waiting: of('waiting'), needsYou: of('needs_you'), running: of('running') };
    },
  };
}
