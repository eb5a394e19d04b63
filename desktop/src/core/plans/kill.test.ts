import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { openVault } from '../store/vault.ts';
import { passphrase } from './bench.suite.ts';

const soak = process.env['ADIUVA_SOAK'] === '1';
const kills = soak ? 1_000 : 8;
const tasks = 3;

/** Proposes and approves plans until it dies; says each one that it was told is done. */
const child = (dataDir: string) => `
  import { openVault } from ${JSON.stringify(import.meta.resolve('../store/vault.ts'))};
  import { createPlans } from ${JSON.stringify(import.meta.resolve('./plans.ts'))};
  import { systemClock } from '@adiuva/shared/kit/clock.ts';
  import { systemRandom } from '@adiuva/shared/kit/ids.ts';
  import { silentLog } from '@adiuva/shared/kit/log.ts';
  const common = { clock: systemClock, random: systemRandom, log: silentLog };
  const store = await openVault({ dataDir: ${JSON.stringify(dataDir)}, secrets: null, ...common }).unlock({ with: 'passphrase', passphrase: ${JSON.stringify(passphrase)} });
  const plans = createPlans({ store: () => store, announce() {}, notify() {}, ...common });
  const step = (i) => ({ action: 'create_record', params: { type: 'task', fields: { title: 'Task ' + i } }, explain: '' });
  for (;;) {
    const id = 'plan-' + Math.random().toString(36).slice(2);
    const now = new Date().toISOString();
    const plan = { id, version: 1, title: 'Kill', steps: Array.from({ length: ${tasks} }, (_, i) => step(i)), createdAt: now, expiresAt: now };
    const card = await plans.propose(plan, { kind: 'chat', by: 'task', messageId: null });
    await plans.approve(id, card.hash);
    console.log(id);
  }
`;

it(`is whole or not at all when the program is killed, ${kills} times in the middle of it`, { timeout: soak ? 1_800_000 : 60_000 }, async () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'adiuva-kill-'));
  const vault = openVault({ dataDir, clock: systemClock, random: systemRandom, log: silentLog, secrets: null });
  onTestFinished(async () => {
    await vault.lock();
    await rm(dataDir, { recursive: true });
  });
  await vault.create(passphrase);
  await vault.lock();

  const acknowledged: string[] = [];
  for (let round = 0; round < kills; round++) {
    const running = spawn(process.execPath, ['--input-type=module-typescript', '-e', child(dataDir)], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(running.stdout);
    lines.on('line', (line) => acknowledged.push(line));
    await once(lines, 'line');
    await systemClock.sleep(random(1)[0]! / 2);
    running.kill('SIGKILL');
    await once(running, 'close');
  }

  const store = await vault.unlock({ with: 'passphrase', passphrase });
  const approved = await allPlans();
  const found = new Set(approved.map(({ plan }) => plan.id));
  const note = `seed ${seed}`;
  expect(acknowledged.length, note).toBeGreaterThanOrEqual(kills);
  expect(
    acknowledged.filter((id) => !found.has(id)),
    note,
  ).toEqual([]);
  expect((await store.t.records.counts())['task'], note).toBe(approved.length * tasks);
  expect((await store.t.activity.list({ limit: 100_000 })).length, note).toBe(approved.length * tasks);
  for (const { runId } of approved) {
    const run = await store.t.runs.get(runId!);
    expect((await Promise.all(run!.steps.map(({ recordId }) => store.t.records.get(recordId!)))).every(Boolean), note).toBe(true);
  }

  async function allPlans() {
    return (await store.t.plans.list({ limit: 100_000 })).filter(({ state }) => state === 'approved');
  }
});
