import { localQueries, type LocalQuery } from '@adiuva/shared/contracts/playbook-queries.ts';
import {
  answersOf,
  askParams,
  dayFrom,
  needsAnswer,
  referencesIn,
  soleReference,
  type InputValues,
  type LlmOutput,
  type Playbook,
  type PlaybookSection,
  type PlaybookStep,
} from '@adiuva/shared/contracts/playbook.ts';
import { planLimits, type PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { PlaybookResult } from '../../bridge/shapes.ts';
import { rowType, type Row } from './looks.ts';

export type Section = PlaybookResult['sections'][number];

/** Everything a template may refer to, in one run. */
export interface Scene {
  readonly playbook: Playbook;
  readonly inputs: InputValues;
  /** Columns of the records that inputs name. */
  readonly records: ReadonlyMap<string, Row>;
  readonly data: ReadonlyMap<string, readonly Row[]>;
  readonly answers: ReadonlyMap<string, LlmOutput>;
  readonly now: { readonly date: string; readonly day: string };
  readonly user: { readonly name: string; readonly zone: string };
  /** An id for what the plan makes, the same for the same name. */
  newId(name: string): string;
}

type Value = string | number | boolean | null;

const answerRow = ({ title, detail, ref }: LlmOutput['items'][number]): Row => ({ title, detail, ref });
const rowsOf = ({ data, answers }: Scene, name: string): readonly Row[] => data.get(name) ?? answers.get(name)?.items.map(answerRow) ?? [];

const roots: { readonly [root: string]: (scene: Scene, path: readonly string[], row: Row | undefined) => Value | undefined } = {
  input: ({ inputs, records }, [name = '', column]) => (column === undefined ? inputs[name] : records.get(name)?.[column]),
  item: (_scene, [column = ''], row) => row?.[column],
  count: (scene, [name = '']) => rowsOf(scene, name).length,
  first: (scene, [name = '', column = '']) => rowsOf(scene, name)[0]?.[column],
  ask: ({ answers }, [name = '']) => answers.get(name)?.text,
  now: ({ now }, [key]) => (key === 'date' ? now.date : now.day),
  user: ({ user }, [key]) => (key === 'name' ? user.name : user.zone),
  new: (scene, [name = '']) => scene.newId(name),
};

/** References were checked when the playbook was parsed, so one that gives nothing has nothing to give. */
const valueAt = (scene: Scene, [root = '', ...path]: readonly string[], row?: Row): Value => roots[root]?.(scene, path, row) ?? null;

/** A text with its references filled in. What is filled in is never read for references again. */
export function fillText(scene: Scene, template: string, row?: Row): string {
  return template.replace(/\{[^{}]*\}/g, (whole) => String(valueAt(scene, referencesIn(whole)[0]!, row) ?? ''));
}

/** The same at any depth; a text that is one reference alone becomes the value itself. */
export function fillValue(scene: Scene, value: unknown, row?: Row): unknown {
  if (typeof value === 'string') {
    const sole = soleReference(value);
    return sole ? valueAt(scene, sole, row) : fillText(scene, value, row);
  }
  if (Array.isArray(value)) return value.map((item) => fillValue(scene, item, row));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillValue(scene, item, row)]));
}

/** Days or minutes a look may ask for. */
const mostCount = 960;
const dayKeys: ReadonlySet<string> = new Set(['from', 'to', 'on']);

/** A look with its references filled in: days are dates, counts whole numbers within its bounds. */
export function fillLook(scene: Scene, query: LocalQuery): LocalQuery {
  const given = Object.entries(query).map(([key, value]) => {
    const filled = fillValue(scene, value);
    if (key === 'query') return [key, value];
    if (dayKeys.has(key)) return [key, dayFrom(String(filled ?? 'today'), scene.now.date) ?? scene.now.date];
    return [key, typeof filled === 'number' ? Math.min(Math.max(Math.round(filled), 1), mostCount) : String(filled ?? '')];
  });
  return Object.fromEntries(given) as LocalQuery;
}

type Part = PlaybookSection | PlaybookStep;

function holds(scene: Scene, { when, unless }: Part): boolean {
  if (unless !== undefined && scene.answers.has(unless)) return false;
  if (!when) return true;
  if ('input' in when) return scene.inputs[when.input] !== null && scene.inputs[when.input] !== false && scene.inputs[when.input] !== '';
  return 'some' in when ? rowsOf(scene, when.some).length > 0 : rowsOf(scene, when.none).length === 0;
}

/** Which parts: those that the device does alone, those that refer to what the cloud answered, or both in their order. */
export type Share = 'device' | 'cloud' | 'all';

/** Parts of a share whose condition holds; those that refer to answers only where the answers are there. */
function partsOf<P extends Part>(scene: Scene, parts: readonly P[], share: Share): P[] {
  const asked = answersOf(scene.playbook);
  const missing = new Set([...asked].filter((name) => !scene.answers.has(name)));
  const isOf = (part: P) => share === 'all' || needsAnswer(part, asked) === (share === 'cloud');
  return parts.filter((part) => isOf(part) && !needsAnswer(part, missing) && holds(scene, part));
}

export function sectionsOf(scene: Scene, share: Share): Section[] {
  const asked = answersOf(scene.playbook);
  return partsOf(scene, scene.playbook.sections, share).map((part) => sectionOf(scene, part, needsAnswer(part, asked) ? 'cloud' : 'device'));
}

function sectionOf(scene: Scene, { heading, say, each, empty }: PlaybookSection, from: Section['from']): Section {
  const rows = each ? rowsOf(scene, each.of) : [];
  const lines = each ? rows.slice(0, each.limit).map((row) => ({ text: fillText(scene, each.line, row), ...recordOf(scene, each.of, row) })) : [];
  const more = each && rows.length > each.limit ? [{ text: `and ${rows.length - each.limit} more`, recordId: null, recordType: null }] : [];
  const said = [say, each && rows.length === 0 ? empty : undefined].filter((text) => text !== undefined).map((text) => fillText(scene, text));
  return { heading: heading === undefined ? null : fillText(scene, heading), text: said.join('\n\n') || null, lines: [...lines, ...more], from };
}

function recordOf({ playbook }: Scene, of: string, row: Row): Pick<Section['lines'][number], 'recordId' | 'recordType'> {
  const query = playbook.data[of];
  const recordType = query && 'id' in row && localQueries[query.query].type ? rowType(query) : null;
  return { recordId: recordType === null ? null : String(row['id']), recordType };
}

/** Steps of a plan, ready to be proposed; at most as many as a plan may have. */
export function stepsOf(scene: Scene, share: Share): PlanStep[] {
  const parts = partsOf(scene, scene.playbook.steps, share).filter(({ action }) => action !== 'llm');
  const steps = parts.flatMap(({ action, params, explain, forEach }) => {
    const rows = forEach ? rowsOf(scene, forEach.of).slice(0, forEach.limit) : [undefined];
    return rows.map((row) => ({
      action,
      params: fillValue(scene, params, row) as Record<string, unknown>,
      explain: fillText(scene, explain, row).slice(0, planLimits.explain),
    }));
  });
  return steps.slice(0, planLimits.steps);
}

/** A question to the cloud as it is sent: the rows and columns it declares, and nothing else. */
export interface Question {
  readonly as: string;
  readonly templateId: string;
  readonly variables: Record<string, unknown>;
}

/** Characters of one cell, so that what is sent stays within what the cloud takes. */
const cell = 300;

/** Questions whose condition holds. */
export function questionsOf(scene: Scene): Question[] {
  const asked = scene.playbook.steps.filter((step) => step.action === 'llm' && holds(scene, step));
  return asked.map(({ as, params }) => {
    const { templateId, variables } = askParams.parse(params);
    const filled = Object.entries(variables).map(([name, value]) => [name, typeof value === 'string' ? fillText(scene, value) : columnsOf(scene, value)]);
    return { as: as!, templateId, variables: Object.fromEntries(filled) };
  });
}

function columnsOf(scene: Scene, { rows, columns, limit }: { rows: string; columns: string[]; limit: number }): Row[] {
  const short = (value: string | number | undefined) => (typeof value === 'string' ? value.slice(0, cell).toWellFormed() : (value ?? ''));
  return rowsOf(scene, rows)
    .slice(0, limit)
    .map((row) => Object.fromEntries(columns.map((column) => [column, short(row[column])])));
}

const special = /[\\`*_{}[\]()#+!|<>~-]/g;
const escaped = (text: string) => text.replace(/\s+/g, ' ').replace(special, '\\$&');

/** Sections as Markdown. What the device says is escaped, because records hold what strangers wrote; words of the cloud are Markdown already. */
export function markdownOf(sections: readonly Section[]): string {
  const blocks = sections.flatMap(({ heading, text, lines, from }) => [
    heading === null ? [] : [`## ${escaped(heading)}`],
    text === null ? [] : [from === 'cloud' ? text : text.split('\n\n').map(escaped).join('\n\n')],
    lines.length === 0 ? [] : [lines.map((line) => `- ${escaped(line.text)}`).join('\n')],
  ]);
  return blocks.flat().join('\n\n');
}
