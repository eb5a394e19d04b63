import { afterEach, beforeEach, expect } from 'vitest';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { newId, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import type { Message } from '../../bridge/shapes.ts';
import { accountRow } from '../account-row.ts';
import { createCloud, type Cloud } from '../cloud/cloud.ts';
import { startPeer, type Peer } from '../cloud/peer.suite.ts';
import type { Connect } from '../cloud/socket.ts';
import { createPlans, type Plans } from '../plans/plans.ts';
import { createQueue, type Queue } from '../queue/queue.ts';
import { scratchStore } from '../store/scratch.suite.ts';
import type { Store } from '../store/store.ts';
import { createChat, type Chat } from './chat.ts';

/** Time that runs a hundred times as fast. */
export const hurried: Clock = {
  now: () => began + (systemClock.now() - began) * 100,
  after: (ms, fn) => systemClock.after(ms / 100, fn),
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

const began = systemClock.now();

export interface Desk {
  store: Store;
  cloud: Cloud;
  queue: Queue;
  plans: Plans;
  chat: Chat;
  events: BridgeEvent[];
  /** Resolves once the screen has heard these words. */
  heard(words: string): Promise<void>;
  ended(id: string, states?: Message['state'][]): Promise<Message>;
  close(): Promise<void>;
}
export interface DeskOptions {
  store?: Store;
  connect?: Connect;
  clock?: Clock;
  account?: 'in' | 'out';
  baseUrl?: string;
}

export let peer: Peer;
const open = new Set<Desk>();
/** A peer for each test of the file, and the end of every desk. */
export function atDesks(): void {
  beforeEach(async () => {
    peer = await startPeer();
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    await peer.close();
  });
}

/** The rooms around a chat over a real store, as `core/rooms` puts them together. */
export async function desk(options: DeskOptions = {}): Promise<Desk> {
  const store = options.store ?? (await scratchStore());
  const clock = options.clock ?? hurried;
  const events: BridgeEvent[] = [];
  const waiting = new Set<() => void>();
  const announce = (type: string, data: unknown) => {
    events.push({ id: events.length + 1, type, data } as BridgeEvent);
    for (const look of waiting) look();
  };
  const base = { store: () => store, announce: announce as never, clock, random: systemRandom, log: silentLog };
  const cloud = createCloud({
    ...base,
    baseUrl: options.baseUrl ?? peer.url,
    fetch,
    ...(options.connect && { connect: options.connect }),
    tokens: accountRow(store),
  });
  const plans = createPlans({ ...base, notify: () => {} });
  const queue = createQueue(base);
  const chat = createChat({ ...base, cloud, plans, queue, profile: async () => ({ displayName: 'Marta', timeZone: 'Europe/Rome', locale: 'en-GB' }) });
  /** The next event, or a little later: what is stored may change without one. */
  const change = () =>
    new Promise<void>((resolve) => {
      const look = () => (waiting.delete(look), resolve());
      waiting.add(look);
      setTimeout(look, 200);
    });
  const made: Desk = {
    store,
    cloud,
    queue,
    plans,
    chat,
    events,
    async heard(words) {
      const all = () => events.map((event) => (event.type === 'chat.token' ? event.data.text : '')).join('');
      while (!all().includes(words)) await change();
    },
    async ended(id, states = ['done', 'stopped', 'failed']) {
      const found = async () => {
        const message = await store.t.messages.get(id);
        return message && states.includes(message.state) ? message : undefined;
      };
      for (;;) {
        const message = await found();
        if (message) return message;
        await change();
      }
    },
    async close() {
      open.delete(made);
      await chat.close();
      await queue.close();
      plans.close();
      cloud.close();
    },
  };
  open.add(made);
  await cloud.session.load();
  if (options.account !== 'out' && !cloud.session.account()) {
    if (peer.users.size === 0) await cloud.session.register('marta@example.org', 'correct horse');
    else await cloud.session.login('marta@example.org', 'correct horse');
  }
  return made;
}

export const ask = (d: Desk, text: string, more: { sessionId?: string; offline?: boolean; mode?: 'direct' | 'plan'; fromDraft?: boolean } = {}) =>
  d.chat.send({ text, mode: 'plan', offline: false, ...more });
export const whole = (text: string) => `You said: ${text.slice(0, 40)} — ünïcödé 😀.`;
export const planFrame = (id = newId(Date.now(), systemRandom)) => ({
  type: 'plan',
  plan: {
    id,
    version: 1,
    title: 'Invoice',
    steps: [{ action: 'create_record', params: { type: 'task', fields: { title: 'Send the invoice' } }, explain: 'You asked for it.' }],
    createdAt: '2026-11-20T09:00:00Z',
    expiresAt: '2026-11-27T09:00:00Z',
  },
});
export const reminder = 'Remind me to send the invoice to Marta next Friday at 17:00, high priority';
/** Beyond what this device understands. */
export const beyond = 'what is the capital of france';
export const others = ['who won the world cup in 1998', 'translate good morning to japanese', 'what is the tallest mountain in the world'] as const;

/** Takes the cloud away and lets the desk find out. Gives the port to bring it back on. */
export async function down(d: Desk): Promise<number> {
  const port = Number(new URL(peer.url).port);
  await peer.close();
  await d.cloud.llmStep('brief', {}).catch(() => undefined);
  expect(d.cloud.connectivity()).toBe('offline');
  return port;
}
