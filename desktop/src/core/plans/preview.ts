import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { actions, canonicalJson, type PlanStep } from '@adiuva/shared/contracts/plan.ts';
import { labelOf, type Fields, type RecordType } from '@adiuva/shared/contracts/records.ts';
import type { PlanView } from '../../bridge/shapes.ts';
import { actionRows, type Effect, type Touched } from './actions.ts';
import { shadow, type Desk } from './desk.ts';
import { runStep, type Run } from './steps.ts';

export type StepPreview = PlanView['steps'][number];

const isEmpty = (value: unknown) => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Fields that differ, by name; what is empty before and after is left out. */
function diffOf(before: Fields | null, after: Fields | null): StepPreview['diff'] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const pairs = names.map((name) => ({ name, before: before?.[name] ?? null, after: after?.[name] ?? null }));
  return pairs.filter((pair) => !(isEmpty(pair.before) && isEmpty(pair.after)) && canonicalJson(pair.before) !== canonicalJson(pair.after));
}

/** The words of a step without trying it: what its parameters say by themselves. */
function wordsOf(step: PlanStep): StepPreview {
  const { reversible, writes, params } = actions[step.action];
  const row = actionRows[step.action];
  const given = params.parse(step.params) as never;
  return { step, verb: row.verb(given), object: row.label(given), diff: diffOf(null, row.sets(given)), reversible, writes, problem: null };
}

const withTouched = (words: StepPreview, touched: Touched | null): StepPreview =>
  touched ? { ...words, object: touched.label, diff: diffOf(touched.before, touched.after) } : words;

/**
 * What the plan would do now, step by step: the run itself, on a shadow of the desk. A step that could not be done carries its `problem`;
 * one that waits for the model shows its placeholders.
 */
export async function previewRun(desk: Desk, run: Run): Promise<StepPreview[]> {
  const tried = shadow(desk);
  const outputs: unknown[] = [];
  const unknown = new Set<number>();
  const previews: StepPreview[] = [];
  for (const [index, step] of run.plan.steps.entries()) {
    const words = wordsOf(step);
    const outcome = await attempt(step, index);
    if (outcome === null || outcome instanceof AdiuvaError) unknown.add(index);
    else outputs[index] = outcome.output;
    previews.push(outcome instanceof AdiuvaError ? { ...words, problem: toProblem(outcome) } : withTouched(words, outcome?.touched ?? null));
  }
  return previews;

  async function attempt(step: PlanStep, index: number): Promise<Effect | AdiuvaError | null> {
    if (step.action === 'llm' || (step.dataFromStep !== undefined && unknown.has(step.dataFromStep))) return null;
    try {
      return await runStep(tried, run, index, outputs);
    } catch (error) {
      if (error instanceof AdiuvaError && !error.code.startsWith('vault.')) return error;
      throw error;
    }
  }
}

/**
 * What a run did, from its plan and its inverse, which holds what was before. Records may have gone on since, so nothing is tried.
 * `inverse` is in the order it would run: last step first, one for each step that writes.
 */
export async function settledPreview(desk: Desk, steps: readonly PlanStep[], inverse: readonly PlanStep[]): Promise<StepPreview[]> {
  const back = inverse.toReversed();
  const previews: StepPreview[] = [];
  let written = 0;
  for (const step of steps) {
    const words = wordsOf(step);
    previews.push(words.writes ? await settled(desk, words, back[written++]) : words);
  }
  return previews;
}

async function settled(desk: Desk, words: StepPreview, inverse: PlanStep | undefined): Promise<StepPreview> {
  const before = (inverse?.params['fields'] ?? {}) as Fields;
  const type = words.step.params['type'] as RecordType | 'document' | undefined;
  if (words.step.action === 'delete_record') {
    const gone = type === 'document' ? { title: inverse?.params['title'], text: inverse?.params['text'] } : before;
    return { ...words, object: type === 'document' ? String(gone['title'] ?? '') : labelOf(type as RecordType, gone), diff: diffOf(gone, null) };
  }
  if (words.step.action !== 'update_record') return words;
  const record = await desk.records.get(String(inverse?.params['id']));
  return { ...words, object: words.object || (record ? labelOf(record.type, record.fields) : ''), diff: diffOf(before, words.step.params['fields'] as Fields) };
}
