import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson, validatePlan, type ExecutionPlan, type PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newId, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Announce, EventData, EventName } from '../../bridge/events.ts';
import type { PlanView, RunView } from '../../bridge/shapes.ts';
import type { Store, StoredPlan, StoredRun, Tables } from '../store/store.ts';
import { actionRows, type Effect } from './actions.ts';
import { hashOf } from './hash.ts';
import { createNotices } from './notices.ts';
import { llmFault } from './preview.ts';
import { paramsOf, prepareRun, runSteps, type Run } from './steps.ts';
import { bornOf, expectationsOf, refuseIfChanged, rootOf, undoPlan } from './undo.ts';
import { sourceOf, tryPlan, viewPlan, viewRun } from './views.ts';

export type PlanOrigin = StoredPlan['origin'];
type PlanState = StoredPlan['state'];
interface Page {
  limit: number;
  after?: string | undefined;
}

/** Asks a prompt step of the cloud. */
export type AskModel = (templateId: string, variables: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>;

export interface PlansDeps {
  store: () => Store;
  announce: Announce;
  clock: Clock;
  random: Random;
  log: Log;
  notify(title: string, body: string): void;
  llm?: AskModel;
}

/** The one way to change records. A plan waits for its decision as long as the user needs: `expiresAt` binds the server, not this device. */
export interface Plans {
  /** Keeps a plan as proposed. The same plan twice gives the stored one. @throws AdiuvaError `plan.invalid`, `plan.changed` when another has this id */
  propose(plan: unknown, origin: PlanOrigin): Promise<PlanView>;
  /** Runs the plan whose hash the user was shown; twice gives the same run. @throws AdiuvaError `plan.changed`, `plan.decided`, `plan.step_failed` */
  approve(planId: string, hash: string): Promise<RunView>;
  reject(planId: string): Promise<PlanView>;
  /** Puts a new plan in the place of a proposed one. */
  edit(planId: string, hash: string, steps: readonly PlanStep[]): Promise<PlanView>;
  /** @throws AdiuvaError `run.undone`, `run.conflict` */
  undo(runId: string): Promise<RunView>;
  undoPreview(runId: string): Promise<PlanView>;
  view(planId: string): Promise<PlanView>;
  list(page: Page & { state?: PlanState | undefined }): Promise<PlanView[]>;
  runs(page: Page): Promise<RunView[]>;
  /** A direct edit: a plan like any other, approved by being asked for. Throws the step's own error. */
  runNow(title: string, steps: readonly PlanStep[], origin: PlanOrigin): Promise<RunView>;
  /** At unlock: shows notifications that a crash kept back. */
  recover(): Promise<void>;
  close(): void;
}

export function createPlans(deps: PlansDeps): Plans {
  const { store, announce } = deps;
  const closing = new AbortController();
  const now = () => new Date(deps.clock.now()).toISOString();
  const freshId = () => newId(deps.clock.now(), deps.random);
  const notices = createNotices(store, deps.notify);
  const view = (t: Tables, stored: StoredPlan) => viewPlan(t, stored, now());

  return {
    async propose(plan, origin) {
      const stored = await proposed(validatePlan(plan), origin);
      const { kept, card } = await store().tx(async (t) => {
        const before = await t.plans.get(stored.plan.id);
        if (before && canonicalJson(before.plan) !== canonicalJson(stored.plan)) throw new AdiuvaError('plan.changed');
        if (!before) await t.plans.insert(stored);
        return { kept: before, card: await view(t, before ?? stored) };
      });
      if (!kept) announce('plan.changed', card);
      return card;
    },

    async approve(planId, hash) {
      const shown = await unchanged(store().t, planId, hash);
      if (shown.runId !== null) return viewRun(await runOf(store().t, shown.runId));
      const replies = await askModel(shown.plan);
      return commit(async (t, say) => {
        const stored = await unchanged(t, planId, hash);
        if (stored.runId !== null) return runOf(t, stored.runId);
        return carryOut(t, say, stored, await prepareRun(stored.plan, now(), { replies }));
      });
    },

    reject: (planId) =>
      decide(planId, async (t, stored) => {
        if (stored.state !== 'rejected' && stored.state !== 'proposed') throw new AdiuvaError('plan.decided');
        await t.plans.setState(planId, 'rejected');
      }),

    async edit(planId, hash, steps) {
      const old = await unchanged(store().t, planId, hash);
      const { title, createdAt, expiresAt } = old.plan;
      const next = await proposed(validatePlan({ id: freshId(), version: 1, title, steps, createdAt, expiresAt }), old.origin);
      await decide(planId, async (t) => {
        if ((await unchanged(t, planId, hash)).state !== 'proposed') throw new AdiuvaError('plan.decided');
        await t.plans.setState(planId, 'replaced');
        await t.plans.insert(next);
        await repoint(t, next);
      });
      const card = await view(store().t, next);
      announce('plan.changed', card);
      return card;
    },

    undo: (runId) =>
      commit(async (t, say) => {
        const { run, stored } = await undoable(t, runId);
        await refuseIfChanged(t, run);
        const plan = undoPlan(run, stored, freshId(), now());
        const own: StoredPlan = await proposed(plan, { kind: 'undo', by: runId, messageId: stored.origin.messageId });
        await t.plans.insert(own);
        const done = await carryOut(t, say, own, await prepareRun(plan, now(), { born: bornOf(run) }));
        await settle(t, say, run, done);
        return done;
      }),

    async undoPreview(runId) {
      const { t } = store();
      const { run, stored } = await undoable(t, runId);
      const plan = undoPlan(run, stored, freshId(), now());
      await refuseIfChanged(t, run);
      const steps = await tryPlan(t, plan, now());
      const { origin, hash, createdAt } = await proposed(plan, { kind: 'undo', by: runId, messageId: stored.origin.messageId });
      return { plan, hash, state: 'proposed', origin, steps, writes: steps.length, runId: null, createdAt };
    },

    view: async (planId) => view(store().t, await planOf(store().t, planId)),

    async list(page) {
      const { t } = store();
      const cards = await Promise.all((await t.plans.list(page)).map((stored) => readable(t, stored)));
      return cards.filter((card) => card !== null);
    },

    runs: async (page) => (await store().t.runs.list(page)).map(viewRun),

    async runNow(title, steps, origin) {
      const at = now();
      const short = title.slice(0, 300).toWellFormed();
      const own = await proposed(validatePlan({ id: freshId(), version: 1, title: short, steps, createdAt: at, expiresAt: at }, 'own'), origin);
      const run = await prepareRun(own.plan, at);
      try {
        return await commit(async (t, say) => {
          await t.plans.insert(own);
          return carryOut(t, say, own, run);
        });
      } catch (error) {
        throw error instanceof AdiuvaError && error.code === 'plan.step_failed' ? error.cause : error;
      }
    },

    recover: () => notices.showAll(),
    close: () => closing.abort(new AdiuvaError('vault.locked')),
  };

  async function proposed(plan: ExecutionPlan, origin: PlanOrigin): Promise<StoredPlan> {
    return { plan, hash: await hashOf(plan), state: 'proposed', origin, runId: null, createdAt: now() };
  }

  async function readable(t: Tables, stored: StoredPlan): Promise<PlanView | null> {
    try {
      return await view(t, stored);
    } catch (error) {
      if (!(error instanceof AdiuvaError) || error.code !== 'plan.invalid') throw error;
      deps.log.warn('plans.unreadable', { planId: stored.plan.id });
      return null;
    }
  }

  /** Changes the state of a plan and tells it. */
  async function decide(planId: string, change: (t: Tables, stored: StoredPlan) => Promise<void>): Promise<PlanView> {
    const card = await store().tx(async (t) => {
      await change(t, await planOf(t, planId));
      return view(t, await planOf(t, planId));
    });
    announce('plan.changed', card);
    return card;
  }

  /** One transaction; what it has to say is said only once it holds, and its notifications are shown after that. */
  async function commit(work: (t: Tables, say: Announce) => Promise<StoredRun>): Promise<RunView> {
    const said: (() => void)[] = [];
    const say = <N extends EventName>(type: N, data: EventData<N>) => void said.push(() => announce(type, data));
    const run = await store().tx((t) => work(t, say));
    for (const tell of said) tell();
    if (said.length > 0) await notices.show(run.id);
    return viewRun(run);
  }

  /** Steps, inverse, activity, run and state of the plan, inside the caller's transaction. */
  async function carryOut(t: Tables, say: Announce, stored: StoredPlan, run: Run): Promise<StoredRun> {
    const effects = await runSteps(t, run);
    const done = await keepRun(t, stored, run, effects);
    await keepActivity(t, stored, done, effects);
    await notices.keep(
      t,
      done.id,
      effects.flatMap(({ notice }) => notice ?? []),
    );
    await t.plans.setState(run.plan.id, 'approved', done.id);
    const touched = effects.flatMap((effect) => effect.touched ?? []);
    say('records.changed', { ids: touched.map(({ id }) => id), types: [...new Set(touched.map(({ type }) => type))] });
    say('run.changed', viewRun(done));
    say('plan.changed', await view(t, await planOf(t, run.plan.id)));
    return done;
  }

  async function keepRun(t: Tables, stored: StoredPlan, { now: createdAt }: Run, effects: readonly Effect[]): Promise<StoredRun> {
    const steps = effects.map(({ touched }, index) => ({ index, status: 'done' as const, recordId: touched?.id ?? null, problem: null }));
    const inverse = effects.flatMap((effect) => effect.inverse ?? []).toReversed();
    const expects = await expectationsOf(effects);
    const done = { id: freshId(), planId: stored.plan.id, steps, inverse, expects, createdAt, undoneAt: null, undoRunId: null };
    await t.runs.insert(done);
    return done;
  }

  async function keepActivity(t: Tables, { plan, origin }: StoredPlan, run: StoredRun, effects: readonly Effect[]): Promise<void> {
    for (const [index, { touched, notice }] of effects.entries()) {
      if (!touched && !notice) continue;
      const verb = actionRows[plan.steps[index]!.action].done;
      const recordType = touched && touched.type !== 'document' ? touched.type : null;
      const label = touched?.label ?? notice?.title ?? '';
      await t.activity.insert({ id: freshId(), at: run.createdAt, kind: origin.kind, verb, recordType, recordId: touched?.id ?? null, label, runId: run.id });
    }
  }

  /** After an undo: the run is undone, and the plan the user approved is undone or, after a redo, stands again with its newest run. */
  async function settle(t: Tables, say: Announce, undone: StoredRun, by: StoredRun): Promise<void> {
    await t.runs.markUndone(undone.id, by.createdAt, by.id);
    say('run.changed', viewRun(await runOf(t, undone.id)));
    await t.plans.setState(undone.planId, 'undone', undone.id);
    const root = await rootOf(t, undone);
    if (root.stands) await t.plans.setState(root.planId, 'approved', by.id);
    else await t.plans.setState(root.planId, 'undone');
    for (const planId of new Set([undone.planId, root.planId])) say('plan.changed', await view(t, await planOf(t, planId)));
  }

  async function planOf(t: Tables, planId: string): Promise<StoredPlan> {
    const stored = await t.plans.get(planId);
    if (!stored) throw new AdiuvaError('plan.not_found');
    return stored;
  }

  async function runOf(t: Tables, runId: string): Promise<StoredRun> {
    const run = await t.runs.get(runId);
    if (!run) throw new AdiuvaError('run.not_found');
    return run;
  }

  /** The plan, if it is byte for byte the one that was shown and nobody put another in its place or turned it down. */
  async function unchanged(t: Tables, planId: string, hash: string): Promise<StoredPlan> {
    const stored = await planOf(t, planId);
    if (stored.hash !== hash || (await hashOf(stored.plan)) !== hash || stored.state === 'replaced') throw new AdiuvaError('plan.changed');
    if (stored.state === 'rejected') throw new AdiuvaError('plan.decided');
    return { ...stored, plan: validatePlan(stored.plan, sourceOf(stored.origin)) };
  }

  async function undoable(t: Tables, runId: string): Promise<{ run: StoredRun; stored: StoredPlan }> {
    const run = await runOf(t, runId);
    if (run.undoneAt !== null) throw new AdiuvaError('run.undone');
    return { run, stored: await planOf(t, run.planId) };
  }

  /** The message that shows the old plan shows the new one. */
  async function repoint(t: Tables, { plan, origin }: StoredPlan): Promise<void> {
    const message = origin.messageId === null ? null : await t.messages.get(origin.messageId);
    if (message) await t.messages.update({ ...message, planId: plan.id });
  }

  /** Answers of the `llm` steps, asked before the transaction: a plan never holds the store while it waits for the network. */
  async function askModel(plan: ExecutionPlan): Promise<Map<number, unknown>> {
    const replies = new Map<number, unknown>();
    for (const [index, step] of plan.steps.entries()) {
      if (step.action !== 'llm') continue;
      const outputs = plan.steps.map((_, i) => replies.get(i));
      try {
        replies.set(index, await ask(plan, step, outputs));
      } catch (error) {
        throw unanswered(error, index);
      }
    }
    return replies;
  }

  function ask(plan: ExecutionPlan, step: PlanStep, outputs: readonly unknown[]): Promise<unknown> {
    const fault = llmFault(plan, step) ?? (deps.llm ? undefined : new AdiuvaError('cloud.offline'));
    if (fault) throw fault;
    const { templateId, variables } = paramsOf(step, outputs) as { templateId: string; variables: Record<string, unknown> };
    return deps.llm!(templateId, variables, closing.signal);
  }
}

function unanswered(error: unknown, index: number): unknown {
  if (!(error instanceof AdiuvaError) || error.code === 'vault.locked') return error;
  const code = error.code === 'plan.invalid' ? 'plan.step_failed' : error.code;
  const detail = `step ${index + 1} asks the assistant in the cloud: ${error.detail ?? error.row.title}; nothing was done and the plan still waits`;
  return new AdiuvaError(code, { detail, cause: error, ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }) });
}
