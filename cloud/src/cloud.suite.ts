import type { FastifyInstance } from 'fastify';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';
import { tokenReply, type TokenReply } from '@adiuva/shared/contracts/auth.ts';
import { manualClock, type ManualClock } from '@adiuva/shared/kit/clock.ts';
import { temporaryFolder } from '../../tests/world/servers/process.ts';
import { tokenHash } from './accounts/tokens.ts';
import type { Passwords } from './accounts/passwords.ts';
import type { Database } from './adapters/db/database.ts';
import { openPglite } from './adapters/db/pglite.ts';
import { createApp } from './app.ts';
import { loadConfig } from './config.ts';
import { createDeps, type Deps, type Overrides } from './deps.ts';
import type { Limits } from './http/rate-limit.ts';

/** The packed empty database that tests share with the service. */
export const snapshot = fileURLToPath(new URL('../../.cache/pglite-0.5.16.tar.zst', import.meta.url));

/** Passwords that cost nothing, for tests of anything else. */
export const cheapPasswords: Passwords = {
  hash: async (password) => tokenHash(password),
  verify: async (stored, password) => stored === tokenHash(password),
  isOutdated: () => false,
};

/** High enough to stay out of the way of tests of anything else. */
const wide = { requestsPerMinute: 1e9, perSeat: false };
export const wideLimits: Limits = { tiers: { free: wide, pro: wide, power: wide, team: wide }, anonymousPerMinute: 1e9 };

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | number | undefined>;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers by path and compare what they find
  readonly body: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

export interface TestCloud {
  readonly app: FastifyInstance;
  readonly deps: Deps;
  readonly clock: ManualClock;
  call(method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE', path: string, options?: CallOptions): Promise<Answer>;
  /** A new account with an email nobody has. */
  register(more?: { email?: string; password?: string; deviceName?: string }): Promise<TokenReply & { email: string; password: string }>;
  close(): Promise<void>;
}

export interface TestCloudOptions extends Overrides {
  readonly env?: Record<string, string>;
  /** Of every account; absent: `free`. */
  readonly tier?: TierName;
  /** Stays open when the cloud closes. */
  readonly sharedDb?: Database;
}

let emails = 0;

/** The whole cloud in this process: real routes, rules and database; a clock that stands still, cheap passwords, no limits in the way. */
export async function testCloud({ env = {}, tier, sharedDb, ...overrides }: TestCloudOptions = {}): Promise<TestCloud> {
  const home = temporaryFolder('cloud');
  const clock = manualClock();
  const { config, secrets } = loadConfig({ ADIUVA_HOME: home, ...(tier && { ADIUVA_DEFAULT_TIER: tier }), ...env });
  const db = sharedDb ? { ...sharedDb, close: async () => {} } : await openPglite({ snapshot });
  const deps = createDeps(config, secrets, { clock, passwords: cheapPasswords, limits: wideLimits, db: async () => db, ...overrides });
  const app = createApp(deps);
  await app.ready();

  const call: TestCloud['call'] = async (method, path, { body, token, headers = {} } = {}) => {
    const own = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers };
    const answer = await app.inject({ method, url: path, headers: own, ...(body !== undefined && { payload: body as object }) });
    const isJson = answer.body !== '' && /json/.test(String(answer.headers['content-type']));
    const isBytes = /octet-stream/.test(String(answer.headers['content-type']));
    return { status: answer.statusCode, headers: answer.headers, body: isJson ? answer.json() : isBytes ? answer.rawPayload : answer.body };
  };
  return {
    app,
    deps,
    clock,
    call,
    register: async ({ email = `user-${++emails}@example.org`, password = 'correct horse battery', deviceName } = {}) => {
      const { status, body } = await call('POST', '/api/v1/auth/register', { body: { email, password, ...(deviceName && { deviceName }) } });
      if (status !== 201) throw new Error(`register answered ${status} ${JSON.stringify(body)}`);
      return { ...tokenReply.parse(body), email, password };
    },
    close: async () => {
      await app.close();
      await deps.close();
      rmSync(join(home), { recursive: true, force: true });
    },
  };
}
