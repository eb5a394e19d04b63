import type { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { stepResult } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import { EngineError, type Row } from './engine.ts';
import { parsed } from './json.ts';
import { pointReads } from './point-reads.ts';

/** How a run left a record or document it touched: `version` and `hash` are null where it is gone. Undo compares the hash of its content. */
export interface Expectation {
  readonly recordId: string;
  readonly version: number | null;
  readonly hash: string | null;
  /** When it was first made; what an undo brings back keeps its age. */
  readonly createdAt: string;
}

export interface StoredRun {
  readonly id: string;
  readonly planId: string;
  readonly steps: z.infer<typeof stepResult>[];
  /** Steps that take it back. */
  readonly inverse: PlanStep[];
  readonly expects: readonly Expectation[];
  readonly createdAt: string;
  readonly undoneAt: string | null;
  readonly undoRunId: string | null;
}

export interface RunsTable {
  get(id: string): Promise<StoredRun | null>;
  byPlan(planId: string): Promise<StoredRun | null>;
  /** @throws AdiuvaError `plan.decided` where the plan has a run: twice is once */
  insert(run: StoredRun): Promise<void>;
  /** @throws AdiuvaError `run.undone` where that was done before, `run.not_found` */
  markUndone(id: string, undoneAt: string, undoRunId: string): Promise<void>;
  /** Newest first; `after` is the id of the last one of the page before. */
  list(page: { limit: number; after?: string | undefined }): Promise<StoredRun[]>;
}

const columnNames = ['id', 'plan_id', 'body', 'undone_at', 'undo_run_id'];
const columns = columnNames.join(', ');
const orNull = (value: unknown) => (value === null || value === undefined ? null : String(value));

function runOf(row: Row, body: unknown = parsed(row['body'])): StoredRun {
  return {
    ...(body as Pick<StoredRun, 'steps' | 'inverse' | 'expects' | 'createdAt'>),
    id: String(row['id']),
    planId: String(row['plan_id']),
    undoneAt: orNull(row['undone_at']),
    undoRunId: orNull(row['undo_run_id']),
  };
}

export function runsTable(sql: Sql): RunsTable {
  const get = pointReads(sql, { columns: columnNames, from: 'runs', shape: runOf });
  return {
    get,
    async byPlan(planId) {
      const [row] = await sql.all(`select ${columns} from runs where plan_id = ?`, [planId]);
      return row ? runOf(row) : null;
    },
    async insert({ id, planId, undoneAt, undoRunId, ...body }) {
      try {
        await sql.run('insert into runs (id, plan_id, body, undone_at, undo_run_id) values (?, ?, ?, ?, ?)', [
          id,
          planId,
          JSON.stringify(body),
          undoneAt,
          undoRunId,
        ]);
      } catch (error) {
        if (error instanceof EngineError && error.fault === 'constraint') throw new AdiuvaError('plan.decided', { cause: error });
        throw error;
      }
    },
    async markUndone(id, undoneAt, undoRunId) {
      const changed = await sql.run('update runs set undone_at = ?, undo_run_id = ? where id = ? and undone_at is null', [undoneAt, undoRunId, id]);
      if (changed === 0) throw new AdiuvaError((await get(id)) ? 'run.undone' : 'run.not_found');
    },
    async list({ limit, after }) {
      const since = after === undefined ? '' : 'where seq < (select seq from runs where id = ?)';
      const rows = await sql.all(`select ${columns} from runs ${since} order by seq desc limit ?`, after === undefined ? [limit] : [after, limit]);
      return rows.map((row) => runOf(row));
    },
  };
}
