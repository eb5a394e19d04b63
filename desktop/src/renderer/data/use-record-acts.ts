import type { RecordType, StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { useDone, useUndo } from '../features/shell/acts.ts';
import { useApp } from '../app-context.ts';
import { useAct } from './hooks.ts';

type Fields = Record<string, unknown>;

export interface RecordActs {
  add(type: RecordType, fields: Fields, said?: string): Promise<StoredRecord | undefined>;
  update(id: string, fields: Fields, said?: string): Promise<StoredRecord | undefined>;
  remove(id: string, said: string): Promise<boolean>;
}

/** Direct edits by the user: each one is a run with its undo. `said` tells what was done and offers the undo. */
export function useRecordActs(): RecordActs {
  const { bridge } = useApp();
  const act = useAct();
  const undo = useUndo();
  const done = useDone();
  const offer = (runId: string, said: string | undefined) => said !== undefined && done(said, () => void undo(runId));
  const changed = (call: () => Promise<{ record: StoredRecord | null; runId: string }>, said?: string) =>
    act(async () => {
      const { record, runId } = await call();
      offer(runId, said);
      return record ?? undefined;
    });
  return {
    add: (type, fields, said) => changed(() => bridge.call('records.add', { type, fields }), said),
    update: (id, fields, said) => changed(() => bridge.call('records.update', { id, fields }), said),
    remove: async (id, said) =>
      (await act(async () => {
        const { runId } = await bridge.call('records.delete', { id });
        offer(runId, said);
        return true;
      })) ?? false,
  };
}
