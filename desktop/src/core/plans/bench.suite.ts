import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { Fields, RecordType } from '@adiuva/shared/contracts/records.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import type { EngineFactory } from '../store/engine.ts';
import type { Store } from '../store/store.ts';
import { openVault } from '../store/vault.ts';
import type { AskModel } from './ask-model.ts';
import { createPlans, type PlanOrigin, type Plans } from './plans.ts';

export const passphrase = 'a passphrase for tests';
export const origin: PlanOrigin = { kind: 'chat', by: 'task', messageId: null };

export const step = (action: PlanStep['action'], params: Fields, more: Partial<PlanStep> = {}): PlanStep => ({ action, params, explain: 'because', ...more });
export const create = (type: RecordType, fields: Fields, more: Fields = {}) => step('create_record', { type, fields, ...more });
export const task = (title: string, more: Fields = {}) => create('task', { title, ...more });

let made = 0;
/** A plan as the cloud would send it; each has an id of its own. */
export const planOf = (steps: PlanStep[], more: Fields = {}) => ({
  id: `plan-${++made}`,
  version: 1,
  title: 'A plan',
  steps,
  createdAt: '2026-11-20T09:00:00Z',
  expiresAt: '2026-11-20T10:00:00Z',
  ...more,
});

/** Plans over a real store in a folder of its own; gone when the test is over. */
export async function bench(engine?: EngineFactory, llm?: AskModel) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'adiuva-plans-'));
  const clock = manualClock();
  const vault = openVault({ dataDir, clock, random: systemRandom, log: silentLog, secrets: null, ...(engine && { engines: [engine] }) });
  const { store } = await vault.create(passphrase);
  onTestFinished(async () => {
    await vault.lock();
    await rm(dataDir, { recursive: true });
  });
  const events: BridgeEvent[] = [];
  const notices: string[] = [];
  const plansOver = (over: Store): Plans =>
    createPlans({
      store: () => over,
      announce: (type, data) => void events.push({ id: events.length + 1, type, data } as BridgeEvent),
      clock,
      random: systemRandom,
      log: silentLog,
      notify: (title, body) => void notices.push(`${title}: ${body}`),
      ...(llm && { llm }),
    });
  const plans = plansOver(store);
  return {
    dataDir,
    store,
    clock,
    events,
    notices,
    plans,
    plansOver,
    /** Proposes and approves. */
    async run(steps: PlanStep[]) {
      const card = await plans.propose(planOf(steps), origin);
      return plans.approve(card.plan.id, card.hash);
    },
    record: (id: string | null | undefined) => store.t.records.get(id ?? ''),
    titles: async () => (await store.t.records.list({ type: 'task', limit: 1_000 })).records.map(({ fields }) => fields['title']),
  };
}
