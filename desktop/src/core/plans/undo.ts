import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { validatePlan, type ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';
import type { Fields } from '@adiuva/shared/contracts/records.ts';
import type { StoredPlan, StoredRun, Tables } from '../store/store.ts';
import type { Desk } from './desk.ts';
import type { Effect } from './actions.ts';
import { hashOf } from './hash.ts';

type Expectation = StoredRun['expects'][number];

/** How the run left each record it touched, to tell later whether somebody changed it since. Content counts, not the number of changes. */
export async function expectationsOf(effects: readonly Effect[]): Promise<Expectation[]> {
  const last = new Map(effects.flatMap(({ touched }) => (touched ? [[touched.id, touched] as const] : [])));
  return Promise.all(
    [...last.values()].map(async ({ id, version, after, createdAt }) => ({ recordId: id, version, hash: after && (await hashOf(after)), createdAt })),
  );
}

async function contentOf(desk: Desk, id: string): Promise<Fields | null> {
  const record = await desk.records.get(id);
  if (record) return record.fields;
  const document = await desk.documents.get(id);
  return document && { title: document.title, collection: document.collection, text: document.text };
}

/** @throws AdiuvaError `run.conflict` when a record is not as the run left it */
export async function refuseIfChanged(desk: Desk, run: StoredRun): Promise<void> {
  for (const { recordId, hash } of run.expects) {
    const content = await contentOf(desk, recordId);
    if ((content && (await hashOf(content))) !== hash) throw new AdiuvaError('run.conflict');
  }
}

const retitled = (title: string, undoes: boolean) => {
  const bare = title.replace(/^(Undo|Redo): /, '');
  const redo = undoes && title.startsWith('Undo: ');
  return `${redo ? 'Redo' : 'Undo'}: ${bare}`.slice(0, 300).toWellFormed();
};

/** The inverse of a run as a plan of its own. @throws AdiuvaError `plan.invalid` when nothing of it can be taken back */
export function undoPlan(run: StoredRun, { plan, origin }: StoredPlan, id: string, now: string): ExecutionPlan {
  if (run.inverse.length === 0) throw new AdiuvaError('plan.invalid', { detail: 'nothing of this run can be undone' });
  const title = retitled(plan.title, origin.kind === 'undo');
  return validatePlan({ id, version: 1, title, steps: run.inverse, createdAt: now, expiresAt: now }, 'own');
}

/** When the records of a run were first made: what an undo brings back keeps its age. */
export const bornOf = (run: StoredRun): Map<string, string> => new Map(run.expects.map((e) => [e.recordId, e.createdAt]));

/**
 * The plan the user once approved, behind a chain of undo and redo, and whether it stands once `run` is undone: undoing an undo makes it stand.
 */
export async function rootOf(t: Tables, run: StoredRun): Promise<{ planId: string; stands: boolean }> {
  let stands = false;
  for (let at = run; ; stands = !stands) {
    const stored = await t.plans.get(at.planId);
    const undone = stored?.origin.kind === 'undo' ? await t.runs.get(stored.origin.by) : null;
    if (!undone) return { planId: at.planId, stands };
    at = undone;
  }
}
