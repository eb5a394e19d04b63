import { writeSync } from 'node:fs';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { newId, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { accountRow } from '../account-row.ts';
import { createCloud } from '../cloud/cloud.ts';
import { connectSocket, type Connect } from '../cloud/socket.ts';
import { createPlans } from '../plans/plans.ts';
import { createQueue, type Worker } from '../queue/queue.ts';
import { Database } from '../store/database.ts';
import { multipleCiphers } from '../store/engine-multiple-ciphers.ts';
import { createStore, type Store, type Tables } from '../store/store.ts';
import { createChat } from './chat.ts';

/**
 * One life of an installation, for the kill harness: `file url crashAt mutant question…`. Asks the questions while the cloud is out of reach, then lets it be
 * reachable, drains, and ends when nothing waits. Dies by SIGKILL at its `crashAt`th step: before and after each write of the store, each message of a socket.
 * Writes `asked QUESTION` once a question was acknowledged, and at the end `steps N`.
 */
const [file, url, crashAt, mutant, ...questions] = process.argv.slice(2) as [string, string, string, string, ...string[]];
const say = (line: string) => writeSync(1, `${line}\n`);

let steps = 0;
let counting = false;
function step(): void {
  if (counting && ++steps === Number(crashAt)) process.kill(process.pid, 'SIGKILL');
}

const writes = /^(insert|update|replace|remove|restore|set|put|appendText|markUndone)/;
function stepping(tables: Tables): Tables {
  const wrap = (table: object) =>
    new Proxy(table, {
      get: (target, name) => {
        const value = (target as Record<string | symbol, unknown>)[name];
        if (typeof value !== 'function' || !writes.test(String(name))) return value;
        return async (...args: unknown[]) => {
          step();
          const result: unknown = await (value as (...a: unknown[]) => unknown).apply(target, args);
          step();
          return result;
        };
      },
    });
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, wrap(table as object)])) as unknown as Tables;
}

function steppingStore(store: Store): Store {
  const t = stepping(store.t);
  return {
    vaultId: store.vaultId,
    engine: store.engine,
    t,
    async tx(work) {
      const result = await store.tx((inner) => work(stepping(inner)));
      step();
      return result;
    },
    search: (query, options) => store.search(query, options),
    entries: () => store.entries(),
    counts: () => store.counts(),
    pages: store.pages,
    dataKey: () => store.dataKey(),
    digest: () => store.digest(),
    selfCheck: () => store.selfCheck(),
    close: () => store.close(),
  };
}

const steppingConnect: Connect = (address, headers, events) => {
  const socket = connectSocket(address, headers, {
    ...events,
    message(text) {
      step();
      events.message(text);
    },
  });
  return {
    ...socket,
    send(text) {
      step();
      socket.send(text);
      step();
    },
  };
};

/** Ways to be wrong that the harness must notice. */
function planted(worker: Worker, store: Store): Worker {
  if (mutant === 'delete-before-send') {
    return {
      ...worker,
      async run(job, signal) {
        await store.t.queue.remove(job.id);
        const outcome = await worker.run(job, signal);
        await store.tx(async (t) => outcome.commit?.(t));
        return outcome;
      },
    };
  }
  if (mutant === 'new-key-each-try') {
    return {
      ...worker,
      run: (job, signal) => worker.run({ ...job, payload: { ...(job.payload as object), requestId: newId(systemClock.now(), systemRandom) } }, signal),
    };
  }
  return worker;
}

const database = await Database.open(await multipleCiphers(), file, { key: new Uint8Array(32).fill(7), salt: new Uint8Array(16).fill(9) }, systemClock);
const store = steppingStore(createStore(database, { vaultId: 'test', selfCheck: async () => [], close: () => database.close() }));
let reachable = false;
const gated: typeof fetch = (address, init) => (reachable ? fetch(address, init) : Promise.reject(new TypeError('fetch failed')));
const base = { store: () => store, announce: () => undefined, clock: systemClock, random: systemRandom, log: silentLog };
const cloud = createCloud({
  ...base,
  baseUrl: url,
  fetch: gated,
  connect: steppingConnect,
  tokens: accountRow(store),
});
const plans = createPlans({ ...base, notify: () => undefined });
const queue = createQueue(base);
const serve = queue.serve.bind(queue);
queue.serve = (kind, worker) => serve(kind, planted(worker, store));
const chat = createChat({ ...base, cloud, plans, queue, profile: async () => ({ displayName: '', timeZone: 'UTC', locale: 'en' }) });

// The clock's timers keep no process alive, and between two tries nothing else may.
const alive = setInterval(() => undefined, 1_000);
counting = true;
await cloud.session.load();
await cloud.llmStep('away', {}).catch(() => undefined);
for (const text of questions) {
  await chat.send({ text, mode: 'plan', offline: false });
  say(`asked ${text}`);
}
reachable = true;
await chat.recover();
for (;;) {
  await queue.drain();
  const left = [...(await queue.list()), ...(await store.t.messages.unfinished())];
  if (left.length === 0) break;
  await systemClock.sleep(20);
}
counting = false;
await chat.close();
await queue.close();
plans.close();
cloud.close();
await store.close();
clearInterval(alive);
say(`steps ${steps}`);
process.exit(0);
