import type { AddressInfo } from 'node:net';
import { tiers } from '@adiuva/shared/contracts/billing.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog, type Log } from '@adiuva/shared/kit/log.ts';
import { createApp } from '@adiuva/cloud/app.ts';
import { loadConfig } from '@adiuva/cloud/config.ts';
import { createDeps, type Overrides } from '@adiuva/cloud/deps.ts';
import type { BridgeEvent } from '@adiuva/desktop/bridge/events.ts';
import type { Message, PlanView } from '@adiuva/desktop/bridge/shapes.ts';
import { createCore, type Core } from '@adiuva/desktop/core/core.ts';
import type { Host } from '@adiuva/desktop/core/host.ts';
import { createLink, type Link } from './link.ts';
import { ownFolder } from './processes.ts';

/** A cloud on its embedded defaults, in this process; data survives `stop` and `start`. */
export interface WorldCloud {
  readonly folder: string;
  port(): number;
  start(overrides?: Overrides): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** Far more requests a minute than any test sends, so that only the tests of the limit meet it. */
const generous = Object.fromEntries(Object.keys(tiers).map((tier) => [tier, { ...tiers.team, requestsPerMinute: 1_000_000 }])) as unknown as typeof tiers;

/** @param at its folder and port, where they are not to be of its own */
export async function createCloud(
  env: Record<string, string> = {},
  first: Overrides = {},
  at: { readonly folder?: string; readonly port?: number } = {},
): Promise<WorldCloud> {
  const { folder, remove } = at.folder === undefined ? ownFolder('cloud') : { folder: at.folder, remove: () => undefined };
  let running: { close(): Promise<void> } | null = null;
  let port = at.port ?? 0;
  const cloud: WorldCloud = {
    folder,
    port: () => port,
    async start(overrides = first) {
      const { config, secrets } = loadConfig({ ADIUVA_HOME: folder, ADIUVA_CLOUD_PORT: '0', ...env });
      const deps = createDeps(config, secrets, { limits: { tiers: generous, anonymousPerMinute: 1_000_000 }, ...overrides });
      const app = createApp(deps);
      await app.listen({ host: '127.0.0.1', port });
      port = (app.server.address() as AddressInfo).port;
      running = {
        async close() {
          await app.close();
          await deps.close();
        },
      };
    },
    async stop() {
      await running?.close();
      running = null;
    },
    async remove() {
      await cloud.stop();
      remove();
    },
  };
  await cloud.start();
  return cloud;
}

/** One installation: a home, a core in it, and everything the core announced. */
export interface Device {
  readonly home: string;
  readonly events: BridgeEvent[];
  readonly notices: { title: string; body: string }[];
  core(): Core;
  api(): Core['api'];
  /** Resolves once an event passes, looking at past ones too. */
  seen<T extends BridgeEvent['type']>(
    type: T,
    fits?: (data: Extract<BridgeEvent, { type: T }>['data']) => boolean,
  ): Promise<Extract<BridgeEvent, { type: T }>['data']>;
  /** Sends and waits until the answer is done, stopped, failed or queued. */
  ask(
    text: string,
    more?: { sessionId?: string; offline?: boolean; mode?: 'direct' | 'plan' },
  ): Promise<{ question: Message; answer: Message; plan: PlanView | null; route: string }>;
  /** Closes the core and opens another on the same home, locked. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export interface DeviceOptions {
  cloudUrl?: string;
  clock?: Clock;
  log?: Log;
  secrets?: Host['secrets'];
  folder?: string;
}

export const passphrase = 'a passphrase for tests';

export async function createDevice(options: DeviceOptions = {}): Promise<Device> {
  const own = ownFolder('device');
  const home = options.folder ?? own.folder;
  const events: BridgeEvent[] = [];
  const notices: { title: string; body: string }[] = [];
  const waiting = new Set<() => void>();
  const host: Host = {
    name: 'cli',
    dataDir: home,
    cloudUrl: options.cloudUrl ?? 'http://127.0.0.1:9',
    version: '0.1.0',
    deviceName: 'test device',
    timeZone: 'Europe/Rome',
    locale: 'en-GB',
    clock: options.clock ?? systemClock,
    random: systemRandom,
    log: options.log ?? silentLog,
    fetch,
    secrets: options.secrets ?? null,
    notify: (title, body) => void notices.push({ title, body }),
    openExternal: async () => {},
  };
  const open = async () => {
    const core = await createCore(host, { checkAnswers: true });
    core.subscribe((event) => {
      events.push(event);
      for (const look of waiting) look();
    });
    return core;
  };
  let core = await open();

  const device: Device = {
    home,
    events,
    notices,
    core: () => core,
    api: () => core.api,
    seen: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const stop = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no ${type} that fits within 20 s; seen: ${[...new Set(events.map((e) => e.type))].join(', ')}`));
        }, 20_000);
        const look = () => {
          const hit = events.find((event) => event.type === type && fits(event.data as never));
          if (!hit) return;
          clearTimeout(stop);
          waiting.delete(look);
          resolve(hit.data as never);
        };
        waiting.add(look);
        look();
      }),
    async ask(text, more = {}) {
      const sent = await core.api['chat.send']({ text, mode: 'plan', offline: false, ...more });
      const done = await device.seen('chat.message', (m) => m.id === sent.answer.id && m.state !== 'streaming');
      const plan = done.planId ? await core.api['plans.get']({ planId: done.planId }) : null;
      return { question: sent.question, answer: done, plan, route: done.route ?? sent.route };
    },
    async restart() {
      await core.close();
      core = await open();
    },
    async remove() {
      await core.close();
      own.remove();
    },
  };
  return device;
}

/** A device with an open vault, as after onboarding. */
export async function openDevice(options: DeviceOptions = {}): Promise<Device & { recoveryPhrase: string }> {
  const device = await createDevice(options);
  const { recoveryPhrase } = await device.api()['vault.create']({ passphrase });
  return Object.assign(device, { recoveryPhrase });
}

/** A cloud, a link to it that can be pulled, and a signed-in device behind that link. */
export async function createWorld(options: { env?: Record<string, string>; overrides?: Overrides; device?: DeviceOptions } = {}) {
  const cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'pro', ...options.env }, options.overrides);
  const link: Link = await createLink(cloud.port());
  const device = await openDevice({ ...options.device, cloudUrl: link.url });
  await device.api()['account.register']({ email: 'marta@example.org', password: 'correct horse battery' });
  return {
    cloud,
    link,
    device,
    async close() {
      await device.remove();
      await link.close();
      await cloud.remove();
    },
  };
}
