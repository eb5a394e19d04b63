import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { StoredDocument, Tables } from '../store/store.ts';

/** What actions work on: the tables of a transaction, or a {@link shadow} of them. */
export interface Desk {
  readonly records: Pick<Tables['records'], 'get' | 'insert' | 'replace' | 'remove'>;
  readonly documents: Pick<Tables['documents'], 'get' | 'insert' | 'remove'>;
}

/** Rows laid over a table: reads fall through where nothing was written, writes stay here. */
function layer<Row extends { id: string }>(get: (id: string) => Promise<Row | null>) {
  const rows = new Map<string, Row | null>();
  return {
    get: async (id: string) => (rows.has(id) ? rows.get(id)! : get(id)),
    put: async (row: Row) => void rows.set(row.id, row),
    remove: async (id: string) => void rows.set(id, null),
  };
}

/** A desk on which a plan can be tried without a trace: a preview is the run itself on a shadow. */
export function shadow(desk: Desk): Desk {
  const records = layer<StoredRecord>((id) => desk.records.get(id));
  const documents = layer<StoredDocument>((id) => desk.documents.get(id));
  return {
    records: { get: records.get, insert: records.put, replace: records.put, remove: records.remove },
    documents: { get: documents.get, insert: documents.put, remove: documents.remove },
  };
}
