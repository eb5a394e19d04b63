import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { health, liveness, type Health } from '@adiuva/shared/contracts/health.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';

export type Dependency = keyof Health['dependencies'];
/** Rejects when the dependency does not work. */
export type Probes = Readonly<Record<Dependency, () => Promise<void>>>;

export interface HealthDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly probes: Probes;
}

const probeMs = 3_000;

/** Asks every dependency at once, each within three seconds. */
export async function askHealth({ version, clock, probes }: HealthDeps): Promise<Health> {
  const state = async (name: Dependency) => {
    const limit = new AbortController();
    const late = clock.sleep(probeMs, limit.signal).then(() => Promise.reject(new Error('late')));
    // `sleep` rejects when the probe wins and the limit is called off.
    late.catch(() => {});
    try {
      await Promise.race([probes[name](), late]);
      return 'ok' as const;
    } catch {
      return 'down' as const;
    } finally {
      limit.abort();
    }
  };
  const [database, blobs, counters, models] = await Promise.all([state('database'), state('blobs'), state('counters'), state('models')]);
  const whole = [blobs, counters, models].includes('down') ? 'degraded' : 'ok';
  return { status: database === 'down' ? 'down' : whole, version, dependencies: { database, blobs, counters, models } };
}

/** `/health…`, under `/api/v1`. */
export function healthRoutes(deps: HealthDeps): FastifyPluginAsyncZod {
  const answers = { 200: health, 503: health };
  return async (app) => {
    app.get('/health', { config: { access: 'anyone' }, schema: { tags: ['health'], response: answers } }, async (_request, reply) => {
      const found = await askHealth(deps);
      return reply.code(found.status === 'down' ? 503 : 200).send(found);
    });
    app.get('/health/live', { config: { access: 'anyone' }, schema: { tags: ['health'], response: { 200: liveness } } }, async () => ({
      status: 'ok' as const,
      version: deps.version,
    }));
    app.get('/health/ready', { config: { access: 'anyone' }, schema: { tags: ['health'], response: answers } }, async (_request, reply) => {
      const found = await askHealth(deps);
      return reply.code(found.dependencies.database === 'ok' ? 200 : 503).send(found);
    });
  };
}
