import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';
import { labelOf, parseChanges, parseFields, type RecordType, type StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { Plans } from '../plans/plans.ts';
import type { Store } from '../store/store.ts';

/** What a direct edit gives back: the record now, null where it is gone, and the run to undo. */
export interface Change {
  record: StoredRecord | null;
  runId: string;
}

export interface Records {
  get(id: string): Promise<StoredRecord>;
  /** @throws AdiuvaError `record.invalid` */
  add(type: RecordType, fields: unknown): Promise<Change>;
  /** @throws AdiuvaError `record.not_found`, `record.invalid` */
  update(id: string, fields: unknown): Promise<Change>;
  /** @throws AdiuvaError `record.not_found` */
  delete(id: string): Promise<Change>;
}

const origin = { kind: 'records', by: 'you', messageId: null } as const;

/** Direct edits of the user; each is a plan like any other, so each can be undone. */
export function createRecords({ store, plans }: { store: () => Store; plans: Plans }): Records {
  async function get(id: string): Promise<StoredRecord> {
    const record = await store().t.records.get(id);
    if (!record) throw new AdiuvaError('record.not_found');
    return record;
  }

  async function change(title: string, step: Omit<PlanStep, 'explain'>): Promise<Change> {
    const run = await plans.runNow(title, [{ ...step, explain: 'Asked for directly.' }], origin);
    return { record: await store().t.records.get(run.steps[0]?.recordId ?? ''), runId: run.runId };
  }

  return {
    get,
    async add(type, data) {
      const fields = parseFields(type, data);
      return change(`Create ${type}: ${labelOf(type, fields)}`, { action: 'create_record', params: { type, fields } });
    },
    async update(id, data) {
      const { type, fields: before } = await get(id);
      const fields = parseChanges(type, data);
      return change(`Change ${type}: ${labelOf(type, before)}`, { action: 'update_record', params: { type, id, fields } });
    },
    async delete(id) {
      const { type, fields } = await get(id);
      return change(`Delete ${type}: ${labelOf(type, fields)}`, { action: 'delete_record', params: { type, id } });
    },
  };
}
