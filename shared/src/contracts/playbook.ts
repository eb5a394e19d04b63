import { z } from 'zod';
import { tierName, tiers, type TierName } from './billing.ts';
import { AdiuvaError, describeIssues } from './errors.ts';
import { action, canonicalJson, nestsWithin, planLimits } from './plan.ts';
import { localQueries, localQuery, type LocalQuery } from './playbook-queries.ts';
import { recordType } from './records.ts';

/** Bounds of one playbook, of its inputs and of a list of playbooks. `bytes` in UTF-8 with its signature. */
export const playbookLimits = {
  bytes: 32 * 1024,
  depth: 12,
  inputs: 12,
  data: 12,
  sections: 24,
  steps: 24,
  text: 2_000,
  rows: 50,
  inputText: 4_000,
  variables: 16,
  catalogue: 200,
} as const;

/** The form of the document itself; a reader that meets another refuses it by name. */
export const playbookFormat = 1;

const name = z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be a name of letters and digits');
export const playbookId = z.string().regex(/^[a-z][a-z0-9-]{1,59}$/, 'must be 2 to 60 of a-z 0-9 -');
/** What is checked is never changed: the signature is over the document as it came. */
const words = z
  .string()
  .regex(/^\S(?:[^]*\S)?$/, 'must be text without blanks around it')
  .max(200);

/** Which tiers have a playbook is said once, in the table of tiers; a playbook only says to which set it belongs. */
export const playbookSet = z.enum(['basic', 'extended', 'shared']);
export type PlaybookSet = z.infer<typeof playbookSet>;

const setsOf = { basic: ['basic'], all: ['basic', 'extended'], 'all+shared': ['basic', 'extended', 'shared'] } as const;

/** Whether a tier has a set; nobody signed in (`null`) has what the lowest tier has. */
export const mayHave = (tier: TierName | null, set: PlaybookSet): boolean => (setsOf[tiers[tier ?? 'free'].playbooks] as readonly PlaybookSet[]).includes(set);

/** The lowest tier that has a set. */
export const lowestTierWith = (set: PlaybookSet): TierName => (Object.keys(tiers) as TierName[]).find((tier) => mayHave(tier, set))!;

export const playbookCategory = z.enum(['day', 'week', 'mail', 'meetings', 'projects', 'goals', 'travel']);

/** A day as playbooks write it: a date, `today`, `today+3`, `today-7`, or a weekday, which is the next one after today. */
export const dayWords = z
  .string()
  .regex(/^(?:\d{4}-\d{2}-\d{2}|today(?:[+-]\d{1,3})?|monday|tuesday|wednesday|thursday|friday|saturday|sunday)$/, 'must be a day');

const inputHead = { name, label: words, hint: z.string().max(300).optional(), required: z.boolean() };

/** What a playbook asks of the user. A `record` is the id of a record of its type; `next` is the next event that has not begun. */
export const playbookInput = z.discriminatedUnion('kind', [
  z.strictObject({ ...inputHead, kind: z.literal('text'), default: z.string().max(playbookLimits.inputText).optional() }),
  z.strictObject({ ...inputHead, kind: z.literal('number'), min: z.number(), max: z.number(), default: z.number().optional() }),
  z.strictObject({ ...inputHead, kind: z.literal('date'), default: dayWords.optional() }),
  z.strictObject({ ...inputHead, kind: z.literal('boolean'), default: z.boolean() }),
  z.strictObject({
    ...inputHead,
    kind: z.literal('choice'),
    options: z
      .array(z.strictObject({ value: z.string().min(1).max(100), label: words }))
      .min(1)
      .max(20),
    default: z.string().max(100).optional(),
  }),
  z.strictObject({ ...inputHead, kind: z.literal('record'), type: recordType, default: z.literal('next').optional() }),
]);
export type PlaybookInput = z.infer<typeof playbookInput>;

/** Text with references in braces, as `Prepare: {item.title}`. A string that is one reference alone stands for the value itself. */
const template = z.string().max(playbookLimits.text);
const limit = z.int().min(1).max(playbookLimits.rows);

/** Shown or done only where data has rows, has none, or an input was given. */
const condition = z.union([z.strictObject({ some: name }), z.strictObject({ none: name }), z.strictObject({ input: name })]);
/** Left out where the question of this name to the cloud was answered. */
const unless = name;

const section = z.strictObject({
  heading: template.optional(),
  say: template.optional(),
  /** One line for each row of the data or of the answer of that name. */
  each: z.strictObject({ of: name, line: template, limit }).optional(),
  /** Said where `each` has no rows. */
  empty: template.optional(),
  when: condition.optional(),
  unless: unless.optional(),
});
export type PlaybookSection = z.infer<typeof section>;

/**
 * A step of a plan as a template. `llm` steps are questions to the cloud, asked by template id before the plan is proposed: `as` names the answer. Their
 * variables may be texts or rows: `{ "rows": "due", "columns": ["title", "due"] }` sends these columns and nothing else.
 */
const step = z.strictObject({
  action,
  params: z.record(z.string(), z.unknown()),
  explain: template,
  forEach: z.strictObject({ of: name, limit }).optional(),
  as: name.optional(),
  when: condition.optional(),
  unless: unless.optional(),
});
export type PlaybookStep = z.infer<typeof step>;

const rowsVariable = z.strictObject({ rows: name, columns: z.array(name).min(1).max(12), limit });
/** Parameters of an `llm` step of a playbook. */
export const askParams = z.strictObject({
  templateId: z.string().regex(/^[a-z][a-z0-9.-]{0,80}$/),
  variables: z.record(name, z.union([template, rowsVariable])).refine((all) => Object.keys(all).length <= playbookLimits.variables),
});

const document = z.strictObject({
  format: z.literal(playbookFormat),
  id: playbookId,
  version: z.int().min(1).max(1_000_000),
  title: words,
  description: z.string().min(1).max(500),
  category: playbookCategory,
  set: playbookSet,
  inputs: z.array(playbookInput).max(playbookLimits.inputs),
  /** What it reads on the device, by name: declared here, shown before a run, and nothing else is read. */
  data: z.record(name, localQuery).refine((all) => Object.keys(all).length <= playbookLimits.data),
  sections: z.array(section).min(1).max(playbookLimits.sections),
  steps: z.array(step).max(playbookLimits.steps),
});

/** A playbook whose references all lead somewhere: what {@link parsePlaybook} gives. */
export type Playbook = z.infer<typeof document>;

/** Ed25519 over {@link signedBytes}, base64url, and the name of the key. */
export const playbookSignature = z.strictObject({
  keyId: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
  value: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
export const signedPlaybook = document.extend({ signature: playbookSignature });
export type SignedPlaybook = z.infer<typeof signedPlaybook>;

/** What is said of a playbook that a tier does not have. */
export const lockedPlaybook = z.object({
  id: playbookId,
  title: z.string(),
  description: z.string(),
  category: playbookCategory,
  set: playbookSet,
  tier: tierName,
});
export type LockedPlaybook = z.infer<typeof lockedPlaybook>;

/** `GET /plans/playbook`. Documents are checked one by one with {@link parseSigned}, so that one bad or newer one does not hide the others. */
export const playbookList = z.object({
  playbooks: z.array(z.record(z.string(), z.unknown())).max(playbookLimits.catalogue),
  locked: z.array(lockedPlaybook).max(playbookLimits.catalogue),
});

/** Characters of what an `llm` step sends and gets. */
export const llmStepLimits = { variables: 48_000, text: 20_000, items: 50, title: 300, detail: 1_000 } as const;

/** `POST /plans/llm-step`. */
export const llmStepRequest = z.strictObject({
  templateId: z.string().regex(/^[a-z][a-z0-9.-]{0,80}$/, 'must be the id of a template'),
  variables: z.record(z.string().max(100), z.unknown()).default({}),
});
/** What every template answers: Markdown, and things found, `ref` naming the row they come from. */
export const llmOutput = z.strictObject({
  text: z.string().max(llmStepLimits.text),
  items: z
    .array(z.strictObject({ title: z.string().max(llmStepLimits.title), detail: z.string().max(llmStepLimits.detail), ref: z.string().max(100) }))
    .max(llmStepLimits.items),
});
export type LlmOutput = z.infer<typeof llmOutput>;
export const llmStepReply = z.object({ templateId: z.string(), output: llmOutput, model: z.string() });
export type LlmStepReply = z.infer<typeof llmStepReply>;

const invalid = (detail: string) => new AdiuvaError('playbook.invalid', { detail });

/** What is refused before anything else looks into it. @throws AdiuvaError `playbook.invalid` · `playbook.newer` */
export function refuseUnreadable(data: unknown): void {
  if (!nestsWithin(data, playbookLimits.depth)) throw invalid('nested too deeply');
  if (new TextEncoder().encode(JSON.stringify(data) ?? '').length > playbookLimits.bytes) throw invalid('larger than 32 KiB');
  const format = (data as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > playbookFormat) throw new AdiuvaError('playbook.newer', { detail: `format ${format}` });
}

/**
 * A playbook that holds: shape, sizes, every reference to an input, to declared data and its columns, or to an earlier answer.
 * @throws AdiuvaError `playbook.invalid` naming the fault, `playbook.newer` where the format is one of later
 */
export function parsePlaybook(data: unknown): Playbook {
  refuseUnreadable(data);
  const parsed = document.safeParse(data);
  if (!parsed.success) throw invalid(describeIssues(parsed.error));
  refuseReferences(parsed.data);
  return parsed.data;
}

/** The same with its signature, which is not verified here. @throws AdiuvaError like {@link parsePlaybook} */
export function parseSigned(data: unknown): SignedPlaybook {
  refuseUnreadable(data);
  const parsed = signedPlaybook.safeParse(data);
  if (!parsed.success) throw invalid(describeIssues(parsed.error));
  refuseReferences(parsed.data);
  return parsed.data;
}

/** Before the document, so that no signature over something else with the same key can stand for one over a playbook. */
const label = 'adiuva playbook 1\n';

/** What is signed: the document as it travels, without its signature, as JSON with sorted keys and no spaces (after RFC 8785). */
export function signedBytes(data: Readonly<Record<string, unknown>>): Uint8Array {
  const { signature: _none, ...rest } = data;
  return new TextEncoder().encode(label + canonicalJson(rest));
}

const reference = /\{([^{}]*)\}/g;

/** The paths of the references in a text, as `['item', 'title']`. */
export const referencesIn = (text: string): string[][] => [...text.matchAll(reference)].map((match) => match[1]!.split('.'));

/** The path, where a text is one reference and nothing else. */
export const soleReference = (text: string): string[] | undefined => (/^\{[^{}]*\}$/.test(text) ? text.slice(1, -1).split('.') : undefined);

/** Every string of a value, at any depth. */
function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (value !== null && typeof value === 'object') for (const item of Object.values(value)) yield* stringsIn(item);
}

/** Columns of what the cloud answers, as rows. */
const answerColumns = ['title', 'detail', 'ref'] as const;

/** What a reference may name, at one place of a playbook. */
interface Scope {
  readonly inputs: ReadonlyMap<string, PlaybookInput>;
  readonly data: ReadonlyMap<string, LocalQuery>;
  readonly answers: ReadonlySet<string>;
  /** Data or answer whose rows are gone through here. */
  readonly row?: string | undefined;
}

const columnsOf = ({ data, answers }: Scope, rows: string): readonly string[] | undefined =>
  answers.has(rows) ? answerColumns : data.has(rows) ? localQueries[data.get(rows)!.query].columns : undefined;

const oneOf = (list: readonly string[] | undefined, key: string | undefined) => key !== undefined && (list?.includes(key) ?? false);

/** Columns of a record that an input names. */
export const inputColumns = ['title', 'when', 'people', 'place'] as const;

const roots: { readonly [root: string]: (scope: Scope, path: readonly string[]) => boolean } = {
  input: ({ inputs }, [key = '', column]) => inputs.has(key) && (column === undefined || (inputs.get(key)!.kind === 'record' && oneOf(inputColumns, column))),
  item: (scope, [column]) => scope.row !== undefined && oneOf(columnsOf(scope, scope.row), column),
  count: (scope, [rows = '']) => columnsOf(scope, rows) !== undefined,
  /** The first row of data, for what has one row only. */
  first: (scope, [rows = '', column]) => oneOf(columnsOf(scope, rows), column),
  ask: ({ answers }, [answer = '']) => answers.has(answer),
  now: (_scope, [key]) => oneOf(['date', 'day'], key),
  user: (_scope, [key]) => oneOf(['name', 'zone'], key),
  /** An id for a record that the plan makes: the same wherever it is named in one run. */
  new: (_scope, [key]) => name.safeParse(key).success,
};

function refuseText(text: string, scope: Scope, where: string): void {
  if (/[{}]/.test(text.replace(reference, ''))) throw invalid(`${where}: a brace without its other one`);
  for (const [root = '', ...path] of referencesIn(text)) {
    const known = Object.hasOwn(roots, root) && path.length <= 2 && roots[root]!(scope, path);
    if (!known) throw invalid(`${where}: nothing is called {${[root, ...path].join('.').slice(0, 80)}}`);
  }
}

function refuseReferences({ inputs, data, sections, steps }: Playbook): void {
  const scope = { inputs: new Map(inputs.map((input) => [input.name, input])), data: new Map(Object.entries(data)), answers: new Set<string>() };
  if (scope.inputs.size < inputs.length) throw invalid('inputs: two have the same name');
  for (const input of inputs) refuseInput(input);
  for (const [key, { query: _kind, ...given }] of Object.entries(data))
    for (const text of stringsIn(given)) refuseText(text, { ...scope, data: new Map() }, `data.${key}`);
  steps.forEach((one, index) => refuseStep(one, scope, `step ${index + 1}`));
  sections.forEach((one, index) => refusePart(one, one.each?.of, scope, `section ${index + 1}`));
}

function refuseInput(input: PlaybookInput): void {
  const fault = inputFault(input);
  if (fault) throw invalid(`input ${input.name}: ${fault}`);
}

function inputFault(input: PlaybookInput): string | undefined {
  if (input.kind === 'choice' && input.default !== undefined && !input.options.some(({ value }) => value === input.default)) return 'the default is no option';
  if (input.kind === 'number' && !(input.min <= (input.default ?? input.min) && (input.default ?? input.min) <= input.max))
    return 'the default is out of range';
  if (input.kind === 'record' && input.default === 'next' && input.type !== 'event') return 'only an event can be the next one';
  return undefined;
}

/** Answers become known step by step, so that a step can only refer to earlier ones. */
function refuseStep(one: PlaybookStep, scope: Scope & { answers: Set<string> }, where: string): void {
  refusePart(one, one.forEach?.of, scope, where);
  if (one.action !== 'llm') return void (one.as !== undefined && refuseBecause(`${where}: only an llm step has an answer to name`));
  const parsed = askParams.safeParse(one.params);
  if (!parsed.success) throw invalid(`${where}: ${describeIssues(parsed.error)}`);
  if (one.as === undefined || one.forEach) throw invalid(`${where}: an llm step needs a name for its answer and is asked once`);
  if (scope.answers.has(one.as) || scope.data.has(one.as)) throw invalid(`${where}: the name ${one.as} is taken`);
  for (const value of Object.values(parsed.data.variables)) if (typeof value !== 'string') refuseColumns(value, scope, where);
  scope.answers.add(one.as);
}

function refuseBecause(detail: string): never {
  throw invalid(detail);
}

function refuseColumns({ rows, columns }: z.infer<typeof rowsVariable>, scope: Scope, where: string): void {
  const known = columnsOf(scope, rows);
  if (!known) throw invalid(`${where}: there is no data called ${rows}`);
  const strange = columns.find((column) => !known.includes(column));
  if (strange !== undefined) throw invalid(`${where}: ${rows} has no column ${strange}`);
}

function refusePart(part: PlaybookSection | PlaybookStep, row: string | undefined, scope: Scope, where: string): void {
  if (row !== undefined && !columnsOf(scope, row)) throw invalid(`${where}: there is no data called ${row}`);
  const { when, unless: answered, ...rest } = part;
  for (const text of stringsIn(rest)) refuseText(text, { ...scope, row }, where);
  if (answered !== undefined && !scope.answers.has(answered)) throw invalid(`${where}: nothing earlier is called ${answered}`);
  if (!when) return;
  if ('input' in when ? !scope.inputs.has(when.input) : !columnsOf(scope, 'some' in when ? when.some : when.none))
    throw invalid(`${where}: the condition names nothing that is there`);
}

/** Whether a section or a step can only be had with the cloud: it asks, or it refers to one of these answers. */
export function needsAnswer(part: PlaybookSection | PlaybookStep, answers: ReadonlySet<string>): boolean {
  if ('action' in part && part.action === 'llm') return true;
  const of = 'each' in part ? part.each?.of : 'forEach' in part ? part.forEach?.of : undefined;
  if (of !== undefined && answers.has(of)) return true;
  const { when } = part;
  if (when && !('input' in when) && answers.has('some' in when ? when.some : when.none)) return true;
  return [...stringsIn(part)].some((text) => referencesIn(text).some(([root = '', key = '']) => ['ask', 'count', 'first'].includes(root) && answers.has(key)));
}

/** Names of the answers that a playbook asks of the cloud; empty where it is done on the device alone. */
export const answersOf = ({ steps }: Pick<Playbook, 'steps'>): ReadonlySet<string> => new Set(steps.flatMap(({ as }) => as ?? []));

/** What the user gave, checked and with the defaults filled in; days are dates then. Null where an optional one was left out. */
export type InputValues = Readonly<Record<string, string | number | boolean | null>>;

/**
 * @param today the user's date of today, as 2026-11-20. A `record` stays an id, or `next`: whether it exists is for the device to say.
 * @throws AdiuvaError `playbook.inputs` naming the inputs at fault, never their values
 */
export function parseInputs({ inputs }: Pick<Playbook, 'inputs'>, given: Readonly<Record<string, unknown>>, today: string): InputValues {
  const strange = Object.keys(given).filter((key) => !inputs.some((input) => input.name === key));
  const faults = strange.slice(0, 5).map((key) => `${key.slice(0, 40)}: is not asked for`);
  const values = inputs.map((input) => {
    const value = Object.hasOwn(given, input.name) ? given[input.name] : undefined;
    const { fault, is = null } = valueOf(input, value ?? undefined, today);
    if (fault) faults.push(`${input.name}: ${fault}`);
    return [input.name, is] as const;
  });
  if (faults.length > 0) throw new AdiuvaError('playbook.inputs', { detail: faults.join('; ') });
  return Object.fromEntries(values);
}

interface Checked {
  readonly fault?: string;
  readonly is?: string | number | boolean | null;
}

function valueOf(input: PlaybookInput, given: unknown, today: string): Checked {
  const value = given === undefined || given === '' ? input.default : given;
  if (value === undefined) return input.required ? { fault: 'is needed' } : { is: null };
  return kinds[input.kind](value, input as never, today);
}

type KindOf<K extends PlaybookInput['kind']> = Extract<PlaybookInput, { kind: K }>;

const kinds: { readonly [K in PlaybookInput['kind']]: (value: unknown, input: KindOf<K>, today: string) => Checked } = {
  text: (value) =>
    typeof value === 'string' && value.length <= playbookLimits.inputText
      ? { is: value }
      : { fault: `must be text of at most ${playbookLimits.inputText} characters` },
  number: (value, { min, max }) =>
    typeof value === 'number' && value >= min && value <= max ? { is: value } : { fault: `must be a number from ${min} to ${max}` },
  date: (value, _input, today) => {
    const date = dayWords.safeParse(value).success ? dayFrom(String(value), today) : undefined;
    return date === undefined ? { fault: 'must be a day, as 2026-11-20, today+1 or monday' } : { is: date };
  },
  boolean: (value) => (typeof value === 'boolean' ? { is: value } : { fault: 'must be true or false' }),
  choice: (value, { options }) =>
    options.some((option) => option.value === value) ? { is: String(value) } : { fault: `must be one of ${options.map((option) => option.value).join(', ')}` },
  record: (value) =>
    typeof value === 'string' && value.length >= 1 && value.length <= planLimits.title ? { is: value } : { fault: 'must be the id of a record' },
};

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const dayMs = 86_400_000;

/** The date of {@link dayWords}, seen from `today`; undefined where the calendar has no such date. */
export function dayFrom(text: string, today: string): string | undefined {
  const at = Date.parse(`${today}T00:00:00Z`);
  const dateOf = (days: number) => new Date(at + days * dayMs).toISOString().slice(0, 10);
  if (text.startsWith('today')) return dateOf(Number(text.slice(5) || '0'));
  const weekday = weekdays.indexOf(text);
  if (weekday >= 0) return dateOf(((weekday - new Date(at).getUTCDay() + 6) % 7) + 1);
  return z.iso.date().safeParse(text).success ? text : undefined;
}
