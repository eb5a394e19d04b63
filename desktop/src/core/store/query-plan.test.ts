import { expect, it } from 'vitest';
import { journeyapps } from './engine-journeyapps.ts';
import type { Engine, SqlValue } from './engine.ts';
import { at, message, scratchDatabase, session, task } from './scratch.suite.ts';
import { createStore, type Store } from './store.ts';

/** Everything the screens ask for, on a page and on the page after. */
async function ask({ t, search }: Store): Promise<void> {
  const page = { limit: 50 };
  for (const type of ['task', 'event', 'note'] as const) {
    const { next } = await t.records.list({ type, limit: 1 });
    await t.records.list({ type, ...page, ...(next !== null && { after: next }) });
    await t.records.list({ type, ...page, from: at, to: at });
    await t.records.list({ type, ...page, query: 'task' });
  }
  await t.records.list({ type: 'task', ...page, status: 'open' });
  await Promise.all(['a', 'b'].map((id) => t.records.get(id)));
  await t.sessions.list(page);
  await t.sessions.list({ ...page, after: 's' });
  await t.messages.list('s', page);
  await t.messages.list('s', { ...page, after: 'm' });
  await t.messages.last('s', 5);
  await t.messages.unfinished();
  await t.messages.lastSeq('m');
  await Promise.all([
    t.messages.get('m'),
    t.messages.get('n'),
    t.sessions.get('s'),
    t.plans.get('p'),
    t.runs.get('r'),
    t.queue.get('q'),
    t.documents.get('d'),
    t.settings.get('k'),
    t.sent.get('m'),
  ]);
  await t.plans.list(page);
  await t.plans.list({ ...page, state: 'proposed', after: 'p' });
  await t.runs.byPlan('p');
  await t.runs.list({ ...page, after: 'r' });
  await t.activity.list({ ...page, after: 'x' });
  await t.activity.list({ ...page, recordId: 'a', after: 'x' });
  for (const collection of [undefined, 'tasks', 'messages', 'documents']) await search('task text', { limit: 5, collection });
}

it('finds by an index whatever a screen asks for, and sorts no list', async () => {
  const asked = new Map<string, readonly SqlValue[]>();
  const engine = await journeyapps();
  const spying: Engine = {
    ...engine,
    async open(file, options) {
      const connection = await engine.open(file, options);
      return {
        all: (sql, params = []) => (asked.set(sql, params), connection.all(sql, params)),
        run: (...given) => connection.run(...given),
        exec: (sql) => connection.exec(sql),
        close: () => connection.close(),
      };
    },
  };
  const database = await scratchDatabase(spying);
  const store = createStore(database, { vaultId: 'plan', selfCheck: async () => [], close: () => database.close() });
  await store.t.records.insertMany(Array.from({ length: 300 }, (_, index) => task(`r${index}`)));
  await store.t.sessions.insert(session('s'));
  for (let index = 0; index < 300; index++) void store.t.messages.insert(message(`m${index}`, 's'));
  // The reader opens now, so that its settings are not among what is asked.
  await database.tx(() => database.all('select 1'));
  asked.clear();
  await ask(store);
  expect(asked.size).toBeGreaterThan(30);
  const slow: string[] = [];
  for (const [sql, params] of [...asked]) {
    const steps = (await database.alone((connection) => connection.all(`explain query plan ${sql}`, params))).map((row) => String(row['detail']));
    // Lists in the order of their key read as far as the page goes. What lies in a span of time, and the few unfinished answers, are found by their index and sorted then.
    const bad = steps.filter(
      (step) =>
        (isScan(step) && !/order by seq (desc )?limit \?$/.test(sql)) ||
        (step === 'USE TEMP B-TREE FOR ORDER BY' && !steps.some((other) => /records_time|messages_unfinished/.test(other))),
    );
    if (bad.length > 0) slow.push(`${sql}\n  ${bad.join('\n  ')}`);
  }
  expect(slow).toEqual([]);
});

/** A look at every row of a table; the index of words and a list of ids are no such tables. */
const isScan = (step: string) => /^SCAN (?!json_each|words)/.test(step) && !/ USING (COVERING )?INDEX /.test(step);
