import { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson, planLimits, type Action } from '@adiuva/shared/contracts/plan.ts';
import { labelOf, recordTypes, type Fields, type RecordType } from '@adiuva/shared/contracts/records.ts';
import { called, mustBeSeen } from './context-view.ts';
import { tool, type AgentTool, type ToolOutcome, type ToolTurn } from './tool.ts';

const id = z.string().min(1).max(100);
/** Why the step is proposed, in the user's language; the approval card shows it. */
export const explain = z.string().max(planLimits.explain).optional().describe('Why, in one short sentence the user will read');

/** Adds one step and says so. A change or a deletion that stands in the plan already is not put there twice: the second would fail. */
export function propose(turn: ToolTurn, action: Action, params: Fields, why: string, label?: string): ToolOutcome {
  const again = action === 'update_record' || action === 'delete_record' ? stepLike(turn, action, params) : -1;
  if (again >= 0) return { summary: turn.plan.described[again]!, result: { proposed: turn.plan.described[again], step: again + 1 } };
  turn.plan.addStep(action, params, why, label);
  const summary = turn.plan.lastStep;
  return { summary, result: { proposed: summary, step: turn.plan.steps.length } };
}

const stepLike = ({ plan }: ToolTurn, action: Action, params: Fields): number =>
  plan.steps.findIndex((step) => step.action === action && canonicalJson(step.params) === canonicalJson(params));

const shapeOf = (type: RecordType): Record<string, z.ZodType> => recordTypes[type].fields.shape;

function fieldsOf(given: Fields): Fields {
  const { id: _id, explain: _explain, ...fields } = given;
  return fields;
}

/** `create_task` and its like: fields flat beside `explain`. */
export function createTool(type: RecordType, description: string): AgentTool {
  return tool({
    name: `create_${type}`,
    description,
    effect: 'adds',
    parameters: z.strictObject({ ...shapeOf(type), id: id.optional(), explain }),
    run(args, turn, given) {
      const fields = fieldsOf(given);
      const params = { type, fields, ...(args.id !== undefined && { id: args.id }) };
      return propose(turn, 'create_record', params, args.explain || `You asked for ${called(type, fields)}.`);
    },
  });
}

/** `update_task` and its like: only the named fields change. */
export function updateTool(type: RecordType, description: string): AgentTool {
  return tool({
    name: `update_${type}`,
    description,
    effect: 'changes',
    parameters: z.strictObject({ ...z.object(shapeOf(type)).partial().shape, id, explain }),
    run(args, turn, given) {
      return proposeChange(turn, type, args.id, fieldsOf(given), args.explain);
    },
  });
}

/** A change of a record that the request brought along. @throws AdiuvaError `record.not_found`, `plan.invalid` */
export function proposeChange(turn: ToolTurn, type: RecordType, recordId: string, fields: Fields, why: string | undefined): ToolOutcome {
  const before = mustBeSeen(turn.context, type, recordId);
  if (Object.keys(fields).length === 0) throw new AdiuvaError('plan.invalid', { detail: 'no field to change was given' });
  return propose(turn, 'update_record', { type, id: recordId, fields }, why || `You asked to change ${called(type, before)}.`, labelOf(type, before));
}

export function deleteTool(type: RecordType, description: string): AgentTool {
  return tool({
    name: `delete_${type}`,
    description,
    effect: 'removes',
    parameters: z.strictObject({ id, explain }),
    run(args, turn) {
      const before = mustBeSeen(turn.context, type, args.id);
      return propose(turn, 'delete_record', { type, id: args.id }, args.explain || `You asked to delete ${called(type, before)}.`, labelOf(type, before));
    },
  });
}

/** Notes are taken wherever something is said that is worth keeping. */
export const noteTools: readonly AgentTool[] = [
  createTool('note', 'Proposes a new note.'),
  updateTool('note', 'Proposes to change named fields of a note.'),
  deleteTool('note', 'Proposes to delete a note.'),
];
