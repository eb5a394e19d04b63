import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { PlanView, QueueJob, RunView } from '../../bridge/shapes.ts';
import { optional, plain, verb, type Call } from './verb.ts';

/** The plan as a person decides on it: what will be written and why. */
export function planText({ plan, state, steps }: PlanView): string {
  const lines = steps.flatMap(({ verb: does, object, diff, step }, at) => [
    `  ${at + 1}. ${does}: ${object}${step.explain ? ` (${step.explain})` : ''}`,
    ...diff.map(
      ({ name, before, after }) => `       ${name}: ${before === undefined || before === null ? '' : `${JSON.stringify(before)} → `}${JSON.stringify(after)}`,
    ),
  ]);
  return plain([`${plan.title} [${state}] ${plan.id}`, ...lines].join('\n'));
}

export const runText = ({ runId, state, steps }: RunView): string =>
  `${state === 'done' ? 'Done' : 'Undone'}: ${steps.map(({ status }) => status).join(', ')}. Undo with: adiuva plans undo ${runId}`;

const jobText = (job: QueueJob) => plain(`${job.id}  ${job.state}  ${job.label}${job.problem ? `  (${job.problem.title})` : ''}`);
const jobsText = ({ jobs }: { jobs: readonly QueueJob[] }) => jobs.map(jobText).join('\n') || 'nothing waits';

/** Approves the plan as it is stored; with `--hash` only the one that was shown. */
async function approve(call: Call): Promise<RunView> {
  const { api } = await call.open();
  const planId = call.args[0]!;
  const hash = optional(call, 'hash') ?? (await api['plans.get']({ planId })).hash;
  return api['plans.approve']({ planId, hash });
}

async function drain(call: Call): Promise<{ jobs: QueueJob[] }> {
  const { api } = await call.open();
  const left = await api['queue.drain'](undefined, call.signal);
  const { connectivity } = await api['status.get'](undefined);
  if (connectivity === 'offline' && left.jobs.some(({ state }) => state === 'waiting')) throw new AdiuvaError('cloud.offline');
  return left;
}

export const planVerbs = {
  'plans list': verb({
    usage: '',
    about: 'plans, the newest first',
    words: [0, 0],
    run: async (call) => (await call.open()).api['plans.list']({ limit: 200 }),
    text: ({ plans }) => plain(plans.map(({ plan, state }) => `${plan.id}  ${state}  ${plan.title}`).join('\n')) || 'none',
  }),
  'plans show': verb({
    usage: 'ID',
    about: 'one plan with what it would change',
    words: [1, 1],
    run: async (call) => (await call.open()).api['plans.get']({ planId: call.args[0]! }),
    text: planText,
  }),
  'plans approve': verb({
    usage: 'ID [--hash H]',
    about: 'runs a plan; with --hash only the one that was shown',
    words: [1, 1],
    options: { hash: { type: 'string' } },
    run: approve,
    text: runText,
  }),
  'plans reject': verb({
    usage: 'ID',
    about: 'drops a plan',
    words: [1, 1],
    run: async (call) => (await call.open()).api['plans.reject']({ planId: call.args[0]! }),
    text: planText,
  }),
  'plans undo': verb({
    usage: 'RUN',
    about: 'takes back what a run changed',
    words: [1, 1],
    run: async (call) => (await call.open()).api['plans.undo']({ runId: call.args[0]! }),
    text: runText,
  }),
  'queue list': verb({
    usage: '',
    about: 'what waits for the cloud',
    words: [0, 0],
    run: async (call) => (await call.open()).api['queue.list'](undefined),
    text: jobsText,
  }),
  'queue drain': verb({ usage: '', about: 'sends what waits', words: [0, 0], run: drain, text: jobsText }),
  'queue retry': verb({
    usage: 'ID',
    about: 'tries a job again',
    words: [1, 1],
    run: async (call) => (await call.open()).api['queue.retry']({ jobId: call.args[0]! }),
    text: jobText,
  }),
  'queue drop': verb({
    usage: 'ID',
    about: 'gives a job up',
    words: [1, 1],
    async run(call) {
      const { api } = await call.open();
      await api['queue.drop']({ jobId: call.args[0]! });
      return api['queue.list'](undefined);
    },
    text: jobsText,
  }),
};
