import type { AddressInfo } from 'node:net';
import { createApp } from '@adiuva/cloud/app.ts';
import { memoryRunLog } from '@adiuva/cloud/adapters/run-log/memory.ts';
import type { Deps } from '@adiuva/cloud/deps.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { openModels } from '@adiuva/shared/models/models.ts';

/**
 * `node chat-product.mjs UPSTREAM MODEL`, bundled as the service is: the service but for the database; every token is a user of its own. One app a model,
 * because the chain belongs to the configuration. Says `up PORT`.
 */
const [, , upstreamPort, model] = process.argv;
const keys = { openai: { apiKey: 'x', baseUrl: `http://127.0.0.1:${upstreamPort}/v1` } };
const models = openModels([{ provider: 'openai', name: model! }], keys, { clock: systemClock, random: systemRandom, log: silentLog, fetch });
const accounts = { authenticate: async (token: string) => ({ userId: token, sessionId: token, tier: 'power' as const, seats: 1 }) };
const rateLimit = async () => ({ limit: 1e9, remaining: 1e9, resetSeconds: 1, over: false });
const config = { version: '0', trustedProxies: [] };
const runLog = memoryRunLog({ clock: systemClock });
const app = createApp({ config, clock: systemClock, random: systemRandom, log: silentLog, accounts, rateLimit, runLog, models } as unknown as Deps);
await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`up ${(app.server.address() as AddressInfo).port}\n`);
