import { labelOf, recordType } from '@adiuva/shared/contracts/records.ts';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { OutputOf } from '../../bridge/procedures.ts';
import { misused, needed, optional, plain, verb, wholeNumber, type Call } from './verb.ts';

const line = (record: StoredRecord) => {
  const when = record.fields['dueAt'] ?? record.fields['startAt'];
  const state = record.fields['status'] === 'done' ? 'done  ' : '';
  return plain(`${record.id}  ${state}${labelOf(record.type, record.fields)}${typeof when === 'string' ? `  (${when})` : ''}`);
};
const whole = (record: StoredRecord) =>
  [
    line(record),
    ...Object.entries(record.fields).map(([name, value]) => `  ${name}: ${plain(typeof value === 'string' ? value : JSON.stringify(value))}`),
  ].join('\n');

function typeOf(word: string | undefined) {
  const parsed = recordType.safeParse(word);
  if (!parsed.success) throw misused(`TYPE must be one of ${recordType.options.join(', ')}`);
  return parsed.data;
}

function fields(call: Call): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(needed(call, 'fields'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw misused('--fields must be a JSON object');
}

/** All pages up to the limit; one page never has more than 1,000. */
async function list(call: Call): Promise<{ records: StoredRecord[] }> {
  const type = typeOf(call.args[0]);
  const query = optional(call, 'query');
  const most = wholeNumber(call, 'limit') ?? Infinity;
  const { api } = await call.open();
  const records: StoredRecord[] = [];
  for (let after: string | null = null; records.length < most;) {
    const page: OutputOf<'records.list'> = await api['records.list']({
      type,
      limit: Math.min(1_000, most - records.length),
      ...(query !== undefined && { query }),
      ...(after !== null && { after }),
    });
    records.push(...page.records);
    after = page.next;
    if (after === null) break;
  }
  return { records };
}

type Change = OutputOf<'records.add'>;
/** The record as it is now, and the run that undoes it. */
const changed = ({ record, runId }: Change) => ({ ...record, runId });
type Changed = ReturnType<typeof changed>;
const told = (word: string) => (change: Changed) => `${word}. Undo with: adiuva plans undo ${change.runId}`;
const option = { fields: { type: 'string' } } as const;

export const recordVerbs = {
  'records list': verb({
    usage: 'TYPE [--query Q] [--limit N]',
    about: 'records of a type: task, event, note, project, email',
    words: [1, 1],
    options: { query: { type: 'string' }, limit: { type: 'string' } },
    run: list,
    text: ({ records }) => records.map(line).join('\n') || 'none',
  }),
  'records get': verb({
    usage: 'ID',
    about: 'one record',
    words: [1, 1],
    run: async (call) => (await call.open()).api['records.get']({ id: call.args[0]! }),
    text: whole,
  }),
  'records add': verb({
    usage: 'TYPE --fields JSON',
    about: 'adds a record',
    words: [1, 1],
    options: option,
    async run(call) {
      const input = { type: typeOf(call.args[0]), fields: fields(call) };
      return changed(await (await call.open()).api['records.add'](input));
    },
    text: told('Added'),
  }),
  'records update': verb({
    usage: 'ID --fields JSON',
    about: 'changes the fields that are named',
    words: [1, 1],
    options: option,
    async run(call) {
      const input = { id: call.args[0]!, fields: fields(call) };
      return changed(await (await call.open()).api['records.update'](input));
    },
    text: told('Changed'),
  }),
  'records delete': verb({
    usage: 'ID',
    about: 'deletes a record; undo brings it back',
    words: [1, 1],
    run: async (call) => ({ id: call.args[0]!, ...changed(await (await call.open()).api['records.delete']({ id: call.args[0]! })) }),
    text: told('Deleted'),
  }),
};
