import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson, planLimits, validatePlan, type Action, type ExecutionPlan, type PlanStep } from '@adiuva/shared/contracts/plan.ts';
import { labelOf, recordTypes, type Fields, type RecordType } from '@adiuva/shared/contracts/records.ts';
import { newId, type Random } from '@adiuva/shared/kit/ids.ts';
import { isStepTemplate, prepare } from './templates.ts';

/** An approval waits as long as its user needs, but dates in a plan grow stale: a week. */
export const planLifeMs = 7 * 24 * 3_600_000;

export interface PlanFacts {
  /** Milliseconds since the epoch on the clock that will judge whether the plan has expired: the device's. */
  readonly now: number;
  readonly random: Random;
}

/** Collects steps; every one is checked when it is added, so that whoever proposed it can be told at once. */
export interface PlanBuilder {
  /**
   * `label` names the record in titles where the fields do not: of a change, of a deletion.
   * @throws AdiuvaError `plan.invalid` naming the fault; the step is then not part of the plan
   */
  addStep(action: Action, params: Fields, explain: string, label?: string): PlanBuilder;
  /** A step whose `$data…` strings stand for the output of step `from` (from 0). @throws AdiuvaError `plan.invalid` */
  addDataStep(action: Action, params: Fields, from: number, explain: string): PlanBuilder;
  /**
   * A prompt step, run on the server by template id when the plan runs. Variables are checked now, unless they wait for the output of an earlier step.
   * @throws AdiuvaError `plan.invalid` · `template.not_found` · `template.variables` · `request.too_large`
   */
  addLlmStep(templateId: string, variables: Fields, explain: string, from?: number): PlanBuilder;
  /** Takes over the steps of another builder, but for those that stand here already. Returns how many found no room any more. */
  append(other: PlanBuilder): number;
  readonly steps: readonly PlanStep[];
  /** Words for every step. */
  readonly described: readonly string[];
  /** Words for the step that was added last. */
  readonly lastStep: string;
  /** The validated plan, named after its steps unless a title is given. @throws AdiuvaError `plan.invalid`, also when it is empty */
  build(title?: string): ExecutionPlan;
}

export function planBuilder({ now, random }: PlanFacts): PlanBuilder {
  const id = newId(now, random);
  const steps: PlanStep[] = [];
  const described: string[] = [];
  const withSteps = (list: readonly PlanStep[], title: string) =>
    validatePlan({ id, version: 1, title: cut(title, planLimits.title), steps: list, ...lifeFrom(now) });
  const add = (step: PlanStep, words: string) => {
    withSteps([...steps, step], 'draft');
    refuseTemplate(step);
    steps.push(step);
    described.push(words);
    return builder;
  };
  const builder: PlanBuilder = {
    steps,
    described,
    append: (other) => appended(other, steps, add),
    get lastStep() {
      return described.at(-1) ?? '';
    },
    addStep(action, params, explain, label) {
      const step = { action, params, explain: cut(explain, planLimits.explain) };
      return add(step, describeStep(step, label));
    },
    addDataStep(action, params, from, explain) {
      const step = { action, params, dataFromStep: from, explain: cut(explain, planLimits.explain) };
      return add(step, describeStep(step));
    },
    addLlmStep: (templateId, variables, explain, from) =>
      from === undefined ? builder.addStep('llm', { templateId, variables }, explain) : builder.addDataStep('llm', { templateId, variables }, from, explain),
    build: (title) => withSteps(steps, title?.trim() || titleOf(described)),
  };
  return builder;
}

function refuseTemplate({ action, params, dataFromStep }: PlanStep): void {
  if (action !== 'llm') return;
  const templateId = String(params['templateId']);
  if (dataFromStep === undefined) prepare(templateId, params['variables'] ?? {});
  else if (!isStepTemplate(templateId)) throw new AdiuvaError('template.not_found');
}

/** Steps of another builder behind those that stand: what does the same is one step, and references follow their step. */
function appended(other: PlanBuilder, steps: readonly PlanStep[], add: (step: PlanStep, words: string) => unknown): number {
  const places: (number | undefined)[] = [];
  for (const [index, step] of other.steps.entries()) {
    const from = step.dataFromStep === undefined ? undefined : places[step.dataFromStep];
    // A step whose source found no room has none either.
    if (step.dataFromStep !== undefined && from === undefined) places.push(undefined);
    else places.push(placed(from === undefined ? step : { ...step, dataFromStep: from }, other.described[index] ?? '', steps, add));
  }
  return places.filter((place) => place === undefined).length;
}

function placed(step: PlanStep, words: string, steps: readonly PlanStep[], add: (step: PlanStep, words: string) => unknown): number | undefined {
  const meaning = ({ action, params, dataFromStep }: PlanStep) => canonicalJson({ action, params, dataFromStep });
  const twin = steps.findIndex((known) => meaning(known) === meaning(step));
  if (twin >= 0) return twin;
  try {
    add(step, words);
    return steps.length - 1;
  } catch (error) {
    if (error instanceof AdiuvaError && error.code === 'plan.invalid') return undefined;
    throw error;
  }
}

/** Times outside of what ISO 8601 writes with four digits for the year cannot be sent. */
const [earliest, latest] = [Date.UTC(1970, 0, 1), Date.UTC(9999, 0, 1)];

function lifeFrom(now: number) {
  if (!(now >= earliest && now < latest)) throw new AdiuvaError('plan.invalid', { detail: 'the clock shows no time a plan can bear' });
  return { createdAt: new Date(now).toISOString(), expiresAt: new Date(now + planLifeMs).toISOString() };
}

const cut = (text: string, size: number) => (text.length <= size ? text : `${text.slice(0, size - 1).replace(/[\uD800-\uDBFF]$/, '')}…`);

const verbs: { readonly [A in Action]: string } = {
  create_record: 'Create',
  update_record: 'Change',
  delete_record: 'Delete',
  index_document: 'Add document',
  send_notification: 'Notify',
  llm: 'Ask the assistant',
};

/** Words for one step: `Create task “Send the invoice”`; `label` where its fields hold no name. */
export function describeStep({ action, params }: PlanStep, label?: string): string {
  const { type, fields, title } = params as { type?: string; fields?: Fields; title?: string };
  const own = type !== undefined && Object.hasOwn(recordTypes, type) ? labelOf(type as RecordType, fields ?? {}) : (title ?? '');
  const name = label || own;
  return [verbs[action], type, name && `“${cut(name, 120)}”`].filter(Boolean).join(' ');
}

function titleOf([first, ...more]: readonly string[]): string {
  if (first === undefined) return 'Nothing to do';
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
