import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';
import type { PlanView } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import { EngineError, type Row, type SqlValue } from './engine.ts';
import { parsed } from './json.ts';
import { pointReads } from './point-reads.ts';

export interface StoredPlan {
  readonly plan: ExecutionPlan;
  /** SHA-256 (hex) of the canonical plan. */
  readonly hash: string;
  readonly state: PlanView['state'];
  readonly origin: PlanView['origin'];
  readonly runId: string | null;
  readonly createdAt: string;
}

export interface PlansTable {
  get(id: string): Promise<StoredPlan | null>;
  /** @throws AdiuvaError `plan.changed` where a plan of this id exists */
  insert(plan: StoredPlan): Promise<void>;
  /** @throws AdiuvaError `plan.not_found` */
  setState(id: string, state: StoredPlan['state'], runId?: string | null): Promise<void>;
  /** Newest first; `after` is the id of the last one of the page before. */
  list(page: { state?: StoredPlan['state'] | undefined; limit: number; after?: string | undefined }): Promise<StoredPlan[]>;
}

const columnNames = ['id', 'hash', 'state', 'run_id', 'body'];
const columns = columnNames.join(', ');

function planOf(row: Row, body: unknown = parsed(row['body'])): StoredPlan {
  return {
    ...(body as Pick<StoredPlan, 'plan' | 'origin' | 'createdAt'>),
    hash: String(row['hash']),
    state: row['state'] as StoredPlan['state'],
    runId: row['run_id'] === null ? null : String(row['run_id']),
  };
}

export function plansTable(sql: Sql): PlansTable {
  return {
    get: pointReads(sql, { columns: columnNames, from: 'plans', shape: planOf }),
    async insert({ plan, hash, state, origin, runId, createdAt }) {
      try {
        await sql.run('insert into plans (id, hash, state, run_id, body) values (?, ?, ?, ?, ?)', [
          plan.id,
          hash,
          state,
          runId,
          JSON.stringify({ plan, origin, createdAt }),
        ]);
      } catch (error) {
        if (error instanceof EngineError && error.fault === 'constraint')
          throw new AdiuvaError('plan.changed', { cause: error, detail: 'A plan of this id exists.' });
        throw error;
      }
    },
    async setState(id, state, runId) {
      const changed =
        runId === undefined
          ? await sql.run('update plans set state = ? where id = ?', [state, id])
          : await sql.run('update plans set state = ?, run_id = ? where id = ?', [state, runId, id]);
      if (changed === 0) throw new AdiuvaError('plan.not_found');
    },
    async list({ state, limit, after }) {
      const conditions: (readonly [string, ...SqlValue[]])[] = [];
      if (state !== undefined) conditions.push(['state = ?', state]);
      if (after !== undefined) conditions.push(['seq < (select seq from plans where id = ?)', after]);
      const where = conditions.length > 0 ? `where ${conditions.map(([text]) => text).join(' and ')}` : '';
      const rows = await sql.all(`select ${columns} from plans ${where} order by seq desc limit ?`, [...conditions.flatMap(([, ...params]) => params), limit]);
      return rows.map((row) => planOf(row));
    },
  };
}
