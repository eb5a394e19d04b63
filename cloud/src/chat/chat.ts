import type { Caller } from '../http/access.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import type { ChatRequest } from '@adiuva/shared/contracts/chat.ts';
import type { Run, RunLog } from '../adapters/run-log/run-log.ts';
import { watchFor, type Watch } from './leak-guard.ts';
import { orchestrate } from './orchestrate.ts';
import { openPrompts } from './prompts.ts';
import { fingerprint, identified } from './request.ts';
import { openRuns } from './runs.ts';
import type { Withheld } from './screening.ts';
import type { LoopBudget } from './spending.ts';

export interface ChatDeps {
  readonly model: Model;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `setImmediate`. */
  readonly defer: (fn: () => void) => void;
  readonly budget?: Partial<LoopBudget>;
  /** Where frames are kept. */
  readonly runLog: RunLog;
}

/** The chat of the service, whoever carries its frames. */
export interface Chat {
  /** Starts the run of a checked request, or gives the one it started before. @throws as `Runs.begin` */
  begin(caller: Caller, request: ChatRequest): Promise<Run>;
  /** @throws as `Runs.find` */
  find(caller: Caller, requestId: string): Promise<Run>;
  close(): Promise<void>;
}

export function openChat(deps: ChatDeps): Chat {
  const prompts = openPrompts(deps.random);
  let watch: Watch | undefined;
  const runs = openRuns(deps);
  const told = (requestId: string) => (kind: Withheld, count: number) => deps.log.warn('chat.withheld', { requestId, kind, count });
  return {
    begin({ userId }, request) {
      const whole = identified(request, deps.clock.now(), deps.random);
      return runs.begin({
        userId,
        requestId: whole.requestId,
        fingerprint: fingerprint(request),
        produce: (signal) => orchestrate(whole, { ...deps, prompts, watch: (watch ??= watchFor(prompts.secrets)), withheld: told(whole.requestId) }, signal),
      });
    },
    find: ({ userId }, requestId) => runs.find(userId, requestId),
    close: () => runs.close(),
  };
}
