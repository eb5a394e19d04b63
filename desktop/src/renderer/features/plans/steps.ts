import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { PlanView } from '../../../bridge/shapes.ts';
import { counted } from '../../words/numbers.ts';

/** Actions whose parameters hold the fields of a record, so that one value can be edited in place. */
const holdsFields = new Set(['create_record', 'update_record']);

export const canEdit = (step: PlanStep): boolean => holdsFields.has(step.action);

/** The step with one field changed. */
export function withField(step: PlanStep, name: string, value: unknown): PlanStep {
  const fields = (step.params['fields'] ?? {}) as Record<string, unknown>;
  return { ...step, params: { ...step.params, fields: { ...fields, [name]: value } } };
}

/** The steps without one of them; null when another takes its data, or nothing would be left. References to later steps move up. */
export function withoutStep(steps: readonly PlanStep[], dropped: number): PlanStep[] | null {
  const needed = steps.some((step, index) => index !== dropped && step.dataFromStep === dropped);
  if (needed || steps.length === 1) return null;
  return steps
    .filter((_, index) => index !== dropped)
    .map((step) => (step.dataFromStep !== undefined && step.dataFromStep > dropped ? { ...step, dataFromStep: step.dataFromStep - 1 } : step));
}

/** The steps up to and with one of them; what comes later cannot be what they need. */
export const upTo = (steps: readonly PlanStep[], last: number): PlanStep[] => steps.slice(0, last + 1);

/** What the approving button says: `Approve 2 writes`; a plan that writes nothing has steps only. */
export const approveLabel = (view: PlanView): string => `Approve ${view.writes > 0 ? counted(view.writes, 'write') : counted(view.steps.length, 'step')}`;

export const isFinal = (view: PlanView): boolean => view.steps.some((step) => !step.reversible);
export const hasFault = (view: PlanView): boolean => view.steps.some((step) => step.problem !== null);

/** Who proposes: the words of an origin. */
const proposers: Readonly<Record<PlanView['origin']['kind'], string>> = {
  chat: 'Proposed by the assistant, from your message',
  records: 'Made by you, in the window',
  undo: 'Takes back an earlier run',
  plugin: 'Proposed by a plugin',
  import: 'Made from an imported file',
  playbook: 'Proposed by a playbook',
};

/** Names the assistant gives itself add nothing to "the assistant"; a plugin's name does. */
export const proposerText = ({ origin }: PlanView): string =>
  (origin.kind === 'plugin' || origin.kind === 'playbook') && origin.by !== '' ? `${proposers[origin.kind]}: ${origin.by}` : proposers[origin.kind];

export const stateNames: Readonly<Record<PlanView['state'], { label: string; tone: string }>> = {
  proposed: { label: 'Waits for you', tone: 'accent' },
  approved: { label: 'Done', tone: 'good' },
  rejected: { label: 'Rejected', tone: '' },
  failed: { label: 'Failed', tone: 'bad' },
  undone: { label: 'Undone', tone: 'warn' },
  replaced: { label: 'Replaced', tone: '' },
};
