import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { backoffDelay } from '@adiuva/shared/kit/backoff.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { BackupTarget } from '../../bridge/shapes.ts';
import type { Known } from './ledger.ts';

export interface Schedule {
  /** Somebody uses the vault. */
  touch(): void;
  close(): void;
}

/** What is to be done by itself. */
export interface Plan {
  readonly every: 'daily' | 'weekly';
  readonly target: BackupTarget;
  readonly known: Known;
}

export interface ScheduleDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** An answer streams, or another task runs. */
  busy(): boolean;
  /** Null where nothing is automatic. */
  plan(): Promise<Plan | null>;
  create(target: BackupTarget, thorough: boolean): Promise<void>;
  verify(target: BackupTarget): Promise<void>;
  drill(target: BackupTarget): Promise<void>;
  /** What could not be done when words or keys changed. */
  owed(): Promise<void>;
  dropKept(): Promise<void>;
}

const minute = 60_000;
export const periods = { daily: 24 * 60 * minute, weekly: 7 * 24 * 60 * minute } as const;
const lookMs = minute;
/** Nobody did anything for so long. */
const idleMs = 5 * minute;
/** So that many devices do not come at once: up to so much later than due. */
const jitterMs = 30 * minute;
const waits = { base: 5 * minute, max: 6 * 60 * minute } as const;
const weekMs = periods.weekly;
/** A place that was away is tried again so often. */
const owedEvery = 15 * minute;

/** When the next backup is due after the one that went through at `last`. */
export function dueAt(every: 'daily' | 'weekly', last: string | null, now: number): number {
  if (last === null) return now;
  // A time in the future was written by a clock that stood wrong.
  return Math.min(Date.parse(last), now) + periods[every];
}

/** Faults that end automatic backups until the user decides. */
const pausing: ReadonlySet<string> = new Set(['backup.forked', 'backup.rolled_back', 'backup.newer']);

export const isPaused = ({ problem }: Known): boolean => problem !== null && pausing.has(problem.code);

/**
 * Makes backups by itself: when one is due and nobody is at work, at the latest after two periods. It looks at the hour again and again, because a timer stands
 * still while the machine sleeps.
 */
export function startSchedule(deps: ScheduleDeps): Schedule {
  const { clock, random, log } = deps;
  const [a, b] = random(2);
  const jitter = Math.floor((jitterMs * (a! * 256 + b!)) / 65_536);
  let used = clock.now();
  let failures = 0;
  let notBefore = 0;
  let owedAt = -Infinity;
  let closed = false;
  let stop = clock.after(lookMs, look);

  function look(): void {
    void turn()
      .catch((error: unknown) => {
        if (closed || (error instanceof AdiuvaError && (error.code === 'vault.locked' || error.code === 'backup.running'))) return;
        notBefore = clock.now() + backoffDelay(failures++, random, waits) + minute;
        log.warn('backup.automatic_failed', { code: error instanceof AdiuvaError ? error.code : 'internal', attempt: failures });
      })
      .finally(() => {
        if (!closed) stop = clock.after(lookMs, look);
      });
  }

  async function turn(): Promise<void> {
    const now = clock.now();
    used = Math.min(used, now);
    if (closed || deps.busy() || now < notBefore) return;
    await deps.dropKept();
    const idle = now - used >= idleMs;
    if (idle && now - owedAt >= owedEvery) {
      owedAt = now;
      await deps.owed();
    }
    const plan = await deps.plan();
    if (!plan || isPaused(plan.known) || closed) return;
    await automatic(plan, now, idle);
    failures = 0;
  }

  async function automatic({ every, target, known }: Plan, now: number, idle: boolean): Promise<void> {
    const due = dueAt(every, known.ranAt, now) + (known.ranAt ? jitter : 0);
    if (now >= due && (idle || now >= due + periods[every])) {
      const thorough = known.logicalAt === null || now - Date.parse(known.logicalAt) >= weekMs;
      await deps.create(target, thorough);
      return await deps.verify(target);
    }
    const proven = known.proven !== null && now - Date.parse(known.proven) < weekMs && known.provenBase === known.last?.base;
    if (idle && known.last && !proven) await deps.drill(target);
  }

  return {
    touch: () => void (used = clock.now()),
    close() {
      closed = true;
      stop();
    },
  };
}
