import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { canonicalJson, validatePlan, type ExecutionPlan, type PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newId, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Announce, EventData, EventName } from '../../bridge/events.ts';
import type { Message, PlanView, RunView } from '../../bridge/shapes.ts';
import type { Store, StoredPlan, StoredRun, Tables } from '../store/store.ts';
import { answered, type AskModel } from './ask-model.ts';
import { carryOut, settleUndo, type Writing } from './carry-out.ts';
import { hashOf } from './hash.ts';
import { planOf, runOf, shownPlan, undoable } from './lookup.ts';
import { createNotices } from './notices.ts';
import { prepareRun } from './steps.ts';
import { bornOf, refuseIfChanged, undoPlan } from './undo.ts';
import { sourceOf, tryPlan, viewPlan, viewRun } from './views.ts';

export type PlanOrigin = StoredPlan['origin'];
type PlanState = StoredPlan['state'];
interface Page {
  limit: number;
  after?: string | undefined;
}

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
  /** @throws AdiuvaError `run.not_found` */
  run(runId: string): Promise<RunView>;
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
      const stored = await proposed(validatePlan(plan, sourceOf(origin)), origin);
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
      const shown = await shownPlan(store().t, planId, hash);
      if (shown.runId !== null) return viewRun(await runOf(store().t, shown.runId));
      const run = await answered(store().t, await prepareRun(shown.plan, now()), deps.llm, closing.signal);
      return commit(async (writing) => {
        const stored = await shownPlan(writing.t, planId, hash);
        if (stored.runId !== null) return runOf(writing.t, stored.runId);
        return carryOut(writing, stored, { ...run, now: now() });
      });
    },

    reject: (planId) =>
      decide(planId, async (t, stored) => {
        if (stored.state !== 'rejected' && stored.state !== 'proposed') throw new AdiuvaError('plan.decided');
        await t.plans.setState(planId, 'rejected');
      }),

    async edit(planId, hash, steps) {
      const old = await shownPlan(store().t, planId, hash);
      const { title, createdAt, expiresAt } = old.plan;
      const next = await proposed(validatePlan({ id: freshId(), version: 1, title, steps, createdAt, expiresAt }), old.origin);
      let message: Message | null = null;
      await decide(planId, async (t) => {
        if ((await shownPlan(t, planId, hash)).state !== 'proposed') throw new AdiuvaError('plan.decided');
        await t.plans.setState(planId, 'replaced');
        await t.plans.insert(next);
        message = await repoint(t, next);
      });
      const card = await view(store().t, next);
      announce('plan.changed', card);
      if (message) announce('chat.message', message);
      return card;
    },

    undo: (runId) =>
      commit(async (writing) => {
        const { t } = writing;
        const { run, stored } = await undoable(t, runId);
        await refuseIfChanged(t, run);
        const plan = undoPlan(run, stored, freshId(), now());
        const own: StoredPlan = await proposed(plan, { kind: 'undo', by: runId, messageId: stored.origin.messageId });
        await t.plans.insert(own);
        const done = await carryOut(writing, own, await prepareRun(plan, now(), bornOf(run)));
        await settleUndo(writing, run, done);
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

    run: async (runId) => viewRun(await runOf(store().t, runId)),

    runs: async (page) => (await store().t.runs.list(page)).map(viewRun),

    async runNow(title, steps, origin) {
      const at = now();
      const short = title.slice(0, 300).toWellFormed();
      const own = await proposed(validatePlan({ id: freshId(), version: 1, title: short, steps, createdAt: at, expiresAt: at }, 'own'), origin);
      const run = await prepareRun(own.plan, at);
      try {
        return await commit(async (writing) => {
          await writing.t.plans.insert(own);
          return carryOut(writing, own, run);
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
  async function commit(work: (writing: Writing) => Promise<StoredRun>): Promise<RunView> {
    const said: (() => void)[] = [];
    const say = <N extends EventName>(type: N, data: EventData<N>) => void said.push(() => announce(type, data));
    const run = await store().tx((t) => work({ t, say, freshId, notices }));
    for (const tell of said) tell();
    if (said.length > 0) await notices.show(run.id);
    return viewRun(run);
  }
}

/** The message that showed the old plan shows the new one. */
async function repoint(t: Tables, { plan, origin }: StoredPlan): Promise<Message | null> {
  const message = origin.messageId === null ? null : await t.messages.get(origin.messageId);
  if (!message) return null;
  const moved = { ...message, planId: plan.id };
  await t.messages.update(moved);
  return moved;
}
