import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import { createApp } from './app.ts';
import { loadConfig } from './config.ts';
import { createDeps } from './deps.ts';

/** Faults of the configuration (sysexits.h EX_CONFIG). */
const exitConfig = 78;
/** A stop that takes longer than this is cut short. */
const stopMs = 8_000;
/** For the first answers that need no database, as those to probes. */
const firstAnswersMs = 25;

async function main(): Promise<void> {
  const { config, secrets } = orExit(() => loadConfig(process.env));
  const log = jsonLog((line) => process.stderr.write(`${line}\n`), systemClock.now, config.logLevel);
  const deps = orExit(() => createDeps(config, secrets, { log }));
  const app = createApp(deps);

  const stop = async (code: number) => {
    setTimeout(() => process.exit(code || 1), stopMs).unref();
    await app.close();
    await deps.close();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info('stopping', { signalName: signal });
      void stop(0);
    });
  }
  try {
    // A server that is not there, or another instance on it, is found out before anyone is told to come in.
    if (config.database === 'postgres') await deps.db();
    const address = await app.listen({ host: config.host, port: config.port });
    // Loading the embedded database holds everything up, so whoever knocked meanwhile is answered first. A request that needs it starts it at once.
    await systemClock.sleep(firstAnswersMs);
    await deps.db();
    deps.backups.collector.start();
    deps.billing.start();
    process.stdout.write(`cloud ready ${address}\n`);
  } catch (error) {
    explain(error);
    await stop(exitCode(error));
  }
}

/** The result of a step before anything runs, or the reason and the end. */
function orExit<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    explain(error);
    return process.exit(exitCode(error));
  }
}

const exitCode = (error: unknown) => (error instanceof AdiuvaError && error.code === 'config.invalid' ? exitConfig : 1);

/** The reason on stderr, for a person. What is not ours keeps its words: no request is involved yet. */
function explain(error: unknown): void {
  if (!(error instanceof AdiuvaError)) return void process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.stderr.write(`${error.row.title}${error.detail ? `:\n${error.detail.replace(/^/gm, '  ')}` : ''}\n${error.row.hint}\n`);
}

await main();
