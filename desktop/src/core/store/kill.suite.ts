import { writeSync } from 'node:fs';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import type { ActivityRow, Message } from '../../bridge/shapes.ts';
import { Database } from './database.ts';
import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import { migrate, schemaOf } from './migrate.ts';
import { createStore, type Store, type StoredJob, type Tables } from './store.ts';

/**
 * The process that is killed. It writes without end and says on its output, which is a pipe to the one who kills, what the store has confirmed. As a mutant it
 * does what the store must not, so that the harness can be seen failing.
 *
 * `node kill.suite.ts FILE ENGINE ROUND MUTANT`
 */
export type Mutant = 'none' | 'tells-early' | 'delete-then-send' | 'send-then-delete';

export const killKey = { key: new Uint8Array(32).fill(7), salt: new Uint8Array(16).fill(9) };
export const time = '2026-11-20T09:00:00.000Z';

export async function openForKill(file: string, engineName: string): Promise<{ store: Store; database: Database }> {
  const engine = await (engineName === 'journeyapps' ? journeyapps() : multipleCiphers());
  const database = await Database.open(engine, file, killKey, systemClock, 'create');
  // A vault migrates alone in its folder; here whoever comes first does.
  await database.alone(async (connection) => ((await schemaOf(connection)) === 0 ? migrate(connection) : undefined));
  return { store: createStore(database, { vaultId: 'kill', selfCheck: async () => [], close: () => database.close() }), database };
}

const say = (...words: readonly (string | number)[]) => writeSync(1, `${words.join(' ')}\n`);
const record = (id: string, version = 1) => ({
  id,
  type: 'note' as const,
  fields: { title: id, body: `body ${id} ${'lorem ipsum '.repeat(20)}` },
  version,
  createdAt: time,
  updatedAt: time,
});
const activity = (id: string): ActivityRow => ({ id, at: time, kind: 'records', verb: 'created', recordType: 'note', recordId: id, label: id, runId: null });
const message = (id: string): Message => ({
  id,
  sessionId: 's',
  role: 'assistant',
  text: '',
  state: 'streaming',
  route: null,
  agents: [],
  model: null,
  requestId: null,
  parentId: null,
  planId: null,
  problem: null,
  activity: [],
  createdAt: time,
});
const job = (id: string): StoredJob => ({
  id,
  kind: 'chat',
  sessionId: null,
  messageId: null,
  label: id,
  state: 'waiting',
  attempts: 0,
  createdAt: time,
  nextTryAt: null,
  problem: null,
  payload: null,
});
const run = (id: string, planId: string) => ({ id, planId, steps: [], inverse: [], expects: [], createdAt: time, undoneAt: null, undoRunId: null });

async function told(mutant: Mutant, work: Promise<unknown>, ...words: readonly (string | number)[]): Promise<void> {
  if (mutant === 'tells-early') say(...words);
  await work;
  if (mutant !== 'tells-early') say(...words);
}

/** A job leaves the queue and its message appears: together, or the mutant's way. */
async function send(store: Store, mutant: Mutant, id: string): Promise<void> {
  const deliver = (t: Tables) => t.messages.insert({ ...message(`sent-${id}`), state: 'done' });
  const pause = () => new Promise((go) => setTimeout(go, 5));
  if (mutant === 'delete-then-send')
    await store.t.queue
      .remove(id)
      .then(pause)
      .then(() => deliver(store.t));
  else if (mutant === 'send-then-delete')
    await deliver(store.t)
      .then(pause)
      .then(() => store.t.queue.remove(id));
  else await store.tx(async (t) => void (await Promise.all([deliver(t), t.queue.remove(id)])));
}

async function writeWithoutEnd(file: string, engine: string, round: string, mutant: Mutant): Promise<void> {
  const { store } = await openForKill(file, engine);
  await store.tx(async (t) => {
    if (!(await t.sessions.get('s'))) await t.sessions.insert({ id: 's', title: 's', createdAt: time, updatedAt: time, messages: 0 });
  });
  const answer = `answer-${round}`;
  await told('none', store.t.messages.insert(message(answer)), 'message', answer);
  for (let step = 1; ; step++) {
    const id = `${round}-${step}`;
    await told(mutant, store.t.records.insert(record(id)), 'record', id, 1);
    await Promise.all([
      told(mutant, store.t.records.replace(record(id, 2)), 'record', id, 2),
      ...['a', 'b', 'c'].map((each) => told(mutant, store.t.records.insert(record(id + each)), 'record', id + each, 1)),
      told(mutant, store.t.messages.appendText(answer, step, `<${step}>`), 'text', answer, step),
    ]);
    // Three that belong together.
    await told(
      mutant,
      store.tx(async (t) => {
        await t.records.insert(record(`tx-${id}`));
        await t.activity.insert(activity(`tx-${id}`));
        await t.runs.insert(run(`run-${id}`, `tx-${id}`));
      }),
      'run',
      `tx-${id}`,
    );
    await told(mutant, store.t.queue.insert(job(id)), 'job', id);
    await told(mutant, send(store, mutant, id), 'sent', id);
  }
}

const [, script, file, engine, round, mutant] = process.argv;
if (script?.endsWith('kill.suite.ts') && file && engine && round) await writeWithoutEnd(file, engine, round, (mutant ?? 'none') as Mutant);
