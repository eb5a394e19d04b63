import { z } from 'zod';
import { AdiuvaError, parseAs, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { answersOf, parseInputs, type InputValues, type LlmOutput, type Playbook } from '@adiuva/shared/contracts/playbook.ts';
import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { newId } from '@adiuva/shared/kit/ids.ts';
import type { PlaybookResult, PlanView } from '../../bridge/shapes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Plans } from '../plans/plans.ts';
import type { Outcome, Queue, Worker } from '../queue/queue.ts';
import { setbackOf } from '../queue/setback.ts';
import { daysIn } from '../records/zone.ts';
import bundled from './bundled.json' with { type: 'json' };
import { fillLook, markdownOf, questionsOf, sectionsOf, stepsOf, type Scene, type Share } from './fill.ts';
import { look, type Looking, type Row } from './looks.ts';
import publisherKeys from './publisher-keys.json' with { type: 'json' };
import { createShelf, type Shelf, type ShelfDeps } from './shelf.ts';
import { spanOf } from './times.ts';
import type { Keys } from './trust.ts';
import { wordingIn } from './wording.ts';

export interface PlaybooksDeps extends Omit<ShelfDeps, 'keys' | 'bundled'> {
  readonly cloud: Pick<Cloud, 'session' | 'playbooks' | 'signingKeys' | 'llmStep' | 'connectivity' | 'nudge' | 'onConnectivity'>;
  readonly plans: Pick<Plans, 'propose' | 'list'>;
  readonly queue: Queue;
  readonly random: Random;
  readonly profile: () => Promise<{ displayName: string; timeZone: string }>;
  /** Whose signatures count; absent: the publisher's. */
  readonly keys?: Keys;
}

export interface Playbooks extends Pick<Shelf, 'list' | 'refresh'> {
  /**
   * Runs one: the device's part at once, the cloud's with it where the cloud can be reached, else later by the queue. What would change records becomes a plan.
   * @throws AdiuvaError `playbook.not_found` · `playbook.inputs` · `tier.required` · why the playbook is refused
   */
  run(order: { id: string; inputs: Readonly<Record<string, unknown>>; here: boolean }, signal?: AbortSignal): Promise<PlaybookResult>;
  results(page: { id?: string | undefined; limit: number }): Promise<PlaybookResult[]>;
  /** @throws AdiuvaError `playbook.result_not_found` */
  result(runId: string): Promise<PlaybookResult>;
  /** Asks the cloud again where that is due, after a sign-in and when it was reached; the returned function ends it. */
  keepFresh(failed: (error: unknown) => void): () => void;
}

/** What a job needs besides the stored result, whose id it has. */
const payload = z.strictObject({ version: z.literal(1), playbookId: z.string(), inputs: z.record(z.string(), z.unknown()) });

const lifeMs = 7 * 86_400_000;
const labelLength = 80;

export function createPlaybooks(deps: PlaybooksDeps): Playbooks {
  const { store, cloud, plans, queue, announce, clock } = deps;
  const shelf = createShelf({ ...deps, keys: deps.keys ?? publisherKeys, bundled });
  const now = () => new Date(clock.now()).toISOString();
  const freshId = () => newId(clock.now(), deps.random);
  queue.serve('playbook', worker());

  /** A playbook with its inputs and what its looks find now. */
  async function sceneFor(playbook: Playbook, given: Readonly<Record<string, unknown>>): Promise<Scene> {
    const { displayName, timeZone: zone } = await deps.profile();
    const days = daysIn(zone);
    const wording = wordingIn(zone, days);
    const today = days.dateOf(clock.now());
    const waitingPlans = async () => (await plans.list({ state: 'proposed', limit: 100 })).map(({ plan }) => ({ title: plan.title, steps: plan.steps.length }));
    const at: Looking = { t: store().t, search: (words, options) => store().search(words, options), now: clock.now(), days, wording, today, waitingPlans };
    const { inputs, records } = await namedRecords(at, playbook, parseInputs(playbook, given, today));
    const ids = new Map<string, string>();
    const newIdOf = (name: string) => ids.get(name) ?? (ids.set(name, freshId()), ids.get(name)!);
    const scene = {
      playbook,
      inputs,
      records,
      answers: new Map<string, LlmOutput>(),
      now: { date: today, day: wording.day(clock.now()) },
      user: { name: displayName, zone },
    };
    const data = new Map<string, readonly Row[]>();
    const whole: Scene = { ...scene, data, newId: newIdOf };
    for (const [name, query] of Object.entries(playbook.data)) data.set(name, await look(at, fillLook(whole, query)));
    return whole;
  }

  async function ask(scene: Scene, signal: AbortSignal | undefined): Promise<Scene> {
    const answers = new Map<string, LlmOutput>();
    for (const { as, templateId, variables } of questionsOf(scene)) answers.set(as, await cloud.llmStep(templateId, variables, signal));
    return { ...scene, answers };
  }

  /** The plan of a share of a run, where there is anything to do. The same id for the same share, so that a second try proposes nothing new. */
  async function propose(scene: Scene, steps: readonly PlanStep[], id: string): Promise<PlanView | null> {
    if (steps.length === 0) return null;
    const plan = { id, version: 1, title: scene.playbook.title, steps, createdAt: now(), expiresAt: new Date(clock.now() + lifeMs).toISOString() };
    try {
      return await plans.propose(plan, { kind: 'playbook', by: scene.playbook.title, messageId: null });
    } catch (error) {
      if (error instanceof AdiuvaError && error.code === 'plan.changed') return null;
      throw error;
    }
  }

  function resultOf(scene: Scene, runId: string, share: Share, more: Pick<PlaybookResult, 'cloud' | 'problem' | 'planIds'>): PlaybookResult {
    const { id: playbookId, version, title } = scene.playbook;
    const sections = sectionsOf(scene, share);
    return { runId, playbookId, version, title, createdAt: now(), sections, markdown: markdownOf(sections), ...more };
  }

  /** How the cloud's part of a run stands, after it was asked where that makes sense. */
  async function asked(scene: Scene, here: boolean, signal: AbortSignal | undefined): Promise<{ scene: Scene } & Pick<PlaybookResult, 'cloud' | 'problem'>> {
    if (answersOf(scene.playbook).size === 0 || questionsOf(scene).length === 0) return { scene, cloud: 'none', problem: null };
    if (here || !cloud.session.account()) return { scene, cloud: 'skipped', problem: null };
    if (cloud.connectivity() === 'offline') {
      cloud.nudge();
      return { scene, cloud: 'queued', problem: toProblem(new AdiuvaError('cloud.offline')) };
    }
    try {
      return { scene: await ask(scene, signal), cloud: 'done', problem: null };
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AdiuvaError)) throw error;
      return { scene, cloud: setbackOf(error).kind === 'needs_you' ? 'failed' : 'queued', problem: toProblem(error) };
    }
  }

  async function run({ id, inputs, here }: Parameters<Playbooks['run']>[0], signal?: AbortSignal): Promise<PlaybookResult> {
    const playbook = await shelf.take(id);
    const { scene, cloud: how, problem } = await asked(await sceneFor(playbook, inputs), here, signal);
    const runId = freshId();
    const share = how === 'done' ? 'all' : 'device';
    if (here) return resultOf(scene, runId, share, { cloud: how, problem, planIds: [] });
    const plan = await propose(scene, stepsOf(scene, share), `playbook-${runId}`);
    const result = resultOf(scene, runId, share, { cloud: how, problem, planIds: plan ? [plan.plan.id] : [] });
    await store().tx(async (t) => {
      await t.playbooks.putResult(result);
      if (how === 'queued') await queue.add(t, jobOf(result, inputs));
    });
    announce('playbook.result', result);
    if (how === 'queued') queue.wake();
    return result;
  }

  function worker(): Worker {
    const put = (result: PlaybookResult) => async (t: Parameters<Worker['dropped']>[0]) => t.playbooks.putResult(result);
    return {
      async run(job, signal) {
        const before = await store().t.playbooks.result(job.id);
        if (!before) return { kind: 'done', commit: async () => undefined };
        try {
          const { playbookId, inputs } = parseAs(payload, job.payload, 'internal');
          const scene = await ask(await sceneFor(await shelf.take(playbookId), inputs), signal);
          const plan = await propose(scene, stepsOf(scene, 'cloud'), `playbook-${job.id}-cloud`);
          const planIds = [...new Set([...before.planIds, ...(plan ? [plan.plan.id] : [])])];
          return { kind: 'done', commit: put({ ...resultOf(scene, job.id, 'all', { cloud: 'done', problem: null, planIds }), createdAt: before.createdAt }) };
        } catch (error) {
          return setBack(before, error, put);
        }
      },
      async dropped(t, job) {
        const before = await t.playbooks.result(job.id);
        if (before) await t.playbooks.putResult({ ...before, cloud: 'skipped', problem: null });
      },
      async settled(job) {
        const result = await store().t.playbooks.result(job.id);
        if (result) announce('playbook.result', result);
      },
    };
  }

  return {
    list: () => shelf.list(),
    refresh: () => shelf.refresh(),
    run,
    results: ({ id, limit }) => store().t.playbooks.results({ playbookId: id, limit }),
    async result(runId) {
      const result = await store().t.playbooks.result(runId);
      if (!result) throw new AdiuvaError('playbook.result_not_found');
      return result;
    },
    keepFresh(failed) {
      const look = async () => {
        if (cloud.session.account() && (await shelf.isStale())) await shelf.refresh();
      };
      const inBackground = () => void look().catch(failed);
      const ends = [cloud.session.onAccount((account) => account && inBackground()), cloud.onConnectivity((state) => state === 'online' && inBackground())];
      return () => ends.forEach((end) => end());
    },
  };
}

/** The job has the id of the run, so the queue holds a run once. */
const jobOf = ({ runId, playbookId, title }: PlaybookResult, inputs: Readonly<Record<string, unknown>>) => ({
  id: runId,
  kind: 'playbook' as const,
  sessionId: null,
  messageId: null,
  label: title.slice(0, labelLength),
  payload: { version: 1, playbookId, inputs } satisfies z.infer<typeof payload>,
});

function setBack(before: PlaybookResult, error: unknown, put: (result: PlaybookResult) => Extract<Outcome, { kind: 'done' }>['commit']): Outcome {
  const known = error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error });
  const problem = toProblem(known);
  const setback = setbackOf(known);
  return { ...setback, problem, commit: put({ ...before, cloud: setback.kind === 'needs_you' ? 'failed' : 'queued', problem }) };
}

/** Records that inputs name, with the columns templates may refer to. `next` becomes the id of the next event that has not begun. */
async function namedRecords(at: Looking, { inputs }: Playbook, values: InputValues): Promise<{ inputs: InputValues; records: ReadonlyMap<string, Row> }> {
  const filled: Record<string, InputValues[string]> = { ...values };
  const records = new Map<string, Row>();
  for (const input of inputs) {
    const value = values[input.name];
    if (input.kind !== 'record' || typeof value !== 'string') continue;
    const record = value === 'next' && input.default === 'next' ? await nextEvent(at) : await at.t.records.get(value);
    if (!record || record.type !== input.type) throw new AdiuvaError('playbook.inputs', { detail: `${input.name}: there is no such ${input.type}` });
    filled[input.name] = record.id;
    records.set(input.name, recordRow(at, record));
  }
  return { inputs: filled, records };
}

async function nextEvent({ t, now, days }: Looking): Promise<StoredRecord | null> {
  const { records } = await t.records.list({ type: 'event', from: new Date(now).toISOString(), limit: 200 });
  const coming = records.map((event) => ({ event, ...spanOf(days, event) })).filter(({ from }) => from >= now);
  return coming.sort((a, b) => a.from - b.from)[0]?.event ?? null;
}

function recordRow({ wording }: Looking, { fields }: StoredRecord): Row {
  const when = [fields['startAt'], fields['dueAt'], fields['receivedAt']].find((value) => typeof value === 'string');
  const people = [fields['attendees'], fields['from']].flat().filter((value) => typeof value === 'string');
  return {
    title: String(fields['title'] ?? fields['name'] ?? fields['subject'] ?? ''),
    when: when === undefined ? 'no date' : wording.when(when as string),
    people: people.join(', '),
    place: String(fields['location'] ?? ''),
  };
}
