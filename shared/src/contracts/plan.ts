import { z } from 'zod';
import { AdiuvaError, describeIssues } from './errors.ts';
import { parseChanges, parseFields, recordType, type Fields } from './records.ts';

/** Bounds of a plan, checked before anything else looks into it. */
export const planLimits = { steps: 50, bytes: 256 * 1024, depth: 12, title: 300, explain: 1_000 } as const;

const id = z.string().min(1).max(100);
const fields = z.record(z.string(), z.unknown());

/**
 * The actions a plan may hold: parameters, whether the action writes, and whether it can be undone. An action whose effect leaves the
 * store (a shown notification) is marked so before approval.
 */
export const actions = {
  create_record: { params: z.strictObject({ type: recordType, fields, id: id.optional() }), reversible: true, writes: true },
  update_record: { params: z.strictObject({ type: recordType, id, fields }), reversible: true, writes: true },
  /** `document` is what `index_document` made. */
  delete_record: { params: z.strictObject({ type: z.union([recordType, z.literal('document')]), id }), reversible: true, writes: true },
  index_document: {
    params: z.strictObject({
      title: z.string().trim().min(1).max(planLimits.title),
      text: z.string().max(200_000),
      collection: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,40}$/)
        .default('documents'),
      id: id.optional(),
    }),
    reversible: true,
    writes: true,
  },
  send_notification: {
    params: z.strictObject({ title: z.string().trim().min(1).max(200), body: z.string().max(1_000).default('') }),
    reversible: false,
    writes: false,
  },
  llm: {
    params: z.strictObject({ templateId: z.string().regex(/^[a-z][a-z0-9.-]{0,80}$/), variables: z.record(z.string(), z.unknown()).default({}) }),
    reversible: true,
    writes: false,
  },
} as const;

export type Action = keyof typeof actions;
export const action = z.enum(Object.keys(actions) as [Action, ...Action[]]);
export type ParamsOf<A extends Action> = z.infer<(typeof actions)[A]['params']>;

/**
 * One step. With `dataFromStep: n`, each string in `params` that is exactly `$data` or `$data.path.to.field` stands for that value in the
 * output of step `n`, which must come earlier.
 */
export const planStep = z.strictObject({
  action,
  params: z.record(z.string(), z.unknown()),
  dataFromStep: z.int().nonnegative().optional(),
  explain: z.string().max(planLimits.explain),
});
export type PlanStep = z.infer<typeof planStep>;

export const executionPlan = z.strictObject({
  id,
  version: z.literal(1),
  title: z.string().trim().min(1).max(planLimits.title),
  steps: z.array(planStep).min(1).max(planLimits.steps),
  createdAt: z.iso.datetime({ offset: true }),
  expiresAt: z.iso.datetime({ offset: true }),
});
export type ExecutionPlan = z.infer<typeof executionPlan>;

const placeholder = /^\$data(?:\.[\w-]+)*$/;

/** True where a value waits for an earlier step's output. */
export const isPlaceholder = (value: unknown): value is string => typeof value === 'string' && placeholder.test(value);

/** Puts an earlier step's output in the place of each placeholder. A path that leads nowhere throws `plan.invalid`. */
export function fillPlaceholders(value: unknown, data: unknown): unknown {
  if (isPlaceholder(value)) return follow(data, value.split('.').slice(1));
  if (Array.isArray(value)) return value.map((item) => fillPlaceholders(item, data));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillPlaceholders(item, data)]));
}

function follow(data: unknown, path: string[]): unknown {
  let at = data;
  for (const key of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, key))
      throw new AdiuvaError('plan.invalid', { detail: `the earlier step gives no "${key}"` });
    at = (at as Fields)[key];
  }
  return at;
}

const holdsPlaceholder = (value: unknown): boolean =>
  isPlaceholder(value) || (value !== null && typeof value === 'object' && Object.values(value).some(holdsPlaceholder));

/** Whether objects and lists stand at most `left` deep in each other. */
export function nestsWithin(value: unknown, left: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return left > 0 && Object.values(value).every((item) => nestsWithin(item, left - 1));
}

/**
 * Where a plan comes from. One that this device writes itself (a direct edit, an undo) holds what the user typed or had: it may be as large as
 * records may be, and text that looks like a placeholder is text.
 */
export type PlanSource = 'outside' | 'own';

/** Faults of one step's parameters; fields that wait for an earlier step are judged again when it runs. */
function stepFault(step: PlanStep, source: PlanSource): string | undefined {
  const parsed = actions[step.action].params.safeParse(step.params);
  if (!parsed.success) return describeIssues(parsed.error);
  const waits = step.dataFromStep !== undefined || source === 'outside';
  if (waits && holdsPlaceholder(step.params)) return step.dataFromStep === undefined ? 'a placeholder needs dataFromStep' : undefined;
  try {
    if (step.action === 'create_record') parseFields((parsed.data as ParamsOf<'create_record'>).type, (parsed.data as ParamsOf<'create_record'>).fields);
    if (step.action === 'update_record') parseChanges((parsed.data as ParamsOf<'update_record'>).type, (parsed.data as ParamsOf<'update_record'>).fields);
  } catch (error) {
    return error instanceof AdiuvaError ? error.detail : 'fields do not fit';
  }
  return undefined;
}

/**
 * A plan that holds: right shape, sizes within {@link planLimits}, every step's parameters fit its action, references only to earlier steps
 * (which rules out cycles). Says nothing about whether records exist; that is for the run.
 * @throws AdiuvaError `plan.invalid`, the detail naming the step from 1
 */
export function validatePlan(data: unknown, source: PlanSource = 'outside'): ExecutionPlan {
  if (!nestsWithin(data, planLimits.depth)) throw new AdiuvaError('plan.invalid', { detail: 'nested too deeply' });
  const parsed = executionPlan.safeParse(data);
  if (!parsed.success) throw new AdiuvaError('plan.invalid', { detail: describeIssues(parsed.error) });
  const plan = parsed.data;
  if (source === 'outside' && new TextEncoder().encode(JSON.stringify(plan)).length > planLimits.bytes)
    throw new AdiuvaError('plan.invalid', { detail: 'larger than 256 KiB' });
  plan.steps.forEach((step, index) => {
    const forward = step.dataFromStep !== undefined && step.dataFromStep >= index;
    const fault = forward ? 'dataFromStep must name an earlier step' : stepFault(step, source);
    if (fault) throw new AdiuvaError('plan.invalid', { detail: `step ${index + 1}: ${fault}` });
  });
  return plan;
}

/** The plan as the bytes an approval is bound to: JSON with sorted keys and no spaces (after RFC 8785). */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
}
