import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Action, ParamsOf, PlanStep } from '@adiuva/shared/contracts/plan.ts';
import { labelOf, parseChanges, parseFields, type Fields, type RecordType, type StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { Desk } from './desk.ts';

/** What a step may know besides its parameters. Times are ISO 8601. */
export interface StepSetting {
  readonly now: string;
  /** The id of what this step makes, unless its parameters name one. */
  readonly id: string;
  /** When a record that an undo brings back was first made, by its id. */
  readonly born: ReadonlyMap<string, string>;
  /** What the model said, for the `llm` step of this index; asked before the transaction. */
  readonly reply: unknown;
}

/** What one step changed: a record or a document, as fields before and after; null where it was not. */
export interface Touched {
  readonly id: string;
  readonly type: RecordType | 'document';
  readonly label: string;
  readonly before: Fields | null;
  readonly after: Fields | null;
  /** Of the record after the step; null where it is gone or is a document. */
  readonly version: number | null;
  /** When it was first made. */
  readonly createdAt: string;
}

export interface Effect {
  /** What later steps get as `$data`. */
  readonly output: unknown;
  readonly touched: Touched | null;
  /** The step that takes it back; null where nothing was written. */
  readonly inverse: PlanStep | null;
  /** Shown once the transaction holds. */
  readonly notice: { title: string; body: string } | null;
}

interface ActionRow<A extends Action> {
  /** Words of the card: verb and object. */
  verb(params: ParamsOf<A>): string;
  label(params: ParamsOf<A>): string;
  /** Fields the step sets, for a card drawn before they are known. */
  sets(params: ParamsOf<A>): Fields;
  /** Word of the activity row. */
  readonly done: string;
  run(desk: Desk, params: ParamsOf<A>, setting: StepSetting): Promise<Effect>;
}

/** What later steps get of a record: `docs/wire.md` promises it. */
const outputOf = ({ id, fields }: StoredRecord) => ({ ...fields, id });
const fault = (detail: string) => new AdiuvaError('record.invalid', { detail });
const quiet = (output: unknown): Effect => ({ output, touched: null, inverse: null, notice: null });
const undoes = (explain: string, step: Pick<PlanStep, 'action' | 'params'>): PlanStep => ({ ...step, explain });

async function recordOf(desk: Desk, type: RecordType, id: string): Promise<StoredRecord> {
  const record = await desk.records.get(id);
  if (!record) throw new AdiuvaError('record.not_found');
  if (record.type !== type) throw fault(`the record is of type ${record.type}, not ${type}`);
  return record;
}

function touchedRecord(before: StoredRecord | null, after: StoredRecord | null): Touched {
  const { id, type, fields, createdAt } = (after ?? before)!;
  return { id, type, label: labelOf(type, fields), before: before?.fields ?? null, after: after?.fields ?? null, version: after?.version ?? null, createdAt };
}

const create: ActionRow<'create_record'> = {
  verb: ({ type }) => `Create ${type}`,
  label: ({ type, fields }) => labelOf(type, fields),
  sets: ({ fields }) => fields,
  done: 'created',
  async run(desk, { type, fields, id = '' }, setting) {
    const record: StoredRecord = { id: id || setting.id, type, fields: parseFields(type, fields), version: 1, createdAt: setting.now, updatedAt: setting.now };
    if (await desk.records.get(record.id)) throw fault('id: there is a record with this id');
    const born = setting.born.get(record.id);
    const stored = born === undefined ? record : { ...record, createdAt: born };
    await desk.records.insert(stored);
    const inverse = undoes('Takes it away again.', { action: 'delete_record', params: { type, id: stored.id } });
    return { output: outputOf(stored), touched: touchedRecord(null, stored), inverse, notice: null };
  },
};

const update: ActionRow<'update_record'> = {
  verb: ({ type }) => `Change ${type}`,
  label: ({ type, fields }) => labelOf(type, fields),
  sets: ({ fields }) => fields,
  done: 'changed',
  async run(desk, { type, id, fields }, setting) {
    const before = await recordOf(desk, type, id);
    const changes = parseChanges(type, fields);
    const after = { ...before, fields: parseFields(type, { ...before.fields, ...changes }), version: before.version + 1, updatedAt: setting.now };
    await desk.records.replace(after);
    const old = Object.fromEntries(Object.keys(changes).map((name) => [name, before.fields[name]]));
    const inverse = undoes('Puts back what it was.', { action: 'update_record', params: { type, id, fields: old } });
    return { output: outputOf(after), touched: touchedRecord(before, after), inverse, notice: null };
  },
};

const remove: ActionRow<'delete_record'> = {
  verb: ({ type }) => `Delete ${type}`,
  label: () => '',
  sets: () => ({}),
  done: 'deleted',
  async run(desk, { type, id }) {
    if (type === 'document') return removeDocument(desk, id);
    const before = await recordOf(desk, type, id);
    await desk.records.remove(id);
    const inverse = undoes('Brings it back.', { action: 'create_record', params: { type, id, fields: before.fields } });
    return { output: outputOf(before), touched: touchedRecord(before, null), inverse, notice: null };
  },
};

async function removeDocument(desk: Desk, id: string): Promise<Effect> {
  const document = await desk.documents.get(id);
  if (!document) throw new AdiuvaError('record.not_found');
  await desk.documents.remove(id);
  const { title, text, collection, createdAt } = document;
  const inverse = undoes('Brings it back.', { action: 'index_document', params: { title, text, collection, id } });
  return {
    output: { id, title, collection },
    touched: { id, type: 'document', label: title, before: { title, collection, text }, after: null, version: null, createdAt },
    inverse,
    notice: null,
  };
}

const index: ActionRow<'index_document'> = {
  verb: () => 'Index document',
  label: ({ title }) => title,
  sets: ({ title, collection, text }) => ({ title, collection, text }),
  done: 'indexed',
  async run(desk, { title, text, collection, id: named = '' }, setting) {
    const id = named || setting.id;
    if (await desk.documents.get(id)) throw fault('id: there is a document with this id');
    const createdAt = setting.born.get(id) ?? setting.now;
    await desk.documents.insert({ id, collection, title, text, createdAt });
    const inverse = undoes('Takes it out of the index again.', { action: 'delete_record', params: { type: 'document', id } });
    return {
      output: { id, title, collection },
      touched: { id, type: 'document', label: title, before: null, after: { title, collection, text }, version: null, createdAt },
      inverse,
      notice: null,
    };
  },
};

const notify: ActionRow<'send_notification'> = {
  verb: () => 'Show notification',
  label: ({ title }) => title,
  sets: ({ title, body }) => ({ title, body }),
  done: 'shown',
  run: async (_desk, { title, body }) => ({ ...quiet({ title, body }), notice: { title, body } }),
};

const llm: ActionRow<'llm'> = {
  verb: () => 'Ask the assistant',
  label: ({ templateId }) => templateId,
  sets: ({ variables }) => variables,
  done: 'asked',
  run: async (_desk, _params, setting) => quiet(setting.reply),
};

/** How each action of a plan is done, said and taken back. A new action does not type-check until it has its row. */
export const actionRows: { readonly [A in Action]: ActionRow<A> } = {
  create_record: create,
  update_record: update,
  delete_record: remove,
  index_document: index,
  send_notification: notify,
  llm,
};
